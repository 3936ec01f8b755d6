import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { KEY_BYTES } from '../sealed/kdf.js';
import type { BackupHeader } from './header.js';

/**
 * The content of a backup after its two lines: chunks of 64 KiB, each AES-256-GCM under a key that belongs to this file and this
 * header. The nonce counts the chunks and marks the last one, so none can be taken out, moved or cut off without being noticed
 * (STREAM, Hoang, Reyhanitabar, Rogaway, Vizár 2015; age's payload is built so too).
 */
export const MAGIC = 'natsctl-backup 1';
export const CHUNK_BYTES = 64 * 1024;
export const TAG_BYTES = 16;

export function headerLines(header: BackupHeader): string {
  return `${MAGIC}\n${JSON.stringify(header)}\n`;
}

/** @param headerLine as it stands in the file */
export function contentKey(fileKey: Uint8Array, headerLine: string): Buffer {
  const salt = createHash('sha256').update(headerLine).digest();
  return Buffer.from(hkdfSync('sha256', fileKey, salt, MAGIC, KEY_BYTES));
}

export function sealChunk(key: Uint8Array, index: number, last: boolean, plain: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(index, last));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Null where it is not this chunk of this file. */
export function openChunk(key: Uint8Array, index: number, last: boolean, sealed: Uint8Array): Buffer | null {
  if (sealed.length < TAG_BYTES) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(index, last), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return null;
  }
}

function nonceOf(index: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}
