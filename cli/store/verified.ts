import { hash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { type VerifySignature, verifySignature } from '../../claims/keys/verify.js';
import { PRIVATE_DIR_MODE, PRIVATE_FILE_MODE } from './atomic.js';

/**
 * Signatures that were verified before: a check of a large store is mostly that. What is kept is a hash of key, signed bytes and
 * signature, so nothing that differs in a bit is taken for it, and everything else about a token is judged each time.
 *
 * It lies in the person's own cache folder, never in the store, which comes from others: who could write there needs no forged
 * user. A folder or file that others may write to is not believed.
 */
export interface VerifiedSignatures {
  verify: VerifySignature;
  /** A token that was signed here just now. */
  remember(publicKey: string, token: string): void;
  /** Writes down what was used, or all there is with `keep`. A cache that cannot be written costs time and nothing else. */
  save(options?: { keep?: boolean }): void;
}

const DIGEST_BYTES = 32;

/** @param account public key, whose users' signatures are kept together */
export function openVerified(cacheDir: string, account: string): VerifiedSignatures {
  const folder = path.join(cacheDir, 'verified');
  const file = path.join(folder, account);
  const before = isOurs(folder) ? readDigests(file) : new Set<string>();
  const used = new Set<string>();
  return {
    verify(publicKey, data, signature) {
      const digest = digestOf(publicKey, data, signature);
      const good = before.has(digest) || verifySignature(publicKey, data, signature);
      if (good) used.add(digest);
      return good;
    },
    remember(publicKey, token) {
      const end = token.lastIndexOf('.');
      const signature = Buffer.from(token.slice(end + 1), 'base64url');
      used.add(digestOf(publicKey, Buffer.from(token.slice(0, end), 'latin1'), signature));
    },
    save({ keep = false } = {}) {
      const wanted = keep ? new Set([...before, ...used]) : used;
      if (wanted.size === before.size && [...wanted].every((digest) => before.has(digest))) return;
      writeDigests(folder, file, wanted);
    },
  };
}

/** The parts have lengths of their own, so no other parts give the same text. */
function digestOf(publicKey: string, data: Uint8Array, signature: Uint8Array): string {
  const head = Buffer.from(`${publicKey}.${signature.length}.`, 'utf8');
  return hash('sha256', Buffer.concat([head, signature, data]), 'binary');
}

function isOurs(folder: string): boolean {
  try {
    const stat = lstatSync(folder);
    return stat.isDirectory() && isPrivate(stat);
  } catch {
    return false;
  }
}

function isPrivate({ uid, mode }: { uid: number; mode: number }): boolean {
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
}

function readDigests(file: string): Set<string> {
  const digests = new Set<string>();
  try {
    const handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      if (!isPrivate(fstatSync(handle))) return digests;
      const text = readFileSync(handle, 'latin1');
      for (let at = 0; at + DIGEST_BYTES <= text.length; at += DIGEST_BYTES) {
        digests.add(text.slice(at, at + DIGEST_BYTES));
      }
    } finally {
      closeSync(handle);
    }
  } catch {
    // None yet, or one that cannot be read: everything is verified.
  }
  return digests;
}

function writeDigests(folder: string, file: string, digests: ReadonlySet<string>): void {
  try {
    mkdirSync(folder, { recursive: true, mode: PRIVATE_DIR_MODE });
  } catch {
    return;
  }
  if (!isOurs(folder)) return;
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(temporary, [...digests].join(''), { encoding: 'latin1', flag: 'wx', mode: PRIVATE_FILE_MODE });
    renameSync(temporary, file);
  } catch {
    rmSync(temporary, { force: true });
  }
}
