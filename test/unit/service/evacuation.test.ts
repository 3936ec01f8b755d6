import type { NatsConnection } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { formatCreds, parseCreds } from '../../../claims/creds.js';
import { Seed } from '../../../claims/keys/seed.js';
import { accountConnections, kick } from '../../../resolver/connections.js';
import { peer } from '../../peers.js';
import { runService, type TestService } from './service.js';
import { client, fullServer, linked, untilSettled } from './system.js';

const program = peer('nats-server');

/** The account's newest ETag, for whoever changes it. */
const etag = async (service: TestService, account: string) =>
  (await service.api('GET', `/accounts/${account}`)).headers.get('etag') ?? '';
const evacuate = async (service: TestService, account: string, body: object, query = '') =>
  service.api('POST', `/accounts/${account}/evacuate${query}`, body, { 'if-match': await etag(service, account) });

async function shop(service: TestService) {
  const account = (await service.api('POST', '/accounts', { name: 'shop' })).json;
  const user = (await service.api('POST', `/accounts/${account.publicKey}/users`, { name: 'till' })).json;
  const [key] = Object.values(account.claims.nats.signing_keys) as string[];
  return { account: account.publicKey as string, user, key: key as string };
}

const byName = (rows: { server: string }[]) => rows.toSorted((a, b) => a.server.localeCompare(b.server));
const refused = (port: number, creds: string) =>
  expect(client(port, creds)).rejects.toThrow(/authorization violation/i);

describe.skipIf(program === undefined)('the evacuation of an account', () => {
  it('throws everyone out of a cluster, and lets in who has a new JWT', { timeout: 60_000 }, async () => {
    const service = await runService();
    const { operator } = service;
    const cluster = { name: 'c', routes: [] };
    const one = await fullServer(program as string, operator, { name: 'one', cluster });
    const routes = [await one.routePort()];
    const two = await fullServer(program as string, operator, { name: 'two', cluster: { name: 'c', routes } });
    const asking = await linked(service, one);
    await expect
      .poll(async () => (await service.api('GET', `/links/${await linkOf(service)}`)).json.present, { timeout: 15_000 })
      .toHaveLength(2);
    const { account, user, key } = await shop(service);
    await untilSettled(service);
    const [here, there] = [await client(one.port, user.creds), await client(two.port, user.creds)];

    // What kicks who is not closed by the server itself.
    const seen = await accountConnections(asking, account, { servers: 2, waitMs: 5_000, user: user.publicKey });
    expect(seen.map(({ server, total }) => `${server} ${total}`).sort()).toEqual(['one 1', 'two 1']);
    const at = seen.find(({ server }) => server === 'two');
    const closed = there.closed();
    expect(await kick(asking, two.id, at?.connections[0]?.cid ?? 0, 5_000)).toBe(true);
    await closed;
    expect(await kick(asking, two.id, 999_999, 5_000)).toBe(false);

    const other = (await service.api('POST', `/accounts/${account}/users`, { name: 'clerk' })).json;
    const gone = (await client(two.port, other.creds)).closed();
    const revoked = (await service.api('POST', `/accounts/${account}/revocations`, { user: other.publicKey })).json;
    await gone;
    const record = [
      { server: 'one', took: true, before: 0, open: 0 },
      { server: 'two', took: true, before: 1, open: 0 },
    ];
    expect(byName(revoked.servers)).toMatchObject(record);
    const of = `/accounts/${account}/revocations/${other.publicKey}/servers`;
    expect(byName((await service.api('GET', of)).json.items)).toMatchObject(record);
    expect(here.isClosed()).toBe(false);

    const again = await client(two.port, user.creds);
    const ended = Promise.all([here.closed(), again.closed()]);
    const { json, status } = await evacuate(service, account, { reissue: true });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      account,
      rotated: [{ from: key }],
      reissued: [{ publicKey: user.publicKey, name: 'till' }],
      unasked: 0,
    });
    expect(byName(json.announced)).toMatchObject([
      { server: 'one', ok: true },
      { server: 'two', ok: true },
    ]);
    expect(byName(json.servers)).toMatchObject([
      { server: 'one', before: 1, open: 0 },
      { server: 'two', before: 1, open: 0 },
    ]);
    await ended;
    await refused(two.port, user.creds);

    const { jwt } = (await service.api('GET', `/users/${user.publicKey}`)).json;
    const renewed: NatsConnection = await client(two.port, formatCreds(jwt, parseCreds(user.creds).seed));
    expect(await renewed.rtt()).toBeGreaterThanOrEqual(0);
    // The key that was compromised is not here any more.
    const { items } = (await service.api('GET', `/accounts/${account}/signing-keys`)).json;
    expect(items).toMatchObject([{ publicKey: json.rotated[0].to }]);
  });
});

async function linkOf(service: TestService): Promise<string> {
  return (await service.api('GET', '/links')).json.items[0].id;
}

describe('the evacuation of an account', () => {
  it('can be tried, spares others where keys are named, and is in the audit', async () => {
    const service = await runService();
    const { account, user, key } = await shop(service);
    const path = `/accounts/${account}`;
    const second = (await service.api('POST', `${path}/signing-keys`, {})).json.publicKey;
    const tried = await evacuate(service, account, {}, '?dryRun=true');
    expect(tried.json.changes).toMatchObject([{ action: 'account.evacuate', entity: account }, {}, {}]);
    expect((await service.api('GET', path)).json.claims.nats.signing_keys).toEqual(
      expect.arrayContaining([key, second]),
    );

    const done = await evacuate(service, account, { keys: [key] });
    expect(done.json).toMatchObject({
      rotated: [{ from: key }],
      revokedAt: null,
      reissued: [],
      servers: [],
      unasked: 0,
    });
    expect(done.headers.get('etag')).toBe(await etag(service, account));
    const { claims } = (await service.api('GET', path)).json;
    expect(claims.nats.signing_keys).toContain(second);
    expect(claims.nats.signing_keys).not.toContain(key);
    expect(claims.nats.revocations).toBeUndefined();
    expect((await service.api('GET', `/doctor?user=${user.publicKey}`)).json.ok).toBe(false);
    const { items } = (await service.api('GET', `/audit?entity=${account}`)).json;
    expect(items.at(-1)).toMatchObject({
      action: 'account.evacuate',
      detail: { rotated: [{ from: key, to: done.json.rotated[0].to }] },
    });

    const everyone = await evacuate(service, account, {});
    expect(everyone.json.rotated).toHaveLength(2);
    expect((await service.api('GET', path)).json.claims.nats.revocations).toEqual({ '*': everyone.json.revokedAt });
  });

  it('is refused with a reason, and then changes nothing', async () => {
    const service = await runService();
    const { account } = await shop(service);
    const before = await etag(service, account);
    const stranger = Seed.generate('account').publicKey;
    expect(await evacuate(service, account, { keys: [stranger] })).toMatchObject({
      status: 404,
      json: { code: 'ERR_SIGNING_KEY_UNKNOWN' },
    });
    const path = `/accounts/${account}/evacuate`;
    expect(await service.api('POST', path, {})).toMatchObject({ status: 428 });
    expect(await service.api('POST', path, {}, { 'if-match': '"v99"' })).toMatchObject({ status: 412 });
    const nobody = Seed.generate('user').publicKey;
    expect(await service.api('GET', `/accounts/${account}/revocations/${nobody}/servers`)).toMatchObject({
      status: 404,
      json: { code: 'ERR_REVOCATION_UNKNOWN' },
    });
    expect(await evacuate(service, account, { keys: [] })).toMatchObject({ status: 400 });
    const token = (await service.api('POST', '/tokens', { name: 't', role: 'issuer', account })).json.token;
    const headers = { authorization: `Bearer ${token}`, 'if-match': before };
    expect(await service.api('POST', path, {}, headers)).toMatchObject({ status: 403 });
    expect(await etag(service, account)).toBe(before);
  });
});
