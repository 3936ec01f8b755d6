import { sign } from 'node:crypto';
import { encodeBase64Url } from '../../../../claims/jwt/base64url.js';
import { HEADER } from '../../../../claims/jwt/decode.js';
import type { Seed } from '../../../../claims/keys/seed.js';

/** A token with any payload text, well signed: what a hostile account holder can make. */
export function rawToken(payload: string | Uint8Array, seed: Seed, header = HEADER): string {
  const input = `${header}.${encodeBase64Url(payload)}`;
  return `${input}.${encodeBase64Url(sign(null, Buffer.from(input), seed.privateKey()))}`;
}

/** As jwt v1 signed: the payload alone. */
export function rawV1Token(payload: string, seed: Seed, header = '{"typ":"jwt","alg":"ed25519"}'): string {
  const part = encodeBase64Url(payload);
  return `${encodeBase64Url(header)}.${part}.${encodeBase64Url(sign(null, Buffer.from(part), seed.privateKey()))}`;
}

export function header(json: object | string): string {
  return encodeBase64Url(typeof json === 'string' ? json : JSON.stringify(json));
}
