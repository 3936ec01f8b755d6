import { randomBytes } from 'node:crypto';
import { chmod, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Seed } from '../../../claims/keys/seed.js';
import { verifySignature } from '../../../claims/keys/verify.js';
import { type Custody, openCustody } from '../../../service/custody/custody.js';
import { keyring } from '../../../service/custody/keyring.js';
import { loadMasterKey as load } from '../../../service/custody/load-master-key.js';
import { localMasterKey } from '../../../service/custody/local-key.js';
import { seal, unseal } from '../../../service/custody/seal.js';
import { noVault } from '../../../service/custody/vault/settings.js';
import { databaseBytes, openTestStore } from './database.js';
import { testFolder } from './folder.js';

const loadMasterKey = (dir: string, given?: string) => load(dir, given, noVault);
const aKey = () => randomBytes(32).toString('base64');

describe('the master key', () => {
  it('is made once, and only its owner can read it', async () => {
    const dir = await testFolder();
    const before = process.umask(0);
    const made = await loadMasterKey(dir).finally(() => process.umask(before));
    expect((await stat(path.join(dir, 'master.key'))).mode & 0o777).toBe(0o600);
    expect(await (await loadMasterKey(dir)).currentId()).toEqual(await made.currentId());
    expect(Buffer.from(await readFile(path.join(dir, 'master.key'), 'utf8'), 'base64')).toHaveLength(32);
  });

  it('that is given comes first, and must be 32 bytes in base64', async () => {
    const dir = await testFolder();
    const key = aKey();
    await loadMasterKey(dir, key);
    await expect(stat(path.join(dir, 'master.key'))).rejects.toMatchObject({ code: 'ENOENT' });
    const hex = Buffer.from(key, 'base64').toString('hex');
    for (const bad of [
      '',
      'x',
      randomBytes(31).toString('base64'),
      `${key} `,
      hex,
      `${key},`,
      `${key},${key}`,
      `,${key}`,
    ]) {
      const refused = expect(loadMasterKey(dir, bad), bad).rejects;
      await refused.toMatchObject({ code: 'ERR_MASTER_KEY_INVALID' });
    }
    await expect(loadMasterKey(dir, Array.from({ length: 17 }, aKey).join(','))).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY_INVALID',
    });
  });

  it('of which several are given, or stand in the file, is the first of them, and the others open what they sealed', async () => {
    const dir = await testFolder();
    const [newest, older] = [aKey(), aKey()];
    await writeFile(path.join(dir, 'master.key'), `${newest}\n${older}\n`, { mode: 0o600 });
    for (const both of [await loadMasterKey(dir), await loadMasterKey(dir, `${newest},${older}`)]) {
      expect(await both.currentId()).toBe(await (await loadMasterKey(dir, newest)).currentId());
      const what = { kind: 'k', id: 'i' };
      const blob = await seal(await loadMasterKey(dir, older), what, Buffer.from('old'));
      expect(String(await unseal(both, what, blob))).toBe('old');
    }
  });

  it('in a file that others can read, or behind a link, is refused', async () => {
    const dir = await testFolder();
    const file = path.join(dir, 'master.key');
    await loadMasterKey(dir);
    await chmod(file, 0o640);
    await expect(loadMasterKey(dir)).rejects.toMatchObject({ code: 'ERR_MASTER_KEY_FILE' });
    const other = await testFolder();
    await chmod(file, 0o600);
    await symlink(file, path.join(other, 'master.key'));
    await expect(loadMasterKey(other)).rejects.toMatchObject({ code: 'ERR_MASTER_KEY_FILE' });
  });

  it('that is cut short is refused and not replaced', async () => {
    const dir = await testFolder();
    await writeFile(path.join(dir, 'master.key'), 'AAAA\n', { mode: 0o600 });
    await expect(loadMasterKey(dir)).rejects.toMatchObject({ code: 'ERR_MASTER_KEY_INVALID' });
    expect(await readFile(path.join(dir, 'master.key'), 'utf8')).toBe('AAAA\n');
  });

  it('that is another one than at first is refused at the start', async () => {
    const store = await openTestStore(await testFolder());
    await openCustody(store, localMasterKey(randomBytes(32)), noVault);
    await expect(openCustody(store, localMasterKey(randomBytes(32)), noVault)).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY_WRONG',
    });
    await store.close();
  });

  it('in Transit needs an address, and a name that is one', async () => {
    const dir = await testFolder();
    await expect(loadMasterKey(dir, 'transit:transit/natsctl')).rejects.toMatchObject({ code: 'ERR_VAULT_SETTINGS' });
    const vault = () => ({ ask: () => Promise.reject(new Error('never asked')), close: () => {} });
    for (const bad of [
      'natsctl',
      '/natsctl',
      'transit/',
      '../x',
      'a/../b',
      'a//b',
      'a/b?c',
      'a/b c',
      `a/${'n'.repeat(101)}`,
    ]) {
      await expect(load(dir, `transit:${bad}`, vault), bad).rejects.toMatchObject({ code: 'ERR_VAULT_KEY_NAME' });
    }
  });
});

describe('a seal', () => {
  const master = localMasterKey(randomBytes(32));
  const what = { kind: 'account', id: 'A1', owner: 'A1' };
  const secret = Buffer.from('a secret');

  it('opens under the same master key, kind, owner and id, and under no other', async () => {
    const blob = await seal(master, what, secret);
    expect(await unseal(master, what, blob)).toEqual(secret);
    expect(Buffer.from(blob).includes(secret)).toBe(false);
    for (const [key, other] of [
      [localMasterKey(randomBytes(32)), what],
      [master, { ...what, kind: 'operator' }],
      [master, { ...what, kind: 'remote:account' }],
      [master, { ...what, id: 'A2' }],
      [master, { ...what, owner: 'A2' }],
      [master, { kind: 'account', id: 'A1' }],
      [master, { kind: 'account","A1', id: 'A1', owner: '' }],
    ] as const) {
      await expect(unseal(key, other, blob)).rejects.toMatchObject({ code: 'ERR_SEALED_KEY' });
    }
  });

  it('does not open when any bit of it was changed, or any byte is missing or added', async () => {
    const blob = await seal(master, what, secret);
    for (let at = 0; at < blob.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = blob.slice();
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        await expect(unseal(master, what, changed), `bit ${at}.${bit}`).rejects.toMatchObject({
          code: 'ERR_SEALED_KEY',
        });
      }
      await expect(unseal(master, what, blob.subarray(0, at))).rejects.toMatchObject({ code: 'ERR_SEALED_KEY' });
    }
    await expect(unseal(master, what, Buffer.concat([blob, Buffer.of(0)]))).rejects.toMatchObject({
      code: 'ERR_SEALED_KEY',
    });
  });

  it('does not open with the data key of another one', async () => {
    const [one, other] = [await seal(master, what, secret), await seal(master, what, secret)];
    const payload = 12 + secret.length + 16;
    const mixed = Buffer.concat([one.subarray(0, -payload), other.subarray(-payload)]);
    expect(mixed).toHaveLength(one.length);
    await expect(unseal(master, what, mixed)).rejects.toMatchObject({ code: 'ERR_SEALED_KEY' });
  });

  it('never looks the same twice', async () => {
    expect(await seal(master, what, secret)).not.toEqual(await seal(master, what, secret));
  });

  it('of format 1 opens as it did, under whichever of the master keys it was made with, and under no other', async () => {
    // Made by natsctl 0.1 with a master key of 32 bytes of 0x07.
    const blob = Buffer.from(FORMAT_1, 'base64');
    const old = localMasterKey(Buffer.alloc(32, 7));
    const of = { kind: 'account', id: 'A1' };
    expect(String(await unseal(old, of, blob))).toBe('a secret of format 1');
    expect(String(await unseal(keyring([master, old]), of, blob))).toBe('a secret of format 1');
    await expect(unseal(master, of, blob)).rejects.toMatchObject({ code: 'ERR_SEALED_KEY' });
    await expect(unseal(old, { ...of, id: 'A2' }, blob)).rejects.toMatchObject({ code: 'ERR_SEALED_KEY' });
    for (const at of [0, 1, 40, 50, blob.length - 1]) {
      const changed = Buffer.from(blob);
      changed[at] = (changed[at] ?? 0) ^ 4;
      await expect(unseal(old, of, changed), String(at)).rejects.toMatchObject({ code: 'ERR_SEALED_KEY' });
      await expect(unseal(old, of, blob.subarray(0, at))).rejects.toMatchObject({ code: 'ERR_SEALED_KEY' });
    }
  });
});

describe('custody', () => {
  const open = async () => {
    const dir = await testFolder();
    const store = await openTestStore(dir);
    return { dir, store, custody: await openCustody(store, localMasterKey(randomBytes(32)), noVault) };
  };

  it('signs with a key it keeps, and shows nothing of it', async () => {
    const { dir, store, custody } = await open();
    const seed = Seed.generate('account');
    await store.transaction((tx) => custody.keep(tx, 'account', seed.publicKey, seed, 1));
    const signer = await custody.signer(store.db, seed.publicKey, seed.publicKey);
    const data = Buffer.from('data');
    const signature = await signer?.sign(data);
    expect(verifySignature(seed.publicKey, data, signature as Uint8Array)).toBe(true);
    const other = Seed.generate('account').publicKey;
    expect(await custody.signer(store.db, other, other)).toBeNull();
    // A JWT may name keys of others as its own.
    expect(await custody.signer(store.db, other, seed.publicKey)).toBeNull();
    expect(await custody.keysOf(store.db, seed.publicKey)).toEqual([seed.publicKey]);
    await store.close();
    expect((await databaseBytes(dir)).includes(seed.reveal())).toBe(false);
  });

  it('refuses a sealed key in the row of another key, of another kind, or of another owner', async () => {
    const { store, custody } = await open();
    const [mine, other] = [Seed.generate('account'), Seed.generate('account')];
    for (const seed of [mine, other]) await custody.keep(store.db, 'account', seed.publicKey, seed, 1);
    const where = { publicKey: mine.publicKey };
    const before = await store.db.sealedKey.findUniqueOrThrow({ where });
    const { sealed } = await store.db.sealedKey.findUniqueOrThrow({ where: { publicKey: other.publicKey } });
    for (const change of [{ sealed }, { kind: 'operator' }, { kind: 'remote:account' }, { owner: other.publicKey }]) {
      await store.db.sealedKey.update({ where, data: { ...before, ...change } });
      const owner = change.owner ?? mine.publicKey;
      await expect(signWith(custody, store, owner, mine.publicKey)).rejects.toMatchObject({ code: 'ERR_SEALED_KEY' });
    }
    await store.db.sealedKey.update({ where, data: before });
    expect(await signWith(custody, store, mine.publicKey, mine.publicKey)).toHaveLength(64);
    await store.close();
  });

  it('keeps a key once: what is kept already is not replaced, and never given to another', async () => {
    const { store, custody } = await open();
    const seed = Seed.generate('account');
    await custody.keep(store.db, 'account', seed.publicKey, seed, 1);
    const before = await store.db.sealedKey.findMany();
    await custody.keep(store.db, 'account-signing', seed.publicKey, seed, 2);
    const another = custody.keep(store.db, 'account-signing', 'somebody else', seed, 2);
    await expect(another).rejects.toMatchObject({ code: 'ERR_KEY_FOREIGN' });
    expect(await store.db.sealedKey.findMany()).toEqual(before);
    await store.close();
  });
});

async function signWith(
  custody: Custody,
  store: Awaited<ReturnType<typeof openTestStore>>,
  owner: string,
  publicKey: string,
) {
  const signer = await custody.signer(store.db, owner, publicKey);
  return signer?.sign(Buffer.from('data'));
}

const FORMAT_1 =
  'AVY2d2rkqJBaT8yefeca/HZ0k9BexXmk2q+QbNFogm08FWNX4124cQM/SrBl5baBtXs3PTru/N1GfEfZsK9io6ZffBTyzB3vUUXNWN1WndfY';
