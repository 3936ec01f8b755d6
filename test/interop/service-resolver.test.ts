/** nsc and nats auth against a nats-server with a full resolver to which the service is attached as one more resolver. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Seed } from '../../claims/keys/seed.js';
import { startService } from '../../service/start.js';
import { type NatsServer, startNatsServer } from '../nats-server.js';
import { peer } from '../peers.js';

const nscProgram = peer('nsc');
const natsProgram = peer('nats');
const program = peer('nats-server');

interface Wanted {
  url: string;
  dir: string;
  preload: string;
}

/** A home of nsc with the operator `acme`, a server, and a service that has the operator's signing key and is linked. */
async function system(resolver: (wanted: Wanted) => string) {
  const home = mkdtempSync(path.join(tmpdir(), 'natsctl-service-resolver-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_DATA_HOME: path.join(home, 'data'),
    XDG_CONFIG_HOME: path.join(home, 'config'),
    NSC_NO_GIT_IGNORE: '1',
  };
  /** The service runs in this process: nothing here may block it. */
  const run = (command: string, args: string[]) =>
    new Promise<{ text: string; failed: boolean }>((resolve) => {
      execFile(command, args, { env, cwd: home, timeout: 60_000 }, (error, stdout, stderr) =>
        resolve({ text: `${stdout}${stderr}`, failed: error !== null }),
      );
    });
  const nsc = async (...args: string[]) => {
    const { text, failed } = await run(nscProgram as string, args);
    if (failed) throw new Error(`nsc ${args.join(' ')}: ${text}`);
    return text;
  };
  await nsc('add', 'operator', 'acme', '--sys', '--generate-signing-key');
  const store = path.join(home, 'data/nats/nsc/stores/acme');
  const operatorToken = readFileSync(path.join(store, 'acme.jwt'), 'utf8').trim();
  const operator = JSON.parse(await nsc('describe', 'operator', '--json'));
  const [signing] = operator.nats.signing_keys;
  const seed = readFileSync(path.join(home, `data/nats/nsc/keys/keys/O/${signing.slice(1, 3)}/${signing}.nk`));
  const system = readFileSync(path.join(store, 'accounts/SYS/SYS.jwt'), 'utf8').trim();
  const service = await startService({ dataDir: path.join(home, 'service'), port: -1 });
  onTestFinished(() => service.close());
  await service.adoptOperator({ operatorToken, signingSeed: Seed.parse(seed), accounts: [system] });
  const config = path.join(home, 'server.conf');
  const sys = operator.nats.system_account;
  writeFileSync(
    config,
    `server_name: full\noperator: ${operatorToken}\nsystem_account: ${sys}\n` +
      `resolver: ${resolver({ url: service.url, dir: path.join(home, 'jwt'), preload: `{ ${sys}: ${system} }` })}\n`,
  );
  const server = await startNatsServer(program as string, config);
  onTestFinished(() => server.stop());
  const creds = readFileSync(path.join(home, 'data/nats/nsc/keys/creds/acme/SYS/sys.creds'), 'utf8');
  expect(await service.attach({ servers: [server.url], creds })).toMatchObject({ connected: true });
  await nsc('edit', 'operator', '--account-jwt-server-url', server.url);
  const keyOf = async (name: string): Promise<string> =>
    JSON.parse(await nsc('describe', 'account', name, '--json')).sub;
  const stored = async (id: string) => {
    const answer = await fetch(`${service.url}/jwt/v1/accounts/${id}`);
    return answer.status === 200 ? answer.text() : answer.status;
  };
  const api = (method: string, at: string, body?: object) =>
    fetch(`${service.url}/api/v1${at}`, {
      method,
      headers: { authorization: `Bearer ${service.adminToken}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    }).then((answer) => answer.json());
  const local = (name: string) => readFileSync(path.join(store, `accounts/${name}/${name}.jwt`), 'utf8').trim();
  return { home, env, run, nsc, service, server: server as NatsServer, keyOf, stored, api, local };
}

const full = ({ dir, preload }: Wanted) =>
  `{ type: full, dir: '${dir}', allow_delete: true, interval: '1s' }\nresolver_preload: ${preload}`;

it.skipIf(!nscProgram || !program)(
  'nsc pushes to, pulls from and prunes servers and service alike, and counts each as one',
  { timeout: 60_000 },
  async () => {
    const { nsc, keyOf, stored, api, local } = await system(full);
    await nsc('add', 'account', 'orders');
    const id = await keyOf('orders');
    const pushed = await nsc('push', '-a', 'orders');
    expect(pushed).toMatch(/full.*jwt updated|jwt updated.*full/s);
    expect(pushed).toMatch(/natsctl-service/);
    expect(await stored(id)).toBe(local('orders'));

    const made = (await api('POST', '/accounts', { name: 'billing' })) as { publicKey: string; jwt: string };
    expect(await nsc('pull', '-A')).toContain('billing');
    expect(local('billing')).toBe(made.jwt);

    await nsc('delete', 'account', 'orders', '--force');
    const pruned = await nsc('push', '-P');
    expect(pruned).toContain('deleted 1 accounts');
    expect(pruned).toContain('natsctl-service');
    expect(await stored(id)).toBe(404);
  },
);

it.skipIf(!nscProgram || !program)(
  'nsc pulls over NATS from the service where no server keeps accounts',
  { timeout: 60_000 },
  async () => {
    const { nsc, api, local } = await system(({ url }) => `URL(${url}/jwt/v1/accounts/)`);
    const made = (await api('POST', '/accounts', { name: 'billing' })) as { publicKey: string; jwt: string };
    expect(await nsc('pull', '-A')).toContain('billing');
    expect(local('billing')).toBe(made.jwt);
  },
);

it.skipIf(!nscProgram || !natsProgram || !program)(
  'nats auth account push finds server and service agreed',
  { timeout: 60_000 },
  async () => {
    const { run, nsc, server, keyOf, stored, home, local } = await system(full);
    await nsc('add', 'account', 'orders');
    const creds = path.join(home, 'data/nats/nsc/keys/creds/acme/SYS/sys.creds');
    const pushed = await run(natsProgram as string, [
      '--creds',
      creds,
      '-s',
      server.url,
      'auth',
      'account',
      'push',
      'orders',
      '--operator',
      'acme',
    ]);
    expect(pushed.text).toContain('Success 1 Failed 0 Expected 1');
    expect(pushed.failed).toBe(false);
    await expect.poll(async () => stored(await keyOf('orders'))).toBe(local('orders'));
  },
);
