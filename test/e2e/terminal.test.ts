import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { peer } from '../peers.js';
import { type Ended, KEYS, onTerminal, type Step } from '../terminal.js';
import { type Home, makeHome, run } from './harness.js';

/** The installed program in front of a person: questions, answers, refusals, and what is left behind when one goes. */

const { enter, down, ctrlC } = KEYS;
let home: Home;

beforeEach(() => {
  home = makeHome();
});
afterEach(() => home.remove());

type Options = { columns?: number; pipe?: boolean; env?: NodeJS.ProcessEnv };

const typing = (args: string[], steps: Step[], { env, ...options }: Options = {}): Promise<Ended> =>
  onTerminal(args, { env: { ...home.env, TERM: 'xterm', ...env }, cwd: home.folder, steps, ...options });

const answer = (wait: RegExp, text: string): Step => ({ wait, send: `${text}${enter}` });

const json = async (...args: string[]) => (await run(home, [...args, '--json'])).json();

/** An operator with the accounts `billing` and `shop`, the first with two exports. */
async function shop() {
  await run(home, ['operator', 'create', 'acme']);
  await run(home, ['account', 'create', 'billing']);
  await run(home, ['export', 'create', 'invoices.*', '--service', '--private', '-a', 'billing']);
  await run(home, ['export', 'create', 'prices.>', '-a', 'billing']);
  await run(home, ['account', 'create', 'shop']);
  await run(home, ['user', 'create', 'till', '-a', 'shop']);
}

/** Every file below the home folder with its content, to see that nothing was written. */
function everything(folder = home.folder): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => [file, readFileSync(file, 'utf8')]),
  );
}

describe.skipIf(!peer('python3'))('on a terminal', () => {
  it('asks for what was not named, and makes it', async () => {
    const operator = await typing(['operator', 'create'], [answer(/Name of the operator/, 'acme')]);
    expect(operator).toMatchObject({ code: 0 });
    expect(operator.screen).toMatch(/^operator +acme$/m);
    const account = await typing(['account', 'create'], [answer(/Name of the account/, 'orders')]);
    expect(account.screen).toMatch(/^account +orders$/m);
    const user = await typing(['user', 'create'], [answer(/Name of the user/, 'checkout')]);
    expect(user.screen).toMatch(/^user +checkout$/m);
    expect(await json('user', 'describe', 'checkout', '-a', 'orders')).toMatchObject({ name: 'checkout' });
  });

  it('keeps asking while the answer will not do, and says why', async () => {
    const ended = await typing(
      ['operator', 'create'],
      [
        answer(/Name of the operator/, ''),
        answer(/a value is needed/, 'a/b'),
        { wait: /may not hold|must not|cannot|not .*name/i, send: `${'\u007f'.repeat(3)}acme${enter}` },
      ],
    );
    expect(ended).toMatchObject({ code: 0 });
    expect((await json('operator', 'list')).operators).toMatchObject([{ name: 'acme' }]);
  });

  it('offers what other accounts export, and imports what is picked', async () => {
    await shop();
    const ended = await typing(
      ['import', 'create', '-a', 'shop'],
      [
        // The system account's two come first.
        { wait: /What to import[\s\S]*billing: prices/, send: `${down.repeat(3)}${enter}` },
        answer(/Subject to import/, ''),
        answer(/Local subject/, 'news.>'),
      ],
    );
    expect(ended).toMatchObject({ code: 0 });
    expect((await json('import', 'list', '-a', 'shop')).imports).toMatchObject([
      { subject: 'prices.>', local: 'news.>', sourceName: 'billing', type: 'stream' },
    ]);
  });

  it('offers accounts, users and roles where none is named', async () => {
    await shop();
    await run(home, ['context', 'select', 'account', 'SYS']);
    const picked = await typing(
      ['user', 'describe'],
      [
        { wait: /Which account[\s\S]*billing/, send: `${down}${down}${enter}` },
        { wait: /Which user[\s\S]*till/, send: enter },
      ],
    );
    expect(picked).toMatchObject({ code: 0 });
    expect(picked.screen).toMatch(/^account +shop /m);
    await run(home, ['account', 'signing-key', 'add', '-a', 'shop', '--role', 'sales']);
    const edited = await typing(
      ['account', 'signing-key', 'edit', '-a', 'shop', '--subs', '5'],
      [{ wait: /Which role[\s\S]*sales/, send: enter }],
    );
    expect(edited.screen).toMatch(/role sales of account shop/);
    const described = await typing(['account', 'describe'], [{ wait: /Which account[\s\S]*SYS/, send: enter }]);
    expect(described.screen).toMatch(/^account +SYS \(system\)$/m);
  });

  it('asks what the script is for', async () => {
    const ended = await typing(['completion'], [{ wait: /Which shell[\s\S]*fish/, send: `${down}${down}${enter}` }], {
      pipe: true,
    });
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout).toMatch(/^# natsctl completion for fish/);
  });
});

describe.skipIf(!peer('python3'))('what cannot be undone', () => {
  beforeEach(shop);

  it('is done after its name was written', async () => {
    const ended = await typing(['account', 'delete', 'shop'], [answer(/cannot be undone/, 'shop')]);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.screen).toContain('account shop with 1 user is deleted');
  });

  it('is not done after another name', async () => {
    const before = everything();
    const ended = await typing(['account', 'delete', 'shop'], [answer(/cannot be undone/, 'no')]);
    expect(ended).toMatchObject({ code: 1 });
    expect(ended.screen).toContain('[ERR_NOT_CONFIRMED]');
    expect(everything()).toEqual(before);
  });

  it('is done after the number of what has no name was written', async () => {
    await run(home, ['nkey', 'gen', 'account', '--save']);
    const no = await typing(['keys', 'orphaned', '--remove'], [answer(/Write 1 to delete 1 seed/, '2')]);
    expect(no).toMatchObject({ code: 1 });
    expect(no.screen).toContain('[ERR_NOT_CONFIRMED]');
    const yes = await typing(['keys', 'orphaned', '--remove'], [answer(/Write 1 to delete 1 seed/, '1')]);
    expect(yes).toMatchObject({ code: 0 });
    expect(await json('keys', 'orphaned')).toMatchObject({ keys: [] });
  });

  it.each<[string, string[], RegExp]>([
    ['a confirmation', ['account', 'delete', 'shop'], /cannot be undone/],
    ['a text', ['account', 'create'], /Name of the account/],
    ['a choice', ['import', 'create', '-a', 'shop'], /What to import/],
  ])('and Ctrl-C at %s leaves everything as it was', async (_what, args, question) => {
    const before = everything();
    const ended = await typing(args, [{ wait: question, send: ctrlC }]);
    expect(ended).toMatchObject({ code: 130 });
    expect(ended.screen).toContain('[ERR_INTERRUPTED]');
    expect(ended.screen).not.toMatch(/^\s+at |node:|Error:/m);
    expect(everything()).toEqual(before);
  });
});

describe.skipIf(!peer('python3'))('what is shown', () => {
  beforeEach(shop);

  it('keeps within a narrow terminal: rows become blocks', async () => {
    const wide = await typing(['export', 'list', '-a', 'billing'], [], { columns: 120 });
    expect(wide.screen).toMatch(/^SUBJECT +TYPE +ACCESS/);
    const narrow = await typing(['export', 'list', '-a', 'billing'], [], { columns: 40 });
    expect(narrow.screen).toMatch(/^subject +invoices\.\*$/m);
    expect(narrow.screen.split('\n').filter((line) => line.length > 40)).toEqual([]);
    // A public key is longer than the terminal is wide; it is never cut.
    const keys = await typing(['account', 'list'], [], { columns: 40 });
    expect(keys.screen.match(/A[A-Z2-7]{55}/g)).toHaveLength(3);
  });

  it('is not cut for a pipe, whatever the terminal beside it', async () => {
    const { stdout } = await typing(['export', 'list', '-a', 'billing'], [], { columns: 40, pipe: true });
    expect(stdout).toMatch(/^SUBJECT +TYPE +ACCESS/);
    expect(stdout).toBe((await run(home, ['export', 'list', '-a', 'billing'])).stdout);
  });

  it('is the result alone on stdout: questions are beside it', async () => {
    const { stdout, screen } = await typing(
      ['user', 'describe', '-a', 'shop', '--json'],
      [{ wait: /Which user[\s\S]*till/, send: enter }],
      { pipe: true },
    );
    expect(JSON.parse(stdout)).toMatchObject({ name: 'till' });
    expect(screen).not.toContain('publicKey');
  });

  it('has no colours of its own, and questions none with NO_COLOR', async () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    const colour = /\u001b\[[\d;]*[1-9]\d*[\d;]*m/;
    for (const args of [['account', 'list'], ['validate'], ['--help'], ['account', '--help']]) {
      const { NO_COLOR: _none, ...env } = home.env;
      const ended = await onTerminal(args, {
        env: { ...env, TERM: 'xterm-256color', NO_COLOR: '1' },
        cwd: home.folder,
      });
      expect(ended.raw, args.join(' ')).not.toMatch(colour);
    }
    const asked = await typing(['account', 'create'], [{ wait: /Name of the account/, send: ctrlC }]);
    expect(asked.raw).not.toMatch(colour);
  });

  it('makes harmless what would obey the terminal', async () => {
    await run(home, ['account', 'edit', 'shop', '--description', '\u001b]0;owned\u0007\u001b[31mred']);
    const { raw } = await typing(['account', 'describe', 'shop'], []);
    expect(raw).toContain('\\x1b]0;owned');
    expect(raw).not.toContain('\u001b');
  });
});
