import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { renameAccountTo } from '../../../../cli/account/rename.js';
import { collectBackup } from '../../../../cli/backup/collect.js';
import type { Opener, Recipients } from '../../../../cli/backup/header.js';
import { readBackup } from '../../../../cli/backup/read.js';
import type { BackupRecord } from '../../../../cli/backup/records.js';
import { restoreBackup } from '../../../../cli/backup/restore.js';
import { writeBackup } from '../../../../cli/backup/write.js';
import { encryptKeystore } from '../../../../cli/keys/encrypt.js';
import { isSealedSeed } from '../../../../cli/sealed/seed-text.js';
import { findSeed, keyFile, writeSeed } from '../../../../cli/store/keystore.js';
import { resolvePaths, type StorePaths } from '../../../../cli/store/paths.js';
import { accountFile } from '../../../../cli/store/store.js';
import { readUser, userFile } from '../../../../cli/store/users.js';
import { createUser } from '../../../../cli/user/create.js';
import { validateStore } from '../../../../cli/validate/validate.js';
import { openWorkspace, type Workspace } from '../../../../cli/workspace.js';
import { peer } from '../../../peers.js';
import { cheapKdf, freshProcess, PASSPHRASE, passphraseFile } from '../sealed/temp-keystore.js';
import { NOW, tempDir, tempSettings } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const wanted = { all: false, creds: true };
const options = { force: false, creds: true, dryRun: false, now: NOW };
const byPassphrase = (): Recipients => ({ passphrase: PASSPHRASE, xkeys: [], kdf: cheapKdf() });
const opener = (passphrase = PASSPHRASE, curve: Seed | null = null): Opener => ({
  passphrase: async () => passphrase,
  curve,
});

async function shop(): Promise<Workspace> {
  const workspace = await tempWorkspace();
  await createAccount(workspace, { name: 'shop' });
  for (const name of ['ann', 'bob']) await createUser(workspace, { name, account: 'shop', ...noPermissions });
  return workspace;
}

async function backedUp(workspace: Workspace, recipients: Recipients | null = byPassphrase()) {
  const file = path.join(tempDir(), 'acme.backup');
  const held = await collectBackup(workspace, wanted);
  const bytes = await writeBackup(file, held.records, { recipients, force: false, now: NOW });
  return { file, bytes, held };
}

const elsewhere = () => {
  const settings = tempSettings();
  return { settings, paths: resolvePaths(settings) };
};

/** Every file below a folder with its text. */
function filesOf(root: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile()) files[path.relative(root, file)] = readFileSync(file, 'utf8');
  }
  return files;
}

const restore = async (paths: StorePaths, file: string, more: Partial<typeof options> = {}, open = opener()) =>
  restoreBackup(paths, file, await readBackup(file, open), { ...options, ...more });

describe('a backup', () => {
  it('brings everything back byte for byte, and a second restore changes nothing', async () => {
    const workspace = await shop();
    const { file, bytes, held } = await backedUp(workspace);
    expect(held).toMatchObject({ operators: ['acme'], accounts: 2, users: 3, seeds: 8, creds: 3, missingSeeds: 0 });
    expect(statSync(file)).toMatchObject({ size: bytes });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'latin1')).not.toMatch(/S[OAU][A-Z2-7]{56}|eyJ0eXAi/);

    const { settings, paths } = elsewhere();
    const dry = await restore(paths, file, { dryRun: true });
    expect(dry.files.every(({ state }) => state === 'new')).toBe(true);
    expect(existsSync(paths.storeRoot)).toBe(false);
    const done = await restore(paths, file);
    expect(done).toMatchObject({
      accounts: 2,
      users: 3,
      seeds: 8,
      creds: 3,
      warnings: [],
      format: 'natsctl',
      created: NOW,
    });
    expect(filesOf(paths.keystore)).toEqual(filesOf(workspace.keystore));
    expect(filesOf(path.join(paths.storeRoot, 'acme'))).toEqual(filesOf(workspace.store.dir));
    for (const { file: one } of done.files) expect(statSync(one).mode & 0o777).toBe(0o600);
    const restored = await openWorkspace(settings, { now: NOW });
    expect(restored.paths.operator).toBe('acme');
    expect(await validateStore(restored, { accounts: [], drift: false })).toMatchObject({ counts: { error: 0 } });
    expect((await restore(paths, file)).files.every(({ state }) => state === 'same')).toBe(true);
  });

  it('to a curve key is opened with its seed, and with no other', async () => {
    const workspace = await shop();
    const curve = Seed.generate('curve');
    const other = Seed.generate('curve');
    const { file } = await backedUp(workspace, { xkeys: [other.publicKey, curve.publicKey] });
    expect((await readBackup(file, opener('', curve))).records).toHaveLength(1 + 2 + 3 + 8 + 3 + 1);
    await expect(readBackup(file, opener('', Seed.generate('curve')))).rejects.toMatchObject({
      code: 'ERR_BACKUP_KEY',
      details: { recipients: [other.publicKey, curve.publicKey] },
    });
    await expect(readBackup(file, opener())).rejects.toMatchObject({ code: 'ERR_BACKUP_KEY' });
    const swapped = readFileSync(file, 'latin1').replace(other.publicKey, curve.publicKey);
    writeFileSync(file, swapped, 'latin1');
    await expect(readBackup(file, opener('', curve))).rejects.toMatchObject({ code: 'ERR_XKEY_OPEN' });
  });

  it('is opened by its passphrase alone, and whole', async () => {
    const workspace = await shop();
    for (let number = 0; number < 90; number += 1) {
      await createUser(workspace, { name: `u${number}`, account: 'shop', ...noPermissions });
    }
    const { file, bytes } = await backedUp(workspace);
    // More than one chunk, or nothing below would be cut between two.
    expect(bytes).toBeGreaterThan(2 * 65_552);
    await expect(readBackup(file, opener('wrong horse'))).rejects.toMatchObject({ code: 'ERR_PASSPHRASE_WRONG' });
    const whole = readFileSync(file);
    const body = whole.indexOf(10, whole.indexOf(10) + 1) + 1;
    const chunk = 64 * 1024 + 16;
    const flipped = (at: number) => {
      const copy = Buffer.from(whole);
      copy[at] = (copy[at] as number) ^ 1;
      return copy;
    };
    const bad = [
      whole.subarray(0, body + chunk),
      whole.subarray(0, -1),
      whole.subarray(0, body),
      Buffer.concat([whole, Buffer.from('x')]),
      flipped(body + 5),
      flipped(whole.length - 1),
      // Two chunks changed places.
      Buffer.concat([
        whole.subarray(0, body),
        whole.subarray(body + chunk, body + 2 * chunk),
        whole.subarray(body, body + chunk),
        whole.subarray(body + 2 * chunk),
      ]),
      // Another time in the header.
      Buffer.from(whole.toString('latin1').replace(`"created":${NOW}`, `"created":${NOW + 1}`), 'latin1'),
    ];
    for (const [index, data] of bad.entries()) {
      writeFileSync(file, data);
      await expect(readBackup(file, opener()), String(index)).rejects.toMatchObject({ code: 'ERR_BACKUP_DAMAGED' });
    }
    for (const data of [
      '',
      'rubbish',
      'natsctl-backup 1\n{"encryption":"rot13"}\n',
      '{"name":1}',
      '{"name":"a","token":"b",',
    ]) {
      writeFileSync(file, data);
      await expect(readBackup(file, opener()), data).rejects.toMatchObject({ code: 'ERR_BACKUP_INVALID' });
    }
  });

  it('whose header would take the machine is not followed', async () => {
    const { file } = await backedUp(await shop());
    writeFileSync(file, readFileSync(file, 'latin1').replace('"N":16384', '"N":1073741824'), 'latin1');
    await expect(readBackup(file, opener())).rejects.toMatchObject({ code: 'ERR_BACKUP_INVALID' });
  });

  it('in plain text is read too, and a line changed or missing is noticed', async () => {
    const { file } = await backedUp(await shop(), null);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/SO[A-Z2-7]{56}/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await restore(elsewhere().paths, file)).seeds).toBe(8);
    const lines = text.split('\n');
    for (const bad of [
      lines.toSpliced(4, 1),
      lines.toSpliced(-2, 1),
      lines.with(-2, '{"kind":"x"}'),
      lines.slice(0, -1),
    ]) {
      writeFileSync(file, bad.join('\n'));
      await expect(readBackup(file, opener())).rejects.toMatchObject({ code: 'ERR_BACKUP_DAMAGED' });
    }
  });

  it('of a damaged store is not made, and one that cannot be written leaves nothing', async () => {
    const workspace = await shop();
    const held = await collectBackup(workspace, wanted);
    const dir = tempDir();
    const file = path.join(dir, 'b');
    writeFileSync(file, 'mine');
    const write = { recipients: null, force: false, now: NOW };
    await expect(writeBackup(file, held.records, write)).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    await writeBackup(file, held.records, { ...write, force: true });
    await expect(writeBackup(path.join(dir, 'no', 'b'), held.records, write)).rejects.toMatchObject({
      code: 'ERR_STORE_IO',
    });
    expect(readdirSync(dir)).toEqual(['b']);
    writeFileSync(accountFile(workspace.store, 'shop'), 'rubbish');
    await expect(collectBackup(workspace, wanted)).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
  });

  it('takes seeds from an encrypted keystore and puts them into one', async () => {
    const workspace = await shop();
    await freshProcess(passphraseFile());
    await encryptKeystore(workspace.paths, { kinds: [], dryRun: false, kdf: cheapKdf() });
    const { file } = await backedUp(workspace);
    expect((await restore(workspace.paths, file)).files.every(({ state }) => state === 'same')).toBe(true);
    const target = await tempWorkspace();
    await encryptKeystore(target.paths, { kinds: [], creds: 'remove', dryRun: false, kdf: cheapKdf() });
    const plain = elsewhere().paths;
    mkdirSync(plain.storeRoot, { recursive: true });
    const mixed = { ...target.paths, storeRoot: plain.storeRoot };
    const done = await restore(mixed, file);
    expect(done.creds).toBe(0);
    for (const { file: one } of done.files.filter((each) => each.file.endsWith('.nk'))) {
      expect(isSealedSeed(readFileSync(one, 'utf8'))).toBe(true);
    }
  });

  it('brings a seed that only creds hold into a keystore that keeps none', async () => {
    const workspace = await shop();
    const { jwt } = await readUser(workspace.store, 'shop', 'ann');
    const lone = keyFile(workspace.keystore, jwt.claims.sub);
    const before = readFileSync(lone, 'utf8');
    rmSync(lone);
    const { file } = await backedUp(workspace);
    const { paths } = elsewhere();
    await writeSeed(paths.keystore, Seed.generate('operator'));
    await freshProcess(passphraseFile());
    await encryptKeystore(paths, { kinds: [], creds: 'remove', dryRun: false, kdf: cheapKdf() });
    const done = await restoreBackup(paths, file, await readBackup(file, opener()), options);
    expect(done.creds).toBe(0);
    expect(existsSync(path.join(paths.keystore, 'creds'))).toBe(false);
    expect((await findSeed(paths.keystore, jwt.claims.sub))?.reveal()).toBe(before);
  });

  it('of all operators takes every seed along', async () => {
    const workspace = await shop();
    const orphan = Seed.generate('curve');
    await writeSeed(workspace.keystore, orphan);
    const all = await collectBackup(workspace, { all: true, creds: false });
    expect(all).toMatchObject({ operators: ['acme'], seeds: 9, creds: 0 });
    rmSync(keyFile(workspace.keystore, orphan.publicKey));
    expect(await collectBackup(workspace, wanted)).toMatchObject({ seeds: 8, missingSeeds: 0 });
  });
});

describe('a restore', () => {
  it('replaces nothing that differs, unless forced', async () => {
    const workspace = await shop();
    const { file } = await backedUp(workspace);
    const before = readFileSync(accountFile(workspace.store, 'shop'), 'utf8');
    rmSync(userFile(workspace.store, 'shop', 'ann'));
    writeFileSync(accountFile(workspace.store, 'shop'), readFileSync(accountFile(workspace.store, 'SYS')));
    await expect(restore(workspace.paths, file)).rejects.toMatchObject({ code: 'ERR_RESTORE_CONFLICT' });
    writeFileSync(accountFile(workspace.store, 'shop'), 'rubbish');
    await expect(restore(workspace.paths, file)).rejects.toMatchObject({
      code: 'ERR_RESTORE_CONFLICT',
      details: { count: 1, files: [accountFile(workspace.store, 'shop')] },
    });
    expect(existsSync(userFile(workspace.store, 'shop', 'ann'))).toBe(false);
    const done = await restore(workspace.paths, file, { force: true });
    expect(done.files.filter(({ state }) => state === 'differs')).toHaveLength(1);
    expect(readFileSync(accountFile(workspace.store, 'shop'), 'utf8')).toBe(before);
    expect(existsSync(userFile(workspace.store, 'shop', 'ann'))).toBe(true);
  });

  it('files no entity twice, and lets none take the place of another, forced or not', async () => {
    const workspace = await shop();
    const { file } = await backedUp(workspace);
    await renameAccountTo(workspace, { account: 'shop', to: 'store' }, {});
    for (const force of [false, true]) {
      await expect(restore(workspace.paths, file, { force })).rejects.toMatchObject({ code: 'ERR_RESTORE_CONFLICT' });
    }
    expect(existsSync(accountFile(workspace.store, 'shop'))).toBe(false);
    const other = await tempWorkspace();
    await expect(restore(other.paths, file, { force: true })).rejects.toMatchObject({ code: 'ERR_RESTORE_CONFLICT' });
  });

  it('verifies all before it writes anything', async () => {
    const { records } = await collectBackup(await shop(), wanted);
    const replaced = (kind: BackupRecord['kind'], change: (record: never) => BackupRecord) => {
      const index = records.findIndex((record) => record.kind === kind);
      return records.with(index, change(records[index] as never));
    };
    type Of<K> = Extract<BackupRecord, { kind: K }>;
    const cases: BackupRecord[][] = [
      replaced('user', (user: Of<'user'>) => ({
        ...user,
        token: user.token.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')),
      })),
      replaced('user', (user: Of<'user'>) => ({ ...user, name: '../../../evil' })),
      replaced('account', (one: Of<'account'>) => ({ ...one, name: '..' })),
      replaced('operator', (one: Of<'operator'>) => ({ ...one, name: 'a/b' })),
      replaced('user', (user: Of<'user'>) => ({ ...user, account: 'nowhere' })),
      replaced('seed', (): Of<'seed'> => ({ kind: 'seed', seed: 'SUA' })),
      replaced('creds', (one: Of<'creds'>) => ({ ...one, text: 'rubbish' })),
      replaced('creds', (one: Of<'creds'>) => ({ ...one, user: '../x' })),
      [...records, ...records.filter((one) => one.kind === 'user').map((one) => ({ ...one, name: 'Ann' }))],
      [...records, records[0] as BackupRecord],
    ];
    for (const [index, bad] of cases.entries()) {
      const { paths } = elsewhere();
      const read = { format: 'natsctl' as const, created: NOW, encrypted: true, records: bad };
      await expect(restoreBackup(paths, 'b', read, options), String(index)).rejects.toMatchObject({
        code: 'ERR_BACKUP_DAMAGED',
      });
      expect(existsSync(paths.storeRoot), String(index)).toBe(false);
      expect(existsSync(paths.keystore), String(index)).toBe(false);
    }
  });
});

const nats = peer('nats');

describe.skipIf(nats === undefined)('a backup of nats auth', () => {
  it('plain and sealed, is restored to what it was made of', async () => {
    const home = tempDir();
    const env = { HOME: home, PATH: '/nonexistent', XDG_DATA_HOME: path.join(home, 'data'), XDG_CONFIG_HOME: home };
    const run = (...args: string[]) =>
      execFileSync(nats as string, args, { env, cwd: home, stdio: 'pipe', encoding: 'utf8' });
    run('auth', 'operator', 'add', 'O1');
    run('auth', 'account', 'add', 'A1', '--operator', 'O1', '--defaults');
    run('auth', 'user', 'add', 'u1', 'A1', '--operator', 'O1', '--defaults');
    run('auth', 'nkey', 'gen', 'curve', '--output', 'x.nk');
    run('auth', 'operator', 'backup', 'O1', 'plain.json');
    run('auth', 'operator', 'backup', 'O1', 'sealed.json', '--key', 'x.nk');
    const made = path.join(home, 'data', 'nats', 'nsc');
    const curve = Seed.parse(readFileSync(path.join(home, 'x.nk'), 'utf8').trim());
    for (const [name, key] of [
      ['plain.json', null],
      ['sealed.json', curve],
    ] as const) {
      const { paths } = elsewhere();
      const done = await restore(paths, path.join(home, name), {}, opener('', key));
      expect(done).toMatchObject({ format: 'nats auth', operators: ['O1'], accounts: 2, users: 1, seeds: 5, creds: 0 });
      const tokens = (root: string) => {
        const { 'O1/.nsc': info, ...files } = filesOf(root);
        expect(JSON.parse(info as string)).toMatchObject({ name: 'O1', kind: 'operator' });
        return files;
      };
      expect(tokens(paths.storeRoot)).toEqual(tokens(path.join(made, 'stores')));
      expect(filesOf(path.join(paths.keystore, 'keys'))).toEqual(filesOf(path.join(made, 'keys', 'keys')));
    }
    const sealed = path.join(home, 'sealed.json');
    await expect(readBackup(sealed, opener())).rejects.toMatchObject({ code: 'ERR_BACKUP_KEY' });
    await expect(readBackup(sealed, opener('', Seed.generate('curve')))).rejects.toMatchObject({
      code: 'ERR_XKEY_OPEN',
    });
  });
});
