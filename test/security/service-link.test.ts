import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { connect, credsAuthenticator } from '@nats-io/transport-node';
import { expect, it, onTestFinished } from 'vitest';
import { formatCreds } from '../../claims/creds.js';
import { signClaims } from '../../claims/jwt/encode.js';
import { newUser } from '../../claims/jwt/new.js';
import { Seed } from '../../claims/keys/seed.js';
import { seedSigner } from '../../claims/keys/signer.js';
import { peer } from '../peers.js';
import { testFolder } from '../unit/service/folder.js';
import { NOW, runService, type TestService } from '../unit/service/service.js';

const program = peer('nats-server');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A member of a cluster that gives up a route after two seconds of silence. */
async function member(service: TestService, port: number, cluster: number, other: number): Promise<ChildProcess> {
  const config = path.join(await testFolder(), 'server.conf');
  await writeFile(
    config,
    `host: 127.0.0.1\nport: ${port}\nserver_name: "m-${port}"\noperator: ${service.operator.token}\n` +
      `system_account: ${service.operator.system.publicKey}\nresolver: URL(${service.url}/jwt/v1/accounts/)\n` +
      `ping_interval: "1s"\nping_max: 1\n` +
      `cluster { name: c, host: 127.0.0.1, port: ${cluster}, routes: ["nats://127.0.0.1:${other}"], pool_size: -1 }\n`,
  );
  const server = spawn(program as string, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(async () => {
    const gone = once(server, 'exit');
    if (server.kill('SIGKILL')) await gone;
  });
  for await (const line of createInterface(server.stderr)) if (line.includes('Server is ready')) return server;
  throw new Error('nats-server ended');
}

async function userCreds(account: Seed): Promise<{ creds: Uint8Array; text: string; key: string }> {
  const seed = Seed.generate('user');
  const { token } = await signClaims(newUser(seed.publicKey, 'u'), seedSigner(account), { now: NOW - 10 });
  const text = formatCreds(token, seed);
  return { text, creds: new TextEncoder().encode(text), key: seed.publicKey };
}

async function comesIn(port: number, creds: Uint8Array): Promise<boolean> {
  try {
    const options = { servers: `127.0.0.1:${port}`, reconnect: false, timeout: 3_000 };
    await (await connect({ ...options, authenticator: credsAuthenticator(creds) })).close();
    return true;
  } catch {
    return false;
  }
}

it.skipIf(!program)('a server that was cut off from its cluster learns a revocation when it is back', async () => {
  const service = await runService();
  const account = Seed.generate('account');
  await service.push(account.publicKey, await service.operator.account(account.publicKey));
  const [a, b, routeA, routeB] = [await freePort(), await freePort(), await freePort(), await freePort()];
  await member(service, a, routeA, routeB);
  const second = await member(service, b, routeB, routeA);
  const { text } = await userCreds(service.operator.system);
  expect(await service.attach({ servers: [`nats://127.0.0.1:${a}`], creds: text })).toMatchObject({ connected: true });
  const { creds, key } = await userCreds(account);
  expect(await comesIn(b, creds)).toBe(true);
  const links = async () => (await service.api('GET', '/links')).json.items[0].pending;
  await expect.poll(links, { timeout: 10_000 }).toBe(0);

  second.kill('SIGSTOP');
  // Until the first member has given up its routes to it, an announcement would only be late.
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  expect((await service.api('POST', `/accounts/${account.publicKey}/revocations`, { user: key })).status).toBe(201);
  await expect.poll(links, { timeout: 10_000 }).toBe(0);
  expect(await comesIn(a, creds)).toBe(false);
  second.kill('SIGCONT');
  await expect.poll(() => comesIn(b, creds), { timeout: 15_000, interval: 500 }).toBe(false);
});
