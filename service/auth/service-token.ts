import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** `nctl_`, 32 random bytes in base64url, and their checksum: scanners for leaked secrets find it, and know a true one. */
const PREFIX = 'nctl_';
const SECRET_BYTES = 32;
const FORM = /^nctl_([A-Za-z0-9_-]{43})([0-9a-f]{8})$/;

export function makeServiceToken(): string {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return PREFIX + secret + checksum(secret);
}

/** The hash a token is known by; null for what is no service token, or one with a letter wrong. */
export function serviceTokenHash(token: string): string | null {
  const [, secret, sum] = FORM.exec(token) ?? [];
  if (secret === undefined || checksum(secret) !== sum) return null;
  // 32 random bytes have nothing to guess, so a plain hash keeps them.
  return createHash('sha256').update(token).digest('hex');
}

export function looksLikeServiceToken(token: string): boolean {
  return token.startsWith(PREFIX);
}

function checksum(secret: string): string {
  return crc32(secret).toString(16).padStart(8, '0');
}
