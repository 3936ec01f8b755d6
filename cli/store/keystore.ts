import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { formatCreds, parseCreds } from '../../claims/creds.js';
import { isNatsctlError } from '../../claims/errors.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import type { Seed } from '../../claims/keys/seed.js';
import { readHeader } from '../sealed/header.js';
import { readSeedFile, seedText } from '../sealed/seed-file.js';
import { isSealedSeed, sealedBy } from '../sealed/seed-text.js';
import { exists, isSameFile, readDir, readTextFile, TEMPORARY_SUFFIX, writeFileAtomic } from './atomic.js';
import { ioError, storeError } from './errors.js';
import { refuseLinks } from './links.js';
import { pathSafe } from './names.js';

/**
 * The keystore of nsc: `keys/<K>/<SS>/<PUBLIC>.nk`, a seed a file, and `creds/<operator>/<account>/<user>.creds`, shared by
 * all operators of a person. Everything here takes its root folder.
 */

/** As nsc writes it, so that a keystore inside a repository is not committed by accident; and what a killed write leaves. */
const GITIGNORE = `# ignore all nk files
**/*.nk

# ignore all creds files
**/*.creds

**/*${TEMPORARY_SUFFIX}
`;

/** Below the keystore, as `FileWrite` has it. */
export function keyPath(publicKey: string): string {
  return `keys/${publicKey.slice(0, 1)}/${publicKey.slice(1, 3)}/${publicKey}.nk`;
}

export function keyFile(keystore: string, publicKey: string): string {
  return path.join(keystore, keyPath(publicKey));
}

/** Below the keystore, as `FileWrite` has it. */
export function credsPath({ operator, account, user }: { operator: string; account: string; user: string }): string {
  return `creds/${pathSafe(operator, 'operator')}/${pathSafe(account, 'account')}/${pathSafe(user, 'user')}.creds`;
}

export function credsFile(keystore: string, operator: string, account: string, user: string): string {
  return path.join(keystore, credsPath({ operator, account, user }));
}

/** Stores a seed under its public key. Storing the same seed again is fine; another one there is never overwritten. */
export async function writeSeed(keystore: string, seed: Seed): Promise<string> {
  await refuseOldLayout(keystore);
  return placeSeed(keystore, seed);
}

/** As `writeSeed`, also where the keystore still has its old layout beside the new one. */
export async function placeSeed(keystore: string, seed: Seed): Promise<string> {
  const file = keyFile(keystore, seed.publicKey);
  await preparePlace(keystore, file);
  const text = await seedText(keystore, seed);
  if (await writeFileAtomic(file, text, { exclusive: true })) {
    // The keystore may have been decrypted meanwhile, and its header, without which this opens no more, be gone.
    const isLost = isSealedSeed(text) && sealedBy(text) !== (await readHeader(keystore))?.id;
    if (isLost) await writeFileAtomic(file, await seedText(keystore, seed));
    return file;
  }
  const held = await readSeedFile(keystore, file, seed.publicKey);
  if (held?.reveal() !== seed.reveal()) {
    throw storeError('ERR_KEY_CONFLICT', `${file} holds another seed than the one of ${seed.publicKey}`, {
      hint: 'move that file away after finding out whose it is',
      details: { file, key: seed.publicKey },
    });
  }
  return file;
}

/** Whether the seed of a public key is here, encrypted or not: nothing is decrypted for it. */
export async function holdsSeed(keystore: string, publicKey: string): Promise<boolean> {
  if (!isPublicKey(publicKey)) return false;
  await refuseOldLayout(keystore);
  const file = keyFile(keystore, publicKey);
  await refuseLinks(keystore, file);
  const text = (await readTextFile(file, { noFollow: true }))?.trim();
  return text !== undefined && text !== publicKey;
}

/** The seed of a public key, or null where this keystore has not got it. @throws ERR_KEYSTORE_LOCKED where it is encrypted and nothing opens it */
export async function findSeed(keystore: string, publicKey: string): Promise<Seed | null> {
  if (!isPublicKey(publicKey)) return null;
  await refuseOldLayout(keystore);
  const file = keyFile(keystore, publicKey);
  await refuseLinks(keystore, file);
  const seed = await readSeedFile(keystore, file, publicKey);
  if (seed === null || seed.publicKey === publicKey) return seed;
  throw storeError('ERR_KEY_CONFLICT', `${file} holds the seed of ${seed.publicKey}`, {
    hint: 'rename the file after the key it holds',
    details: { file, key: publicKey, holds: seed.publicKey },
  });
}

/** As `findSeed`, but a missing seed is an error that names what needs it. */
export async function readSeed(keystore: string, publicKey: string, what: string): Promise<Seed> {
  const seed = await findSeed(keystore, publicKey);
  if (seed) return seed;
  throw storeError('ERR_KEY_MISSING', `the private key of ${what} (${publicKey}) is not in the keystore ${keystore}`, {
    hint: `import it there as ${path.relative(keystore, keyFile(keystore, publicKey))}, or name another key with --private-key`,
    details: { key: publicKey, keystore },
  });
}

/** Writes a creds file, replacing an older one of the same user. */
export async function writeCreds(
  keystore: string,
  names: { operator: string; account: string; user: string },
  token: string,
  seed: Seed,
): Promise<string> {
  const file = credsFile(keystore, names.operator, names.account, names.user);
  await prepare(keystore, file);
  await keepReplacedSeed(keystore, file, seed.publicKey);
  await writeFileAtomic(file, formatCreds(token, seed));
  return file;
}

/**
 * Before creds are replaced, as where a deleted user's were kept and another gets its name: a seed that is in them alone goes
 * into the keystore first.
 *
 * @param publicKey of the seed that the new ones hold
 */
export async function keepReplacedSeed(keystore: string, file: string, publicKey: string): Promise<void> {
  const text = await readTextFile(file, { noFollow: true });
  const seed = text === null ? null : seedOfCreds(text);
  if (seed === null) return;
  if (seed.publicKey !== publicKey && !(await holdsSeed(keystore, seed.publicKey))) await writeSeed(keystore, seed);
  seed.wipe();
}

/** Null where these are no creds: there is nothing in them to lose. */
export function seedOfCreds(text: string): Seed | null {
  try {
    return parseCreds(text).seed;
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return null;
  }
}

/** Whether this keystore keeps creds files at all: they hold seeds in plain text. */
export async function keepsCreds(keystore: string): Promise<boolean> {
  return (await readHeader(keystore))?.creds !== 'remove';
}

/** As `writeCreds`, where this keystore keeps creds files. @returns null where it does not */
export async function keepCreds(
  keystore: string,
  names: { operator: string; account: string; user: string },
  token: string,
  seed: Seed,
): Promise<string | null> {
  return (await keepsCreds(keystore)) ? writeCreds(keystore, names, token, seed) : null;
}

/** Reads any creds file, CRLF or not. A user may keep a link of their own outside a keystore, so links are followed. */
export async function readCreds(file: string): Promise<{ token: string; seed: Seed; text: string }> {
  const text = await readTextFile(file);
  if (text === null) {
    throw storeError('ERR_KEY_MISSING', `there is no creds file ${file}`, {
      hint: 'write it with `natsctl user creds NAME --account ACCOUNT --output FILE`',
      details: { file },
    });
  }
  return { ...parseCreds(text), text };
}

async function prepare(keystore: string, file: string): Promise<void> {
  await refuseOldLayout(keystore);
  await preparePlace(keystore, file);
}

async function preparePlace(keystore: string, file: string): Promise<void> {
  await refuseLinks(keystore, file);
  await ignoreSecrets(keystore);
}

/** Before files are put in by a transaction, which refuses links itself. */
export async function prepareKeystore(keystore: string): Promise<void> {
  await refuseOldLayout(keystore);
  await ignoreSecrets(keystore);
}

/** A keystore that is in a repository stays out of its commits, unless nsc was told otherwise. */
export async function ignoreSecrets(keystore: string): Promise<void> {
  if (process.env.NSC_NO_GIT_IGNORE !== undefined) return;
  const ignore = path.join(keystore, '.gitignore');
  if (!(await exists(ignore))) await writeFileAtomic(ignore, GITIGNORE, { exclusive: true });
}

/** nsc's layout before 2019, `<operator>/accounts/...`: nsc refuses to work on it until it is migrated, and so do we. */
async function refuseOldLayout(keystore: string): Promise<void> {
  for (const entry of await readDir(keystore)) {
    if (!entry.isDirectory() || entry.name === 'keys' || entry.name === 'creds') continue;
    const inside = path.join(keystore, entry.name);
    // `nsc --all-dirs` keeps stores and keys in one folder.
    if (await exists(path.join(inside, '.nsc'))) continue;
    const accounts = (await readDir(path.join(inside, 'accounts'))).map((e) => path.join(inside, 'accounts', e.name));
    const holdsKey = async (dir: string) => (await readDir(dir)).some((e) => e.name.endsWith('.nk'));
    if ((await Promise.all([inside, ...accounts].map(holdsKey))).includes(true)) {
      throw storeError('ERR_KEYSTORE_OLD_LAYOUT', `the keystore ${keystore} has the layout of an nsc before 2019`, {
        hint: 'run `natsctl keys migrate` once',
        details: { keystore },
      });
    }
  }
}

/** Follows an account that was renamed. Where the new name has creds already, they stay as they are. */
export async function renameCreds(keystore: string, operator: string, from: string, to: string): Promise<void> {
  const old = path.dirname(credsFile(keystore, operator, from, 'x'));
  const fresh = path.dirname(credsFile(keystore, operator, to, 'x'));
  if (!(await exists(old)) || (await exists(fresh))) return;
  await refuseLinks(keystore, old);
  try {
    await rename(old, fresh);
  } catch (error) {
    throw ioError(error, 'write', fresh);
  }
}

/** Removes a seed. @returns whether it was there */
export async function removeSeed(keystore: string, publicKey: string): Promise<boolean> {
  return removePrivate(keystore, keyFile(keystore, publicKey));
}

/** Removes a creds file. @returns its path, or null where there was none */
export async function removeCreds(
  keystore: string,
  names: { operator: string; account: string; user: string },
): Promise<string | null> {
  const file = credsFile(keystore, names.operator, names.account, names.user);
  return (await removePrivate(keystore, file)) ? file : null;
}

/** Removes the folder of an account's creds, or of all of an operator's. @returns its path, or null where there was none */
export async function removeCredsFolder(keystore: string, operator: string, account?: string): Promise<string | null> {
  const inside = path.dirname(credsFile(keystore, operator, account ?? 'x', 'x'));
  const folder = account === undefined ? path.dirname(inside) : inside;
  return (await removePrivate(keystore, folder)) ? folder : null;
}

async function removePrivate(keystore: string, place: string): Promise<boolean> {
  if (!(await exists(place))) return false;
  await refuseLinks(keystore, place);
  try {
    await rm(place, { recursive: true, force: true });
    return true;
  } catch (error) {
    throw ioError(error, 'write', place);
  }
}

/** Follows an operator that was renamed; as `renameCreds`. */
export async function renameOperatorCreds(keystore: string, from: string, to: string): Promise<void> {
  const folder = (operator: string) => path.dirname(path.dirname(credsFile(keystore, operator, 'x', 'x')));
  if (!(await exists(folder(from))) || (await exists(folder(to)))) return;
  await refuseLinks(keystore, folder(from));
  try {
    await rename(folder(from), folder(to));
  } catch (error) {
    throw ioError(error, 'write', folder(to));
  }
}

/** Before a rename of an operator, or an account of it: creds left under the new name would be taken for its own. */
export async function refuseOtherCreds(keystore: string, from: string[], to: string[]): Promise<void> {
  const folder = (names: string[]) => path.join(keystore, 'creds', ...names.map((name) => pathSafe(name, 'entity')));
  const other = folder(to);
  if (other.toLowerCase() === folder(from).toLowerCase() || !(await exists(other))) return;
  throw storeError('ERR_CREDS_IN_THE_WAY', `there are creds under the new name already: ${other}`, {
    hint: 'move that folder away',
    details: { folder: other },
  });
}

/** As `refuseOtherCreds`, for a user: creds that were kept of a deleted one may hold the only copy of its seed. */
export async function refuseOtherUserCreds(
  keystore: string,
  { operator, account }: { operator: string; account: string },
  from: string,
  to: string,
): Promise<void> {
  const other = credsFile(keystore, operator, account, to);
  const own = credsFile(keystore, operator, account, from);
  if (from === to || !(await exists(other)) || (await isSameFile(own, other))) return;
  throw storeError('ERR_CREDS_IN_THE_WAY', `there are creds under the new name already: ${other}`, {
    hint: 'move that file away',
    details: { file: other },
  });
}

/** Removes the creds under the name before, once they are written under the new one, unless both names are of one file. */
export async function removeRenamedCreds(
  keystore: string,
  names: { operator: string; account: string; user: string },
  to: string,
): Promise<void> {
  const old = credsFile(keystore, names.operator, names.account, names.user);
  if (await isSameFile(old, credsFile(keystore, names.operator, names.account, to))) return;
  await removeCreds(keystore, names);
}
