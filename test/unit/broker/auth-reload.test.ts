import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BrokerOptions, RunningBroker } from '../../../broker/options.js';
import { startBroker } from '../../../broker/start.js';
import { noPermissions } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { RawClient } from './raw-client.js';
import { brokerOf, makeWorld } from './world.js';

const PROXY = Seed.generate('user');
const REFUSED = "-ERR 'Authorization Violation'\r\n";
const user = (name: string, password = 'p') => ({ user: name, password });

describe('a reload of users and accounts', () => {
  const FIRST: BrokerOptions = {
    port: -1,
    trustedProxies: [PROXY.publicKey],
    accounts: {
      A: { users: [user('kept'), user('gone'), user('changed'), user('moved'), user('narrowed')] },
      B: { users: [user('b')] },
    },
  };
  let broker: RunningBroker;
  const clients = new Map<string, RawClient>();

  beforeEach(async () => {
    broker = await startBroker(FIRST);
    for (const name of ['kept', 'gone', 'changed', 'moved', 'narrowed', 'b', 'proxied']) {
      const client = await RawClient.open(broker.port);
      clients.set(name, client);
      const sign = async (): Promise<string> =>
        Buffer.from(await seedSigner(PROXY).sign(Buffer.from(String(client.info.nonce)))).toString('base64url');
      const proxy = name === 'proxied' ? { proxy_sig: await sign() } : {};
      const as = name === 'proxied' ? 'kept' : name;
      client.send(
        `CONNECT ${JSON.stringify({ verbose: false, user: as, pass: 'p', ...proxy })}\r\nSUB a 1\r\nSUB b 2\r\n`,
      );
      expect(await client.soFar()).toBe('');
    }
  });

  afterEach(async () => {
    for (const client of clients.values()) client.close();
    await broker.close();
  });

  const of = (name: string): RawClient => clients.get(name) as RawClient;

  it('lets those stay whom it does not concern', async () => {
    await broker.reload(FIRST);
    for (const client of clients.values()) expect(await client.soFar()).toBe('');
  });

  it('closes who would not be let in the same way, and changes what others may do', async () => {
    await broker.reload({
      ...FIRST,
      trustedProxies: [],
      accounts: {
        A: {
          users: [
            user('kept'),
            user('changed', 'other'),
            { ...user('narrowed'), permissions: { ...noPermissions(), sub: { allow: ['a'], deny: [] } } },
          ],
        },
        C: { users: [user('moved')] },
      },
    });
    for (const name of ['gone', 'changed', 'moved', 'b', 'proxied']) {
      expect([name, await of(name).untilClosed()]).toEqual([name, REFUSED]);
    }
    expect(await of('kept').soFar()).toBe('');
    expect(await of('narrowed').soFar()).toBe(`-ERR 'Permissions Violation for Subscription to "b" (sid "2")'\r\n`);
    const again = await RawClient.open(broker.port);
    again.send('CONNECT {"verbose":false,"user":"moved","pass":"p","protocol":1}\r\nPING\r\n');
    await again.until('INFO ');
    expect(JSON.parse(await again.until('\r\n'))).toMatchObject({ remote_account: 'C' });
    again.close();
  });

  it.each<[string, BrokerOptions]>([
    ['broken', { ...FIRST, noAuthUser: 'nobody' }],
    ['of operators', { operators: ['x'] }],
    ['without the system account', { ...FIRST, noSystemAccount: true }],
  ])('that is %s changes nothing', async (_title, options) => {
    await expect(broker.reload(options)).rejects.toMatchObject({ code: 'ERR_BROKER_OPTIONS' });
    for (const client of clients.values()) expect(await client.soFar()).toBe('');
  });

  it('closes those of a token that changed', async () => {
    const other = await startBroker({ port: -1, authorization: { token: 'one' } });
    const client = await RawClient.open(other.port);
    client.send('CONNECT {"verbose":false,"auth_token":"one"}\r\n');
    await client.soFar();
    await other.reload({ authorization: { token: 'one', timeoutMs: 100 } });
    expect(await client.soFar()).toBe('');
    await other.reload({ authorization: { token: 'two' } });
    expect(await client.untilClosed()).toBe(REFUSED);
    await other.close();
  });
});

describe('a reload with operators', () => {
  let broker: RunningBroker;
  let options: BrokerOptions;
  beforeAll(async () => {
    const world = await makeWorld();
    await world.account('A');
    options = { operators: [world.operatorToken], resolver: { memory: world.tokens() } };
    broker = await brokerOf(world);
  });
  afterAll(() => broker.close());

  it('takes other pinned accounts, and no configured users', async () => {
    await broker.reload({ ...options, pinnedAccounts: [Seed.generate('account').publicKey] });
    await expect(broker.reload({ ...options, accounts: {} })).rejects.toMatchObject({ code: 'ERR_BROKER_OPTIONS' });
    await expect(broker.reload({})).rejects.toMatchObject({ code: 'ERR_BROKER_OPTIONS' });
  });
});
