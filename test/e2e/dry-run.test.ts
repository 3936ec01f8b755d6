import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, makeHome, run } from './harness.js';

/** What says that it writes nothing writes nothing, however it was told to. */

let home: Home;
beforeEach(() => {
  home = makeHome();
});
afterEach(() => home.remove());

function everything(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(home.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => [file, readFileSync(file, 'utf8')]),
  );
}

async function shop(): Promise<void> {
  await run(home, ['operator', 'create', 'acme']);
  await run(home, ['account', 'create', 'shop']);
  await run(home, ['user', 'create', 'till', '-a', 'shop']);
}

const withEnv = (env: NodeJS.ProcessEnv): Home => ({ ...home, env: { ...home.env, ...env } });

describe('--dry-run', () => {
  it('of an operator in an empty home leaves it empty', async () => {
    const ended = await run(home, ['operator', 'create', 'acme', '--dry-run', '--json']);
    expect(ended.code).toBe(0);
    expect(ended.json()).toMatchObject({ name: 'acme', dryRun: true, systemAccount: { user: { creds: null } } });
    expect(everything()).toEqual({});
  });

  it.each([
    [['account', 'create', 'more', '--signing-key'], { name: 'more', dryRun: true }],
    [['user', 'revoke', 'till', '-a', 'shop'], { name: 'till', changed: true, dryRun: true }],
    [['user', 'revoke', '*', '-a', 'shop'], { user: '*', changed: true, dryRun: true }],
  ])('of %j leaves every file as it was', async (args, result) => {
    await shop();
    const before = everything();
    const ended = await run(home, [...args, '--dry-run', '--json']);
    expect(ended.code).toBe(0);
    expect(ended.json()).toMatchObject(result);
    expect((await run(withEnv({ NATSCTL_DRY_RUN: '1' }), args)).code).toBe(0);
    expect(everything()).toEqual(before);
  });

  it('is judged as the change itself is', async () => {
    await shop();
    const taken = await run(home, ['account', 'create', 'shop', '--dry-run', '--json']);
    expect([taken.code, taken.json().error.code]).toEqual([1, 'ERR_ACCOUNT_NAME_TAKEN']);
  });

  it.each(['on', 'ja', '2', ' '])('is not taken for no where its variable says %j', async (value) => {
    await shop();
    const before = everything();
    const ended = await run(withEnv({ NATSCTL_DRY_RUN: value }), ['account', 'edit', 'shop', '--conns', '1', '--json']);
    expect([ended.code, ended.json().error.code]).toEqual([2, 'ERR_USAGE']);
    expect(everything()).toEqual(before);
  });
});

describe('what is shown to be pasted', () => {
  it('is one word of a shell for every name', async () => {
    const { stderr } = await run(home, ['init', 'my org', '--account', "it's", '--user', 'Jürgen']);
    expect(stderr).toContain("`natsctl up --operator 'my org'`");
    expect(stderr).toContain("`natsctl sub hello --account 'it'\\''s' --user Jürgen`");
  });
});

describe('what is wrong with a command line', () => {
  it('is said in one line, of the flag it is wrong with', async () => {
    const { code, stderr } = await run(home, ['up', '--broker-port', 'abc']);
    expect(code).toBe(2);
    expect(stderr).toBe(
      'natsctl: --broker-port: Expected an integer but received: abc [ERR_USAGE]\n  see `natsctl up --help`\n',
    );
  });

  it('is what the account lacks, where there is nothing to choose', async () => {
    await shop();
    const { code, stderr } = await run(home, ['activation', 'create', '-a', 'shop', '-t', 'SYS']);
    expect(code).toBe(2);
    expect(stderr).toContain('account shop has no export to choose');
  });
});
