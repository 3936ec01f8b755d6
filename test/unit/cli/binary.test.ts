import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { parseCreds } from '../../../claims/creds.js';
import { tempDir } from './temp.js';

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The installed program with a home folder of its own. */
function program(home: string, env: Record<string, string> = {}) {
  return (...args: string[]): Promise<Ended> =>
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

const COMMANDS = [
  ...['operator create', 'operator list', 'operator describe'],
  ...['account create', 'account list', 'account describe'],
  ...['user create', 'user list', 'user describe', 'user revoke', 'user creds'],
  ...['operator edit', 'operator signing-key add', 'operator signing-key list', 'operator signing-key remove'],
  ...['account edit', 'account signing-key add', 'account signing-key edit', 'account signing-key list'],
  ...['account signing-key remove', 'account signing-key rotate', 'user edit'],
  ...['push', 'pull', 'pub', 'sub', 'config generate'],
  ...['describe', 'validate', 'expirations', 'explain can', 'doctor', 'graph', 'env', 'request', 'reply', 'rtt'],
  ...['context select', 'context nats', 'keys list', 'keys import', 'keys export'],
  ...['nkey gen', 'nkey show', 'nkey sign', 'nkey verify', 'nkey seal', 'nkey unseal'],
];

describe('the program', () => {
  it('goes from nothing to a user, and prints one JSON document each', async () => {
    const home = tempDir();
    const natsctl = program(home);
    const json = async (...args: string[]) => {
      const ended = await natsctl(...args, '--json');
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      return JSON.parse(ended.stdout);
    };
    expect(await json('operator', 'create', 'acme')).toMatchObject({
      name: 'acme',
      publicKey: expect.stringMatching(/^O/),
      signingKeys: [expect.stringMatching(/^O/)],
      systemAccount: { name: 'SYS', user: { name: 'sys', creds: expect.stringMatching(/sys\.creds$/) } },
    });
    const account = await json('account', 'add', 'orders');
    expect(account).toMatchObject({ name: 'orders', publicKey: expect.stringMatching(/^A/), operator: 'acme' });
    const user = await json('user', 'add', 'checkout', '--account', 'orders');
    expect(user).toMatchObject({ name: 'checkout', account: 'orders', accountKey: account.publicKey, role: null });
    expect(statSync(user.creds).mode & 0o777).toBe(0o600);
    expect(await json('operator', 'list')).toMatchObject({ operators: [{ name: 'acme', accounts: 2, current: true }] });
    expect(await json('account', 'list')).toMatchObject({
      accounts: [{ name: 'SYS', system: true }, { name: 'orders' }],
    });
    expect(await json('user', 'list')).toMatchObject({
      users: [{ name: 'checkout', revoked: false, creds: user.creds }],
    });
    const described = await json('account', 'describe', 'orders');
    expect(described).toMatchObject({ publicKey: account.publicKey, claims: { nats: { type: 'account' } } });
    expect((await natsctl('account', 'describe', 'orders', '--raw')).stdout).toBe(`${described.token}\n`);
    expect(await json('user', 'revoke', 'checkout')).toMatchObject({ user: user.publicKey, changed: true });
    expect(await json('user', 'describe', 'checkout')).toMatchObject({ revoked: true });
    const creds = await json('user', 'creds', 'checkout', '--output', 'x.creds');
    expect(creds.creds).toBe(path.join(home, 'x.creds'));
    expect(parseCreds(readFileSync(creds.creds, 'utf8')).seed.publicKey).toBe(user.publicKey);
    expect((await natsctl('user', 'creds', 'checkout')).stdout).toBe(readFileSync(creds.creds, 'utf8'));
    const config = await json('config', 'generate', '--memory', '-f', 'server.conf');
    expect(config).toMatchObject({ resolver: 'memory', file: path.join(home, 'server.conf'), accounts: [{}, {}] });
  });

  it('ends with 1 for a refusal and 2 for wrong usage, with the same codes as text and as JSON', async () => {
    const home = tempDir();
    const natsctl = program(home);
    await natsctl('operator', 'create', 'acme');
    const cases: [string[], number, string][] = [
      [['account', 'create', 'a/b'], 1, 'ERR_NAME_INVALID'],
      [['account', 'create', 'sys'], 1, 'ERR_ACCOUNT_NAME_TAKEN'],
      [['user', 'create', 'x', '-a', 'nope'], 1, 'ERR_ACCOUNT_UNKNOWN'],
      [['push', '--service', 'http://127.0.0.1:1'], 1, 'ERR_SERVICE_UNREACHABLE'],
      [['pub', 'a', 'b', '-a', 'SYS', '-s', 'nats://127.0.0.1:1'], 1, 'ERR_BROKER_UNREACHABLE'],
      [['config', 'generate', '--memory', '-f', '/'], 1, 'ERR_FILE_EXISTS'],
      [['account', 'create'], 2, 'ERR_USAGE'],
      [['account', 'create', 'x', '--no-such-flag'], 2, 'ERR_USAGE'],
      [['account', 'create', 'x', 'y'], 2, 'ERR_USAGE'],
      [['config', 'generate'], 2, 'ERR_USAGE'],
      [['config', 'generate', '--url', '--memory'], 2, 'ERR_USAGE'],
      [['sub', 'a', '--count', '0'], 2, 'ERR_USAGE'],
      [['no', 'such', 'command'], 2, 'ERR_COMMAND_UNKNOWN'],
      [['account', 'list', 'orders'], 2, 'ERR_USAGE'],
      [['nosuch', '--help'], 2, 'ERR_COMMAND_UNKNOWN'],
      [['help', 'nosuch'], 2, 'ERR_COMMAND_UNKNOWN'],
      [['--nosuch'], 2, 'ERR_USAGE'],
      // The only account is the system's: a user of it is made for nobody who does not say so.
      [['user', 'create', 'x'], 2, 'ERR_USAGE'],
    ];
    for (const [args, exit, code] of cases) {
      const text = await natsctl(...args);
      expect(text, args.join(' ')).toMatchObject({ code: exit, stdout: '' });
      expect(text.stderr).toContain(`[${code}]`);
      const json = await natsctl(...args, '--json');
      expect(json, args.join(' ')).toMatchObject({ code: exit, stderr: '' });
      expect(JSON.parse(json.stdout).error).toMatchObject({ code, message: expect.any(String) });
    }
  });

  it('takes every shared setting from the environment', async () => {
    const home = tempDir();
    const there = path.join(home, 'there');
    const env = { NATSCTL_STORE: path.join(there, 's'), NATSCTL_KEYSTORE: path.join(there, 'k'), NATSCTL_JSON: '1' };
    const made = await program(home, env)('operator', 'create', 'acme');
    expect(JSON.parse(made.stdout)).toMatchObject({ store: env.NATSCTL_STORE });
    expect(existsSync(path.join(there, 'k', 'keys', 'O'))).toBe(true);
    // A store elsewhere is nobody's context.
    expect(existsSync(path.join(home, '.config'))).toBe(false);
    const bad = await program(home, { ...env, NATSCTL_OPERATOR: 'other' })('account', 'list');
    expect(JSON.parse(bad.stdout).error.code).toBe('ERR_OPERATOR_UNKNOWN');
  });

  it.each(COMMANDS)('%s: help says what it does, and names the variable of every flag', async (command) => {
    const { code, stdout } = await program(tempDir())(...command.split(' '), '--help');
    expect(code).toBe(0);
    const flags = [...stdout.matchAll(/^ +(?:-\w, |\s{4})?--(?:\[no-\])?([\w-]+)/gm)].map(
      (match) => match[1] as string,
    );
    expect(flags).toContain('json');
    const text = stdout.replace(/\s+/g, ' ');
    for (const flag of flags) expect(text).toContain(`env: NATSCTL_${flag.replaceAll('-', '_').toUpperCase()}]`);
    expect(stdout).toContain('EXAMPLES');
  });

  it('shows the same help whichever way it is asked for', async () => {
    const natsctl = program(tempDir());
    const help = async (...args: string[]) => {
      const ended = await natsctl(...args);
      expect(ended, args.join(' ')).toMatchObject({ code: 0, stderr: '' });
      return ended.stdout;
    };
    const root = await help('--help');
    for (const args of [[], ['help'], ['-h']]) expect(await help(...args)).toBe(root);
    for (const topic of ['operator', 'account', 'user', 'config', 'service', 'broker', 'push', 'up']) {
      expect(root).toMatch(new RegExp(`^  ${topic} +[A-Z]`, 'm'));
    }
    // A topic is described as itself, not as its first command.
    expect(root).toMatch(/^ {2}account +Create, change, show, rename and delete accounts\.$/m);
    const create = await help('account', 'create', '--help');
    for (const args of [
      ['help', 'account', 'create'],
      ['account', 'create', '-h'],
    ])
      expect(await help(...args)).toBe(create);
    expect(await help('version')).toBe(await help('--version'));
  });

  it('names the command and the flag that were meant', async () => {
    const natsctl = program(tempDir());
    const hints: [string[], string][] = [
      [['acount', 'list'], 'did you mean `natsctl account list`?'],
      [['create', 'acount', 'x'], 'did you mean `natsctl account create`?'],
      [['pussh'], 'did you mean `natsctl push`?'],
      [['account', 'list', 'orders'], 'see `natsctl account list --help`'],
      [['account', 'list', '--stroe', 'x'], 'did you mean --store?'],
      [['account', 'list', '--nothing-like-it'], 'see `natsctl account list --help`'],
    ];
    for (const [args, hint] of hints) expect((await natsctl(...args)).stderr, args.join(' ')).toContain(hint);
  });

  it('ends quietly when its reader has seen enough', () => {
    const home = tempDir();
    const piped = spawnSync('/bin/sh', ['-c', `'${inject('natsctl')}' --help | head -1`], {
      env: { PATH: process.env.PATH, HOME: home },
      encoding: 'utf8',
    });
    expect(piped.stderr).toBe('');
  });

  it('shows no seed anywhere but where creds are asked for', async () => {
    const natsctl = program(tempDir(), { DEBUG: '1' });
    const outputs = [
      await natsctl('operator', 'create', 'acme'),
      await natsctl('operator', 'create', 'other', '--json'),
      await natsctl('account', 'create', 'orders', '-o', 'acme', '--signing-key', '--json'),
      await natsctl('user', 'create', 'u', '-o', 'acme', '-a', 'orders', '--json'),
      await natsctl('user', 'describe', 'u', '-o', 'acme', '-a', 'orders', '--json'),
      await natsctl('account', 'create', 'x', '-o', 'acme', '-K', 'SOAPNOTASEEDATALL'),
    ];
    for (const { stdout, stderr } of outputs) expect(stdout + stderr).not.toMatch(/\bS[OAU][A-Z2-7]{56}\b/);
  });
});
