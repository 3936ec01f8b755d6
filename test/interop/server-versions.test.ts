/** A service linked to a cluster whose servers are of two versions, 2.9 and today's. */
import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Seed } from '../../claims/keys/seed.js';
import { startNatsServer } from '../nats-server.js';
import { peer } from '../peers.js';
import { testFolder } from '../unit/service/folder.js';
import { runService, type TestService } from '../unit/service/service.js';
import { client, fullServer, linked, untilSettled, userCreds } from '../unit/service/system.js';

const today = peer('nats-server');
const old = peer('nats-server@2.9');

const linkOf = async (service: TestService) => {
  const [{ id }] = (await service.api('GET', '/links')).json.items;
  return (await service.api('GET', `/links/${id}`)).json;
};
const byName = <T extends { server: string }>(rows: T[]) => rows.toSorted((a, b) => a.server.localeCompare(b.server));
const refused = (port: number, creds: string) =>
  expect(client(port, creds)).rejects.toThrow(/authorization violation/i);

async function mixedCluster(service: TestService, linkTo: 'old' | 'today') {
  const { operator } = service;
  const first = await fullServer(today as string, operator, { name: 'today', cluster: { name: 'c', routes: [] } });
  const routes = [await first.routePort()];
  const second = await fullServer(old as string, operator, { name: 'old', cluster: { name: 'c', routes } });
  await linked(service, linkTo === 'old' ? second : first);
  await expect.poll(async () => (await linkOf(service)).present, { timeout: 15_000 }).toHaveLength(2);
  return { today: first, old: second };
}

describe.skipIf(!today || !old)('servers of two versions', () => {
  it.each(['old', 'today'] as const)(
    'take revocations and evacuations, each told of: linked to the one of %s',
    { timeout: 60_000 },
    async (linkTo) => {
      const service = await runService();
      const cluster = await mixedCluster(service, linkTo);
      const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
      const make = async (name: string) => (await service.api('POST', `/accounts/${account}/users`, { name })).json;
      const [till, clerk] = [await make('till'), await make('clerk')];
      await untilSettled(service);
      const connections = [];
      for (const { port } of [cluster.old, cluster.today]) {
        for (const { creds } of [till, clerk]) connections.push(await client(port, creds));
      }
      const [tillOld, clerkOld, tillToday, clerkToday] = connections;
      const gone = Promise.all([tillOld?.closed(), tillToday?.closed()]);
      const { json } = await service.api('POST', `/accounts/${account}/revocations`, { user: till.publicKey });
      await gone;
      expect(byName(json.announced)).toMatchObject([
        { server: 'old', ok: true },
        { server: 'today', ok: true },
      ]);
      expect(byName(json.servers)).toMatchObject([
        { server: 'old', took: true, before: 1, open: 0 },
        { server: 'today', took: true, before: 1, open: 0 },
      ]);
      for (const { port } of [cluster.old, cluster.today]) await refused(port, till.creds);
      expect([clerkOld, clerkToday].map((one) => one?.isClosed())).toEqual([false, false]);

      const etag = (await service.api('GET', `/accounts/${account}`)).headers.get('etag') ?? '';
      const ended = Promise.all([clerkOld?.closed(), clerkToday?.closed()]);
      const evacuated = await service.api('POST', `/accounts/${account}/evacuate`, {}, { 'if-match': etag });
      expect(evacuated.status).toBe(200);
      await ended;
      expect(byName(evacuated.json.servers)).toMatchObject([
        { server: 'old', before: 1, open: 0 },
        { server: 'today', before: 1, open: 0 },
      ]);
      for (const { port } of [cluster.old, cluster.today]) await refused(port, clerk.creds);

      // One of them is away while something changes, and has it when it is back.
      await cluster.old.stop();
      const away = await make('away');
      const revoked = await service.api('POST', `/accounts/${account}/revocations`, { user: away.publicKey });
      expect(revoked.status).toBe(201);
      const back = await fullServer(old as string, service.operator, {
        name: 'old',
        dir: cluster.old.dir,
        port: cluster.old.port,
        cluster: { name: 'c', routes: [await cluster.today.routePort()] },
      });
      const newest = async () => (await service.get(`/jwt/v1/accounts/${account}`)).text;
      await expect.poll(() => back.held(account), { timeout: 20_000 }).toBe(await newest());
      await refused(back.port, away.creds);
    },
  );

  it('a server of 2.9 keeps nothing for an account that nobody has', async () => {
    const service = await runService();
    const server = await fullServer(old as string, service.operator, { type: 'cache' });
    await linked(service, server);
    const account = Seed.generate('account');
    const { creds } = await userCreds(account, 'someone');
    await refused(server.port, creds);
    await expect(stat(path.join(server.dir, `${account.publicKey}.jwt`))).rejects.toThrow(/ENOENT/);
    const token = await service.operator.account(account.publicKey);
    expect((await service.push(account.publicKey, token)).status).toBe(201);
    await untilSettled(service);
    await client(server.port, creds);
    expect(await server.held(account.publicKey)).toBe(token);
  });

  it('a server that has an account is not outrun by the service that has not', async () => {
    const service = await runService();
    const { operator } = service;
    const account = Seed.generate('account');
    const full = await fullServer(today as string, operator, { name: 'full', cluster: { name: 'c', routes: [] } });
    const routes = [await full.routePort()];
    const cache = await fullServer(today as string, operator, {
      name: 'cache',
      type: 'cache',
      cluster: { name: 'c', routes },
    });
    const asking = await linked(service, cache);
    // Behind the service's back, as a server that was away would have it.
    await writeFile(path.join(full.dir, `${account.publicKey}.jwt`), await operator.account(account.publicKey));
    const { creds } = await userCreds(account, 'someone');
    // It is slow: it answers when whoever has nothing to say could have said so.
    full.process.kill('SIGSTOP');
    asking.subscribe(`$SYS.REQ.ACCOUNT.${account.publicKey}.CLAIMS.LOOKUP`, {
      callback: () => void setTimeout(() => full.process.kill('SIGCONT'), 400),
    });
    await asking.flush();
    expect(await (await client(cache.port, creds)).rtt()).toBeGreaterThanOrEqual(0);
  });

  it.each(['url', 'memory', 'full', 'cache'])('2.9 starts with the configuration for it: %s', async (resolver) => {
    const service = await runService();
    const made = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    const user = (await service.api('POST', `/accounts/${made}/users`, { name: 'u' })).json;
    const folder = await testFolder();
    const query = `?resolver=${resolver}&dir=${encodeURIComponent(path.join(folder, 'jwt'))}`;
    const config = await service.api('GET', `/operators/${service.operator.claims.sub}/server-config${query}`);
    const file = path.join(folder, 'server.conf');
    await writeFile(file, config.text);
    const server = await startNatsServer(old as string, file);
    onTestFinished(() => server.stop());
    if (resolver === 'full' || resolver === 'cache') await linked(service, server);
    if (resolver === 'full') await untilSettled(service);
    await client(server.port, user.creds);
  });
});
