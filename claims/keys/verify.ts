/**
 * Signature verification, everywhere in the project, is this function. It runs on node:crypto, which refuses malleable signatures (S + L)
 * that the library under nkeys.js accepts; weak keys are refused by parsing. Whatever goes wrong inside is a refusal.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { decodePublicKey, isPublicKey } from './nkey.js';

/** Parsed keys kept, least recently used out first: about 1 KiB each. Issuers are few; user keys pass through. */
export const MAX_CACHED_KEYS = 4096;

const SIGNATURE_LENGTH = 64;

const cache = new Map<string, KeyObject>();

/** True only for a good signature of that key over exactly these bytes. Never throws. */
export type VerifySignature = (publicKey: string, data: Uint8Array, signature: Uint8Array) => boolean;

/** By node:crypto. */
export function verifySignature(publicKey: string, data: Uint8Array, signature: Uint8Array): boolean {
  try {
    if (signature.length !== SIGNATURE_LENGTH) return false;
    const key = keyObject(publicKey);
    return key !== null && verify(null, data, key, signature);
  } catch {
    return false;
  }
}

function keyObject(publicKey: string): KeyObject | null {
  const known = cache.get(publicKey);
  if (known !== undefined) {
    cache.delete(publicKey);
    cache.set(publicKey, known);
    return known;
  }
  if (!isPublicKey(publicKey, 'operator', 'account', 'user', 'server', 'cluster')) return null;
  // OpenSSL takes a JWK (RFC 8037) as it is; reading a SubjectPublicKeyInfo takes ten times as long.
  const x = Buffer.from(decodePublicKey(publicKey).raw).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  if (cache.size >= MAX_CACHED_KEYS) {
    const oldest = cache.keys().next();
    if (!oldest.done) cache.delete(oldest.value);
  }
  cache.set(publicKey, key);
  return key;
}
