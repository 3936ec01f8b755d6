import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { renameAccountTo } from '../../../../cli/account/rename.js';
import { renameOperatorTo } from '../../../../cli/operator/rename.js';
import { listAccountNames, listOperatorNames, readAccount, readOperator } from '../../../../cli/store/store.js';
import { listUserNames, readUser } from '../../../../cli/store/users.js';
import { createUser } from '../../../../cli/user/create.js';
import { renameUserTo } from '../../../../cli/user/rename.js';
import { openWorkspace } from '../../../../cli/workspace.js';
import { threeAccounts } from '../sharing/shop.js';
import { NOW, tempSettings } from '../temp.js';
import { noPermissions } from '../temp-workspace.js';

/** A file system that keeps letter case and does not tell it apart, as those of macOS and Windows. */
vi.mock('node:fs/promises', async (original) => {
  const fs = await original<Record<string, (...args: unknown[]) => unknown>>();
  const spelled = (file: string): string => {
    const dir = path.dirname(file);
    if (dir === file) return file;
    const real = spelled(dir);
    const name = path.basename(file);
    const names = existsSync(real) ? namesIn(real) : [];
    const held = names.includes(name) ? name : names.find((one) => one.toLowerCase() === name.toLowerCase());
    return path.join(real, held ?? name);
  };
  const namesIn = (dir: string): string[] => {
    try {
      return readdirSync(dir);
    } catch {
      return [];
    }
  };
  const call = (name: string, ...args: unknown[]) => (fs[name] as (...args: unknown[]) => unknown)(...args);
  const one =
    (name: string) =>
    (file: string, ...rest: unknown[]) =>
      call(name, spelled(file), ...rest);
  const changed = ['lstat', 'open', 'rm', 'unlink', 'readdir', 'mkdir', 'readFile', 'stat'];
  return {
    ...fs,
    ...Object.fromEntries(changed.map((name) => [name, one(name)])),
    link: (from: string, to: string) => call('link', spelled(from), spelled(to)),
    rename: (from: string, to: string) => {
      const [old, fresh] = [spelled(from), spelled(to)];
      // Another spelling of its own name is taken.
      return call('rename', old, old === fresh ? path.join(path.dirname(fresh), path.basename(to)) : fresh);
    },
  };
});

it('another letter case loses neither token nor creds where it is not told apart', async () => {
  const settings = tempSettings();
  const { workspace } = await threeAccounts({ settings });
  const { store } = workspace;
  const ann = await createUser(workspace, { name: 'ann', account: 'shop', ...noPermissions });
  const renamed = await renameUserTo(workspace, { user: 'ann', account: 'shop', to: 'Ann' }, {});
  expect(await listUserNames(store, 'shop')).toEqual(['Ann']);
  expect((await readUser(store, 'shop', 'Ann')).jwt.claims).toMatchObject({ name: 'Ann', sub: ann.publicKey });
  expect(renamed.creds).not.toBe(null);
  expect(readdirSync(path.dirname(ann.creds as string)).map((name) => name.toLowerCase())).toEqual(['ann.creds']);

  await renameAccountTo(workspace, { account: 'shop', to: 'Shop' }, {});
  expect(await listAccountNames(store)).toContain('Shop');
  expect((await readAccount(store, 'Shop')).jwt.claims.name).toBe('Shop');
  expect(await listUserNames(store, 'Shop')).toEqual(['Ann']);

  await renameOperatorTo(workspace, 'Acme', {});
  expect(await listOperatorNames(store.root)).toEqual(['Acme']);
  const after = await openWorkspace(settings, { now: NOW });
  expect((await readOperator(after.store)).claims.name).toBe('Acme');
});
