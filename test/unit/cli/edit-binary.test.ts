import { execFile } from 'node:child_process';
import { describe, expect, inject, it } from 'vitest';
import { tempDir } from './temp.js';

function program(home: string, env: Record<string, string> = {}) {
  return (...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const child = execFile(
        inject('natsctl'),
        args,
        { env: { PATH: process.env.PATH, HOME: home, NO_COLOR: '1', ...env }, cwd: home },
        (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
      );
      child.stdin?.end();
    });
}

async function store() {
  const home = tempDir();
  const natsctl = program(home);
  const json = async (...args: string[]) => {
    const ended = await natsctl(...args, '--json');
    expect(ended, args.join(' ')).toMatchObject({ code: 0, stderr: '' });
    return JSON.parse(ended.stdout);
  };
  await json('operator', 'create', 'acme');
  await json('account', 'create', 'orders');
  return { home, natsctl, json };
}

describe('the program edits', () => {
  it('an operator and its signing keys', async () => {
    const { natsctl, json } = await store();
    expect(await json('operator', 'edit', '--service-url', 'tls://a:4222,ws://b:80', '--tag', 'X')).toEqual({
      operator: 'acme',
      publicKey: expect.stringMatching(/^O/),
      changed: true,
      dryRun: false,
      differences: [
        { path: '/nats/operator_service_urls', after: ['tls://a:4222', 'ws://b:80'] },
        { path: '/nats/tags', after: ['x'] },
      ],
    });
    const { key, file } = await json('operator', 'signing-key', 'add');
    expect(file).toContain(key);
    await json('account', 'edit', 'orders', '-K', key);
    const listed = await json('operator', 'signing-key', 'list');
    expect(listed.signingKeys[1]).toEqual({ key, stored: true, accounts: ['orders'] });
    expect((await natsctl('operator', 'signing-key', 'list')).stdout).toMatch(
      new RegExp(`${key} +signing +yes +orders`),
    );
    expect(await json('operator', 'signing-key', 'rm', key)).toMatchObject({
      key,
      accounts: ['orders'],
      changed: true,
    });
    const shown = await natsctl('operator', 'edit', 'acme', '--rm-service-url', 'ws://b:80', '--dry-run');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toBe(
      'operator acme: would be changed\n~ /nats/operator_service_urls: ["tls://a:4222","ws://b:80"] -> ["tls://a:4222"]\n',
    );
    expect((await json('operator', 'describe')).serviceUrls).toEqual(['tls://a:4222', 'ws://b:80']);
  });

  it('an account, its roles and their users', async () => {
    const { natsctl, json } = await store();
    const edited = await json(
      ...['account', 'edit', '--conns', '-1', '--payload', '64KiB', '--no-wildcard-exports', '--js-tier', '3'],
      ...['--js-disk-storage', '1G', '--deny-pubsub', '$SYS.>', '--allow-pub-response', '--xkey', 'generate', 'orders'],
    );
    expect(edited).toMatchObject({ account: 'orders', changed: true });
    expect((await json('account', 'describe', 'orders')).claims.nats).toMatchObject({
      limits: { conn: -1, payload: 65536, tiered_limits: { R3: { disk_storage: 1e9 } } },
      default_permissions: { pub: { deny: ['$SYS.>'] }, sub: { deny: ['$SYS.>'] }, resp: { max: 1 } },
      authorization: { xkey: expect.stringMatching(/^X/) },
    });
    const role = ['account', 'signing-key'];
    const added = await json(...role, 'add', '-a', 'orders', '--role', 'sales', '--allow-pub', 'sales.{{name()}}.>');
    expect(added).toMatchObject({ role: 'sales', key: expect.stringMatching(/^A/), changed: true });
    await json('user', 'create', 'bob', '-a', 'orders', '-K', 'sales');
    expect(await json(...role, 'edit', 'sales', '-a', 'orders', '--subs', '5', '--bearer')).toMatchObject({
      key: added.key,
      role: 'sales',
      warnings: [],
    });
    const rotated = await json(...role, 'rotate', 'sales', '-a', 'orders');
    expect(rotated).toMatchObject({ oldKey: added.key, role: 'sales', users: [{ name: 'bob' }], left: [] });
    expect(await json('user', 'describe', 'bob', '-a', 'orders')).toMatchObject({ issuer: rotated.key, role: 'sales' });
    expect(await json(...role, 'ls', '-a', 'orders')).toMatchObject({
      account: 'orders',
      signingKeys: [{ key: rotated.key, role: 'sales', users: ['bob'], template: { subs: 5, bearer_token: true } }],
    });
    expect((await natsctl(...role, 'rotate', 'sales', '-a', 'orders')).stderr).toContain('hand out the new creds');
    expect(await json(...role, 'remove', 'sales', '-a', 'orders', '--force')).toMatchObject({ users: ['bob'] });
  });

  it('a user, with flags or their variables, as `user create` takes them', async () => {
    const { home, natsctl, json } = await store();
    const flags = ['--allow-pub', 'a,$JS.>', '--conn-type', 'mqtt', '--time', '08:00:00-17:00:00', '--subs', '5'];
    await json('user', 'create', '-a', 'orders', ...flags, '--allow-pub-response', 'ann');
    const claims = async () => (await json('user', 'describe', 'ann', '-a', 'orders')).claims.nats;
    expect(await claims()).toMatchObject({
      pub: { allow: ['$JS.>', 'a'] },
      resp: { max: 1, ttl: 0 },
      allowed_connection_types: ['MQTT'],
      times: [{ start: '08:00:00', end: '17:00:00' }],
      subs: 5,
    });
    const env = { NATSCTL_RM: 'a', NATSCTL_ALLOW_SUB: 'x q,y', NATSCTL_PROXY_REQUIRED: '1', NATSCTL_SUBS: '-1' };
    const edited = await program(home, env)('user', 'edit', 'ann', '-a', 'orders', '--json');
    expect(JSON.parse(edited.stdout)).toMatchObject({ name: 'ann', account: 'orders', role: null, changed: true });
    expect(await claims()).toMatchObject({
      pub: { allow: ['$JS.>'] },
      sub: { allow: ['x q', 'y'] },
      proxy_required: true,
      subs: -1,
    });
    const again = await natsctl('user', 'edit', 'ann', '-a', 'orders', '--proxy-required');
    expect(again.stdout).toBe('user ann of account orders: nothing to change\n');
  });

  it('with repeatable flags before the name', async () => {
    const { json } = await store();
    expect(await json('operator', 'create', '--service-url', 'nats://c:4222', '--tag', 'y', 'other')).toMatchObject({
      name: 'other',
      serviceUrls: ['nats://c:4222'],
    });
    expect(await json('operator', 'edit', '--rm-service-url', 'nats://c:4222', '--rm-tag', 'y', 'other')).toMatchObject(
      {
        operator: 'other',
        changed: true,
      },
    );
  });

  it('and refuses', async () => {
    const { natsctl } = await store();
    await natsctl('user', 'create', 'ann', '-a', 'orders', '--bearer');
    const cases: [string, number, string][] = [
      ['operator edit', 2, 'ERR_USAGE'],
      ['operator edit --account-server-url https://x --rm-account-server-url', 2, 'ERR_USAGE'],
      ['operator edit --require-signing-keys', 1, 'ERR_IDENTITY_KEY_USED'],
      ['operator signing-key remove', 2, 'ERR_USAGE'],
      ['operator signing-key add AAAA', 1, 'ERR_SIGNER_MISSING'],
      ['account edit orders', 2, 'ERR_USAGE'],
      ['account edit orders --conns many', 2, 'ERR_USAGE'],
      ['account edit orders --js-enable 0 --js-disable', 2, 'ERR_USAGE'],
      ['account edit orders --cluster-traffic mine', 2, 'ERR_USAGE'],
      ['account edit orders --xkey generate --rm-xkey', 2, 'ERR_USAGE'],
      ['account edit orders --disallow-bearer', 1, 'ERR_BEARER_DISALLOWED'],
      ['account edit SYS --js-enable 0', 1, 'ERR_JETSTREAM_SYSTEM_ACCOUNT'],
      ['account signing-key add -a orders --subs 5', 2, 'ERR_USAGE'],
      ['account signing-key edit', 2, 'ERR_USAGE'],
      ['account signing-key remove nobody -a orders', 1, 'ERR_SIGNING_KEY_UNKNOWN'],
      ['account signing-key rotate', 2, 'ERR_USAGE'],
      ['user edit', 2, 'ERR_USAGE'],
      ['user edit ann -a orders', 2, 'ERR_USAGE'],
      ['user edit ann -a orders --time 8-17', 2, 'ERR_USAGE'],
      ['user edit ann -a orders --rm nowhere', 1, 'ERR_ENTRY_UNKNOWN'],
      ['user edit nobody -a orders --subs 5', 1, 'ERR_USER_UNKNOWN'],
    ];
    for (const [line, exit, code] of cases) {
      const ended = await natsctl(...line.split(' '));
      expect(ended, line).toMatchObject({ code: exit, stdout: '' });
      expect(ended.stderr, line).toContain(`[${code}]`);
    }
  });
});
