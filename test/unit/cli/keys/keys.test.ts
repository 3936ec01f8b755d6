import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { chooseKeys, type KeyChoice } from '../../../../cli/keys/choose.js';
import { exportKeys, importKeys } from '../../../../cli/keys/transfer.js';
import { createOperator } from '../../../../cli/operator/create.js';
import { findSeed, keyFile, writeSeed } from '../../../../cli/store/keystore.js';
import { accountFile } from '../../../../cli/store/store.js';
import { createUser } from '../../../../cli/user/create.js';
import { program } from '../program.js';
import { NOW, tempDir } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const everything: KeyChoice = { kinds: [], accounts: [], users: [], orphaned: false };
const plain = { force: false, remove: false, includeJwts: false, dryRun: false };

async function withKeys() {
  const workspace = await tempWorkspace();
  await createAccount(workspace, { name: 'shop' });
  const user = await createUser(workspace, { name: 'u', account: 'shop', ...noPermissions });
  const orphan = Seed.generate('curve');
  await writeSeed(workspace.keystore, orphan);
  return { workspace, user, orphan: orphan.publicKey };
}

describe('keys', () => {
  it('are listed with what refers to them; those of another operator are neither shown nor orphaned', async () => {
    const { workspace, user, orphan } = await withKeys();
    const settings = { signingKey: true, requireSigningKeys: false, serviceUrls: [] };
    const other = await createOperator(workspace.paths, { name: 'other', ...settings }, NOW);
    const keys = await chooseKeys(workspace, everything);
    expect(keys.map(({ key }) => key)).not.toContain(other.publicKey);
    expect(keys.find(({ key }) => key === user.publicKey)).toEqual({
      key: user.publicKey,
      kind: 'user',
      stored: true,
      references: [{ operator: 'acme', entity: 'user', name: 'shop/u', as: 'identity key' }],
    });
    const chosen = async (choice: Partial<KeyChoice>) =>
      (await chooseKeys(workspace, { ...everything, ...choice })).map(({ key }) => key);
    expect(await chosen({ orphaned: true })).toEqual([orphan]);
    expect(await chosen({ kinds: ['curve'] })).toEqual([orphan]);
    expect(await chosen({ accounts: ['shop'] })).toEqual([user.accountKey, user.publicKey]);
    expect(await chosen({ accounts: [user.accountKey] })).toEqual([user.accountKey, user.publicKey]);
    expect(await chosen({ users: ['u'] })).toEqual([user.publicKey]);
    expect(await chosen({ filter: user.publicKey.slice(5, 20) })).toEqual([user.publicKey]);
    expect(await chosen({ missing: true })).toEqual([]);
    writeFileSync(accountFile(workspace.store, 'shop'), 'rubbish');
    await expect(chosen({ orphaned: true })).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' });
  });

  it('go out and come in again', async () => {
    const { workspace, user } = await withKeys();
    const dir = path.join(tempDir(), 'out');
    const keys = await chooseKeys(workspace, { ...everything, accounts: ['shop'] });
    const dry = await exportKeys(workspace, keys, { ...plain, dir, remove: true, dryRun: true });
    expect(dry).toHaveLength(2);
    expect(existsSync(dir)).toBe(false);
    await exportKeys(workspace, keys, { ...plain, dir, includeJwts: true, remove: true });
    expect(readdirSync(dir).sort()).toEqual(
      [user.accountKey, user.publicKey].flatMap((key) => [`${key}.jwt`, `${key}.nk`]).sort(),
    );
    expect(statSync(path.join(dir, `${user.publicKey}.nk`)).mode & 0o777).toBe(0o600);
    expect(existsSync(keyFile(workspace.keystore, user.publicKey))).toBe(false);
    await expect(exportKeys(workspace, keys, { ...plain, dir })).rejects.toMatchObject({ code: 'ERR_KEY_CONFLICT' });

    const up = path.dirname(dir);
    writeFileSync(path.join(up, 'bad.nk'), 'rubbish');
    expect(await importKeys(workspace.keystore, [up], { recurse: false, dryRun: false })).toMatchObject([
      { result: 'unreadable' },
    ]);
    const results = await importKeys(workspace.keystore, [dir], { recurse: false, dryRun: false });
    expect(results.map(({ result }) => result)).toEqual(['imported', 'imported']);
    const again = await importKeys(workspace.keystore, [up], { recurse: true, dryRun: false });
    expect(again.map(({ result }) => result).sort()).toEqual(['already there', 'already there', 'unreadable']);
    expect((await findSeed(workspace.keystore, user.publicKey))?.publicKey).toBe(user.publicKey);
  });

  it('through the program', async () => {
    const home = tempDir();
    const natsctl = program(home);
    const json = async (...args: string[]) => JSON.parse((await natsctl(...args, '--json')).stdout);
    await natsctl('operator', 'create', 'acme');
    const listed = await natsctl('keys', 'list');
    expect(listed.stdout).toMatch(/operator +O\w+ +stored +operator acme \(signing key\)/);
    expect(listed.stdout).not.toMatch(/\bS[OAU][A-Z2-7]{56}\b/);
    expect((await json('list', 'keys', '--kind', 'operator', '--show-seeds')).keys[0].seed).toMatch(/^SO/);
    expect((await json('keys', 'export', 'out', '--kind', 'account,user')).keys).toHaveLength(3);
    expect((await natsctl('keys', 'export')).code).toBe(2);
    const seed = readFileSync(path.join(home, 'out', readdirSync(path.join(home, 'out'))[0] as string), 'utf8');
    expect(() => Seed.parse(seed)).not.toThrow();
    const imported = await json('keys', 'import', 'out', '--keystore', 'fresh', '--dry-run');
    expect(imported).toMatchObject({ dryRun: true, keys: [{ result: 'imported' }, {}, {}] });
    expect(existsSync(path.join(home, 'fresh'))).toBe(false);
    expect((await json('keys', 'import', 'out', '--keystore', 'fresh')).keys).toHaveLength(3);
    expect((await natsctl('keys', 'import', 'nowhere')).code).toBe(1);
  });
});
