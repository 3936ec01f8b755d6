import { createHash } from 'node:crypto';
import { encodeBase32 } from './keys/base32.js';
import type { ActivationClaims } from './types.js';

/**
 * The id under which account servers and stores file an activation: SHA-256 of issuer, importer and subject up to its first wildcard ("_"
 * where it begins with one), as padded base32.
 */
export function activationHash(claims: ActivationClaims): string {
  const named = `${claims.iss}.${claims.sub}.${beforeWildcard(claims.nats.subject)}`;
  const digest = encodeBase32(createHash('sha256').update(named, 'utf8').digest());
  return digest.padEnd(Math.ceil(digest.length / 8) * 8, '=');
}

function beforeWildcard(subject: string): string {
  const tokens = subject.split('.');
  const wildcard = tokens.findIndex((token) => token === '*' || token === '>');
  if (wildcard < 0) return subject;
  return wildcard === 0 ? '_' : tokens.slice(0, wildcard).join('.');
}
