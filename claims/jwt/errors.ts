import { NatsctlError } from '../errors.js';

/** Every code that reading or making a token throws (besides the key codes of keys/nkey.ts). */
export type JwtErrorCode =
  /** Not JSON in the strict sense of json.ts. */
  | 'ERR_JSON_INVALID'
  | 'ERR_JWT_TOO_LARGE'
  /** Not three parts of canonical base64url. */
  | 'ERR_JWT_FORMAT'
  | 'ERR_JWT_HEADER'
  /** The payload is not strict JSON. */
  | 'ERR_JWT_JSON'
  | 'ERR_JWT_VERSION'
  | 'ERR_JWT_KIND'
  /** The signer's key cannot sign this kind. */
  | 'ERR_JWT_ISSUER'
  | 'ERR_JWT_SUBJECT'
  | 'ERR_JWT_SIGNATURE'
  /** A field has the wrong type or value; `details.path` names it. */
  | 'ERR_JWT_CLAIMS';

export function jwtError(
  code: JwtErrorCode,
  message: string,
  hint?: string,
  details?: Record<string, unknown>,
): NatsctlError<JwtErrorCode> {
  return new NatsctlError<JwtErrorCode>(code, message, { ...(hint && { hint }), ...(details && { details }) });
}
