import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatCreds } from '../../../claims/creds.js';
import { signClaims } from '../../../claims/jwt/encode.js';
import { newUser } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { startNatsServer } from '../../nats-server.js';
import { peer } from '../../peers.js';
import { databaseBytes } from './database.js';
import { testFolder } from './folder.js';
import { NOW, runService, type TestOperator, type TestService } from './service.js';

async function userCreds(account: Seed, name: string): Promise<{ creds: string; key: string }> {
  const seed = Seed.generate('user');
  const { token } = await signClaims(newUser(seed.publicKey, name), seedSigner(account), { now: NOW - 10 });
  return { creds: formatCreds(token, seed), key: seed.publicKey };
}

/** A nats-server that asks the service for its accounts, as its configuration file has it. */
async function natsServer(program: string, { operator, url }: { operator: TestOperator; url: string }, port?: number) {
  const config = path.join(await testFolder(), 'server.conf');
  await writeFile(
    config,
    `server_name: peer\noperator: ${operator.token}\nsystem_account: ${operator.system.publicKey}\n` +
      `resolver: URL(${url}/jwt/v1/accounts/)\n`,
  );
  const server = await startNatsServer(program, config, port);
  onTestFinished(() => server.stop());
  return server;
}

async function client(port: number, creds: string): Promise<NatsConnection> {
  const authenticator = credsAuthenticator(new TextEncoder().encode(creds));
  const connection = await connect({ servers: `127.0.0.1:${port}`, authenticator, reconnect: false });
  onTestFinished(() => connection.close());
  return connection;
}

/** An account that its user's key is in, pushed. */
async function account(service: TestService) {
  const seed = Seed.generate('account');
  expect((await service.push(seed.publicKey, await service.operator.account(seed.publicKey))).status).toBe(201);
  return { id: seed.publicKey, ...(await userCreds(seed, 'someone')) };
}

const pendingOf = async (service: TestService) =>
  (await service.api('GET', '/links')).json.items.map(({ connected, pending }: Record<string, unknown>) => ({
    connected,
    pending,
  }));
const untilSettled = (service: TestService) =>
  expect.poll(() => pendingOf(service), { timeout: 15_000 }).toEqual([{ connected: true, pending: 0 }]);

describe('a link to a NATS system that is away', () => {
  it('keeps no revocation waiting, and remembers what is to be announced', async () => {
    const service = await runService();
    const { creds } = await userCreds(service.operator.system, 'service');
    const state = await service.attach({ servers: ['nats://127.0.0.1:1'], creds });
    expect(state).toMatchObject({ connected: false, pending: 1 });
    const { id, key } = await account(service);
    const asked = performance.now();
    const { json } = await service.api('POST', `/accounts/${id}/revocations`, { user: key });
    expect(performance.now() - asked).toBeLessThan(1_000);
    expect(json.announced).toEqual([
      { server: 'nats://127.0.0.1:1', serverId: '', ok: false, message: expect.stringMatching(/not connected/) },
    ]);
    expect(await pendingOf(service)).toEqual([{ connected: false, pending: 2 }]);
  });

  it('is refused without credentials, with spoilt ones, or to what is no NATS server', async () => {
    const service = await runService();
    const { creds } = await userCreds(service.operator.system, 'service');
    const servers = ['nats://127.0.0.1:1'];
    const cases: [body: unknown, status: number, code: string][] = [
      [{ servers }, 409, 'ERR_LINK_CREDS'],
      [{ servers, creds: creds.slice(0, 500) }, 400, 'ERR_CREDS_INVALID'],
      [{ servers: [], creds }, 400, 'ERR_REQUEST_INVALID'],
      [{ servers: ['http://127.0.0.1:1'], creds }, 400, 'ERR_LINK_SERVERS'],
      [{ servers: ['nats://user:pass@127.0.0.1:1'], creds }, 400, 'ERR_LINK_SERVERS'],
      [{ servers: ['127.0.0.1:1'], creds }, 400, 'ERR_LINK_SERVERS'],
    ];
    for (const [body, status, code] of cases) {
      const refused = await service.api('POST', '/links', body);
      expect([refused.status, refused.json.code], JSON.stringify(body).slice(0, 60)).toEqual([status, code]);
    }
  });
});

const programs = [
  { name: 'nats-server, newest', program: peer('nats-server') },
  { name: 'nats-server 2.9', program: peer('nats-server@2.9') },
];
describe.each(programs)('a link to $name', ({ program }) => {
  it.skipIf(!program)('closes the connection of a revoked user at once, and says which server took it', async () => {
    const service = await runService();
    const { port } = await natsServer(program as string, service);
    const { creds } = await userCreds(service.operator.system, 'service');
    expect(await service.attach({ servers: [`nats://127.0.0.1:${port}`], creds })).toMatchObject({ connected: true });
    const { id, creds: user, key } = await account(service);
    const connection = await client(port, user);
    const closed = connection.closed();
    const { status, json } = await service.api('POST', `/accounts/${id}/revocations`, { user: key });
    expect(status).toBe(201);
    expect(json.announced).toEqual([
      { server: 'peer', serverId: expect.stringMatching(/^N/), ok: true, message: expect.any(String) },
    ]);
    expect(String(await closed)).toMatch(/revoked/i);
    await expect(client(port, user)).rejects.toThrow(/authorization/i);
    await untilSettled(service);
  });

  it.skipIf(!program)('announces what changed while it was away, also after a restart of the service', async () => {
    const first = await runService();
    // It goes away before anything is announced to it, and comes back at the same place.
    const away = await natsServer(program as string, first);
    await away.stop();
    const { port } = away;
    const { creds } = await userCreds(first.operator.system, 'service');
    expect((await first.api('POST', '/links', { servers: [`nats://127.0.0.1:${port}`], creds })).status).toBe(201);
    const { id, creds: user, key } = await account(first);
    await first.api('POST', `/accounts/${id}/revocations`, { user: key });
    await first.close();
    expect((await databaseBytes(first.dataDir)).includes('USER NKEY SEED')).toBe(false);

    const second = await runService({ dataDir: first.dataDir, operator: first.operator });
    const server = await natsServer(program as string, second, port);
    await untilSettled(second);
    await server.stop();
    await expect.poll(() => pendingOf(second), { timeout: 10_000 }).toEqual([{ connected: false, pending: 0 }]);
    const other = await account(second);
    await natsServer(program as string, second, port);
    await untilSettled(second);
    await client(port, other.creds);
    await expect(client(port, user)).rejects.toThrow(/authorization/i);
  });
});
