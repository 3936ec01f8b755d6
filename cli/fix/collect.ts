import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { parseCreds } from '../../claims/creds.js';
import { isNatsctlError } from '../../claims/errors.js';
import { decode } from '../../claims/jwt/decode.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import type { Decoded } from '../../claims/types.js';
import { cliError } from '../errors.js';
import { headerFile, readHeader, type Unwrapped } from '../sealed/header.js';
import { isSealedSeed, openSeed } from '../sealed/seed-text.js';
import { unlockHeader } from '../sealed/unlock.js';
import { exists, readDir, readTextFile } from '../store/atomic.js';
import { ioError } from '../store/errors.js';
import { unarmored } from '../store/token-file.js';

/** What was found below the folders, wherever it lay. */
export interface Found {
  tokens: { jwt: Decoded; file: string }[];
  seeds: Map<string, Seed>;
  /** Names of operators whose folders said that someone else keeps their keys. */
  managed: Set<string>;
  /** Of the keystore that some of the seeds were encrypted in. */
  sealed: Unwrapped | null;
  unreadable: { file: string; message: string }[];
}

const MAX_DEPTH = 32;
/** A store of half a million users with seeds. */
const MAX_FILES = 1_000_000;

/** Reads every .jwt and .nk, and with `creds` every .creds, below the folders. Links are not followed. */
export async function collectLoose(dirs: string[], options: { creds: boolean }): Promise<Found> {
  const found: Found = { tokens: [], seeds: new Map(), managed: new Set(), sealed: null, unreadable: [] };
  const files: string[] = [];
  for (const dir of dirs) {
    const isDirectory = await lstat(dir).then(
      (stat) => stat.isDirectory(),
      (error) => {
        throw ioError(error, 'read', dir);
      },
    );
    if (isDirectory) await walk(dir, 0, files);
    else files.push(dir);
  }
  for (const file of new Set(files)) {
    try {
      await readOne(file, found, options);
    } catch (error) {
      if (!isNatsctlError(error) || isLocked(error)) throw error;
      found.unreadable.push({ file, message: error.message });
    }
  }
  return found;
}

async function walk(dir: string, depth: number, files: string[]): Promise<void> {
  if (depth > MAX_DEPTH) return;
  for (const entry of await readDir(dir)) {
    const place = path.join(dir, entry.name);
    if (entry.isDirectory()) await walk(place, depth + 1, files);
    else if (entry.isFile()) files.push(place);
    if (files.length > MAX_FILES) {
      throw cliError('ERR_DATA_TOO_LARGE', `there are more than ${MAX_FILES} files below the folders`, {
        hint: 'name the folders that hold JWTs and seeds',
      });
    }
  }
}

async function readOne(file: string, found: Found, options: { creds: boolean }): Promise<void> {
  const text = async () => (await readTextFile(file, { noFollow: true })) ?? '';
  if (file.endsWith('.jwt')) found.tokens.push({ jwt: decode(unarmored(await text()), { allowV1: true }), file });
  else if (file.endsWith('.nk')) await readSeedOf(file, (await text()).trim(), found);
  else if (options.creds && file.endsWith('.creds')) {
    const { token, seed } = parseCreds(await text());
    found.tokens.push({ jwt: decode(token), file });
    found.seeds.set(seed.publicKey, seed);
  } else if (path.basename(file) === '.nsc') {
    const name = managedName(await text());
    if (name !== null) found.managed.add(name);
  }
}

async function readSeedOf(file: string, text: string, found: Found): Promise<void> {
  // nsc files the public key alone where the private one is kept elsewhere.
  if (isPublicKey(text)) return;
  if (!isSealedSeed(text)) {
    const seed = Seed.parse(unarmored(text));
    found.seeds.set(seed.publicKey, seed);
    return;
  }
  const key = await keyOf(file);
  const publicKey = path.basename(file, '.nk');
  const seed = key === null ? null : openSeed(key, publicKey, text);
  if (seed === null) {
    found.unreadable.push({ file, message: 'it is an encrypted seed, and the keystore it belongs to is not here' });
    return;
  }
  found.sealed ??= key;
  found.seeds.set(publicKey, seed);
}

/** An encrypted seed lies in `keys/K/SS/` of its keystore, whose header says how it is opened. */
async function keyOf(file: string): Promise<Unwrapped | null> {
  let dir = path.dirname(file);
  for (let up = 0; up < 4; up += 1, dir = path.dirname(dir)) {
    if (!(await exists(headerFile(dir)))) continue;
    const header = await readHeader(dir);
    return header === null ? null : unlockHeader(header, dir);
  }
  return null;
}

function isLocked(error: Error): boolean {
  return isNatsctlError(
    error,
    'ERR_KEYSTORE_LOCKED',
    'ERR_PASSPHRASE_WRONG',
    'ERR_PASSPHRASE_FILE',
    'ERR_DATA_TOO_LARGE',
  );
}

function managedName(text: string): string | null {
  try {
    const { name, managed } = JSON.parse(text) as Record<string, unknown>;
    return managed === true && typeof name === 'string' ? name : null;
  } catch {
    return null;
  }
}
