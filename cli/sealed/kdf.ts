import { randomBytes, scrypt } from 'node:crypto';
import { sealedError } from './errors.js';

/** How a passphrase becomes a key: written beside what it protects, in plain. */
export interface KdfSettings {
  name: 'scrypt';
  N: number;
  r: number;
  p: number;
  /** base64url */
  salt: string;
}

/** RFC 7914; OWASP's first recommendation for scrypt: 128 MiB, and about half a second on one core. */
const COST = { N: 2 ** 17, r: 8, p: 1 };

/** A file says what it costs to open it. One from elsewhere must neither take the machine's memory nor its day. */
const MAX_N = 2 ** 20;
const MIN_N = 2 ** 14;
const MAX_R = 16;
const MAX_P = 4;
const MAX_MEMORY_BYTES = 512 * 1024 * 1024;
const SALT_BYTES = 16;
const MAX_SALT_BYTES = 64;

export const KEY_BYTES = 32;

/** @param cost other than the default in tests alone */
export function newKdf(cost: { N: number; r: number; p: number } = COST): KdfSettings {
  return { name: 'scrypt', ...cost, salt: randomBytes(SALT_BYTES).toString('base64url') };
}

/** Settings read from a file, or null where they are none we would follow. */
export function parseKdf(value: unknown): KdfSettings | null {
  if (typeof value !== 'object' || value === null) return null;
  const { name, N, r, p, salt } = value as Record<string, unknown>;
  if (name !== 'scrypt' || typeof salt !== 'string' || !/^[\w-]+$/.test(salt)) return null;
  const whole = (number: unknown, most: number): number is number =>
    Number.isInteger(number) && (number as number) >= 1 && (number as number) <= most;
  if (!whole(N, MAX_N) || N < MIN_N || (N & (N - 1)) !== 0 || !whole(r, MAX_R) || !whole(p, MAX_P)) return null;
  if (128 * N * r > MAX_MEMORY_BYTES) return null;
  const bytes = Buffer.from(salt, 'base64url').length;
  if (bytes < SALT_BYTES || bytes > MAX_SALT_BYTES) return null;
  return { name, N, r, p, salt };
}

/** The key of a passphrase. Two spellings of the same letters are one passphrase. */
export function deriveKey(passphrase: string, { N, r, p, salt }: KdfSettings): Promise<Buffer> {
  const options = { N, r, p, maxmem: 2 * MAX_MEMORY_BYTES };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), Buffer.from(salt, 'base64url'), KEY_BYTES, options, (error, key) => {
      if (error) reject(sealedError('ERR_KDF_FAILED', `the passphrase cannot be turned into a key: ${error.message}`));
      else resolve(key);
    });
  });
}
