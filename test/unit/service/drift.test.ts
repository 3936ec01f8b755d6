import { describe, expect, it } from 'vitest';
import { Seed } from '../../../claims/keys/seed.js';
import { peer } from '../../peers.js';
import { makeOperator, NOW, runService, type TestService } from './service.js';
import { client, fullServer, linked, untilSettled, userCreds } from './system.js';

const program = peer('nats-server');
const newKey = () => Seed.generate('account').publicKey;
const USER = Seed.generate('user').publicKey;

const stored = async (service: TestService, id: string) => (await service.get(`/jwt/v1/accounts/${id}`)).text;
const detailOf = async (service: TestService) => {
  const [{ id }] = (await service.api('GET', '/links')).json.items;
  return (await service.api('GET', `/links/${id}`)).json;
};

describe.skipIf(!program)('a server that is linked and holds something else', () => {
  it('is given what it lacks or has in an older version, and gives what is newer', async () => {
    const service = await runService();
    const { operator } = service;
    const [lacking, older, newer, foreign] = [newKey(), newKey(), newKey(), newKey()];
    const at = (id: string, iat: number) => operator.account(id, () => {}, { iat });
    for (const id of [lacking, older]) expect((await service.push(id, await at(id, NOW - 50))).status).toBe(201);
    expect((await service.push(newer, await at(newer, NOW - 50))).status).toBe(201);
    const [unknown, theirs] = [newKey(), await at(newer, NOW - 10)];
    const taken = await at(unknown, NOW - 30);
    const stranger = await (await makeOperator()).account(foreign);
    const server = await fullServer(program as string, operator, {
      preload: { [older]: await at(older, NOW - 90), [newer]: theirs, [unknown]: taken, [foreign]: stranger },
    });
    await linked(service, server);
    await expect.poll(() => server.held(lacking), { timeout: 15_000 }).toBe(await stored(service, lacking));
    await expect.poll(() => server.held(older), { timeout: 15_000 }).toBe(await stored(service, older));
    await expect.poll(() => stored(service, unknown), { timeout: 15_000 }).toBe(taken);
    expect((await service.get(`/jwt/v1/accounts/${foreign}`)).status).toBe(404);
    await untilSettled(service);
    expect(await detailOf(service)).toMatchObject({
      systemAccount: operator.system.publicKey,
      present: [{ server: 'full', serverId: server.id }],
      drift: { servers: [{ server: 'full', serverId: server.id }] },
      accounts: { items: expect.arrayContaining([expect.objectContaining({ account: lacking, state: 'acked' })]) },
    });
  });

  it('does not bring a revoked user back', async () => {
    const service = await runService();
    const { operator } = service;
    const id = newKey();
    const revoked = await operator.account(id, ({ nats }) => void nats.revocations.set(USER, NOW - 60), {
      iat: NOW - 50,
    });
    await service.push(id, revoked);
    const dropped = await operator.account(id, () => {}, { iat: NOW - 10 });
    const server = await fullServer(program as string, operator, { preload: { [id]: dropped } });
    await linked(service, server);
    await expect.poll(() => server.held(id), { timeout: 15_000 }).toBe(revoked);
    expect(await stored(service, id)).toBe(revoked);
  });

  it('that keeps what it uses only asks the service for what it has not', async () => {
    const service = await runService();
    const server = await fullServer(program as string, service.operator, { type: 'cache' });
    await linked(service, server);
    const account = Seed.generate('account');
    const token = await service.operator.account(account.publicKey);
    expect((await service.push(account.publicKey, token)).status).toBe(201);
    await untilSettled(service);
    expect(await server.held(account.publicKey)).toBeUndefined();
    await client(server.port, (await userCreds(account, 'someone')).creds);
    expect(await server.held(account.publicKey)).toBe(token);
  });
});
