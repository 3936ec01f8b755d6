import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import { KEY_BYTES, type MasterKey, type WrappedKey } from './master-key.js';
import { isFormat1, unsealFormat1 } from './seal-1.js';

/** What a sealed blob belongs to. It is bound into the seal, so that a blob moved to another row does not open. */
export interface SealedFor {
  kind: string;
  id: string;
  /** The operator or account that the secret acts for; absent for the service's own. */
  owner?: string;
}

/**
 * Format 2, an envelope:
 *
 *   0x02 | length of key id (1) | key id | length of wrapped key (2, big endian) | wrapped data key | nonce (12) | ciphertext | tag (16)
 *
 * The payload is sealed by AES-256-GCM under a random data key of its own, with format, kind, owner and id as additional data.
 * The data key is wrapped under the master key named by the key id, and can be wrapped anew without touching the payload:
 * what stands before the nonce is therefore no part of the additional data; a data key that was swapped does not open it.
 */
const VERSION = 2;
const NONCE = 12;
const TAG = 16;
const MAX_KEY_ID = 255;
const MAX_WRAPPED = 4_096;

interface Envelope {
  wrapped: WrappedKey;
  /** Nonce, ciphertext and tag. */
  payload: Uint8Array;
}

export async function seal(
  masterKey: MasterKey,
  what: SealedFor,
  plaintext: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const dataKey = randomBytes(KEY_BYTES);
  try {
    const wrapped = await masterKey.wrap(dataKey);
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', dataKey, nonce, { authTagLength: TAG });
    cipher.setAAD(additionalData(what));
    const payload = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    return write({ wrapped, payload });
  } finally {
    dataKey.fill(0);
  }
}

/**
 * @throws NatsctlError ERR_SEALED_KEY when the blob was changed, belongs to another row, or the master key is another;
 * ERR_MASTER_KEY_REMOTE when the master key is held elsewhere and did not answer.
 */
export async function unseal(masterKey: MasterKey, what: SealedFor, blob: Uint8Array): Promise<Buffer> {
  return opening(what, async () => {
    if (isFormat1(blob)) return unsealFormat1((salt) => masterKey.format1Keys(salt), what, blob);
    const { wrapped, payload } = read(blob);
    const dataKey = await masterKey.unwrap(wrapped);
    try {
      const decipher = createDecipheriv('aes-256-gcm', dataKey, payload.subarray(0, NONCE), { authTagLength: TAG });
      decipher.setAAD(additionalData(what));
      decipher.setAuthTag(payload.subarray(payload.length - TAG));
      return Buffer.concat([decipher.update(payload.subarray(NONCE, payload.length - TAG)), decipher.final()]);
    } finally {
      dataKey.fill(0);
    }
  });
}

/**
 * The same blob of format 2 with its data key wrapped under the master key's current version; the payload is not opened, so it
 * takes no knowledge of what it is.
 */
export async function rewrapBlob(masterKey: MasterKey, blob: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const { wrapped, payload } = read(blob);
  const dataKey = await masterKey.unwrap(wrapped);
  try {
    return write({ wrapped: await masterKey.wrap(dataKey), payload });
  } finally {
    dataKey.fill(0);
  }
}

/** A blob of format 1 has no data key: the same secret, sealed anew. */
export async function resealFormat1(
  masterKey: MasterKey,
  what: SealedFor,
  blob: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const secret = await unseal(masterKey, what, blob);
  try {
    return await seal(masterKey, what, secret);
  } finally {
    secret.fill(0);
  }
}

/** The master key that a blob of format 2 takes; null for anything else. */
export function keyIdOf(blob: Uint8Array): string | null {
  try {
    return read(blob).wrapped.keyId;
  } catch {
    return null;
  }
}

function write({ wrapped, payload }: Envelope): Uint8Array<ArrayBuffer> {
  const keyId = Buffer.from(wrapped.keyId);
  if (keyId.length > MAX_KEY_ID || wrapped.bytes.length > MAX_WRAPPED) throw new Error('a wrapped key beyond bounds');
  const lengthOfWrapped = Buffer.alloc(2);
  lengthOfWrapped.writeUInt16BE(wrapped.bytes.length);
  const parts = [Buffer.of(VERSION, keyId.length), keyId, lengthOfWrapped, wrapped.bytes, payload];
  return Uint8Array.from(Buffer.concat(parts));
}

function read(blob: Uint8Array): Envelope {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > blob.length) throw new Error('cut short');
    at += length;
    return Buffer.from(blob.subarray(at - length, at));
  };
  if (take(1)[0] !== VERSION) throw new Error('not a sealed blob');
  const keyId = take(take(1).readUInt8()).toString('utf8');
  const length = take(2).readUInt16BE();
  if (length > MAX_WRAPPED) throw new Error('not a sealed blob');
  const wrapped = { keyId, bytes: take(length) };
  const payload = take(blob.length - at);
  if (payload.length < NONCE + TAG) throw new Error('cut short');
  return { wrapped, payload };
}

async function opening(what: SealedFor, open: () => Buffer | Promise<Buffer>): Promise<Buffer> {
  try {
    return await open();
  } catch (cause) {
    if (isNatsctlError(cause)) throw cause;
    throw new NatsctlError<ServiceErrorCode>('ERR_SEALED_KEY', `the sealed ${what.kind} ${what.id} does not open`, {
      hint: 'it was changed, or sealed under another master key: restore the database and its master key together',
      details: { kind: what.kind, id: what.id },
      cause,
    });
  }
}

/** As JSON, no two of which spell the same parts. */
function additionalData({ kind, id, owner = '' }: SealedFor): Buffer {
  return Buffer.from(JSON.stringify(['natsctl seal', VERSION, kind, owner, id]));
}
