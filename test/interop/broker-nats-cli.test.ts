/** The nats CLI's server commands against our broker: what an operator looks at first. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningBroker } from '../../broker/options.js';
import { startBroker } from '../../broker/start.js';
import { formatCreds } from '../../claims/creds.js';
import { peer } from '../peers.js';
import { RawClient } from '../unit/broker/raw-client.js';
import { makeWorld, type TestAccount } from '../unit/broker/world.js';

const program = peer('nats');
const home = mkdtempSync(path.join(tmpdir(), 'natsctl-nats-cli-'));
let broker: RunningBroker;
let account: TestAccount;
let client: RawClient;

beforeAll(async () => {
  const world = await makeWorld();
  account = await world.account('ORDERS');
  const admin = await world.system.user('admin');
  writeFileSync(path.join(home, 'admin.creds'), formatCreds(admin.token, admin.seed), { mode: 0o600 });
  broker = await startBroker({
    port: -1,
    serverName: 'shop',
    operators: [world.operatorToken],
    resolver: { memory: world.tokens() },
  });
  client = await RawClient.login(broker.port, await account.user('till'), { name: 'till-1', lang: 'test' });
});

afterAll(async () => {
  client.close();
  await broker.close();
  rmSync(home, { recursive: true, force: true });
});

const nats = (...args: string[]) =>
  new Promise<{ ok: boolean; text: string }>((resolve) => {
    const given = ['--server', broker.url, '--creds', path.join(home, 'admin.creds'), ...args];
    execFile(
      program as string,
      given,
      { env: { HOME: home, PATH: process.env.PATH }, timeout: 30_000 },
      (error, out, err) => resolve({ ok: error === null, text: `${out}${err}` }),
    );
  });

it.skipIf(program === undefined).each<[string[], (RegExp | (() => string))[]]>([
  [['server', 'list'], [/shop/]],
  [['server', 'ping', '1'], [/shop/]],
  [
    ['server', 'info', 'shop'],
    [/shop/, /Maximum Connections: 65,536/],
  ],
  [['server', 'report', 'connections'], [/till-1/]],
  [['server', 'report', 'accounts'], [() => account.id]],
  [['server', 'account', 'info', 'ACCOUNT'], [/ORDERS/]],
  [['server', 'request', 'connections'], [/"name": ?"till-1"/]],
  [['server', 'request', 'variables'], [/"server_name": ?"shop"/]],
  [['server', 'check', 'connection'], [/OK/]],
])('nats %j', async (args, expected) => {
  const { ok, text } = await nats(...args.map((each) => (each === 'ACCOUNT' ? account.id : each)));
  expect(ok, text).toBe(true);
  for (const each of expected) expect(text).toMatch(typeof each === 'function' ? each() : each);
});
