import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import path from 'node:path';
import type { KeyKind } from '../../claims/keys/nkey.js';
import { readTextFile, writeFileAtomic } from '../store/atomic.js';
import { storeError } from '../store/errors.js';
import { openBytes, sealBytes } from './aead.js';
import { sealedError } from './errors.js';
import { deriveKey, type KdfSettings, KEY_BYTES, newKdf, parseKdf } from './kdf.js';

/**
 * `<keystore>/.natsctl-keystore.json`: that seeds of this keystore are encrypted, and how. One random data key encrypts them
 * all; it stands here, encrypted by the key of the passphrase. So a command pays for scrypt once, and another passphrase
 * means another header and no other seed.
 */
export interface KeystoreHeader {
  version: 1;
  /** Of the data key: every encrypted seed names it. */
  id: string;
  kdf: KdfSettings;
  /** The data key under the key of the passphrase, base64url. */
  wrapped: string;
  /** Lets a data key that came by another way (the agent) be told from a wrong one, base64url. */
  check: string;
  /** Kinds of which new seeds are encrypted. */
  kinds: KeyKind[];
  /** Whether creds files, which hold user seeds in plain text, are written. */
  creds: 'keep' | 'remove';
}

export const KEY_KINDS: readonly KeyKind[] = ['operator', 'account', 'user', 'curve', 'server', 'cluster'];

export function headerFile(keystore: string): string {
  return path.join(keystore, '.natsctl-keystore.json');
}

/** Null where nothing of this keystore was ever encrypted. */
export async function readHeader(keystore: string): Promise<KeystoreHeader | null> {
  const file = headerFile(keystore);
  const text = await readTextFile(file, { noFollow: true });
  if (text === null) return null;
  const header = parseHeader(text);
  if (header !== null) return header;
  throw storeError(
    'ERR_STORE_DAMAGED',
    `${file} is not what natsctl writes: the seeds cannot be decrypted without it`,
    {
      hint: 'restore it from a copy of the keystore',
      details: { file },
    },
  );
}

function parseHeader(text: string): KeystoreHeader | null {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { version, id, wrapped, check, kinds, creds } = value;
  const kdf = parseKdf(value.kdf);
  if (version !== 1 || kdf === null) return null;
  if (![id, wrapped, check].every((one) => typeof one === 'string' && /^[\w-]{1,200}$/.test(one))) return null;
  if (!Array.isArray(kinds) || !kinds.every((kind) => KEY_KINDS.includes(kind as KeyKind))) return null;
  if (creds !== 'keep' && creds !== 'remove') return null;
  return { version, id: id as string, kdf, wrapped: wrapped as string, check: check as string, kinds, creds };
}

export async function writeHeader(keystore: string, header: KeystoreHeader): Promise<void> {
  await writeFileAtomic(headerFile(keystore), `${JSON.stringify(header, null, 2)}\n`);
}

export interface Unwrapped {
  header: KeystoreHeader;
  dataKey: Buffer;
}

export async function newHeader(
  passphrase: string,
  policy: Pick<KeystoreHeader, 'kinds' | 'creds'>,
  kdf: KdfSettings = newKdf(),
): Promise<Unwrapped> {
  const dataKey = randomBytes(KEY_BYTES);
  const id = randomBytes(9).toString('base64url');
  const wrapped = await wrap(dataKey, id, passphrase, kdf);
  return { header: { version: 1, id, kdf, wrapped, check: checkOf(dataKey, id), ...policy }, dataKey };
}

/** The same data key under another passphrase. */
export async function rewrapped(
  { header, dataKey }: Unwrapped,
  passphrase: string,
  kdf: KdfSettings = newKdf(),
): Promise<KeystoreHeader> {
  return { ...header, kdf, wrapped: await wrap(dataKey, header.id, passphrase, kdf) };
}

/** @throws ERR_PASSPHRASE_WRONG, which is all that is said of it */
export async function unwrap(header: KeystoreHeader, passphrase: string): Promise<Buffer> {
  const key = await deriveKey(passphrase, header.kdf);
  const dataKey = openBytes(key, Buffer.from(header.wrapped, 'base64url'), wrapping(header.id));
  key.fill(0);
  if (dataKey !== null && fits(header, dataKey)) return dataKey;
  throw sealedError('ERR_PASSPHRASE_WRONG', 'the passphrase does not open the keystore', {
    hint: 'try again, or check the file that NATSCTL_PASSPHRASE_FILE names',
  });
}

/** Whether a data key is this keystore's. It is random and long, so that its check tells nothing about it. */
export function fits({ id, check }: KeystoreHeader, dataKey: Uint8Array): boolean {
  const expected = Buffer.from(check, 'base64url');
  const actual = Buffer.from(checkOf(dataKey, id), 'base64url');
  return dataKey.length === KEY_BYTES && expected.length === actual.length && timingSafeEqual(expected, actual);
}

async function wrap(dataKey: Buffer, id: string, passphrase: string, kdf: KdfSettings): Promise<string> {
  const key = await deriveKey(passphrase, kdf);
  const wrapped = sealBytes(key, dataKey, wrapping(id)).toString('base64url');
  key.fill(0);
  return wrapped;
}

function wrapping(id: string): string {
  return `natsctl keystore 1 ${id}`;
}

function checkOf(dataKey: Uint8Array, id: string): string {
  return createHmac('sha256', dataKey)
    .update(`natsctl keystore check 1 ${id}`)
    .digest()
    .subarray(0, 16)
    .toString('base64url');
}
