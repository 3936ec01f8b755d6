import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasUnfinished } from '../../../../cli/store/transaction.js';
import { NOW, tempDir, tempSettings } from '../temp.js';
import { ORG, org, refusal } from './org.js';

/** The compiled rooms: another process cannot load TypeScript on Node 20. */
const dist = fileURLToPath(new URL('../../../../dist/', import.meta.url));

beforeAll(() => {
  if (!existsSync(path.join(dist, 'cli/state/change.js'))) throw new Error('build first: npm run build');
});

/** The organisation with every entity changed, and with users that the other one has not. */
function version(letter: string): string {
  const users = Array.from({ length: 8 }, (_, at) => `      ${letter}${at}: {role: sales}\n`).join('');
  const described = ORG.replaceAll(/^ {2}(\w+):$/gm, `  $1:\n    description: ${letter}`);
  return `${described.replace('      clerk:', `${users}      clerk:`)}prune: true\ntags: [${letter}]\n`;
}

/** Applies two versions in turn, until it is killed. */
const LOOP = `
const load = (file) => import(process.argv[1] + file + '.js');
const [{ planChange, applyChange }, { parseState }, { resolvePaths }] =
  await Promise.all([load('cli/state/change'), load('cli/state/read'), load('cli/store/paths')]);
const [, , home, ...texts] = process.argv;
const paths = resolvePaths({ env: {}, home, cwd: '/' });
console.log('ready');
for (let i = 0; ; i++) {
  const planned = await planChange(paths, parseState(texts[i % 2], 'x'), { now: ${NOW} + i });
  await applyChange(paths, planned, { now: ${NOW} + i });
}`;

describe('applying a state file', () => {
  it('does all of it or nothing, also where it is killed', async () => {
    const home = tempDir();
    const [a, b] = [version('a'), version('b')];
    const { apply, plan, paths } = org(tempSettings(home));
    await apply(a);
    for (let round = 0; round < 8; round++) {
      const args = ['--input-type=module', '-e', LOOP, `file://${dist}`, home, a, b];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      // Not a wait for something: the moment of the kill is meant to be anywhere.
      await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 400));
      child.kill('SIGKILL');
      await once(child, 'exit');
      const differing = [(await plan(a)).changes.length, (await plan(b)).changes.length];
      expect(differing).toContain(0);
      expect(await hasUnfinished(paths)).toBe(false);
    }
  });

  it('writes nothing where a file cannot be written', async () => {
    const { apply, plan, workspace, paths } = org();
    await apply(version('a'));
    const { store } = await workspace();
    // A folder where a file belongs.
    mkdirSync(path.join(store.dir, 'accounts/shop/users/b5.jwt/x'), { recursive: true });
    const before = readdirSync(paths.storeRoot, { recursive: true }).sort();
    const keys = readdirSync(paths.keystore, { recursive: true }).sort();
    expect((await refusal(() => apply(version('b')))).code).toMatch(/^ERR_STORE_/);
    expect(readdirSync(paths.storeRoot, { recursive: true }).sort()).toEqual(before);
    expect(readdirSync(paths.keystore, { recursive: true }).sort()).toEqual(keys);
    expect((await plan(version('a'))).changes).toEqual([]);
  });

  it('leaves a damaged store to be mended first', async () => {
    const { apply, plan, workspace } = org();
    await apply(ORG);
    const { store } = await workspace();
    const { writeFileSync } = await import('node:fs');
    writeFileSync(path.join(store.dir, 'accounts/shop/users/ann.jwt'), 'x');
    expect(await refusal(() => plan(ORG))).toMatchObject({ code: 'ERR_STORE_DAMAGED' });
  });
});
