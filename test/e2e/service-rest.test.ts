/** The commands that ask a service's REST API, through the binary against a real service: what a hand does wrong, and what is told. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Home, jsonFile, makeHome, run, type Started, start } from './harness.js';

let home: Home;
let service: Started;

const at = (name: string) => path.join(home.folder, name);
const asks = (...args: string[]) => run(home, ['service', ...args]);
const refused = async (...args: string[]) => {
  const { code, stdout } = await asks(...args, '--json');
  return { exit: code, code: JSON.parse(stdout).error?.code };
};

beforeAll(async () => {
  home = makeHome();
  await run(home, ['operator', 'create', 'acme', '--sys']);
  await run(home, ['account', 'create', 'orders']);
  service = start(home, [
    'service',
    'start',
    '--port',
    '-1',
    '--ports-file',
    at('ports.json'),
    '--data-dir',
    at('data'),
  ]);
  home.env.NATSCTL_SERVICE = (await jsonFile<{ service: string }>(at('ports.json'), service)).service;
  home.env.NATSCTL_TOKEN_FILE = at('data/admin.token');
  expect((await run(home, ['push'])).code).toBe(0);
}, 60_000);
afterAll(async () => {
  await service.stop();
  home.remove();
});

describe('access tokens', () => {
  it('are written to a private file, work for what they are for, and not once they are revoked', async () => {
    const made = await asks(
      'token',
      'create',
      'ci',
      '--role',
      'viewer',
      '--account',
      'orders',
      '--output',
      'ci.token',
      '--json',
    );
    expect(made).toMatchObject({ code: 0 });
    const token = readFileSync(at('ci.token'), 'utf8').trim();
    expect(statSync(at('ci.token')).mode & 0o777).toBe(0o600);
    expect(made.stdout + made.stderr).not.toContain(token);
    const own = ['--token-file', 'ci.token'];
    const { account } = made.json();
    expect((await asks('whoami', '--json', ...own)).json()).toMatchObject({
      actor: 'token:ci',
      grants: [{ role: 'viewer', account }],
    });
    expect(await refused('token', 'create', 'x', '--role', 'admin', '--output', 'x.token', ...own)).toEqual({
      exit: 1,
      code: 'ERR_AUTH_FORBIDDEN',
    });
    // What was not made leaves no file that looks like it.
    expect(existsSync(at('x.token'))).toBe(false);
    expect(await refused('evacuate', 'orders', '--yes', ...own)).toEqual({ exit: 1, code: 'ERR_AUTH_FORBIDDEN' });
    expect((await asks('token', 'revoke', made.json().id)).code).toBe(0);
    expect((await asks('whoami', ...own)).code).toBe(1);
    const { tokens } = (await asks('token', 'list', '--revoked', '--json')).json();
    expect(tokens).toMatchObject([{ name: 'ci', account }]);
    expect((await asks('token', 'list', '--no-revoked')).stdout).toMatch(/^NAME .*\nadmin\.token /);
  });

  it('are not made where their file cannot be', async () => {
    writeFileSync(at('taken'), 'mine');
    expect(await refused('token', 'create', 'y', '--role', 'viewer', '--output', 'taken')).toEqual({
      exit: 1,
      code: 'ERR_FILE_EXISTS',
    });
    expect(readFileSync(at('taken'), 'utf8')).toBe('mine');
    expect((await asks('token', 'list')).stdout).not.toMatch(/^y /m);
  });
});

describe('what is asked wrongly', () => {
  it.each([
    { args: ['token', 'create', 'z', '--role', 'viewer', '--account', 'nope'], code: 'ERR_ACCOUNT_UNKNOWN', exit: 1 },
    { args: ['token', 'create', 'z', '--role', 'viewer', '--operator', 'nope'], code: 'ERR_OPERATOR_UNKNOWN', exit: 1 },
    { args: ['token', 'revoke', '..'], code: 'ERR_URL_INVALID', exit: 1 },
    { args: ['webhook', 'delete', '../accounts', '--yes'], code: 'ERR_WEBHOOK_UNKNOWN', exit: 1 },
    { args: ['webhook', 'create', 'x', 'http://127.0.0.1:1/'], code: 'ERR_OUTBOUND_REFUSED', exit: 1 },
    { args: ['webhook', 'replay', 'wh_x'], code: 'ERR_USAGE', exit: 2 },
    { args: ['evacuate', 'orders'], code: 'ERR_USAGE', exit: 2 },
    { args: ['ledger', 'list', '--after', 'made-up'], code: 'ERR_CURSOR_INVALID', exit: 1 },
  ])('$args', async ({ args, code, exit }) => expect(await refused(...args)).toEqual({ exit, code }));

  it('no token is asked for, and an answer of something else is told as that', async () => {
    const { NATSCTL_TOKEN_FILE, ...without } = home.env;
    expect(NATSCTL_TOKEN_FILE).toBeDefined();
    expect((await run({ ...home, env: without }, ['service', 'whoami'])).code).toBe(2);
    const other = createServer((_, response) => response.end('{"actor": 7, "grants": []}')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    expect(await refused('whoami', '--service', url)).toEqual({ exit: 1, code: 'ERR_SERVICE_ANSWER' });
    other.close();
  });
});

describe('lists', () => {
  it('go on where they ended', { timeout: 60_000 }, async () => {
    const all = (await asks('ledger', 'list', '--json')).json();
    expect(all).toMatchObject({ next: null });
    expect(all.entries.map(({ kind }: { kind: string }) => kind).sort()).toEqual(['account', 'account', 'operator']);
    const first = (await asks('ledger', 'list', '--limit', '1', '--json')).json();
    const rest = (await asks('ledger', 'list', '--after', first.next, '--json')).json();
    expect([...first.entries, ...rest.entries]).toEqual(all.entries);
    const operators = (await asks('ledger', 'list', '--limit', '1', '--kind', 'operator', '--json')).json();
    expect(operators.entries).toHaveLength(1);
  });
});

describe('evacuation', () => {
  it('is tried first, and no success where no server was told', { timeout: 60_000 }, async () => {
    const before = await (await fetch(`${home.env.NATSCTL_SERVICE}/jwt/v1/accounts/${await ordersKey()}`)).text();
    const tried = (await asks('evacuate', 'orders', '--dry-run', '--json')).json();
    expect(tried).toMatchObject({ dryRun: true, evacuated: null, changes: [{ action: 'account.evacuate' }] });
    const held = async () => (await fetch(`${home.env.NATSCTL_SERVICE}/jwt/v1/accounts/${await ordersKey()}`)).text();
    expect(await held()).toBe(before);
    const done = await asks('evacuate', 'orders', '--yes', '--json');
    expect(done.code).toBe(1);
    expect(done.json()).toMatchObject({ name: 'orders', complete: false, evacuated: { announced: [] } });
    expect(await held()).not.toBe(before);
  });
});

const ordersKey = async () => (await run(home, ['account', 'describe', 'orders', '--json'])).json().publicKey;
