import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { currentTime } from '../../../../cli/base-command.js';
import { rawV1Token } from '../../claims/jwt/raw.js';
import { startAccountServer } from '../managed/account-server.js';
import { program } from '../sharing/program.js';

const now = currentTime();

describe('the program begins', () => {
  it('with init, from nothing to creds, and asks for what is missing only on a terminal', async () => {
    const { run, json, fault, home } = program();
    expect(await fault('init')).toEqual([2, 'ERR_USAGE']);
    const dry = await run(['init', 'acme', '--dry-run']);
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(dry.stdout).toMatch(/^would be made:\noperator +acme\n/);
    const made = await run(['init', 'acme', '--account', 'orders', '--user', 'checkout']);
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/system account +SYS \(A/);
    expect(made.stderr).toMatch(/next 1: .*config generate[\s\S]*try it: /);
    expect(await json('user', 'describe', 'checkout', '-a', 'orders')).toMatchObject({ name: 'checkout' });
    expect(await fault('init', 'acme')).toEqual([1, 'ERR_OPERATOR_NAME_TAKEN']);
    expect(await fault('init', 'x', '--remote-operator', 'nobody')).toEqual([1, 'ERR_OPERATOR_UNKNOWN']);

    // As with nsc, the folder that is named becomes the current one.
    const dir = path.join(home, 'elsewhere');
    const there = await json('init', '--name', 'second', '--dir', dir);
    expect(there).toMatchObject({ store: dir, operator: { name: 'second' }, account: { name: 'second' } });
    expect(await json('env')).toMatchObject({ storeRoot: dir, operator: 'second' });
    expect((await json('init', '*')).operator.name).toMatch(/^nats-[0-9a-f]{8}$/);
  });
});

describe('the program under an operator of somebody else', () => {
  it('imports it, has accounts signed by it with every change, and says so', async () => {
    const server = await startAccountServer({ now });
    const { run, json, fault, home } = program();
    const imported = await json('operator', 'import', server.url);
    expect(imported).toMatchObject({ name: 'cloud', managed: true, result: 'added', accountServerUrl: server.url });
    const made = await run(['account', 'create', 'orders']);
    expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining('orders is signed by the operator') });
    const edited = await run(['account', 'edit', 'orders', '--description', 'x', '--json']);
    expect(JSON.parse(edited.stdout)).toMatchObject({ changed: true });
    expect(edited.stderr).toContain('signed by the operator');
    const { issuer } = await json('account', 'describe', 'orders');
    expect(issuer).toBe(server.signingKey.publicKey);
    const before = server.requests.length;
    await run(['account', 'edit', 'orders', '--description', 'y', '--dry-run']);
    expect(server.requests.length).toBe(before);

    server.mode = 'refuse';
    const refused = await run(['account', 'edit', 'orders', '--description', 'z']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('ERR_PUSH_REFUSED') });
    server.mode = 'sign';
    expect((await run(['push'])).code).toBe(0);
    expect((await json('account', 'describe', 'orders')).issuer).toBe(server.signingKey.publicKey);

    expect(await fault('operator', 'reissue')).toEqual([1, 'ERR_OPERATOR_MANAGED']);
    expect(await fault('operator', 'import', 'nowhere.jwt')).toEqual([1, 'ERR_SOURCE']);
    const key = path.join(home, 'operator.nk');
    writeFileSync(key, server.signingKey.reveal());
    expect(await json('operator', 'import', server.url, '--key', key, '--dry-run')).toMatchObject({ managed: false });
  });

  it('begins with init --url and with load', async () => {
    const server = await startAccountServer({ now });
    const first = program();
    const started = await first.run(['init', 'orders', '--url', server.url, '--json']);
    expect(started).toMatchObject({ code: 0, stderr: expect.stringContaining('signed by the operator') });
    const { account, user } = JSON.parse(started.stdout);
    expect(existsSync(user.creds)).toBe(true);
    const seed = (await first.json('keys', 'list', '--account', 'orders', '--show-seeds')).keys.find(
      (each: { key: string }) => each.key === account.publicKey,
    ).seed;

    const { run, json, home } = program();
    writeFileSync(path.join(home, 'a.nk'), seed);
    expect(await json('load', '--url', server.url, '--seed', 'a.nk', '--dry-run')).toMatchObject({ dryRun: true });
    const ended = await run(['load', '--url', server.url, '--seed', '-', '--json'], seed);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      operator: { name: 'cloud', managed: true },
      account: { name: 'orders', publicKey: account.publicKey },
      user: { name: 'default', created: true },
    });
  });
});

describe('the program changes keys', () => {
  it('of every kind, and says what is next', async () => {
    const { run, json, fault } = program();
    const { operator, account, user } = await json('init', 'acme', '--account', 'orders', '--user', 'ann');
    const shown = await run(['keys', 'rotate', 'orders', '--dry-run']);
    expect(shown).toMatchObject({ code: 0, stderr: expect.stringContaining('then 1: push the accounts orders') });
    expect(shown.stdout).toContain('account orders: would be changed');
    const rotated = await run(['keys', 'rotate', account.publicKey]);
    expect(rotated.stderr).toMatch(/next 1: push[\s\S]*next 2: hand out the new creds/);
    expect(rotated.stdout).toContain('user orders/ann: changed');

    const reissued = await json('operator', 'reissue', '--convert-to-signing-key');
    expect(reissued).toMatchObject({ oldKey: operator.publicKey, keptOld: true, kind: 'operator' });
    const again = await json('operator', 'reissue', 'acme', '--dry-run');
    expect(again).toMatchObject({ oldKey: reissued.key, keptOld: false, dryRun: true });
    expect(await json('user', 'rotate', 'ann', '--no-revoke')).toMatchObject({ oldKey: user.publicKey, kind: 'user' });
    const [signing] = (await json('operator', 'describe')).signingKeys;
    expect(await json('operator', 'rotate', signing)).toMatchObject({ kind: 'operator signing key' });
    expect((await json('validate')).counts.error).toBe(0);
    expect(await fault('keys', 'rotate')).toEqual([2, 'ERR_USAGE']);
    expect(await fault('keys', 'rotate', 'nobody')).toEqual([1, 'ERR_KEY_UNKNOWN']);
    expect(await fault('keys', 'rotate', 'acme', '--kind', 'server')).toEqual([2, 'ERR_USAGE']);
  });
});

describe('the program takes in what lies about', () => {
  it('accounts and users as loose files', async () => {
    const { run, json, fault, home } = program();
    await json('init', 'staging', '--account', 'orders', '--user', 'ann');
    const { token } = await json('account', 'describe', 'orders');
    await json('user', 'creds', 'ann', '-a', 'orders', '--output', 'ann.creds');
    writeFileSync(path.join(home, 'orders.jwt'), token);
    await json('operator', 'create', 'acme');
    const acme = ['--operator', 'acme'];
    expect(await fault('account', 'import', 'orders.jwt', ...acme)).toEqual([1, 'ERR_ACCOUNT_FOREIGN']);
    expect(await fault('user', 'import', 'ann.creds', ...acme)).toEqual([1, 'ERR_USER_FOREIGN']);
    const taken = await run(['import', 'account', '--file', 'orders.jwt', '--force', ...acme]);
    expect(taken).toMatchObject({ code: 0, stderr: expect.stringContaining('natsctl push') });
    const dry = await json('user', 'import', 'ann.creds', '--dry-run', ...acme);
    expect(dry).toMatchObject({ result: 'added', seed: true, dryRun: true });
    expect(await json('user', 'import', 'ann.creds', ...acme)).toMatchObject({ name: 'ann', account: 'orders' });
    const stdin = await run(
      ['user', 'import', '-', '--json', ...acme],
      readFileSync(path.join(home, 'ann.creds'), 'utf8'),
    );
    expect(JSON.parse(stdin.stdout)).toMatchObject({ result: 'unchanged' });
    expect(await fault('account', 'import')).toEqual([2, 'ERR_USAGE']);
    expect(await fault('account', 'import', 'none.jwt', ...acme)).toEqual([1, 'ERR_SOURCE']);
  });

  it('the accounts of another operator', async () => {
    const { run, json, fault } = program();
    await json('init', 'staging', '--account', 'orders', '--user', 'ann');
    await json('operator', 'create', 'acme');
    const acme = ['--operator', 'acme'];
    expect(await fault('migrate', ...acme)).toEqual([2, 'ERR_USAGE']);
    const shown = await run(['migrate', '--from-operator', 'staging', '--dry-run', ...acme]);
    expect(shown.stdout).toMatch(/^account orders: would be added\nuser orders\/ann: would be added\n$/);
    expect(shown.stderr).toContain('SYS is not migrated');
    expect(await json('migrate', 'orders', '--from-operator', 'staging', ...acme)).toMatchObject({
      from: 'operator staging',
      operator: 'acme',
      accounts: [{ name: 'orders', users: 1 }],
    });
    expect(await fault('migrate', '--from-operator', 'staging', ...acme)).toEqual([1, 'ERR_ACCOUNT_EXISTS']);
    expect(await fault('migrate', 'x', '--url', 'y', ...acme)).toEqual([2, 'ERR_USAGE']);
    expect((await json('validate', ...acme)).counts.error).toBe(0);
  });

  it('a store of version 1', async () => {
    const { run, json, home } = program();
    await json('init', 'acme');
    expect(await json('upgrade')).toMatchObject({ changed: false, backup: null });
    const identity = (await json('operator', 'describe')).publicKey;
    const seeds = (await json('keys', 'list', '--show-seeds')).keys as { key: string; seed: string }[];
    const seed = Seed.parse(seeds.find(({ key }) => key === identity)?.seed as string);
    const payload = { jti: 'x', iat: now - 9, iss: identity, name: 'acme', sub: identity, type: 'operator', nats: {} };
    const { storeRoot } = await json('env');
    writeFileSync(path.join(storeRoot, 'acme', 'acme.jwt'), rawV1Token(JSON.stringify(payload), seed));
    const upgraded = await run(['upgrade-jwt', '--backup', 'v1']);
    expect(upgraded).toMatchObject({ code: 0, stderr: expect.stringContaining('restart') });
    expect(upgraded.stdout).toMatch(/the JWTs before +.*v1\n/);
    expect(existsSync(path.join(home, 'v1', 'acme', 'acme.jwt'))).toBe(true);
    expect((await json('operator', 'describe')).claims.nats.version).toBe(2);
  });
});
