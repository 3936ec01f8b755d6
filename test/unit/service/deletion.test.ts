import { connect, credsAuthenticator } from '@nats-io/transport-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../../broker/start.js';
import { Seed } from '../../../claims/keys/seed.js';
import { peer } from '../../peers.js';
import { makeOperator, NOW, runService, type TestService } from './service.js';
import { client, fullServer, linked, untilSettled, userCreds } from './system.js';

const program = peer('nats-server');

async function pushed(service: TestService, iat = NOW - 50) {
  const seed = Seed.generate('account');
  const token = await service.operator.account(seed.publicKey, () => {}, { iat });
  expect((await service.push(seed.publicKey, token)).status).toBe(201);
  return { id: seed.publicKey, token, ...(await userCreds(seed, 'someone')) };
}

describe('deleting an account', () => {
  it('takes its users and keys with it, is told to the auditor, and leaves 404', async () => {
    const service = await runService();
    const { json: made } = await service.api('POST', '/accounts', { name: 'orders' });
    const id = made.publicKey;
    const deleted = await service.api('DELETE', `/accounts/${id}`);
    expect(deleted).toMatchObject({
      status: 200,
      json: { account: id, name: 'orders', users: 0, deletedAt: expect.any(Number), announced: [] },
    });
    for (const path of ['', '/users', '/revocations']) {
      const gone = await service.api('GET', `/accounts/${id}${path}`);
      expect([gone.status, gone.json.code]).toEqual([404, 'ERR_ACCOUNT_UNKNOWN']);
    }
    expect((await service.get(`/jwt/v1/accounts/${id}`)).status).toBe(404);
    expect((await service.api('GET', '/accounts')).json.items.map(({ name }: { name: string }) => name)).toEqual([
      'SYS',
    ]);
    const [last] = (await service.api('GET', '/audit?limit=1000')).json.items.filter(
      ({ action }: { action: string }) => action === 'account.delete',
    );
    expect(last).toMatchObject({ entity: id, beforeJti: made.jti, detail: { name: 'orders', users: 0, keys: 2 } });
    expect((await service.api('DELETE', `/accounts/${id}`)).json.code).toBe('ERR_ACCOUNT_UNKNOWN');
    expect((await service.api('GET', `/accounts/${id}/announcements`)).json).toEqual({ items: [] });
  });

  it('refuses every JWT from before, and takes a newer one', async () => {
    const service = await runService();
    const { id } = await pushed(service);
    const { refusedUntil } = (await service.api('DELETE', `/accounts/${id}`)).json;
    for (const iat of [NOW - 50, NOW - 10]) {
      const again = await service.push(id, await service.operator.account(id, () => {}, { iat }));
      expect([again.status, again.json.code]).toEqual([409, 'ERR_ACCOUNT_DELETED']);
    }
    const newer = await service.operator.account(id, () => {}, { iat: refusedUntil + 10 });
    expect((await service.push(id, newer)).status).toBe(201);
    expect((await service.get(`/jwt/v1/accounts/${id}`)).text).toBe(newer);
  });

  it('tells everything that needs it, and does nothing unless forced', async () => {
    const service = await runService();
    const { json: made } = await service.api('POST', '/accounts', { name: 'orders', limits: { disk_storage: 1_000 } });
    const id = made.publicKey;
    const importer = Seed.generate('account').publicKey;
    await service.push(
      importer,
      await service.operator.account(importer, (claims) => {
        claims.name = 'billing';
        claims.nats.imports.push({ account: id, name: 'x', subject: 'x', type: 'stream' } as never);
      }),
    );
    const { json: ann } = await service.api('POST', `/accounts/${id}/users`, { name: 'ann' });
    const { json: bob } = await service.api('POST', `/accounts/${id}/users`, { name: 'bob' });
    await service.api('POST', `/accounts/${id}/revocations`, { user: bob.publicKey });
    const refused = await service.api('DELETE', `/accounts/${id}`);
    expect(refused).toMatchObject({
      status: 409,
      json: {
        code: 'ERR_ACCOUNT_IN_USE',
        detail: expect.stringContaining('orders'),
        hint: expect.stringContaining('force=true'),
        errors: [
          { pointer: `/users/${ann.publicKey}`, message: 'user ann can still connect' },
          { pointer: `/accounts/${importer}`, message: 'account billing imports from it' },
          { pointer: '/nats/limits', message: expect.stringContaining('JetStream') },
        ],
      },
    });
    expect((await service.api('GET', `/accounts/${id}`)).status).toBe(200);
    expect((await service.api('DELETE', `/accounts/${id}?force=yes`)).json.code).toBe('ERR_REQUEST_INVALID');
    const stale = await service.api('DELETE', `/accounts/${id}?force=true`, undefined, { 'if-match': '"x"' });
    expect(stale.status).toBe(412);
    const tried = await service.api('DELETE', `/accounts/${id}?force=true&dryRun=true`);
    expect(tried.json).toMatchObject({ dryRun: true, changes: [{ action: 'account.delete', entity: id }] });
    expect((await service.api('GET', `/accounts/${id}`)).status).toBe(200);
    expect((await service.api('DELETE', `/accounts/${id}?force=true`)).json).toMatchObject({ account: id, users: 2 });
    expect((await service.api('GET', `/users/${ann.publicKey}`)).status).toBe(404);
  });

  it('never is of the system account, nor where the operator key is elsewhere', async () => {
    const service = await runService();
    const system = await service.api('DELETE', `/accounts/${service.operator.system.publicKey}?force=true`);
    expect([system.status, system.json.code]).toEqual([409, 'ERR_ACCOUNT_SYSTEM']);
    const keyless = await runService({ custody: false });
    const { id } = await pushed(keyless);
    const refused = await keyless.api('DELETE', `/accounts/${id}`);
    expect([refused.status, refused.json.code]).toEqual([409, 'ERR_SIGN_ELSEWHERE']);
    expect((await keyless.get(`/jwt/v1/accounts/${id}`)).status).toBe(200);
  });

  it('is not undone when the operator is adopted again', async () => {
    const service = await runService();
    const { id, token } = await pushed(service);
    await service.api('DELETE', `/accounts/${id}`);
    await service.adoptOperator({ operatorToken: service.operator.token, accounts: [token] });
    expect((await service.get(`/jwt/v1/accounts/${id}`)).status).toBe(404);
  });

  it('disconnects its clients from a broker at once', async () => {
    const service = await runService();
    const broker = await startBroker({
      port: -1,
      operators: [service.operator.token],
      resolver: { url: `${service.url}/jwt/v1/accounts/` },
    });
    onTestFinished(() => broker.close());
    await linked(service, broker);
    const { id, creds } = await pushed(service);
    const closed = (await client(broker.port, creds)).closed();
    const { json } = await service.api('DELETE', `/accounts/${id}`);
    expect(json.announced).toEqual([
      { server: expect.any(String), serverId: broker.serverId, ok: true, message: 'deleted 1 accounts' },
    ]);
    await closed;
    await expect(client(broker.port, creds)).rejects.toThrow(/authorization/i);
    await untilSettled(service);
  });
});

describe.skipIf(!program)('deleting an account that nats-servers hold', () => {
  it('disconnects its clients and takes it out of a full resolver', async () => {
    const service = await runService();
    const server = await fullServer(program as string, service.operator);
    await linked(service, server);
    const { id, token, creds } = await pushed(service);
    await expect.poll(() => server.held(id)).toBe(token);
    const closed = (await client(server.port, creds)).closed();
    const { json } = await service.api('DELETE', `/accounts/${id}`);
    expect(json.announced).toEqual([{ server: 'full', serverId: server.id, ok: true, message: 'deleted 1 accounts' }]);
    await closed;
    expect(await server.held(id)).toBeUndefined();
    await expect(client(server.port, creds)).rejects.toThrow(/authorization/i);
  });

  it('lets nobody in where the server does not delete, and says what to set', async () => {
    const service = await runService();
    const server = await fullServer(program as string, service.operator, { allowDelete: false });
    await linked(service, server);
    const { id, token, creds } = await pushed(service);
    await expect.poll(() => server.held(id)).toBe(token);
    const closed = (await client(server.port, creds)).closed();
    const { json } = await service.api('DELETE', `/accounts/${id}`);
    expect(json.announced).toMatchObject([
      { server: 'full', ok: false, message: expect.stringContaining('allow_delete') },
    ]);
    await closed;
    await expect(client(server.port, creds)).rejects.toThrow(/authorization|maximum/i);
    const [{ id: link }] = (await service.api('GET', '/links')).json.items;
    expect((await service.api('GET', `/links/${link}`)).json).toMatchObject({
      pending: 1,
      deletions: [{ account: id, kind: 'deletion', state: 'pending' }],
    });
    expect((await service.get(`/jwt/v1/accounts/${id}`)).status).toBe(404);
  });

  it('goes on with a server that was away, which does not bring it back', async () => {
    const service = await runService();
    const away = await fullServer(program as string, service.operator);
    await linked(service, away);
    const { id, token } = await pushed(service);
    await expect.poll(() => away.held(id)).toBe(token);
    await away.stop();
    await expect.poll(async () => (await service.api('GET', '/links')).json.items[0].connected).toBe(false);
    const { json } = await service.api('DELETE', `/accounts/${id}`);
    expect(json.announced).toMatchObject([{ ok: false, message: expect.stringContaining('not connected') }]);
    const back = await fullServer(program as string, service.operator, { dir: away.dir, port: away.port });
    await untilSettled(service);
    expect(await back.held(id)).toBeUndefined();
    expect((await service.get(`/jwt/v1/accounts/${id}`)).status).toBe(404);
    expect((await service.api('GET', `/accounts/${id}/announcements`)).json.items).toMatchObject([
      { kind: 'deletion', state: 'acked', answers: [{ server: 'full', ok: true }] },
    ]);
  });

  it('reaches a system that is linked later and still has it', async () => {
    const service = await runService();
    const { id, token } = await pushed(service);
    await service.api('DELETE', `/accounts/${id}`);
    const server = await fullServer(program as string, service.operator, { preload: { [id]: token } });
    expect(await server.held(id)).toBe(token);
    await linked(service, server);
    await expect.poll(() => server.held(id), { timeout: 15_000 }).toBeUndefined();
    expect((await service.get(`/jwt/v1/accounts/${id}`)).status).toBe(404);
  });

  it('asks the servers what JetStream stores', async () => {
    const service = await runService();
    const server = await fullServer(program as string, service.operator, { jetStream: true });
    await linked(service, server);
    const seed = Seed.generate('account');
    const id = seed.publicKey;
    const withStreams = await service.operator.account(id, ({ nats }) => {
      Object.assign(nats.limits, { mem_storage: 1_000_000, disk_storage: 1_000_000, streams: -1, consumer: -1 });
    });
    await service.push(id, withStreams);
    await expect.poll(() => server.held(id)).toBe(withStreams);
    const user = await client(server.port, (await userCreds(seed, 'someone')).creds);
    const request = (verb: string, body: object) =>
      user.request(`$JS.API.STREAM.${verb}.s`, JSON.stringify(body), { timeout: 5_000 }).then((m) => m.json());
    expect(await request('CREATE', { name: 's', subjects: ['s'], storage: 'memory' })).not.toHaveProperty('error');
    await user.request('s', 'kept', { timeout: 5_000 });
    const refused = await service.api('DELETE', `/accounts/${id}`);
    expect(refused.json).toMatchObject({
      code: 'ERR_ACCOUNT_IN_USE',
      errors: [
        { pointer: '/nats/limits', message: expect.stringMatching(/JetStream stores [1-9]\d* bytes in 1 streams/) },
      ],
    });
    expect(await request('DELETE', {})).toMatchObject({ success: true });
    expect((await service.api('DELETE', `/accounts/${id}`)).status).toBe(200);
  });
});

it('deletes only what a trusted operator asks a broker to delete', async () => {
  const operator = await makeOperator();
  const stranger = await makeOperator();
  const account = Seed.generate('account');
  const broker = await startBroker({
    port: -1,
    operators: [operator.token],
    resolver: { memory: [operator.systemToken, await operator.account(account.publicKey)] },
  });
  onTestFinished(() => broker.close());
  const { creds } = await userCreds(account, 'someone');
  const system = await client(broker.port, (await userCreds(operator.system, 'admin')).creds);
  const { seedSigner } = await import('../../../claims/keys/signer.js');
  const { signDeletion } = await import('../../../claims/trust/deletion.js');
  const ask = async (accounts: string[], by: Seed) => {
    const request = await signDeletion(accounts, seedSigner(by), Math.floor(Date.now() / 1_000));
    return (await system.request('$SYS.REQ.CLAIMS.DELETE', request)).json();
  };
  const authenticator = credsAuthenticator(new TextEncoder().encode(creds));
  const user = await connect({ servers: `127.0.0.1:${broker.port}`, authenticator, reconnect: false });
  expect(await ask([account.publicKey], stranger.signing)).toMatchObject({
    error: { code: 500, description: expect.stringContaining('ERR_DELETION_UNTRUSTED') },
  });
  expect(await ask([operator.system.publicKey], operator.signing)).toMatchObject({
    error: { description: expect.stringContaining('ERR_ACCOUNT_SYSTEM') },
  });
  expect(user.isClosed()).toBe(false);
  expect(await ask([account.publicKey], operator.signing)).toMatchObject({ data: { code: 200 } });
  await user.closed();
  await expect(client(broker.port, creds)).rejects.toThrow(/authorization/i);
});
