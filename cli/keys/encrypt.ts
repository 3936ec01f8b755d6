import { rm } from 'node:fs/promises';
import { isNatsctlError } from '../../claims/errors.js';
import { decodePublicKey, type KeyKind } from '../../claims/keys/nkey.js';
import { type ShowProgress, unseen } from '../output/show-progress.js';
import { sealedError } from '../sealed/errors.js';
import {
  headerFile,
  KEY_KINDS,
  type KeystoreHeader,
  newHeader,
  readHeader,
  rewrapped,
  type Unwrapped,
  writeHeader,
} from '../sealed/header.js';
import type { KdfSettings } from '../sealed/kdf.js';
import { newPassphrase } from '../sealed/passphrase.js';
import { readSeedFile } from '../sealed/seed-file.js';
import { isSealedSeed, sealSeed } from '../sealed/seed-text.js';
import { remember, unlock } from '../sealed/unlock.js';
import { readTextFile, syncDir, writeFileAtomic } from '../store/atomic.js';
import { ioError, storeError } from '../store/errors.js';
import { journalsIn } from '../store/journal.js';
import { keyFile } from '../store/keystore.js';
import type { StorePaths } from '../store/paths.js';
import { mapBounded } from '../sync/parallel.js';
import { type CredsCount, countCreds, dropCreds } from './creds-policy.js';
import { removeLeftovers } from './leftovers.js';
import { alone } from './lock-keystore.js';
import { storedKeys } from './stored.js';

export interface WantedEncryption {
  /** Empty: every kind. */
  kinds: KeyKind[];
  /** Undefined: as it was; `keep` for a keystore that is encrypted for the first time. */
  creds?: 'keep' | 'remove' | undefined;
  passphraseFile?: string | undefined;
  dryRun: boolean;
  progress?: ShowProgress | undefined;
  /** Other than the default in tests alone. */
  kdf?: KdfSettings | undefined;
}

export interface EncryptedKey {
  key: string;
  kind: KeyKind;
  result: 'encrypted' | 'decrypted' | 'already' | 'no seed' | 'unreadable';
  /** Why it is unreadable. */
  message?: string;
}

export interface Encryption {
  keystore: string;
  dryRun: boolean;
  /** Of which new seeds are encrypted from now on. */
  kinds: KeyKind[];
  creds: 'keep' | 'remove';
  keys: EncryptedKey[];
  credsFiles: CredsCount;
  /** Changes of other stores that were not completed: they may hold seeds in plain text, or encrypted ones. */
  unfinished: string[];
}

/**
 * Encrypts the seeds of a keystore. The header, with the only key that opens them, is on the disk before the first of them; every
 * file is old or new, and the same command goes on where it was stopped.
 */
export async function encryptKeystore(paths: StorePaths, wanted: WantedEncryption): Promise<Encryption> {
  const { keystore } = paths;
  const existing = await readHeader(keystore);
  const asked = wanted.kinds.length > 0 ? wanted.kinds : [...KEY_KINDS];
  const policy = {
    kinds: KEY_KINDS.filter((kind) => asked.includes(kind) || existing?.kinds.includes(kind)),
    creds: wanted.creds ?? existing?.creds ?? 'keep',
  };
  // Asked for before the lock is taken: others wait for it.
  const key = wanted.dryRun ? null : await keyOf(keystore, policy, wanted);
  const run = async (): Promise<Encryption> => {
    if (key !== null) await settleHeader(keystore, key, existing);
    const encrypt = (publicKey: string, text: string) => encryptOne(keystore, publicKey, text, key);
    const keys = await overKeys(keystore, asked, 'encrypting', wanted.progress, encrypt);
    const credsFiles = policy.creds === 'remove' ? await dropCreds(paths, wanted.dryRun) : await countCreds(keystore);
    if (key !== null) await removeLeftovers(keystore);
    const unfinished = await journalsIn(keystore);
    return { keystore, dryRun: wanted.dryRun, ...policy, keys, credsFiles, unfinished };
  };
  return wanted.dryRun ? run() : alone(paths, run);
}

async function keyOf(
  keystore: string,
  policy: Pick<KeystoreHeader, 'kinds' | 'creds'>,
  { passphraseFile, kdf }: WantedEncryption,
): Promise<Unwrapped> {
  const held = await unlock(keystore, passphraseFile);
  if (held !== null) return { ...held, header: { ...held.header, ...policy } };
  const file = passphraseFile ?? process.env.NATSCTL_PASSPHRASE_FILE;
  const passphrase = await newPassphrase(
    file,
    `the keystore ${keystore}`,
    '--passphrase-file or NATSCTL_PASSPHRASE_FILE',
  );
  return newHeader(passphrase, policy, kdf);
}

/** The header is what it was when its key was asked for, or nothing is done: another one's seeds would be lost with it. */
async function settleHeader(keystore: string, key: Unwrapped, before: KeystoreHeader | null): Promise<void> {
  const now = await readHeader(keystore);
  if (JSON.stringify(now) !== JSON.stringify(before)) {
    throw sealedError(
      'ERR_KEYSTORE_LOCKED',
      `the keystore ${keystore} was encrypted, or got another passphrase or other settings, meanwhile`,
      {
        hint: 'run the command again',
      },
    );
  }
  await writeHeader(keystore, key.header);
  remember(key);
}

async function encryptOne(keystore: string, publicKey: string, text: string, key: Unwrapped | null) {
  if (isSealedSeed(text)) return 'already';
  const file = keyFile(keystore, publicKey);
  const seed = await readSeedFile(keystore, file, publicKey);
  if (seed === null) return 'no seed';
  refuseOther(seed.publicKey, publicKey, file);
  if (key !== null) await writeFileAtomic(file, sealSeed(key, seed));
  seed.wipe();
  return 'encrypted';
}

/** Puts seeds back into plain text. Once none is encrypted, the header goes. */
export async function decryptKeystore(
  paths: StorePaths,
  wanted: Pick<WantedEncryption, 'kinds' | 'passphraseFile' | 'dryRun' | 'progress'>,
): Promise<Encryption> {
  const { keystore } = paths;
  const key = await unlock(keystore, wanted.passphraseFile);
  if (key === null) {
    throw sealedError('ERR_KEYSTORE_NOT_ENCRYPTED', `the keystore ${keystore} is not encrypted`, {
      hint: 'encrypt it with `natsctl keys encrypt`',
    });
  }
  const asked = wanted.kinds.length > 0 ? wanted.kinds : [...KEY_KINDS];
  const header = { ...key.header, kinds: key.header.kinds.filter((kind) => !asked.includes(kind)) };
  const run = async (): Promise<Encryption> => {
    if (!wanted.dryRun) await settleHeader(keystore, { ...key, header }, key.header);
    const decrypt = (publicKey: string, text: string) => decryptOne(keystore, publicKey, text, wanted.dryRun);
    const keys = await overKeys(keystore, asked, 'decrypting', wanted.progress, decrypt);
    const failed = keys.some(({ result }) => result === 'unreadable');
    const all = header.kinds.length === 0 && KEY_KINDS.every((kind) => asked.includes(kind));
    const unfinished = await journalsIn(keystore);
    const none = all && !failed && unfinished.length === 0;
    if (!wanted.dryRun && none) await removeHeader(keystore, header);
    const creds = none ? 'keep' : header.creds;
    return {
      keystore,
      dryRun: wanted.dryRun,
      kinds: header.kinds,
      creds,
      keys,
      credsFiles: await countCreds(keystore),
      unfinished,
    };
  };
  return wanted.dryRun ? run() : alone(paths, run);
}

async function decryptOne(keystore: string, publicKey: string, text: string, dryRun: boolean) {
  if (!isSealedSeed(text)) return 'already';
  const file = keyFile(keystore, publicKey);
  const seed = await readSeedFile(keystore, file, publicKey);
  if (seed === null) return 'no seed';
  if (!dryRun) await writeFileAtomic(file, seed.reveal());
  seed.wipe();
  return 'decrypted';
}

/** Gives the keystore another passphrase: the data key stays, so no seed is written. */
export async function changePassphrase(
  paths: StorePaths,
  wanted: { passphraseFile?: string | undefined; newFile?: string | undefined; dryRun: boolean; kdf?: KdfSettings },
): Promise<{ keystore: string; dryRun: boolean }> {
  const { keystore } = paths;
  const key = await unlock(keystore, wanted.passphraseFile);
  if (key === null) {
    throw sealedError('ERR_KEYSTORE_NOT_ENCRYPTED', `the keystore ${keystore} is not encrypted`, {
      hint: 'encrypt it with `natsctl keys encrypt`',
    });
  }
  const passphrase = await newPassphrase(wanted.newFile, `the keystore ${keystore}`, '--new-passphrase-file');
  const header = await rewrapped(key, passphrase, wanted.kdf);
  if (!wanted.dryRun) await alone(paths, () => settleHeader(keystore, { ...key, header }, key.header));
  return { keystore, dryRun: wanted.dryRun };
}

/** Most of the time is spent waiting for the disk. */
const FILES_AT_ONCE = 16;

type Treat = (publicKey: string, text: string) => Promise<EncryptedKey['result']>;

async function overKeys(
  keystore: string,
  kinds: readonly KeyKind[],
  doing: string,
  show: ShowProgress | undefined,
  treat: Treat,
): Promise<EncryptedKey[]> {
  const keys = [...(await storedKeys(keystore))].sort().map((key) => ({ key, kind: decodePublicKey(key).kind }));
  const chosen = keys.filter(({ kind }) => kinds.includes(kind));
  const progress = (show ?? unseen)(doing, chosen.length);
  // None is begun after a fault, and all have ended before the lock goes.
  const faults: unknown[] = [];
  const one = async (key: (typeof chosen)[number]): Promise<EncryptedKey> => {
    if (faults.length > 0) return { ...key, result: 'unreadable' };
    try {
      return { ...key, result: await treat(key.key, await textOf(keystore, key.key)) };
    } catch (error) {
      if (!isNatsctlError(error, 'ERR_STORE_DAMAGED', 'ERR_SEED_ENCRYPTED')) faults.push(error);
      return { ...key, result: 'unreadable', message: error instanceof Error ? error.message : String(error) };
    } finally {
      progress.advance();
    }
  };
  const done = await mapBounded(chosen, one, FILES_AT_ONCE);
  progress.end();
  if (faults.length > 0) throw faults[0];
  return done;
}

/**
 * Without the header no encrypted seed opens any more, and another store of this keystore may have added one meanwhile: what is
 * found before is decrypted, and what is found after brings the header back first.
 */
async function removeHeader(keystore: string, header: KeystoreHeader): Promise<void> {
  for (;;) {
    await decryptRest(keystore);
    try {
      await rm(headerFile(keystore), { force: true });
      await syncDir(keystore);
    } catch (error) {
      throw ioError(error, 'write', headerFile(keystore));
    }
    const late = (await journalsIn(keystore)).length > 0;
    if (!late && (await sealedKeys(keystore)).length === 0) return;
    await writeHeader(keystore, header);
    // It ends its change, and the next `keys decrypt` goes on.
    if (late) return;
  }
}

async function decryptRest(keystore: string): Promise<void> {
  for (const key of await sealedKeys(keystore)) await decryptOne(keystore, key, await textOf(keystore, key), false);
}

async function sealedKeys(keystore: string): Promise<string[]> {
  const sealed: string[] = [];
  for (const key of await storedKeys(keystore)) if (isSealedSeed(await textOf(keystore, key))) sealed.push(key);
  return sealed;
}

async function textOf(keystore: string, key: string): Promise<string> {
  return (await readTextFile(keyFile(keystore, key), { noFollow: true }))?.trim() ?? '';
}

/** A file that holds another key's seed would say so no more once it is encrypted. */
function refuseOther(holds: string, publicKey: string, file: string): void {
  if (holds === publicKey) return;
  throw storeError('ERR_STORE_DAMAGED', `${file} holds the seed of ${holds}: rename it after that`);
}
