import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connect, credsAuthenticator } from '@nats-io/transport-node';
import { expect, it, onTestFinished } from 'vitest';
import { formatCreds } from '../../claims/creds.js';
import { signClaims } from '../../claims/jwt/encode.js';
import { newUser } from '../../claims/jwt/new.js';
import { Seed } from '../../claims/keys/seed.js';
import { seedSigner } from '../../claims/keys/signer.js';
import { type NatsServer, startNatsServer } from '../nats-server.js';
import { peer } from '../peers.js';
import { testFolder } from '../unit/service/folder.js';
import { NOW, runService, type TestService } from '../unit/service/service.js';

const program = peer('nats-server');

/** A member of a cluster that gives up a route after two seconds of silence. */
async function member(service: TestService, name: string, routes: string[]): Promise<NatsServer> {
  const config = path.join(await testFolder(), 'server.conf');
  await writeFile(
    config,
    `server_name: ${name}\noperator: ${service.operator.token}\n` +
      `system_account: ${service.operator.system.publicKey}\nresolver: URL(${service.url}/jwt/v1/accounts/)\n` +
      `ping_interval: "1s"\nping_max: 1\n` +
      `cluster { name: c, host: 127.0.0.1, port: -1, routes: ${JSON.stringify(routes)}, pool_size: -1 }\n`,
  );
  const server = await startNatsServer(program as string, config);
  onTestFinished(() => server.stop());
  return server;
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
  const first = await member(service, 'first', []);
  const second = await member(service, 'second', [`nats://127.0.0.1:${await first.routePort()}`]);
  const [a, b] = [first.port, second.port];
  const { text } = await userCreds(service.operator.system);
  expect(await service.attach({ servers: [`nats://127.0.0.1:${a}`], creds: text })).toMatchObject({ connected: true });
  const { creds, key } = await userCreds(account);
  expect(await comesIn(b, creds)).toBe(true);
  const links = async () => (await service.api('GET', '/links')).json.items[0].pending;
  await expect.poll(links, { timeout: 10_000 }).toBe(0);

  // Until the first member has given up its route to it, an announcement would only be late.
  const cutOff = first.logs(/Router connection closed/);
  second.process.kill('SIGSTOP');
  await cutOff;
  expect((await service.api('POST', `/accounts/${account.publicKey}/revocations`, { user: key })).status).toBe(201);
  await expect.poll(links, { timeout: 10_000 }).toBe(0);
  expect(await comesIn(a, creds)).toBe(false);
  second.process.kill('SIGCONT');
  await expect.poll(() => comesIn(b, creds), { timeout: 15_000, interval: 500 }).toBe(false);
});
