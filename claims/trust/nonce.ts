import { decodeBase64Url } from '../jwt/base64url.js';
import { verifySignature } from '../keys/verify.js';
import { trustError } from './errors.js';
import type { VerifiedUser } from './user.js';

/** A signature in either base64 is 86 or 88 characters. */
const MAX_SIGNATURE_CHARACTERS = 88;

/**
 * Refuses a client that does not hold the user's key: its signature over the server's nonce must verify, unless the user is a bearer
 * token. base64url without padding, or (older clients) standard base64, as nats-server reads it.
 *
 * @throws NatsctlError ERR_USER_NONCE
 */
export function checkNonce(user: VerifiedUser, nonce: string | Uint8Array, signature: string | undefined): void {
  if (user.limits.bearer_token === true) return;
  const { sub } = user.claims;
  if (signature === undefined || signature === '') {
    throw trustError('ERR_USER_NONCE', `the client sent no signature for user ${sub}`, {
      hint: 'connect with the seed, as in a credentials file',
    });
  }
  if (!signsNonce(sub, nonce, signature)) {
    throw trustError('ERR_USER_NONCE', `the client's signature is not one of user ${sub}`, {
      hint: 'use the seed that belongs to the user JWT',
    });
  }
}

/** True when the signature, in either base64, is one of that key over the nonce. */
export function signsNonce(publicKey: string, nonce: string | Uint8Array, signature: string): boolean {
  const bytes = decodeSignature(signature);
  const signed = typeof nonce === 'string' ? Buffer.from(nonce, 'utf8') : nonce;
  return bytes !== null && verifySignature(publicKey, signed, bytes);
}

function decodeSignature(text: string): Uint8Array | null {
  if (typeof text !== 'string' || text.length > MAX_SIGNATURE_CHARACTERS) return null;
  const url = decodeBase64Url(text);
  if (url !== null) return url;
  const standard = Buffer.from(text, 'base64');
  return standard.toString('base64') === text ? standard : null;
}
