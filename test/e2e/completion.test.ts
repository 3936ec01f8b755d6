import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { peer } from '../peers.js';
import { KEYS, onTerminal } from '../terminal.js';
import { type Home, makeHome, run } from './harness.js';

/** Scripts as a user has them: printed by the program, sourced by the shell, completing while somebody types. */

let home: Home;
const script = (shell: string) => path.join(home.folder, `completion.${shell}`);

beforeAll(async () => {
  home = makeHome();
  home.env.PATH = `${path.dirname(inject('natsctl'))}:${home.env.PATH}`;
  await run(home, ['operator', 'create', 'acme']);
  await run(home, ['account', 'create', 'orders']);
  await run(home, ['account', 'create', 'two words']);
  await run(home, ['account', 'signing-key', 'add', '-a', 'orders', '--role', 'sales']);
  await run(home, ['user', 'create', 'checkout', '-a', 'orders']);
  await run(home, ['export', 'create', '$JS.x.*', '-a', 'orders']);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout, code, stderr } = await run(home, ['completion', shell]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    writeFileSync(script(shell), stdout);
  }
});
afterAll(() => home.remove());

const ask = async (...words: string[]) => {
  const { stdout, stderr, code } = await run(home, ['__complete', 'fish:plain', ...words]);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return stdout.split('\n').filter((line) => line !== '');
};

describe('what could come next', () => {
  it.each<[string[], string[]]>([
    [['acc'], ['account']],
    [
      ['account', 'signing-key', 'r'],
      ['remove', 'rotate'],
    ],
    [
      ['account', 'describe', ''],
      ['SYS', 'orders', 'two words'],
    ],
    [['account', 'describe', 'o'], ['orders']],
    [['describe', 'account', 'o'], ['orders']],
    [['account', 'create', ''], []],
    [['account', 'rename', 'o'], ['orders']],
    [['account', 'rename', 'orders', ''], []],
    [['operator', 'describe', ''], ['acme']],
    [['user', 'describe', '-a', 'orders', ''], ['checkout']],
    [['user', 'describe', '--account=orders', ''], ['checkout']],
    [['user', 'delete', '-a', 'orders', 'checkout', ''], ['checkout']],
    [['user', 'create', '-a', 'orders', 'x', '-K', ''], ['sales']],
    [['user', 'list', '--account', 'o'], ['orders']],
    [['user', 'list', '--account=o'], ['--account=orders']],
    [['account', 'signing-key', 'edit', '-a', 'orders', ''], ['sales']],
    [['export', 'describe', '-a', 'orders', ''], ['$JS.x.*']],
    [
      ['context', 'select', ''],
      ['account', 'operator'],
    ],
    [['context', 'select', 'operator', ''], ['acme']],
    [['context', 'select', 'account', 'o'], ['orders']],
    [
      ['export', 'create', '--type', ''],
      ['service', 'stream'],
    ],
    [['completion', 'b'], ['bash']],
    [['push', 'orders', 'S'], ['SYS']],
    [['describe', ''], [':files']],
    [['keys', 'export', ''], [':folders']],
    [['user', 'creds', '--output', ''], [':files']],
    [['user', 'edit', '--no-b'], ['--no-bearer']],
    [['user', 'edit', '--bearer', '--bea'], []],
    [['user', 'edit', '--tag', 'x', '--tag'], ['--tag']],
    [['account', 'edit', '--nope'], []],
    [['user', 'describe', '--', '--acc'], []],
    [['nope', ''], []],
    [['user', 'list', '--store', '/nowhere', '-a', ''], []],
  ])('%j', async (words, expected) => {
    expect(await ask(...words)).toEqual(expected);
  });

  it('of nothing at all: every topic and command that --help shows', async () => {
    const { stdout } = await run(home, ['--help']);
    const listed = [...stdout.matchAll(/^ {2}([a-z][\w-]*) {2,}/gm)].map(([, word]) => word as string);
    expect((await ask('')).filter((word) => word !== 'help')).toEqual(
      [...new Set(listed)].filter((word) => word !== 'help').sort(),
    );
  });

  it('with what each is, unless that is not wanted', async () => {
    const { stdout } = await run(home, ['__complete', 'zsh', 'account', 'signing-key', 'ro']);
    expect(stdout).toMatch(/^rotate\t.+\n$/);
    expect((await run(home, ['completion', 'zsh', '--no-descriptions'])).stdout).toContain('__complete zsh:plain ');
  });

  it('in words broken as bash breaks them, and an empty last one as PowerShell hands it over', async () => {
    const bash = await run(home, ['__complete', 'bash:plain', 'user', 'list', '--account', '=', 'or']);
    expect(bash.stdout).toBe('orders\n');
    const begun = await run(home, ['__complete', 'bash:plain', 'user', 'list', '--account', '=']);
    expect(begun.stdout).toBe('SYS\norders\ntwo words\n');
    const powershell = await run(home, ['__complete', 'powershell:plain', 'account', 'describe', '.']);
    expect(powershell.stdout).toBe('SYS\norders\ntwo words\n');
  });
});

it('the script is refused for a shell that is not known', async () => {
  const ended = await run(home, ['completion', 'tcsh', '--json']);
  expect([ended.code, ended.json().error.code]).toEqual([2, 'ERR_USAGE']);
  const none = await run(home, ['completion', '--json']);
  expect([none.code, none.json().error.code]).toEqual([2, 'ERR_USAGE']);
  expect((await run(home, ['completion', 'powershell'])).stdout).toContain('Register-ArgumentCompleter');
});

const python = peer('python3');

/** Types a line, presses Tab, waits for what it became, and leaves the shell. */
async function typed(shell: string, setup: string, keys: string, becomes: RegExp) {
  const steps = [
    { wait: /ready\$ /, send: `${setup}\r` },
    { wait: /ready\$ /, send: `${keys}${KEYS.tab}` },
    { wait: becomes, send: `${KEYS.ctrlU}exit\r` },
  ];
  const flags = shell === 'bash' ? ['--norc', '--noprofile', '-i'] : ['-f', '-i'];
  return onTerminal(flags, {
    program: peer(shell as 'bash') as string,
    env: { ...home.env, PS1: 'ready$ ', PROMPT: 'ready$ ', TERM: 'xterm' },
    cwd: home.folder,
    columns: 120,
    timeout: 10,
    steps,
  });
}

describe.skipIf(!python || !peer('bash'))('in bash', () => {
  const source = () => `source ${script('bash')}`;
  it.each<[string, RegExp]>([
    ['natsctl acc', /natsctl account /],
    ['natsctl account describe or', /natsctl account describe orders /],
    ['natsctl user list --account=or', /--account=orders /],
    ['natsctl user list -a tw', /-a two\\ words /],
    ['natsctl export describe -a orders ', /describe -a orders \\\$JS\.x\.\\\* /],
    ['natsctl describe comp', /natsctl describe completion\./],
  ])('%s', async (keys, becomes) => {
    await typed('bash', source(), keys, becomes);
  });
});

describe.skipIf(!python || !peer('zsh'))('in zsh', () => {
  it.each<[string, RegExp]>([
    ['natsctl acc', /natsctl account /],
    ['natsctl account describe or', /describe orders /],
    ['natsctl user list --account=or', /--account=orders /],
    ['natsctl user list -a tw', /-a two\\ words /],
  ])('%s', async (keys, becomes) => {
    await typed('zsh', `autoload -U compinit; compinit -u -D; source ${script('zsh')}`, keys, becomes);
  });
});

describe.skipIf(!peer('fish'))('in fish', () => {
  it.each([
    ['natsctl acc', /^account\t.+\n$/],
    ['natsctl account describe or', /^orders\n$/],
    ['natsctl user list --account=or', /^--account=orders\n$/],
    ['natsctl user list -a tw', /^two words\n$/],
  ])('%s', (line, expected) => {
    const commands = `source ${script('fish')}; complete -C ${JSON.stringify(line)}`;
    const options = { env: home.env, cwd: home.folder, encoding: 'utf8' } as const;
    expect(execFileSync(peer('fish') as string, ['--no-config', '-c', commands], options)).toMatch(expected);
  });
});
