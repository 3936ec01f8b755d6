import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { decodeAs } from '../../claims/jwt/decode.js';
import { payloadJson } from '../../claims/jwt/encode.js';
import { newAccount } from '../../claims/jwt/new.js';
import { Seed } from '../../claims/keys/seed.js';
import type { AccountClaims } from '../../claims/types.js';
import { peer } from '../peers.js';
import { startPostgres } from '../postgres.js';
import { type Home, jsonFile, makeHome, run, type Started, start } from './harness.js';

/** The documents of docs/json.md, by their headings. */
const documented = new Map(
  [...readFileSync('docs/json.md', 'utf8').matchAll(/^## (.+)\n[\s\S]*?```json\n([\s\S]*?)```/gm)].map(
    ([, heading, example]) => [heading as string, JSON.parse(example as string) as unknown],
  ),
);
const FREE_PORTS = ['--broker-port', '-1', '--service-port', '-1'];

/** Field names and types. A documented `null` and an empty list stand for whatever the program has there; `{}` for any object. */
function expectShape(actual: unknown, example: unknown, where: string): void {
  if (example === null || actual === null) return;
  expect(Array.isArray(actual) ? 'array' : typeof actual, where).toBe(
    Array.isArray(example) ? 'array' : typeof example,
  );
  if (Array.isArray(example)) {
    for (const item of actual as unknown[]) if (example.length > 0) expectShape(item, example[0], `${where}[]`);
  } else if (typeof example === 'object') {
    const names = Object.keys(example);
    if (names.length === 0) return;
    expect(Object.keys(actual as object).sort(), where).toEqual([...names].sort());
    for (const name of names) {
      expectShape(
        (actual as Record<string, unknown>)[name],
        (example as Record<string, unknown>)[name],
        `${where}.${name}`,
      );
    }
  }
}

let home: Home;
let up: Started;
let running: { service: string; adminTokenFile: string };
const shown = new Set<string>();

/** Runs a command with `--json` and holds its document against the page. */
async function holds(command: string, ...args: string[]) {
  const ended = await run(home, [...command.split(' '), ...args, '--json']);
  expect(ended, command).toMatchObject({ code: 0 });
  same(command, ended.json());
}

function same(heading: string, document: unknown): void {
  shown.add(heading);
  expect(documented.has(heading), `docs/json.md: ${heading}`).toBe(true);
  expectShape(document, documented.get(heading), heading);
}

/** What a program that stays up prints once it is ready. */
async function firstDocument(started: Started, portsFile: string): Promise<unknown> {
  await jsonFile(portsFile, started);
  await vi.waitFor(() => expect(started.output()).toMatch(/^}$/m));
  return JSON.parse(started.output());
}

beforeAll(async () => {
  home = makeHome();
  const ports = path.join(home.folder, 'ports.json');
  up = start(home, ['up', ...FREE_PORTS, '--ports-file', ports, '--json']);
  const document = await firstDocument(up, ports);
  same('up', document);
  running = document as typeof running;
});

afterAll(async () => {
  await up.stop();
  home.remove();
});

// More than a hundred starts of the program, one after the other.
it('every document is as docs/json.md says', { timeout: 120_000 }, async () => {
  const local = ['--operator', 'local'];
  await holds('operator create', 'acme', '--service-url', 'nats://127.0.0.1:4222');
  await holds('operator list');
  await holds('operator describe', 'acme');
  await holds('account create', 'orders', ...local);
  await holds('account list', ...local);
  await holds('user create', 'checkout', '-a', 'orders', ...local);
  await holds('user list', '-a', 'orders', ...local);
  await holds('user describe', 'checkout', '-a', 'orders', ...local);
  await holds('account describe', 'orders', ...local);
  await holds('user creds', 'checkout', '-a', 'orders', '--output', 'x.creds', ...local);
  await holdsOfEdits(local);
  await holdsOfSharing(local);
  await holds('config generate', '--memory', '--output', 'server.conf', ...local);
  await holds('push', ...local);
  await holds('diff', ...local);

  const sub = start(home, ['sub', 'orders.>', '-a', 'orders', '--user', 'checkout', '-n', '1', '--json', ...local]);
  await expect.poll(() => sub.output(), { timeout: 10_000 }).toContain('listening');
  await holds('pub', 'orders.new', 'one pizza', '-H', 'Source: till', '-a', 'orders', '--user', 'checkout', ...local);
  await expect.poll(() => sub.output(), { timeout: 10_000 }).toContain('one pizza');
  same(
    'sub',
    JSON.parse(
      sub
        .output()
        .split('\n')
        .find((line) => line.startsWith('{')) ?? '',
    ),
  );

  await holds('pull', ...local);
  await holds('user revoke', 'checkout', '-a', 'orders', ...local);
  const refused = await run(home, ['account', 'describe', 'nope', ...local, '--json']);
  expect(refused).toMatchObject({ code: 1, stderr: '' });
  same('errors', refused.json());
});

async function holdsOfEdits(local: string[]) {
  const acme = ['--operator', 'acme'];
  const orders = ['-a', 'orders', ...local];
  await holds('operator edit', '--tag', 'x', ...acme);
  await holds('operator signing-key add', ...acme);
  await holds('operator signing-key list', ...acme);
  const listed = (await run(home, ['operator', 'signing-key', 'list', '--json', ...acme])).json();
  await holds(
    'operator signing-key remove',
    (listed as { signingKeys: { key: string }[] }).signingKeys[0]?.key ?? '',
    ...acme,
  );
  await holds('account edit', 'orders', '--conns', '100', ...local);
  await holds('account signing-key add', '--role', 'sales', '--allow-pub', 'sales.>', ...orders);
  await run(home, ['user', 'create', 'clerk', '--private-key', 'sales', ...orders]);
  await holds('account signing-key edit', 'sales', '--subs', '5', ...orders);
  await holds('account signing-key list', ...orders);
  await holds('account signing-key rotate', 'sales', ...orders);
  await holds('account signing-key remove', 'sales', '--force', ...orders);
  await holds('user edit', 'checkout', '--subs', '500', ...orders);
}

it('so are those of what looks, explains and tries', async () => {
  const local = ['--operator', 'local'];
  const guest = ['-a', 'orders', '--user', 'guest', ...local];
  const creds = 'guest.creds';
  await run(home, ['user', 'create', 'guest', '-a', 'orders', '--expiry', '2d', ...local]);
  await run(home, ['user', 'creds', 'guest', '-a', 'orders', '--output', creds, ...local]);
  await holds('describe', creds);
  await holds('validate', '--account', 'SYS', ...local);
  await holds('expirations', ...local);
  await holds('explain can', 'pub', 'orders.new', ...guest);
  await holds('doctor', creds, ...local);
  await holds('graph', ...local);
  await holds('env', ...local);
  await holds('export state', '--output', 'org.yaml', ...local);
  await holds('export schema');
  await holds('plan', 'org.yaml');
  await holds('apply', 'org.yaml', '--yes');
  await holds('context select', 'account', 'orders', ...local);
  await holds('context nats', 'orders', ...guest);
  await holds('context profile', 'nsc://local/orders/guest?names');
  await holds('completion', 'bash');
  await holds('nkey gen', 'curve', '--output', 'x.nk');
  await holds('nkey gen', 'user', '--output', 'u.nk');
  await holds('nkey show', 'u.nk');
  await holds('nkey sign', creds, 'u.nk');
  const { signature } = (await run(home, ['nkey', 'sign', creds, 'u.nk', '--json'])).json() as { signature: string };
  await holds('nkey verify', creds, signature, 'u.nk');
  await holds('nkey seal', creds, 'x.nk', 'x.nk');
  await run(home, ['nkey', 'seal', creds, 'x.nk', 'x.nk', '--output', 'sealed']);
  await holds('nkey unseal', 'sealed', 'x.nk', 'x.nk');
  await holds('keys list', ...local);
  await holds('keys export', 'out', ...local);
  await holds('keys import', 'out', '--keystore', 'fresh');
  const responder = start(home, ['reply', 'orders.count', '-n', '1', '--json', ...guest]);
  await expect.poll(() => responder.output(), { timeout: 10_000 }).toContain('answering');
  await holds('request', 'orders.count', ...guest);
  await expect.poll(() => responder.output(), { timeout: 10_000 }).toContain('answered');
  const line = responder
    .output()
    .split('\n')
    .find((each) => each.startsWith('{'));
  same('reply', JSON.parse(line ?? ''));
  await holds('rtt', ...guest);
}, 60_000);

it('so are those of seeds at rest, backup and rebuilding', { timeout: 120_000 }, async () => {
  const there = ['--store', 'stores', '--keystore', 'keystore'];
  const file = (name: string) => {
    writeFileSync(path.join(home.folder, name), `${name} of this test\n`, { mode: 0o600 });
    return path.join(home.folder, name);
  };
  const passphrase = ['--passphrase-file', file('passphrase')];
  await run(home, ['operator', 'create', 'acme', ...there]);
  await run(home, ['nkey', 'gen', 'curve', '--save', '--keystore', 'keystore']);
  await holds('keys orphaned', ...there);
  await holds('keys migrate', ...there);
  await holds('backup', 'acme.backup', ...passphrase, ...there);
  await holds('restore', 'acme.backup', ...passphrase, '--store', 'other', '--keystore', 'otherkeys');
  await holds('fix', '--in', 'stores', '--in', 'keystore', '--creds', '--out', 'rebuilt');
  await holds('keys encrypt', '--creds', 'remove', ...passphrase, ...there);
  await holds('keys passwd', ...passphrase, '--new-passphrase-file', file('another'), ...there);
  const another = ['--passphrase-file', file('another')];
  await holds('keys agent', '--for', '1m', ...another, ...there);
  await holds('keys lock', ...there);
  await holds('keys decrypt', ...another, ...there);
});

async function holdsOfSharing(local: string[]) {
  for (const name of ['billing', 'shop']) await run(home, ['account', 'create', name, ...local]);
  const [billing, shop] = [
    ['-a', 'billing', ...local],
    ['-a', 'shop', ...local],
  ];
  await holds('export create', 'q.*', '--type', 'service', '--private', ...billing);
  await holds('export edit', 'q.*', '--description', 'x', ...billing);
  await holds('activation create', 'q.*', '-t', 'shop', '--output', 'a.jwt', ...billing);
  await holds('activation describe', 'a.jwt', ...local);
  // What keeps activations is none of ours: nats-account-server.
  const keeper = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(keeper, 'listening');
  const { port } = keeper.address() as AddressInfo;
  await holds('activation push', 'a.jwt', '--service', `http://127.0.0.1:${port}`, ...local);
  keeper.close();
  await holds('import create', '--token', 'a.jwt', ...shop);
  await holds('import edit', 'q.*', '--share', ...shop);
  await holds('import describe', 'q.*', ...shop);
  await holds('import list', ...shop);
  await holds('export list', ...billing);
  await holds('export describe', 'q.*', ...billing);
  await holds('activation revoke', 'q.*', '-t', 'shop', ...billing);
  await holds('activation revocations', ...billing);
  await holds('activation restore', 'q.*', '-t', 'shop', ...billing);
  await holds('import delete', 'q.*', ...shop);
  await holds('export delete', 'q.*', ...billing);
  await holds('mapping create', 'a', 'b', '--weight', '10', ...shop);
  await holds('mapping list', ...shop);
  await holds('mapping delete', 'a', ...shop);
  await run(home, ['user', 'create', 'ann', ...shop]);
  await holds('user rename', 'ann', 'eve', ...shop);
  await holds('revocation add', 'eve', ...shop);
  await holds('revocation list', ...shop);
  await holds('revocation delete', 'eve', ...shop);
  await holds('user delete', 'eve', '--remove-keys', ...shop);
  await holds('account rename', 'shop', 'store', ...local);
  await holds('account delete', 'store', '--yes', ...local);
  await holds('operator rename', 'acme', 'corp');
  await holds('operator delete', 'corp', '--yes');
}

it('so are those of how operators and accounts begin, change their keys and move', async () => {
  const store = ['--store', path.join(home.folder, 'life'), '--keystore', path.join(home.folder, 'life-keys')];
  const acme = [...store, '--operator', 'acme'];
  await holds('init', 'acme', '--account', 'orders', '--user', 'ann', ...store);
  await holds('keys rotate', 'orders', ...acme);
  await holds('operator reissue', ...acme);
  await holds('upgrade', ...acme);
  for (const [file, ...args] of [
    ['orders.jwt', 'account', 'describe', 'orders'],
    ['acme.jwt', 'operator', 'describe'],
  ] as [string, ...string[]][]) {
    writeFileSync(path.join(home.folder, file), (await run(home, [...args, '--json', ...acme])).json().token);
  }
  await run(home, ['user', 'creds', 'ann', '-a', 'orders', '--output', 'ann.creds', ...acme]);
  await run(home, ['operator', 'create', 'corp', ...store]);
  const corp = [...store, '--operator', 'corp'];
  await holds('migrate', '--from-operator', 'acme', ...corp);
  await run(home, ['account', 'delete', 'orders', '--yes', ...corp]);
  await holds('account import', 'orders.jwt', '--force', ...corp);
  await holds('user import', 'ann.creds', ...corp);
  await holds('operator import', 'acme.jwt', '--name', 'other', ...store);

  const local = ['--operator', 'local'];
  const { keys } = (await run(home, ['keys', 'list', '--account', 'demo', '--show-seeds', '--json', ...local])).json();
  const described = (await run(home, ['account', 'describe', 'demo', '--json', ...local])).json();
  const seed = (keys as { key: string; seed: string }[]).find(({ key }) => key === described.publicKey)?.seed;
  writeFileSync(path.join(home.folder, 'demo.nk'), seed ?? '');
  const { accountServerUrl } = (await run(home, ['operator', 'describe', '--json', ...local])).json();
  const fresh = ['--store', path.join(home.folder, 'loaded'), '--keystore', path.join(home.folder, 'loaded-keys')];
  await holds('load', '--url', accountServerUrl, '--seed', 'demo.nk', ...fresh);
}, 60_000);

it.each([
  ['service start', ['--data-dir', 'other', '--operator', 'local']],
  ['broker start', ['--operator', 'local']],
])('%s: its document is as docs/json.md says', async (command, args) => {
  const ports = path.join(home.folder, `${command}.json`);
  const server = start(home, [...command.split(' '), ...args, '--port', '-1', '--ports-file', ports, '--json']);
  same(command, await firstDocument(server, ports));
  expect(await server.stop()).toBe(0);
});

it('service backup, restore and move: their documents are as docs/json.md says', async () => {
  // The folder of the service above, which has ended; its backup is restored, and that is moved.
  await holds('service backup', 'service.db', '--data-dir', 'other');
  await holds('service restore', 'service.db', '--data-dir', 'restored');
  const program = peer('postgres');
  if (program === undefined) {
    shown.add('service move');
    return;
  }
  const server = await startPostgres(program);
  try {
    const url = await server.createDatabase('moved');
    await holds('service move', '--data-dir', 'restored', '--to', url);
  } finally {
    await server.stop();
  }
});

it('those of the audit as well', async () => {
  const rest = ['--service', running.service, '--token-file', running.adminTokenFile];
  await holds('audit list', ...rest);
  await holds('audit export', '--output', 'audit.jsonl', ...rest);
  await holds('audit verify', 'audit.jsonl');
  // Then with a checkpoint, over REST.
  await holds('audit verify', '--checkpoint', 'audit.jsonl', ...rest);
});

it("those of the service's REST side", { timeout: 120_000 }, async () => {
  const rest = ['--service', running.service, '--token-file', running.adminTokenFile];
  const authorization = `Bearer ${readFileSync(running.adminTokenFile, 'utf8').trim()}`;
  const post = async (where: string, body: unknown, headers = {}) => {
    const answer = await fetch(`${running.service}/api/v1${where}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    expect(answer.status, where).toBeLessThan(300);
    return { json: (await answer.json()) as { publicKey: string; id: string }, etag: answer.headers.get('etag') ?? '' };
  };
  await holds('service whoami', ...rest);
  const scope = ['--operator', 'local', '--account', 'SYS'];
  await holds(
    'service token create',
    'ci',
    '--role',
    'viewer',
    '--expiry',
    '1h',
    '--output',
    'ci.token',
    ...scope,
    ...rest,
  );
  await holds('service token list', ...rest);
  const { tokens } = (await run(home, ['service', 'token', 'list', '--role', 'viewer', '--json', ...rest])).json();
  await holds('service expirations', '--kind', 'token', ...rest);
  await holds('service token revoke', tokens[0].id, ...rest);
  await holds('service ledger list', '--limit', '3', ...rest);

  const hook = ['pager', 'https://hooks.invalid/natsctl', '--type', 'account.create', '--output', 'pager.secret'];
  await holds('service webhook create', ...hook, ...rest);
  await holds('service webhook list', ...rest);
  const { webhooks } = (await run(home, ['service', 'webhook', 'list', '--json', ...rest])).json();
  const exporter = await post('/accounts', { name: 'exporter' });
  const importer = (await post('/accounts', { name: 'importer' })).json.publicKey;
  await holds('service webhook deliveries', webhooks[0].id, ...rest);
  await holds('service webhook replay', webhooks[0].id, '--after-seq', '0', ...rest);
  await holds('service webhook delete', webhooks[0].id, '--yes', ...rest);

  const { publicKey } = exporter.json;
  const given = { subject: 'q.get', type: 'service', token_req: true };
  await post(`/accounts/${publicKey}/exports`, given, { 'if-match': exporter.etag });
  const asking = { exporter: publicKey, type: 'service', subject: 'q.get' };
  const ids: string[] = [];
  for (const note of ['one', 'two']) {
    ids.push((await post(`/accounts/${importer}/activation-requests`, { ...asking, note })).json.id);
    if (note === 'one')
      await holds('service activation-request reject', ids[0] ?? '', '--account', 'exporter', ...rest);
  }
  await holds('service activation-request list', '--account', 'exporter', '--side', 'exporter', ...rest);
  await holds('service activation-request approve', ids[1] ?? '', '--account', 'exporter', ...rest);
  await holds('service evacuate', 'exporter', '--yes', ...rest);
});

it('that of sign', async () => {
  const token = await (await fetch(`${running.service}/jwt/v1/operator`)).text();
  const operator = decodeAs('operator', token).claims;
  const claims = JSON.parse(
    payloadJson('account', newAccount(Seed.generate('account').publicKey, 'signed') as AccountClaims),
  );
  for (const field of ['iss', 'iat', 'jti']) delete claims[field];
  const signers = [...operator.nats.signing_keys, operator.sub];
  const request = { kind: 'account', claims, signers, notIssuedBefore: 1, send: null, rest: [] };
  writeFileSync(path.join(home.folder, 'request.json'), JSON.stringify(request));
  await holds('sign', 'request.json');
});

it('no command is missing there', () => {
  const { commands } = JSON.parse(readFileSync('oclif.manifest.json', 'utf8')) as { commands: Record<string, unknown> };
  const names = Object.keys(commands).map((id) => id.replaceAll(':', ' '));
  expect([...documented.keys()].sort()).toEqual([...names, 'errors'].sort());
  expect([...shown].sort()).toEqual([...documented.keys()].sort());
});
