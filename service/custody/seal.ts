import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';

/** What a sealed blob belongs to. It is bound into the seal, so that a blob moved to another row does not open. */
export interface SealedFor {
  kind: string;
  id: string;
}

/**
 * The format: 0x01 | 32 bytes of salt | 12 bytes of nonce | ciphertext | 16 bytes of tag.
 * AES-256-GCM under a key of its own for each blob, HKDF-SHA256(master key, salt, "natsctl seal 1"): no count of blobs
 * brings two of them to one key and nonce. The additional data is `natsctl seal 1`, kind and id, each ended by a zero byte.
 */
const VERSION = 1;
const CONTEXT = 'natsctl seal 1';
const SALT = 32;
const NONCE = 12;
const TAG = 16;
const HEADER = 1 + SALT + NONCE;

export function seal(masterKey: Uint8Array, what: SealedFor, plaintext: Uint8Array): Uint8Array<ArrayBuffer> {
  const salt = randomBytes(SALT);
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', blobKey(masterKey, salt), nonce, { authTagLength: TAG });
  cipher.setAAD(additionalData(what));
  const sealed = [cipher.update(plaintext), cipher.final()];
  return Uint8Array.from(Buffer.concat([Buffer.of(VERSION), salt, nonce, ...sealed, cipher.getAuthTag()]));
}

/** @throws NatsctlError ERR_SEALED_KEY when the blob was changed, belongs to another row, or the master key is another. */
export function unseal(masterKey: Uint8Array, what: SealedFor, blob: Uint8Array): Buffer {
  try {
    if (blob.length < HEADER + TAG || blob[0] !== VERSION) throw new Error('not a sealed blob');
    const salt = blob.subarray(1, 1 + SALT);
    const nonce = blob.subarray(1 + SALT, HEADER);
    const decipher = createDecipheriv('aes-256-gcm', blobKey(masterKey, salt), nonce, { authTagLength: TAG });
    decipher.setAAD(additionalData(what));
    decipher.setAuthTag(blob.subarray(blob.length - TAG));
    return Buffer.concat([decipher.update(blob.subarray(HEADER, blob.length - TAG)), decipher.final()]);
  } catch (cause) {
    throw new NatsctlError<ServiceErrorCode>('ERR_SEALED_KEY', `the sealed ${what.kind} ${what.id} does not open`, {
      hint: 'it was changed, or sealed under another master key: restore the database and its master key together',
      details: { kind: what.kind, id: what.id },
      cause,
    });
  }
}

function blobKey(masterKey: Uint8Array, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', masterKey, salt, CONTEXT, 32));
}

function additionalData({ kind, id }: SealedFor): Buffer {
  return Buffer.from(`${CONTEXT}\0${kind}\0${id}\0`);
}
