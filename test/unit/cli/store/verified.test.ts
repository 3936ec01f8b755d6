import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { newUser } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import { createAccount } from '../../../../cli/account/create.js';
import { userFile } from '../../../../cli/store/users.js';
import { openVerified } from '../../../../cli/store/verified.js';
import { createUser } from '../../../../cli/user/create.js';
import { validateStore } from '../../../../cli/validate/validate.js';
import { NOW, tempDir } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const account = Seed.generate('account');

async function signed() {
  const claims = newUser(Seed.generate('user').publicKey, 'u');
  const { token } = await signClaims(claims, seedSigner(account), { now: NOW });
  const end = token.lastIndexOf('.');
  return {
    token,
    data: Buffer.from(token.slice(0, end), 'latin1'),
    signature: Buffer.from(token.slice(end + 1), 'base64url'),
  };
}

/** A cache that says of a bad signature that it is good: whether it is believed shows whether the cache is. */
async function planted(cacheDir: string) {
  const { token, data } = await signed();
  const bad = Buffer.alloc(64, 7);
  const cache = openVerified(cacheDir, account.publicKey);
  cache.remember(account.publicKey, `${token.slice(0, token.lastIndexOf('.'))}.${bad.toString('base64url')}`);
  cache.save();
  return () => openVerified(cacheDir, account.publicKey).verify(account.publicKey, data, bad);
}

it('knows a signature again, of that key, over those bytes, and no other', async () => {
  const cacheDir = tempDir();
  const { data, signature } = await signed();
  const first = openVerified(cacheDir, account.publicKey);
  expect(first.verify(account.publicKey, data, signature)).toBe(true);
  first.save();
  const [file] = readdirSync(path.join(cacheDir, 'verified'));
  expect(statSync(path.join(cacheDir, 'verified', file as string)).mode & 0o777).toBe(0o600);
  const again = openVerified(cacheDir, account.publicKey);
  expect(again.verify(account.publicKey, data, signature)).toBe(true);
  const other = Buffer.from(data);
  other[10] = (other[10] as number) ^ 1;
  const forged = Buffer.from(signature);
  forged[3] = (forged[3] as number) ^ 1;
  expect(again.verify(account.publicKey, other, signature)).toBe(false);
  expect(again.verify(account.publicKey, data, forged)).toBe(false);
  expect(again.verify(Seed.generate('account').publicKey, data, signature)).toBe(false);
});

it('is believed where only this person can write', async () => {
  const cacheDir = tempDir();
  const believed = await planted(cacheDir);
  expect(believed()).toBe(true);
  const folder = path.join(cacheDir, 'verified');
  const file = path.join(folder, account.publicKey);
  chmodSync(folder, 0o777);
  expect(believed()).toBe(false);
  chmodSync(folder, 0o700);
  chmodSync(file, 0o666);
  expect(believed()).toBe(false);
});

it('follows no link, and lives with a damaged file and a folder that cannot be made', async () => {
  const cacheDir = tempDir();
  const believed = await planted(cacheDir);
  const text = readFileSync(path.join(cacheDir, 'verified', account.publicKey));
  const linked = tempDir();
  mkdirSync(path.join(linked, 'verified'), { mode: 0o700 });
  symlinkSync(path.join(cacheDir, 'verified', account.publicKey), path.join(linked, 'verified', account.publicKey));
  const { data, signature } = await signed();
  expect(openVerified(linked, account.publicKey).verify(account.publicKey, data, Buffer.alloc(64, 7))).toBe(false);
  writeFileSync(path.join(cacheDir, 'verified', account.publicKey), text.subarray(1));
  expect(believed()).toBe(false);
  const nowhere = openVerified('/dev/null/x', account.publicKey);
  expect(nowhere.verify(account.publicKey, data, signature)).toBe(true);
  nowhere.save();
});

it('does not hide from validate that a token was changed', async () => {
  const workspace = await tempWorkspace();
  await createAccount(workspace, { name: 'orders' });
  for (const name of ['ann', 'bob']) await createUser(workspace, { name, account: 'orders', ...noPermissions });
  const check = () => validateStore(workspace, { accounts: [], drift: false });
  const codes = async () => (await check()).findings.map((finding) => finding.code);
  expect(await codes()).not.toContain('ERR_TOKEN_DAMAGED');
  const [ann, bob] = ['ann', 'bob'].map((name) => userFile(workspace.store, 'orders', name)) as [string, string];
  const [first, second] = [ann, bob].map((file) => readFileSync(file, 'utf8').split('.')) as [string[], string[]];
  writeFileSync(ann, [first[0], second[1], first[2]].join('.'));
  expect(await codes()).toContain('ERR_TOKEN_DAMAGED');
});
