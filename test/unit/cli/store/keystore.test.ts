import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { newUser } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import { findSeed, keyFile, readCreds, writeCreds, writeSeed } from '../../../../cli/store/keystore.js';
import { tempDir } from '../temp.js';

const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

async function userToken(seed: Seed): Promise<string> {
  const account = seedSigner(Seed.generate('account'));
  return (await signClaims(newUser(seed.publicKey, 'u'), account, { now: 1 })).token;
}

describe('the keystore', () => {
  it('files a seed as nsc does and finds it by its public key', async () => {
    const keystore = path.join(tempDir(), 'keys');
    const seed = Seed.generate('account');
    const file = await writeSeed(keystore, seed);
    const { publicKey } = seed;
    expect(file).toBe(path.join(keystore, 'keys', 'A', publicKey.slice(1, 3), `${publicKey}.nk`));
    expect(readFileSync(file, 'utf8')).toBe(seed.reveal());
    expect((await findSeed(keystore, publicKey))?.reveal()).toBe(seed.reveal());
    expect(await findSeed(keystore, Seed.generate('account').publicKey)).toBeNull();
    expect(readFileSync(path.join(keystore, '.gitignore'), 'utf8')).toContain('**/*.nk');
  });

  it.each(['0', '27', '77'])('makes folders 700 and files 600 under umask %s', async (mask) => {
    const keystore = path.join(tempDir(), 'a', 'keys');
    const before = process.umask(Number.parseInt(mask, 8));
    onTestFinished(() => void process.umask(before));
    const seed = Seed.generate('user');
    const file = await writeSeed(keystore, seed);
    const creds = await writeCreds(keystore, { operator: 'o', account: 'a', user: 'u' }, await userToken(seed), seed);
    for (const one of [file, creds, path.join(keystore, '.gitignore')]) expect(modeOf(one)).toBe('600');
    for (const one of [keystore, path.dirname(keystore), path.dirname(file), path.dirname(creds)]) {
      expect(modeOf(one)).toBe('700');
    }
  });

  it('never overwrites a key file that holds something else', async () => {
    const keystore = tempDir();
    const seed = Seed.generate('account');
    const file = keyFile(keystore, seed.publicKey);
    mkdirSync(path.dirname(file), { recursive: true });
    const other = Seed.generate('account').reveal();
    writeFileSync(file, other);
    await expect(writeSeed(keystore, seed)).rejects.toMatchObject({ code: 'ERR_KEY_CONFLICT' });
    expect(readFileSync(file, 'utf8')).toBe(other);
    await expect(findSeed(keystore, seed.publicKey)).rejects.toMatchObject({ code: 'ERR_KEY_CONFLICT' });
    expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)]);
  });

  it('takes the same seed twice, with the final newline an editor adds', async () => {
    const keystore = tempDir();
    const seed = Seed.generate('account');
    const file = await writeSeed(keystore, seed);
    writeFileSync(file, `${seed.reveal()}\r\n`);
    expect(await writeSeed(keystore, seed)).toBe(file);
    expect((await findSeed(keystore, seed.publicKey))?.publicKey).toBe(seed.publicKey);
  });

  it('says when a key file holds no seed, and shows nothing of what it holds', async () => {
    const keystore = tempDir();
    const seed = Seed.generate('account');
    const file = await writeSeed(keystore, seed);
    writeFileSync(file, seed.reveal().slice(0, 40));
    const error = await findSeed(keystore, seed.publicKey).catch((caught) => caught);
    expect(error).toMatchObject({ code: 'ERR_STORE_DAMAGED' });
    expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain(seed.reveal().slice(4, 20));
  });

  it.each(['the key file', 'its folder', 'the folder of a kind'])('refuses %s as a symbolic link', async (what) => {
    const keystore = path.join(tempDir(), 'keys');
    const outside = tempDir();
    const seed = Seed.generate('account');
    const file = keyFile(keystore, seed.publicKey);
    const link =
      what === 'the key file' ? file : what === 'its folder' ? path.dirname(file) : path.dirname(path.dirname(file));
    mkdirSync(path.dirname(link), { recursive: true });
    const target = path.join(outside, 'target');
    if (what === 'the key file') writeFileSync(target, seed.reveal());
    else mkdirSync(target);
    symlinkSync(target, link);
    await expect(writeSeed(keystore, seed)).rejects.toMatchObject({ code: 'ERR_SYMLINK_REFUSED' });
    await expect(findSeed(keystore, seed.publicKey)).rejects.toMatchObject({ code: 'ERR_SYMLINK_REFUSED' });
    if (what !== 'the key file') expect(readdirSync(target)).toEqual([]);
  });

  it('refuses a creds folder that leads elsewhere', async () => {
    const keystore = tempDir();
    const outside = tempDir();
    mkdirSync(path.join(keystore, 'creds'));
    symlinkSync(outside, path.join(keystore, 'creds', 'o'));
    const seed = Seed.generate('user');
    const names = { operator: 'o', account: 'a', user: 'u' };
    await expect(writeCreds(keystore, names, await userToken(seed), seed)).rejects.toMatchObject({
      code: 'ERR_SYMLINK_REFUSED',
    });
    expect(readdirSync(outside)).toEqual([]);
  });

  it('reads creds with the line ends of either world', async () => {
    const keystore = tempDir();
    const seed = Seed.generate('user');
    const token = await userToken(seed);
    const file = await writeCreds(keystore, { operator: 'o', account: 'a', user: 'u' }, token, seed);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replaceAll('\n', '\r\n'));
    const creds = await readCreds(file);
    expect([creds.token, creds.seed.publicKey]).toEqual([token, seed.publicKey]);
    writeFileSync(file, text.slice(0, 500));
    await expect(readCreds(file)).rejects.toMatchObject({ code: 'ERR_CREDS_INVALID' });
    await expect(readCreds(`${file}x`)).rejects.toMatchObject({ code: 'ERR_KEY_MISSING' });
  });

  it('asks for nsc where the keystore has the layout of an old one', async () => {
    const keystore = tempDir();
    mkdirSync(path.join(keystore, 'op', 'accounts', 'a'), { recursive: true });
    writeFileSync(path.join(keystore, 'op', 'accounts', 'a', 'a.nk'), 'x');
    await expect(writeSeed(keystore, Seed.generate('user'))).rejects.toMatchObject({ code: 'ERR_KEYSTORE_OLD_LAYOUT' });
  });

  it.skipIf(process.getuid?.() === 0)('says which folder it may not write', async () => {
    const parent = tempDir();
    chmodSync(parent, 0o500);
    onTestFinished(() => chmodSync(parent, 0o700));
    const keystore = path.join(parent, 'keys');
    await expect(writeSeed(keystore, Seed.generate('user'))).rejects.toMatchObject({ code: 'ERR_STORE_NOT_WRITABLE' });
  });
});
