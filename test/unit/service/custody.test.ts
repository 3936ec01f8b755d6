import { randomBytes } from 'node:crypto';
import { chmod, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Seed } from '../../../claims/keys/seed.js';
import { verifySignature } from '../../../claims/keys/verify.js';
import { openCustody } from '../../../service/custody/custody.js';
import { loadMasterKey } from '../../../service/custody/master-key.js';
import { seal, unseal } from '../../../service/custody/seal.js';
import { databaseBytes, openTestStore } from './database.js';
import { testFolder } from './folder.js';

describe('the master key', () => {
  it('is made once, and only its owner can read it', async () => {
    const dir = await testFolder();
    const before = process.umask(0);
    const made = await loadMasterKey(dir, undefined).finally(() => process.umask(before));
    expect(made).toHaveLength(32);
    expect((await stat(path.join(dir, 'master.key'))).mode & 0o777).toBe(0o600);
    expect(await loadMasterKey(dir, undefined)).toEqual(made);
  });

  it('that is given comes first, and must be 32 bytes in base64', async () => {
    const dir = await testFolder();
    const key = randomBytes(32);
    expect(Buffer.from(await loadMasterKey(dir, key.toString('base64')))).toEqual(key);
    await expect(stat(path.join(dir, 'master.key'))).rejects.toMatchObject({ code: 'ENOENT' });
    for (const bad of [
      '',
      'x',
      randomBytes(31).toString('base64'),
      `${key.toString('base64')} `,
      key.toString('hex'),
    ]) {
      await expect(loadMasterKey(dir, bad)).rejects.toMatchObject({ code: 'ERR_MASTER_KEY_INVALID' });
    }
  });

  it('in a file that others can read, or behind a link, is refused', async () => {
    const dir = await testFolder();
    const file = path.join(dir, 'master.key');
    await loadMasterKey(dir, undefined);
    await chmod(file, 0o640);
    await expect(loadMasterKey(dir, undefined)).rejects.toMatchObject({ code: 'ERR_MASTER_KEY_FILE' });
    const other = await testFolder();
    await chmod(file, 0o600);
    await symlink(file, path.join(other, 'master.key'));
    await expect(loadMasterKey(other, undefined)).rejects.toMatchObject({ code: 'ERR_MASTER_KEY_FILE' });
  });

  it('that is cut short is refused and not replaced', async () => {
    const dir = await testFolder();
    await writeFile(path.join(dir, 'master.key'), 'AAAA\n', { mode: 0o600 });
    await expect(loadMasterKey(dir, undefined)).rejects.toMatchObject({ code: 'ERR_MASTER_KEY_INVALID' });
    expect(await readFile(path.join(dir, 'master.key'), 'utf8')).toBe('AAAA\n');
  });

  it('that is another one than at first is refused at the start', async () => {
    const dir = await testFolder();
    const store = await openTestStore(dir);
    await openCustody(store, randomBytes(32));
    await expect(openCustody(store, randomBytes(32))).rejects.toMatchObject({ code: 'ERR_MASTER_KEY_WRONG' });
    await store.close();
  });
});

describe('a seal', () => {
  const master = randomBytes(32);
  const what = { kind: 'account', id: 'A1' };
  const secret = Buffer.from('a secret');

  it('opens under the same master key, kind and id, and under no other', () => {
    const blob = seal(master, what, secret);
    expect(unseal(master, what, blob)).toEqual(secret);
    expect(Buffer.from(blob).includes(secret)).toBe(false);
    for (const [key, other] of [
      [randomBytes(32), what],
      [master, { ...what, kind: 'operator' }],
      [master, { ...what, id: 'A2' }],
      [master, { kind: 'accoun', id: 't\0A1' }],
    ] as const) {
      expect(() => unseal(key, other, blob)).toThrow(expect.objectContaining({ code: 'ERR_SEALED_KEY' }));
    }
  });

  it('does not open when any bit of it was changed, or any byte is missing', () => {
    const blob = seal(master, what, secret);
    for (let at = 0; at < blob.length; at++) {
      const changed = blob.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(() => unseal(master, what, changed)).toThrow(expect.objectContaining({ code: 'ERR_SEALED_KEY' }));
      expect(() => unseal(master, what, blob.subarray(0, at))).toThrow(
        expect.objectContaining({ code: 'ERR_SEALED_KEY' }),
      );
    }
  });

  it('never looks the same twice', () => {
    expect(seal(master, what, secret)).not.toEqual(seal(master, what, secret));
  });
});

describe('custody', () => {
  it('signs with a key it keeps, and shows nothing of it', async () => {
    const dir = await testFolder();
    const store = await openTestStore(dir);
    const custody = await openCustody(store, randomBytes(32));
    const seed = Seed.generate('account');
    await store.transaction((tx) => custody.keep(tx, 'account', seed.publicKey, seed, 1));
    const signer = await custody.signer(store.db, seed.publicKey);
    const data = Buffer.from('data');
    const signature = await signer?.sign(data);
    expect(verifySignature(seed.publicKey, data, signature as Uint8Array)).toBe(true);
    expect(await custody.signer(store.db, Seed.generate('account').publicKey)).toBeNull();
    expect(await custody.keysOf(store.db, seed.publicKey)).toEqual([seed.publicKey]);
    await store.close();
    expect((await databaseBytes(dir)).includes(seed.reveal())).toBe(false);
  });

  it('refuses a sealed key that was moved to the row of another', async () => {
    const store = await openTestStore(await testFolder());
    const custody = await openCustody(store, randomBytes(32));
    const [mine, other] = [Seed.generate('account'), Seed.generate('account')];
    for (const seed of [mine, other]) await custody.keep(store.db, 'account', seed.publicKey, seed, 1);
    const { sealed } = await store.db.sealedKey.findUniqueOrThrow({ where: { publicKey: other.publicKey } });
    await store.db.sealedKey.update({ where: { publicKey: mine.publicKey }, data: { sealed } });
    const signer = await custody.signer(store.db, mine.publicKey);
    expect(() => signer?.sign(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'ERR_SEALED_KEY' }));
    await store.close();
  });
});
