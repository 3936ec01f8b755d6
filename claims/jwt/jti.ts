import { createHash } from 'node:crypto';
import { encodeBase32 } from '../keys/base32.js';
import type { AnyClaims } from '../types.js';
import { type Fields, integer, optionalInteger, optionalText, struct, text } from './schema.js';

type Envelope = Pick<AnyClaims, 'aud' | 'exp' | 'iat' | 'iss' | 'name' | 'nbf' | 'sub'>;

const envelope = struct<Envelope>({
  aud: optionalText,
  exp: optionalInteger(),
  iat: integer(),
  iss: text,
  name: optionalText,
  nbf: optionalInteger(),
  sub: text,
} satisfies Fields<Envelope>);

/**
 * The id Go gives to claims: base32 of SHA-512/256 over the JSON of the envelope, `nats` not included. Two tokens of one entity from the
 * same second therefore share it; `signClaims` with `after` avoids that.
 */
export function computeJti(claims: Envelope): string {
  return encodeBase32(createHash('sha512-256').update(envelope.write(claims), 'utf8').digest());
}
