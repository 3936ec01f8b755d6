import { createDecipheriv, hkdfSync } from 'node:crypto';
import type { SealedFor } from './seal.js';

/**
 * Format 1, read but no more written: 0x01 | 32 bytes of salt | 12 bytes of nonce | ciphertext | 16 bytes of tag, AES-256-GCM under
 * HKDF-SHA256(master key, salt, "natsctl seal 1"). The additional data is `natsctl seal 1`, kind and id, each ended by a zero byte.
 */
const VERSION = 1;
const CONTEXT = 'natsctl seal 1';
const SALT = 32;
const NONCE = 12;
const TAG = 16;
const HEADER = 1 + SALT + NONCE;

export function unsealFormat1(
  keys: (salt: Uint8Array) => Uint8Array[],
  { kind, id }: SealedFor,
  blob: Uint8Array,
): Buffer {
  if (blob.length < HEADER + TAG) throw new Error('cut short');
  let why: unknown = new Error('no master key of this process opens format 1');
  for (const key of keys(blob.subarray(1, 1 + SALT))) {
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(1 + SALT, HEADER), { authTagLength: TAG });
      decipher.setAAD(Buffer.from(`${CONTEXT}\0${kind}\0${id}\0`));
      decipher.setAuthTag(blob.subarray(blob.length - TAG));
      return Buffer.concat([decipher.update(blob.subarray(HEADER, blob.length - TAG)), decipher.final()]);
    } catch (error) {
      why = error;
    } finally {
      key.fill(0);
    }
  }
  throw why;
}

export function isFormat1(blob: Uint8Array): boolean {
  return blob[0] === VERSION;
}

export function format1Key(masterKey: Uint8Array, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', masterKey, salt, CONTEXT, 32));
}
