import { timingSafeEqual } from 'node:crypto';
import { BCRYPT_SLICE_MS } from '../limits.js';

/**
 * Verification of bcrypt hashes (Provos and Mazières, "A Future-Adaptable Password Scheme", 1999, on Blowfish, Schneier 1993). It works in
 * slices that end with a turn of the event loop, so a login of some hundred milliseconds holds nobody else up.
 */

/** As nats-server tells a hash from a plain password (auth.go validBcryptPrefix). */
const PREFIX = /^\$2[abxy]\$\d{2}\$/;
const HASH = /^\$2[abxy]\$(\d{2})\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;

const SALT_BYTES = 16;
/** The last byte of the cipher text is not part of the hash. */
const DIGEST_BYTES = 23;
/** Longer passwords count by their first 72 bytes, in every implementation. */
const KEY_WORDS = 18;
const ROUNDS = 16;
const SBOX_WORDS = 1024;
const MAGIC = Buffer.from('OrpheanBeholderScryDoubt');
const MAGIC_ROUNDS = 64;
const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** Between two looks at the clock: some 0.2 ms. */
const STEPS_PER_LOOK = 4;

interface Blowfish {
  p: Int32Array;
  s: Int32Array;
}

export function isBcrypt(text: string): boolean {
  return PREFIX.test(text);
}

/** The work factor (a power of two), or null where it is no whole bcrypt hash: nothing verifies against it. */
export function bcryptCost(hash: string): number | null {
  const cost = Number(HASH.exec(hash)?.[1]);
  return cost >= 4 && cost <= 31 ? cost : null;
}

/** True when the password is the one that was hashed. Never throws for a hash that is none. */
export async function verifyBcrypt(password: string, hash: string): Promise<boolean> {
  const found = HASH.exec(hash);
  const cost = bcryptCost(hash);
  const salt = decode(found?.[2] ?? '', SALT_BYTES);
  const expected = decode(found?.[3] ?? '', DIGEST_BYTES);
  if (cost === null || salt === null || expected === null) return false;
  const state = initialState();
  const key = keyWords(Buffer.from(password, 'utf8'));
  const saltWords = wordsOf(salt);
  const repeated = Int32Array.from({ length: KEY_WORDS }, (_, i) => saltWords[i % saltWords.length] as number);
  expand(state, key, saltWords);
  const end = 2 ** cost;
  let sliceEnd = performance.now() + BCRYPT_SLICE_MS;
  for (let i = 0; i < end; i++) {
    expand(state, key, NO_SALT);
    expand(state, repeated, NO_SALT);
    if (i % STEPS_PER_LOOK === 0 && performance.now() >= sliceEnd) {
      await new Promise<void>((resume) => setImmediate(resume));
      sliceEnd = performance.now() + BCRYPT_SLICE_MS;
    }
  }
  const digest = encipherMagic(state);
  key.fill(0);
  state.p.fill(0);
  state.s.fill(0);
  return timingSafeEqual(digest.subarray(0, DIGEST_BYTES), expected);
}

function encipherMagic(state: Blowfish): Buffer {
  const words = wordsOf(MAGIC);
  for (let at = 0; at < words.length; at += 2) for (let i = 0; i < MAGIC_ROUNDS; i++) encipher(state, words, at);
  const digest = Buffer.alloc(MAGIC.length);
  for (const [i, word] of words.entries()) digest.writeInt32BE(word, i * 4);
  return digest;
}

const NO_SALT = new Int32Array(4);

/** The key schedule: the key into P, then P and S enciphered with the salt mixed in. */
function expand({ p, s }: Blowfish, key: Int32Array, salt: Int32Array): void {
  for (let i = 0; i < p.length; i++) p[i] = (p[i] as number) ^ (key[i] as number);
  const block = new Int32Array(2);
  let turn = 0;
  for (const words of [p, s]) {
    for (let i = 0; i < words.length; i += 2) {
      block[0] = (block[0] as number) ^ (salt[turn] as number);
      block[1] = (block[1] as number) ^ (salt[turn + 1] as number);
      turn = (turn + 2) & 3;
      encipher({ p, s }, block, 0);
      words[i] = block[0] as number;
      words[i + 1] = block[1] as number;
    }
  }
}

function encipher({ p, s }: Blowfish, block: Int32Array, at: number): void {
  let left = (block[at] as number) ^ (p[0] as number);
  let right = block[at + 1] as number;
  for (let i = 1; i <= ROUNDS; i += 2) {
    right ^= mix(s, left) ^ (p[i] as number);
    left ^= mix(s, right) ^ (p[i + 1] as number);
  }
  block[at] = right ^ (p[ROUNDS + 1] as number);
  block[at + 1] = left;
}

function mix(s: Int32Array, x: number): number {
  const sum = ((s[x >>> 24] as number) + (s[256 + ((x >>> 16) & 255)] as number)) | 0;
  return ((sum ^ (s[512 + ((x >>> 8) & 255)] as number)) + (s[768 + (x & 255)] as number)) | 0;
}

/** The password with its closing zero byte, over and over. */
function keyWords(password: Buffer): Int32Array {
  const bytes = Buffer.concat([password, Buffer.of(0)]);
  return wordsOf(Buffer.alloc(KEY_WORDS * 4, bytes));
}

function wordsOf(bytes: Buffer): Int32Array {
  return Int32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32BE(i * 4));
}

/** bcrypt's own base64; null where bits are left over that no encoder sets. */
function decode(text: string, length: number): Buffer | null {
  const bytes = Buffer.alloc(length);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text) {
    held = ((held << 6) | ALPHABET.indexOf(character)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = held >>> bits;
  }
  return at === length ? bytes : null;
}

let digits: Int32Array | null = null;

/** Blowfish starts from the fraction of pi. */
function initialState(): Blowfish {
  digits ??= piFraction(KEY_WORDS + SBOX_WORDS);
  return { p: digits.slice(0, KEY_WORDS), s: digits.slice(KEY_WORDS) };
}

/** The first words of pi's fraction, by Machin's formula: pi = 16 atan(1/5) - 4 atan(1/239). */
function piFraction(words: number): Int32Array {
  const guard = 64n;
  const bits = BigInt(words * 32);
  const one = 1n << (bits + guard);
  const inverseTangent = (x: bigint): bigint => {
    let power = one / x;
    let sum = power;
    for (let n = 3n, sign = -1n; power !== 0n; n += 2n, sign = -sign) {
      power /= x * x;
      sum += (sign * power) / n;
    }
    return sum;
  };
  const pi = (16n * inverseTangent(5n) - 4n * inverseTangent(239n)) >> guard;
  const hex = (pi & ((1n << bits) - 1n)).toString(16).padStart(words * 8, '0');
  return Int32Array.from({ length: words }, (_, i) => Number.parseInt(hex.slice(i * 8, i * 8 + 8), 16) | 0);
}
