import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { decode } from '../../claims/jwt/decode.js';
import { currentTime } from '../../cli/base-command.js';
import { startNatsServer } from '../nats-server.js';
import { peer } from '../peers.js';
import { startAccountServer } from '../unit/cli/managed/account-server.js';

const nscProgram = peer('nsc');
const natsServer = peer('nats-server');
const execute = promisify(execFile);

/** A home folder that nsc and natsctl both work in. Not in turn with a server of this process blocked: both run beside it. */
function makeHome() {
  const home = mkdtempSync(path.join(tmpdir(), 'natsctl-lifecycle-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_DATA_HOME: path.join(home, 'data'),
    XDG_CONFIG_HOME: path.join(home, 'config'),
  };
  const run = async (program: string, args: string[]) => {
    const { stdout } = await execute('/bin/sh', ['-c', '"$0" "$@" 2>&1', program, ...args], { env, cwd: home });
    return stdout;
  };
  return {
    home,
    env,
    nsc: (...args: string[]) => run(nscProgram as string, args),
    natsctl: (...args: string[]) => run(inject('natsctl'), args),
    json: async (...args: string[]) => {
      const { stdout } = await execute(inject('natsctl'), [...args, '--json'], { env, cwd: home });
      return JSON.parse(stdout);
    },
    stores: path.join(home, 'data/nats/nsc/stores'),
  };
}

/** Claims without what differs with every key and every second. */
function claimsOf(file: string): unknown {
  const { claims } = decode(readFileSync(file, 'utf8'));
  const { iat: _iat, jti: _jti, iss: _iss, sub: _sub, ...rest } = claims as unknown as Record<string, unknown>;
  const keys = new Map<string, string>();
  const text = JSON.stringify(rest, (_name, value) => (value instanceof Map ? [...value] : value));
  return JSON.parse(text.replace(/\b[OAU][A-Z2-7]{55}\b/g, (key) => keys.get(key) ?? name(keys, key)));
}

function name(keys: Map<string, string>, key: string): string {
  const short = `${key[0]}${keys.size}`;
  keys.set(key, short);
  return short;
}

describe.skipIf(!nscProgram)('the life of operators and accounts, as nsc has it', () => {
  it('begins with the same claims after init', async () => {
    const [theirs, ours] = [makeHome(), makeHome()];
    await theirs.nsc('init', '--name', 'acme');
    await ours.natsctl('init', 'acme');
    const files = [
      'accounts/SYS/SYS.jwt',
      'accounts/SYS/users/sys.jwt',
      'accounts/acme/acme.jwt',
      'accounts/acme/users/acme.jwt',
    ];
    for (const file of files) {
      const [a, b] = [theirs, ours].map(({ stores }) => path.join(stores, 'acme', file)) as [string, string];
      expect(claimsOf(b), file).toEqual(claimsOf(a));
    }
    // A signing key of the operator is more than nsc makes.
    const { nats } = (await ours.json('operator', 'describe')).claims;
    const theirNats = (await theirs.json('operator', 'describe')).claims.nats;
    expect({ ...nats, signing_keys: [], system_account: '' }).toEqual({
      ...theirNats,
      signing_keys: [],
      system_account: '',
    });
    expect(await ours.nsc('validate', '-A')).not.toMatch(/ERROR|\[ERR/);
  });

  it('an operator of somebody else: the same folder, the same accounts', async () => {
    const server = await startAccountServer({ now: currentTime() });
    const [theirs, ours] = [makeHome(), makeHome()];
    await theirs.nsc('add', 'operator', '--url', `${server.url}/operator`);
    await theirs.nsc('add', 'account', 'orders');
    await theirs.nsc('add', 'user', 'ann', '--account', 'orders');
    await ours.natsctl('operator', 'import', `${server.url}/operator`);
    await ours.natsctl('account', 'create', 'orders');
    await ours.natsctl('user', 'create', 'ann', '--account', 'orders');
    for (const file of ['cloud.jwt', 'accounts/orders/orders.jwt', 'accounts/orders/users/ann.jwt']) {
      const [a, b] = [theirs, ours].map(({ stores }) => path.join(stores, 'cloud', file)) as [string, string];
      expect(claimsOf(b), file).toEqual(claimsOf(a));
    }
    const info = ({ stores }: { stores: string }) => JSON.parse(readFileSync(path.join(stores, 'cloud/.nsc'), 'utf8'));
    expect(info(ours)).toEqual(info(theirs));
    // And either goes on with what the other made.
    await ours.nsc('edit', 'account', 'orders', '--description', 'by nsc');
    await theirs.natsctl('account', 'edit', 'orders', '--description', 'by natsctl');
    for (const [{ json }, text] of [
      [ours, 'by nsc'],
      [theirs, 'by natsctl'],
    ] as const) {
      const { claims, issuer } = await json('account', 'describe', 'orders');
      expect([claims.nats.description, issuer]).toEqual([text, server.signingKey.publicKey]);
    }
  });

  it('reissue: the same accounts are signed anew', async () => {
    const issuers = async ({ json }: ReturnType<typeof makeHome>) => {
      const operator = await json('operator', 'describe');
      const named = (key: string) =>
        key === operator.publicKey ? 'identity' : key === operator.signingKeys[0] ? 'signing' : key;
      const accounts = ['SYS', 'acme', 'other'];
      return Promise.all(accounts.map(async (each) => named((await json('account', 'describe', each)).issuer)));
    };
    const [theirs, ours] = [makeHome(), makeHome()];
    for (const { nsc } of [theirs, ours]) {
      await nsc('init', '--name', 'acme');
      await nsc('add', 'account', 'other');
    }
    await theirs.nsc('reissue', 'operator');
    await ours.natsctl('operator', 'reissue');
    expect(await issuers(ours)).toEqual(await issuers(theirs));
    expect(await ours.nsc('validate', '-A')).not.toMatch(/ERROR|\[ERR/);
    await theirs.nsc('reissue', 'operator', '--convert-to-signing-key');
    await ours.natsctl('operator', 'reissue', '--convert-to-signing-key');
    const count = async ({ json }: typeof ours) => (await json('operator', 'describe')).signingKeys.length;
    expect(await count(ours)).toBe(await count(theirs));
  });

  it('a store whose every key was rotated is whole to nsc', async () => {
    const { nsc, natsctl, json } = makeHome();
    await natsctl('init', 'acme', '--account', 'orders', '--user', 'ann');
    await natsctl('account', 'signing-key', 'add', '--role', 'clerk', '-a', 'orders', '--allow-pub', 'x');
    await natsctl('user', 'create', 'bob', '-a', 'orders', '-K', 'clerk');
    const { signingKeys, publicKey } = await json('operator', 'describe');
    for (const key of [signingKeys[0], 'SYS', 'orders', 'clerk', 'ann', 'bob', publicKey])
      await natsctl('keys', 'rotate', key);
    expect(await nsc('validate', '-A')).not.toMatch(/ERROR|\[ERR/);
    expect(await nsc('list', 'users', '-a', 'orders')).toMatch(/ann[\s\S]*bob/);
    // nsc finds every key it needs to go on.
    await nsc('add', 'account', 'more');
    await nsc('edit', 'user', 'ann', '--account', 'orders', '--tag', 'x');
    expect((await json('validate')).counts.error).toBe(0);
  });

  it('loose files and migration: what nsc takes in, natsctl takes in', async () => {
    const { nsc, natsctl, json, home, stores } = makeHome();
    await nsc('init', '--name', 'staging');
    await nsc('describe', 'account', '--name', 'staging', '--raw', '--output-file', path.join(home, 'a.jwt'));
    for (const name of ['theirs', 'ours']) await nsc('add', 'operator', '--name', name, '--sys');
    const creds = path.join(home, 'data/nats/nsc/keys/creds/staging/staging/staging.creds');
    await nsc('select', 'operator', 'theirs');
    await nsc('import', 'account', '--file', path.join(home, 'a.jwt'), '--force');
    await nsc('import', 'user', '--file', creds);
    await natsctl('account', 'import', path.join(home, 'a.jwt'), '--force', '--operator', 'ours');
    await natsctl('user', 'import', creds, '--operator', 'ours');
    for (const file of ['accounts/staging/staging.jwt', 'accounts/staging/users/staging.jwt']) {
      expect(claimsOf(path.join(stores, 'ours', file))).toEqual(claimsOf(path.join(stores, 'theirs', file)));
    }
    await natsctl('operator', 'create', 'last');
    await natsctl('migrate', '--operator-dir', path.join(stores, 'staging'), '--operator', 'last');
    expect((await json('validate', '--operator', 'last')).counts.error).toBe(0);
    await nsc('select', 'operator', 'last');
    expect(await nsc('validate', '-A')).not.toMatch(/ERROR|\[ERR/);
  });
});

describe.skipIf(!natsServer)('a nats-server after rotations', () => {
  it('admits the new creds, routes the imports that were carried along, refuses the old creds', async () => {
    const { natsctl, json, home, env } = makeHome();
    await natsctl('init', 'acme', '--account', 'billing', '--user', 'desk');
    await natsctl('account', 'create', 'shop');
    await natsctl('user', 'create', 'till', '-a', 'shop');
    await natsctl('export', 'create', 'q.*', '--type', 'service', '--private', '-a', 'billing');
    await natsctl('import', 'create', 'q.eu', '--source-account', 'billing', '-a', 'shop');
    await natsctl('user', 'creds', 'till', '-a', 'shop', '--output', 'old.creds');
    const { publicKey } = await json('operator', 'describe');
    for (const key of ['SYS', 'billing', 'shop', 'till', publicKey]) await natsctl('keys', 'rotate', key);
    await natsctl('config', 'generate', '--memory', '--output', 'server.conf');
    const server = await startNatsServer(natsServer as string, path.join(home, 'server.conf'));
    onTestFinished(() => server.stop());
    const to = ['--server', server.url];
    const responder = execFile(
      inject('natsctl'),
      ['reply', 'q.*', 'yes', '--count', '1', '-a', 'billing', '--user', 'desk', ...to],
      { env, cwd: home },
    );
    await new Promise<void>((resolve) => {
      let text = '';
      const look = (chunk: string) => {
        text += chunk;
        if (text.includes('answering')) resolve();
      };
      responder.stdout?.on('data', look);
      responder.stderr?.on('data', look);
    });
    expect(await natsctl('request', 'q.eu', '-a', 'shop', '--user', 'till', ...to)).toContain('yes');
    expect(await natsctl('rtt', '-a', 'SYS', '--user', 'sys', ...to)).toContain('127.0.0.1');
    const refused = await execute(inject('natsctl'), ['rtt', '--creds', 'old.creds', '--json', ...to], {
      env,
      cwd: home,
    }).then(
      () => null,
      ({ stdout }: { stdout: string }) => JSON.parse(stdout).error.code,
    );
    expect(refused).toBe('ERR_BROKER_AUTHORIZATION');
  });
});
