import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readContextFile, writeContextFile } from '../../../../cli/store/context.js';
import { resolvePaths } from '../../../../cli/store/paths.js';
import { tempDir, tempSettings } from '../temp.js';

const write = (file: string, text: string) => {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
};

const operatorFolder = (root: string, name: string) =>
  write(path.join(root, name, '.nsc'), JSON.stringify({ managed: false, name, kind: 'operator', version: '1' }));

describe('where the store is', () => {
  it('is the XDG place of nsc on a machine with nothing on it', () => {
    const home = tempDir();
    expect(resolvePaths(tempSettings(home))).toEqual({
      storeRoot: path.join(home, '.local/share/nats/nsc/stores'),
      keystore: path.join(home, '.local/share/nats/nsc/keys'),
      cacheDir: path.join(home, '.cache/natsctl'),
      configFile: path.join(home, '.config/nats/nsc/nsc.json'),
      operator: undefined,
      account: undefined,
      contextWritable: true,
    });
  });

  it('follows XDG_DATA_HOME and XDG_CONFIG_HOME, NSC_HOME and NKEYS_PATH', () => {
    const home = tempDir();
    const env = { XDG_DATA_HOME: path.join(home, 'd'), XDG_CONFIG_HOME: path.join(home, 'c') };
    expect(resolvePaths(tempSettings(home, { env }))).toMatchObject({
      storeRoot: path.join(home, 'd/nats/nsc/stores'),
      keystore: path.join(home, 'd/nats/nsc/keys'),
      configFile: path.join(home, 'c/nats/nsc/nsc.json'),
    });
    expect(resolvePaths(tempSettings(home, { env: { ...env, NSC_HOME: '~/n', NKEYS_PATH: '~/k' } }))).toMatchObject({
      keystore: path.join(home, 'k'),
      configFile: path.join(home, 'n/nsc.json'),
    });
  });

  it('reads the old places where the new do not exist', () => {
    const home = tempDir();
    mkdirSync(path.join(home, '.nkeys'));
    write(path.join(home, '.nsc/nsc.json'), '{}');
    mkdirSync(path.join(home, '.nsc/nats'));
    expect(resolvePaths(tempSettings(home))).toMatchObject({
      storeRoot: path.join(home, '.nsc/nats'),
      keystore: path.join(home, '.nkeys'),
      configFile: path.join(home, '.nsc/nsc.json'),
    });
    mkdirSync(path.join(home, '.local/share/nats/nsc/keys'), { recursive: true });
    expect(resolvePaths(tempSettings(home)).keystore).toBe(path.join(home, '.local/share/nats/nsc/keys'));
  });

  it('takes store, operator and account from nsc.json, which flags override', () => {
    const home = tempDir();
    const root = path.join(home, 'mine');
    write(
      path.join(home, '.config/nats/nsc/nsc.json'),
      JSON.stringify({ store_root: root, operator: 'O', account: 'A' }),
    );
    expect(resolvePaths(tempSettings(home))).toMatchObject({
      storeRoot: root,
      operator: 'O',
      account: 'A',
      contextWritable: true,
    });
    expect(resolvePaths(tempSettings(home, { store: '~/other', keystore: '~/keys' }))).toMatchObject({
      storeRoot: path.join(home, 'other'),
      keystore: path.join(home, 'keys'),
      operator: undefined,
      account: undefined,
      contextWritable: false,
    });
    expect(resolvePaths(tempSettings(home, { store: root }))).toMatchObject({ operator: 'O', contextWritable: true });
  });

  it('with NSC_CWD_ONLY neither reads nor writes nsc.json', () => {
    const home = tempDir();
    write(path.join(home, '.config/nats/nsc/nsc.json'), JSON.stringify({ store_root: '/elsewhere', operator: 'O' }));
    expect(resolvePaths(tempSettings(home, { env: { NSC_CWD_ONLY: '' } }))).toMatchObject({
      storeRoot: path.join(home, '.local/share/nats/nsc/stores'),
      operator: undefined,
      contextWritable: false,
    });
  });

  it('is where one works: in an operator folder, directly above one, in an account of it', () => {
    const home = tempDir();
    const root = path.join(home, 'stores');
    write(path.join(home, '.config/nats/nsc/nsc.json'), JSON.stringify({ store_root: '/elsewhere', operator: 'X' }));
    operatorFolder(root, 'O');
    const users = path.join(root, 'O/accounts/A/users');
    mkdirSync(users, { recursive: true });
    const at = (cwd: string) => resolvePaths(tempSettings(home, { cwd }));
    expect(at(path.join(root, 'O'))).toMatchObject({ storeRoot: root, operator: 'O', contextWritable: false });
    expect(at(users)).toMatchObject({ storeRoot: root, operator: 'O', account: 'A' });
    expect(at(root)).toMatchObject({ storeRoot: root, operator: 'X' });
    expect(at(home)).toMatchObject({ storeRoot: '/elsewhere', operator: 'X' });
  });

  it('says what is wrong with an nsc.json that is none', () => {
    const home = tempDir();
    write(path.join(home, '.config/nats/nsc/nsc.json'), '{"store_root":');
    expect(() => resolvePaths(tempSettings(home))).toThrow(expect.objectContaining({ code: 'ERR_STORE_DAMAGED' }));
  });
});

describe('nsc.json', () => {
  it('is written as nsc writes it, and what else nsc keeps there stays', async () => {
    const file = path.join(tempDir(), 'nsc/nsc.json');
    await writeContextFile(file, { store_root: '/s', operator: 'O' }, 5);
    expect(readContextFile(file)).toEqual({ store_root: '/s', operator: 'O' });
    const first = JSON.parse((await import('node:fs')).readFileSync(file, 'utf8'));
    expect(first).toEqual({
      store_root: '/s',
      operator: 'O',
      account: '',
      github_updates: 'nats-io/nsc',
      last_update: 5,
    });
    write(file, JSON.stringify({ ...first, last_update: 7, more: [1] }));
    await writeContextFile(file, { account: 'A' }, 9);
    expect(JSON.parse((await import('node:fs')).readFileSync(file, 'utf8'))).toEqual({
      ...first,
      account: 'A',
      last_update: 7,
      more: [1],
    });
  });
});
