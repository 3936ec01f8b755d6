/** Whom `GET /accounts/{account}/reachers` names, against what nats-server lets each of them do: with a message, both ways. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect, jwtAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { expect, it, onTestFinished } from 'vitest';
import { Seed } from '../../claims/keys/seed.js';
import { startNatsServer } from '../nats-server.js';
import { peer } from '../peers.js';
import { runService } from '../unit/service/service.js';

const program = peer('nats-server');
const SUBJECTS = ['orders.new', 'orders.eu.new', 'feed.a', 'secret.x', 'till.a'];
const ACTIONS = ['pub', 'sub'] as const;

it.skipIf(!program)('those whom nats-server lets reach a subject, and nobody else', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'natsctl-reachers-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const service = await runService();
  const make = async (at: string, body: object) => {
    const reply = await service.api('POST', at, body);
    expect(reply.status, reply.text).toBe(201);
    return reply.json;
  };
  const shop = (await make('/accounts', { name: 'shop' })).publicKey as string;
  const far = (await make('/accounts', { name: 'far' })).publicKey as string;
  await make(`/accounts/${shop}/signing-keys`, {
    role: 'till',
    template: { pub: { allow: ['{{name()}}.>'] }, sub: { allow: ['{{name()}}.*', 'feed.>'], deny: ['feed.b'] } },
  });
  await make(`/accounts/${shop}/exports`, { type: 'service', subject: 'orders.*' });
  await make(`/accounts/${shop}/exports`, { type: 'stream', subject: 'feed.*' });
  const imported = { account: shop, name: 'of shop' };
  await make(`/accounts/${far}/imports`, {
    ...{ ...imported, type: 'service', subject: 'orders.new' },
    local_subject: 'shop.orders.new',
  });
  await make(`/accounts/${far}/imports`, {
    ...{ ...imported, type: 'stream', subject: 'feed.a' },
    local_subject: 'shop.feed.a',
  });
  const defaults = { nats: { default_permissions: { pub: { deny: ['secret.>'] }, sub: {} } } };
  expect((await service.api('PATCH', `/accounts/${shop}`, defaults, { 'if-match': '*' })).status).toBe(200);

  const both = (allow: string[], deny: string[] = []) => ({ pub: { allow, deny }, sub: { allow, deny } });
  const users: [name: string, account: string, more: object][] = [
    ['by default', shop, {}],
    ['everything', shop, { permissions: both(['>']) }],
    ['orders', shop, { permissions: both(['orders.>']) }],
    ['no orders', shop, { permissions: both([], ['orders.*']) }],
    ['only asks', shop, { permissions: { pub: { allow: ['orders.new'] }, sub: { allow: ['_INBOX.>'] } } }],
    ['only hears', shop, { permissions: { pub: { deny: ['>'] }, sub: { allow: ['*.a', 'orders.*'] } } }],
    ['in a group', shop, { permissions: { pub: { allow: ['feed.a'] }, sub: { allow: ['orders.* workers'] } } }],
    ['answers', shop, { permissions: { sub: { allow: ['orders.new'] }, resp: { max: 1, ttl: 0 } } }],
    ['till', shop, { role: 'till' }],
    ['shut out', shop, { permissions: both(['>']) }],
    ['far', far, {}],
    ['far, not there', far, { permissions: both(['>'], ['shop.orders.>', 'shop.feed.*']) }],
  ];
  const config = path.join(folder, 'server.conf');
  const { operator } = service;
  const resolver = `resolver: URL(${service.url}/jwt/v1/accounts/)`;
  writeFileSync(config, `operator: ${operator.token}\nsystem_account: ${operator.system.publicKey}\n${resolver}\n`);

  const made: { name: string; account: string; jwt: string; seed: Seed }[] = [];
  for (const [name, account, more] of users) {
    const seed = Seed.generate('user');
    const { jwt } = await make(`/accounts/${account}/users`, { name, publicKey: seed.publicKey, ...more });
    made.push({ name, account, jwt, seed });
  }
  const gone = made.find(({ name }) => name === 'shut out')?.seed.publicKey;
  await make(`/accounts/${shop}/revocations`, { user: gone });

  const server = await startNatsServer(program as string, config);
  onTestFinished(() => server.stop());
  const enter = async ({ jwt, seed }: { jwt: string; seed: Seed }): Promise<NatsConnection | null> => {
    const authenticator = jwtAuthenticator(jwt, Buffer.from(seed.reveal()));
    const connecting = connect({ servers: server.url, authenticator, reconnect: false, timeout: 5_000 });
    const nc = await connecting.catch(() => null);
    if (nc) onTestFinished(() => nc.close());
    return nc;
  };
  const observer = await enter(made.find(({ name }) => name === 'everything') as (typeof made)[number]);
  if (!observer) throw new Error('who observes is not let in');
  /** Whether what is sent comes in before all that was sent until then is worked off; alone, or in a group. */
  const hears = async (on: NatsConnection, subject: string, send: () => Promise<void>): Promise<boolean> => {
    let heard = false;
    for (const queue of [undefined, 'workers']) {
      const callback = (refused: Error | null) => {
        if (!refused) heard = true;
      };
      const subscription = on.subscribe(subject, { callback, ...(queue !== undefined && { queue }) });
      await on.flush();
      await send();
      await on.flush();
      subscription.unsubscribe();
    }
    return heard;
  };
  const publishes = (from: NatsConnection, subject: string) => async () => {
    from.publish(subject, 'x');
    await from.flush();
  };

  let found = 0;
  for (const subject of SUBJECTS) {
    for (const action of ACTIONS) {
      const { items } = (await service.api('GET', `/accounts/${shop}/reachers?subject=${subject}&action=${action}`))
        .json;
      const named = items.map(({ name }: { name: string }) => name).sort();
      const reached: string[] = [];
      for (const user of made) {
        const nc = await enter(user);
        if (!nc) continue;
        const own = user.account === shop ? subject : `shop.${subject}`;
        const works =
          action === 'pub'
            ? await hears(observer, subject, publishes(nc, own))
            : await hears(nc, own, publishes(observer, subject));
        if (works) reached.push(user.name);
        await nc.close();
      }
      expect(named, `${action} ${subject}`).toEqual(reached.sort());
      found += reached.length;
    }
  }
  expect(found).toBeGreaterThan(2 * SUBJECTS.length);
});
