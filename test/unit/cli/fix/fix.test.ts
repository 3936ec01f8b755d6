import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { newAccount, newUser } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import { createAccount } from '../../../../cli/account/create.js';
import { renameAccountTo } from '../../../../cli/account/rename.js';
import { rebuild } from '../../../../cli/fix/rebuild.js';
import { encryptKeystore } from '../../../../cli/keys/encrypt.js';
import { isSealedSeed } from '../../../../cli/sealed/seed-text.js';
import { findSeed, keyFile } from '../../../../cli/store/keystore.js';
import { accountFile, operatorFile, readOperator } from '../../../../cli/store/store.js';
import { userFile } from '../../../../cli/store/users.js';
import { createUser } from '../../../../cli/user/create.js';
import { validateStore } from '../../../../cli/validate/validate.js';
import { openWorkspace, type Workspace } from '../../../../cli/workspace.js';
import { peer } from '../../../peers.js';
import { cheapKdf, freshProcess, passphraseFile } from '../sealed/temp-keystore.js';
import { NOW, tempDir, tempSettings } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const nsc = peer('nsc');

async function shop(): Promise<Workspace> {
  const workspace = await tempWorkspace();
  await createAccount(workspace, { name: 'shop' });
  for (const name of ['ann', 'bob']) await createUser(workspace, { name, account: 'shop', ...noPermissions });
  return workspace;
}

/** Every token, seed and creds file of a store in one folder, under names that say nothing. */
function scattered(workspace: Workspace, wanted: RegExp = /\.(jwt|nk)$/): string {
  const dir = tempDir();
  let number = 0;
  for (const root of [workspace.store.root, workspace.keystore]) {
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !wanted.test(entry.name)) continue;
      const deep = path.join(dir, String(number % 3), 'deeper');
      mkdirSync(deep, { recursive: true });
      copyFileSync(path.join(entry.parentPath, entry.name), path.join(deep, `${number}${path.extname(entry.name)}`));
      number += 1;
    }
  }
  return dir;
}

function filesOf(root: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile()) files[path.relative(root, file)] = readFileSync(file, 'utf8');
  }
  return files;
}

async function fix(dirs: string[], more: { creds?: boolean; dryRun?: boolean; out?: string } = {}) {
  const out = more.out ?? path.join(tempDir(), 'out');
  const fixed = await rebuild({ dirs, creds: false, dryRun: false, ...more, out });
  const settings = tempSettings(tempDir(), { store: fixed.store, keystore: fixed.keystore });
  return { fixed, out, open: () => openWorkspace(settings, { now: NOW }) };
}

describe('fix', () => {
  it('builds the same store and keystore of what lies scattered', async () => {
    const workspace = await shop();
    const { fixed, open } = await fix([scattered(workspace)]);
    expect(fixed).toMatchObject({
      operators: [{ name: 'acme', accounts: 2, users: 3 }],
      seeds: 8,
      creds: 3,
      renamed: [],
      orphans: [],
      unreadable: [],
      warnings: [],
      superseded: [],
      unusedSeeds: [],
    });
    expect(filesOf(fixed.store)).toEqual(filesOf(workspace.store.root));
    expect(filesOf(fixed.keystore)).toEqual(filesOf(workspace.keystore));
    const report = await validateStore(await open(), { accounts: [], drift: false });
    expect(report.counts.error).toBe(0);
  });

  it('shows what it would do, and touches nothing that is there', async () => {
    const workspace = await shop();
    const dir = scattered(workspace);
    const { fixed, out } = await fix([dir], { dryRun: true });
    expect(fixed).toMatchObject({ dryRun: true, seeds: 8, creds: 3 });
    expect(existsSync(out)).toBe(false);
    const before = filesOf(workspace.store.root);
    const there = path.join(tempDir(), 'there');
    cpSync(workspace.store.root, path.join(there, 'operators'), { recursive: true });
    await expect(fix([dir], { out: there })).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    expect(filesOf(path.join(there, 'operators'))).toEqual(before);
    expect(existsSync(path.join(there, 'keys'))).toBe(false);
  });

  it('takes the newest of each, and says what is left out and why', async () => {
    const workspace = await shop();
    const dir = scattered(workspace);
    copyFileSync(accountFile(workspace.store, 'shop'), path.join(dir, 'old.jwt'));
    await renameAccountTo({ ...workspace, now: NOW + 100 }, { account: 'shop', to: 'store' }, {});
    copyFileSync(accountFile(workspace.store, 'store'), path.join(dir, 'new.jwt'));
    const foreign = await shop();
    copyFileSync(accountFile(foreign.store, 'shop'), path.join(dir, 'foreign.jwt'));
    copyFileSync(userFile(foreign.store, 'shop', 'ann'), path.join(dir, 'theirs.jwt'));
    writeFileSync(path.join(dir, 'bad.jwt'), 'rubbish');
    writeFileSync(path.join(dir, 'bad.nk'), 'rubbish');
    symlinkSync(operatorFile(foreign.store), path.join(dir, 'link.jwt'));
    const orphan = Seed.generate('user');
    writeFileSync(path.join(dir, 'orphan.nk'), orphan.reveal());
    const { fixed, open } = await fix([dir]);
    expect(fixed.operators).toMatchObject([{ name: 'acme', accounts: 2, users: 3 }]);
    expect(fixed.superseded).toHaveLength(2);
    expect(fixed.orphans.map(({ kind, file }) => `${kind} ${path.basename(file)}`).sort()).toEqual([
      'account foreign.jwt',
      'user theirs.jwt',
    ]);
    expect(fixed.unreadable.map(({ file }) => path.basename(file)).sort()).toEqual(['bad.jwt', 'bad.nk']);
    expect(fixed.unusedSeeds).toEqual([orphan.publicKey]);
    expect(await findSeed(fixed.keystore, orphan.publicKey)).not.toBeNull();
    const opened = await open();
    expect(readdirSync(path.join(opened.store.dir, 'accounts'))).toEqual(['SYS', 'store']);
  });

  it('gives a name to one alone, and none that no file can have', async () => {
    const workspace = await shop();
    const dir = scattered(workspace);
    const operator = (await readOperator(workspace.store)).claims;
    const seed = (await findSeed(workspace.keystore, operator.sub)) as Seed;
    const add = async (file: string, name: string, now: number) => {
      const key = Seed.generate('account');
      const { token } = await signClaims(newAccount(key.publicKey, name), seedSigner(seed), { now });
      writeFileSync(path.join(dir, file), token);
      return { key, publicKey: key.publicKey };
    };
    const older = await add('older.jwt', 'Shop', NOW - 50);
    const evil = await add('evil.jwt', '../../evil', NOW);
    const made = await signClaims(newUser(Seed.generate('user').publicKey, 'ann'), seedSigner(older.key), { now: NOW });
    writeFileSync(path.join(dir, 'user.jwt'), made.token);
    const { fixed, open } = await fix([dir]);
    const name = `Shop-${older.publicKey.slice(-8)}`;
    expect(fixed.renamed).toEqual([
      { kind: 'account', publicKey: evil.publicKey, from: '../../evil', to: evil.publicKey },
      { kind: 'account', publicKey: older.publicKey, from: 'Shop', to: name },
    ]);
    const { store } = await open();
    expect(readdirSync(path.join(store.dir, 'accounts')).sort()).toEqual(['SYS', evil.publicKey, name, 'shop'].sort());
    expect(existsSync(userFile(store, name, 'ann'))).toBe(true);
  });

  it('keeps users and accounts whose key was taken away since, with a warning', async () => {
    const workspace = await shop();
    const dir = scattered(workspace);
    const operator = (await readOperator(workspace.store)).claims;
    const identity = (await findSeed(workspace.keystore, operator.sub)) as Seed;
    const without = { ...operator, nats: { ...operator.nats, signing_keys: [] } };
    const { token } = await signClaims(without, seedSigner(identity), { now: NOW + 10 });
    writeFileSync(path.join(dir, 'newer.jwt'), token);
    const other = Seed.parse(
      readFileSync(keyFile(workspace.keystore, operator.nats.signing_keys[0] as string), 'utf8'),
    );
    const key = Seed.generate('account');
    const signed = await signClaims(newAccount(key.publicKey, 'late'), seedSigner(other), { now: NOW });
    writeFileSync(path.join(dir, 'late.jwt'), signed.token);
    const { fixed } = await fix([dir]);
    expect(fixed.operators).toMatchObject([{ accounts: 3 }]);
    const lost = `is signed by ${other.publicKey}, which operator acme has no more`;
    expect(fixed.warnings.sort()).toEqual(['SYS', 'late', 'shop'].map((name) => `account ${name} ${lost}`));
  });

  it('reads creds where it is told to', async () => {
    const workspace = await shop();
    const dir = scattered(workspace, /(acme|SYS|shop)\.jwt$|\.creds$/);
    expect((await fix([dir])).fixed).toMatchObject({ operators: [{ users: 0 }], seeds: 0 });
    const { fixed } = await fix([dir], { creds: true });
    expect(fixed).toMatchObject({ operators: [{ users: 3 }], seeds: 3, creds: 3 });
    expect(filesOf(path.join(fixed.keystore, 'creds'))).toEqual(filesOf(path.join(workspace.keystore, 'creds')));
  });

  it('mends a damaged store from its own folders', async () => {
    const workspace = await shop();
    rmSync(path.join(workspace.store.dir, '.nsc'));
    writeFileSync(accountFile(workspace.store, 'SYS'), 'rubbish');
    const { fixed } = await fix([workspace.store.root, workspace.keystore]);
    // SYS itself is lost, and sys with it; both are named.
    expect(fixed).toMatchObject({
      operators: [{ accounts: 1, users: 2 }],
      orphans: [{ kind: 'user', name: 'sys' }],
      unreadable: [{ file: accountFile(workspace.store, 'SYS') }],
      seeds: 8,
    });
  });

  it('leaves encrypted what was encrypted, and needs its passphrase', async () => {
    const workspace = await shop();
    const file = passphraseFile();
    await freshProcess(file);
    await encryptKeystore(workspace.paths, { kinds: [], creds: 'remove', dryRun: false, kdf: cheapKdf() });
    await freshProcess(null);
    const dirs = [workspace.store.root, workspace.keystore];
    await expect(fix(dirs)).rejects.toMatchObject({ code: 'ERR_KEYSTORE_LOCKED' });
    await freshProcess(file);
    const { fixed } = await fix(dirs);
    expect(fixed).toMatchObject({ seeds: 8, creds: 0 });
    for (const [name, text] of Object.entries(filesOf(path.join(fixed.keystore, 'keys')))) {
      expect(isSealedSeed(text), name).toBe(true);
    }
    await freshProcess(file);
    const publicKey = fixed.operators[0]?.publicKey ?? '';
    expect((await findSeed(fixed.keystore, publicKey))?.publicKey).toBe(publicKey);
    const lone = await fix([workspace.store.root, path.join(workspace.keystore, 'keys', 'O')]);
    // Its header is above the folder that was named.
    expect(lone.fixed.seeds).toBe(2);
    const moved = tempDir();
    cpSync(path.join(workspace.keystore, 'keys'), moved, { recursive: true });
    const { unreadable } = (await fix([workspace.store.root, moved])).fixed;
    expect(unreadable).toHaveLength(8);
  });

  it('needs an operator', async () => {
    const workspace = await shop();
    await expect(fix([scattered(workspace, /shop\.jwt$/)])).rejects.toMatchObject({ code: 'ERR_OPERATOR_MISSING' });
    await expect(fix([path.join(tempDir(), 'nowhere')])).rejects.toMatchObject({ code: 'ERR_STORE_IO' });
  });

  it.skipIf(nsc === undefined)('reads what nsc exported, and nsc reads what it built', async () => {
    const workspace = await shop();
    const home = tempDir();
    const run = (store: string, keystore: string, ...args: string[]) =>
      execFileSync(nsc as string, [...args, '--data-dir', store, '--keystore-dir', keystore, '--config-dir', home], {
        env: { HOME: home, NSC_NO_GIT_IGNORE: '1' },
        cwd: path.join(store, 'acme'),
        encoding: 'utf8',
        stdio: 'pipe',
      });
    const dir = path.join(tempDir(), 'exported');
    mkdirSync(dir);
    run(workspace.store.root, workspace.keystore, 'export', 'keys', '--all', '--include-jwts', '--dir', dir);
    const { fixed } = await fix([dir]);
    expect(fixed).toMatchObject({ operators: [{ name: 'acme', accounts: 2, users: 3 }], orphans: [], unreadable: [] });
    const described = JSON.parse(run(fixed.store, fixed.keystore, 'describe', 'account', 'shop', '--json'));
    expect(described.name).toBe('shop');
    run(fixed.store, fixed.keystore, 'add', 'user', 'eve', '--account', 'shop');
    expect(existsSync(path.join(fixed.store, 'acme', 'accounts', 'shop', 'users', 'eve.jwt'))).toBe(true);
    run(fixed.store, fixed.keystore, 'validate', '--all-accounts');
  });
});
