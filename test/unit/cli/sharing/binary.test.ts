import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { program } from './program.js';

const COMMANDS = [
  ...['export create', 'export edit', 'export list', 'export describe', 'export delete'],
  ...['import create', 'import edit', 'import list', 'import delete'],
  ...['activation create', 'activation describe', 'activation revoke', 'activation restore', 'activation revocations'],
  ...['mapping create', 'mapping list', 'mapping delete'],
  ...['revocation add', 'revocation list', 'revocation delete'],
  ...['account delete', 'account rename', 'user delete', 'user rename', 'operator delete', 'operator rename'],
];

describe('sharing, through the program', () => {
  it('exports, activates, imports, revokes', async () => {
    const { json, run, fault, home } = program();
    await json('operator', 'create', 'acme');
    await json('account', 'create', 'billing');
    const shop = await json('account', 'create', 'shop');
    const made = await json('export', 'add', 'q.*', '--service', '--private', '-a', 'billing');
    expect(made).toMatchObject({ account: 'billing', dryRun: false, export: { subject: 'q.*', token_req: true } });
    expect(await json('export', 'edit', 'q.*', '-a', 'billing', '--description', 'x', '--dry-run')).toMatchObject({
      dryRun: true,
      differences: [{ path: '/nats/exports' }],
    });
    expect(await json('export', 'edit', '-a', 'billing', 'q.*', '--rm-latency-sampling')).toMatchObject({
      differences: [],
    });
    expect(await json('export', 'describe', 'q.*', '-a', 'billing')).toMatchObject({ export: { subject: 'q.*' } });

    const file = path.join(home, 'a.jwt');
    expect(
      await json('activation', 'create', 'q.*', '-a', 'billing', '-t', shop.publicKey, '--output', file),
    ).toMatchObject({ importer: shop.publicKey, file });
    const text = readFileSync(file, 'utf8');
    const described = await run(['activation', 'describe', '-', '--json'], text);
    expect(JSON.parse(described.stdout)).toMatchObject({ importerName: 'shop', verdict: { state: 'ok' } });
    expect(await fault('activation', 'create', 'q.*', '-a', 'billing', '-t', 'shop', '-f', file)).toEqual([
      1,
      'ERR_FILE_EXISTS',
    ]);
    expect(await json('import', 'add', '--token', file, '-a', 'shop', '-s', 'ask.$1')).toMatchObject({
      source: 'billing',
      import: { local_subject: 'ask.$1', type: 'service' },
    });
    expect(await json('import', 'edit', 'q.*', '-a', 'shop', '--share')).toMatchObject({ import: { share: true } });
    expect(await json('import', 'list', '-a', 'shop')).toMatchObject({ imports: [{ verdict: { state: 'ok' } }] });
    expect(await json('export', 'list', '-a', 'billing')).toMatchObject({ exports: [{ importers: ['shop'] }] });

    expect(await json('activation', 'revoke', 'q.*', '-a', 'billing', '-t', 'shop')).toMatchObject({
      target: shop.publicKey,
    });
    expect(await json('activation', 'revocations', '-a', 'billing')).toMatchObject({ revocations: [{ name: 'shop' }] });
    expect(await json('import', 'list', '-a', 'shop')).toMatchObject({
      imports: [{ verdict: { code: 'ERR_ACTIVATION_REVOKED' } }],
    });
    await json('activation', 'restore', 'q.*', '-a', 'billing', '-t', 'shop');
    expect(await json('import', 'delete', 'q.*', '-a', 'shop')).toMatchObject({ import: { subject: 'q.*' } });
    const gone = await run(['export', 'delete', 'q.*', '-a', 'billing']);
    expect(gone).toMatchObject({ code: 0, stdout: 'account billing no longer exports q.*\n' });
    expect(gone.stderr).toContain('natsctl push');
  });

  it('maps and revokes', async () => {
    const { json, run } = program();
    await json('operator', 'create', 'acme');
    await json('account', 'create', 'shop');
    const user = await json('user', 'create', 'u', '-a', 'shop');
    expect(await json('mapping', 'add', '$KV.a', '$KV.b', '--weight', '30', '-a', 'shop')).toMatchObject({
      from: '$KV.a',
      to: [{ subject: '$KV.b', weight: 30 }],
    });
    expect((await run(['mapping', 'list', '-a', 'shop'])).stdout).toContain('$KV.a  $KV.b  30 %');
    expect((await run(['mapping', 'delete', '$KV.a', '-a', 'shop', '--dry-run'])).stdout).toContain('- /nats/mappings');
    expect(await json('mapping', 'delete', '$KV.a', '$KV.b', '-a', 'shop')).toMatchObject({ to: [] });

    expect(await json('revocations', 'add-user', 'u', '-a', 'shop', '--at', '1700000000')).toMatchObject({
      user: user.publicKey,
      revokedAt: 1_700_000_000,
    });
    expect(await json('revocation', 'list', '-a', 'shop')).toMatchObject({
      revocations: [{ name: 'u', current: false }],
    });
    expect(await json('revocation', 'delete', user.publicKey, '-a', 'shop')).toMatchObject({ name: 'u' });
  });

  it('renames and deletes', async () => {
    const { json, run, fault } = program();
    await json('operator', 'create', 'acme');
    const shop = await json('account', 'create', 'shop');
    const ann = await json('user', 'create', 'ann', '-a', 'shop');
    expect(await json('user', 'rename', 'ann', 'eve', '-a', 'shop')).toMatchObject({
      from: 'ann',
      to: 'eve',
      creds: expect.stringMatching(/eve\.creds$/),
    });
    expect(await json('account', 'rename', 'shop', 'store')).toMatchObject({ to: 'store', publicKey: shop.publicKey });
    expect(await json('operator', 'rename', 'acme', 'corp')).toMatchObject({ from: 'acme', to: 'corp' });
    // The context followed all three.
    expect(await json('user', 'list')).toMatchObject({ account: 'store', users: [{ name: 'eve' }] });

    await json('user', 'create', 'bob');
    expect((await run(['user', 'delete', 'eve', 'bob', '--dry-run'])).stdout).toMatch(
      /would be deleted[\s\S]*revocations/,
    );
    expect(await json('user', 'rm', 'eve,bob', '--remove-keys')).toMatchObject({
      users: [{ name: 'eve', publicKey: ann.publicKey, revokedAt: expect.any(Number) }, { name: 'bob' }],
      keys: { removed: [ann.publicKey, expect.any(String)], kept: [] },
    });
    expect(await json('revocation', 'list')).toMatchObject({ revocations: [{}, {}] });
    expect(await fault('account', 'delete', 'store')).toEqual([2, 'ERR_USAGE']);
    expect(await fault('account', 'delete', 'SYS', '--yes')).toEqual([1, 'ERR_ACCOUNT_IN_USE']);
    const gone = await run(['account', 'delete', 'store', '--yes']);
    expect(gone).toMatchObject({ code: 0, stdout: 'account store with 0 users is deleted\n' });
    expect(await fault('operator', 'delete', 'corp')).toEqual([2, 'ERR_USAGE']);
    expect(await json('operator', 'delete', 'corp', '-y', '--rm-nkey')).toMatchObject({
      name: 'corp',
      accounts: ['SYS'],
    });
    expect(JSON.parse((await run(['operator', 'list', '--json'])).stdout)).toMatchObject({ operators: [] });
  });

  it('ends with 2 for what is missing or senseless, and 1 for what is refused', async () => {
    const { json, fault } = program();
    await json('operator', 'create', 'acme');
    await json('account', 'create', 'shop');
    const cases: [string[], number, string][] = [
      [['export', 'create', '-a', 'shop'], 2, 'ERR_USAGE'],
      [['export', 'edit', 'a', '-a', 'shop'], 2, 'ERR_USAGE'],
      [['export', 'create', 'a', '-a', 'shop', '--response-threshold', '5'], 1, 'ERR_DURATION_INVALID'],
      [['export', 'create', 'a', '-a', 'shop', '--service', '--response-type', 'Two'], 2, 'ERR_USAGE'],
      [['export', 'delete', 'a', '-a', 'shop'], 1, 'ERR_EXPORT_UNKNOWN'],
      [['import', 'create', '-a', 'shop'], 2, 'ERR_USAGE'],
      [['import', 'create', 'a', '-a', 'shop'], 2, 'ERR_USAGE'],
      [['import', 'create', 'a', '-a', 'shop', '--src-account', 'SYS'], 1, 'ERR_IMPORT_UNMATCHED'],
      [['import', 'delete', 'a', '-a', 'shop'], 1, 'ERR_IMPORT_UNKNOWN'],
      [['activation', 'create', '-a', 'shop'], 2, 'ERR_USAGE'],
      [['activation', 'describe', 'nowhere'], 1, 'ERR_SOURCE'],
      [['mapping', 'create', 'a', '-a', 'shop'], 2, 'ERR_USAGE'],
      [['mapping', 'create', 'a', 'b', '-a', 'shop', '--weight', '101'], 2, 'ERR_USAGE'],
      [['revocation', 'delete', 'u', '-a', 'shop'], 1, 'ERR_USER_UNKNOWN'],
    ];
    for (const [args, exit, code] of cases) expect(await fault(...args), args.join(' ')).toEqual([exit, code]);
  });

  it.each(COMMANDS)('%s: help says what it does, and names the variable of every flag', async (command) => {
    const { code, stdout } = await program().run([...command.split(' '), '--help']);
    expect(code).toBe(0);
    const flags = [...stdout.matchAll(/^ {2}(?:-\w, |\s{4})?--(?:\[no-\])?([\w-]+)/gm)].map(
      (match) => match[1] as string,
    );
    expect(flags).toContain('json');
    const text = stdout.replace(/\s+/g, ' ');
    for (const flag of flags) expect(text).toContain(`env: NATSCTL_${flag.replaceAll('-', '_').toUpperCase()}]`);
    expect(stdout).toContain('EXAMPLES');
  });
});
