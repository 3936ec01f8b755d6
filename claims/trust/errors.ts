import { NatsctlError } from '../errors.js';
import type { Issue } from '../validate/issues.js';

/** Every code that deciding about trust throws (besides those of reading tokens, jwt/errors.ts, and keys/nkey.ts). */
export type TrustErrorCode =
  /** An operator cannot be trusted as configured. */
  | 'ERR_OPERATOR_INVALID'
  | 'ERR_OPERATOR_ISSUER'
  | 'ERR_OPERATOR_DUPLICATE'
  /** The account is not signed by a trusted key. */
  | 'ERR_ACCOUNT_UNTRUSTED'
  /** It is another account than the one asked for. */
  | 'ERR_ACCOUNT_SUBJECT'
  | 'ERR_ACCOUNT_INVALID'
  | 'ERR_ACCOUNT_EXPIRED'
  | 'ERR_ACCOUNT_NOT_YET_VALID'
  /** The user is of another account. */
  | 'ERR_USER_ACCOUNT'
  /** The account does not list the key that signed the user. */
  | 'ERR_USER_ISSUER'
  | 'ERR_USER_INVALID'
  | 'ERR_USER_EXPIRED'
  | 'ERR_USER_NOT_YET_VALID'
  /** A user of a scoped signing key has permissions or limits of its own. */
  | 'ERR_USER_SCOPE'
  /** The role's template cannot be filled for this user. */
  | 'ERR_USER_TEMPLATE'
  | 'ERR_USER_BEARER'
  | 'ERR_USER_REVOKED'
  /** What a connection must hold besides. */
  | 'ERR_USER_CONNECTION_TYPE'
  | 'ERR_USER_NONCE'
  | 'ERR_USER_SOURCE'
  | 'ERR_USER_TIME'
  | 'ERR_USER_PROXY'
  | 'ERR_ACTIVATION_MISSING'
  | 'ERR_ACTIVATION_INVALID'
  | 'ERR_ACTIVATION_IMPORTER'
  | 'ERR_ACTIVATION_EXPORTER'
  | 'ERR_ACTIVATION_ISSUER'
  | 'ERR_ACTIVATION_KIND'
  | 'ERR_ACTIVATION_SUBJECT'
  | 'ERR_ACTIVATION_EXPORT'
  | 'ERR_ACTIVATION_EXPIRED'
  | 'ERR_ACTIVATION_NOT_YET_VALID'
  | 'ERR_ACTIVATION_REVOKED'
  /** A request to delete accounts. */
  | 'ERR_DELETION_INVALID'
  | 'ERR_DELETION_UNTRUSTED'
  | 'ERR_DELETION_STALE';

export function trustError(
  code: TrustErrorCode,
  message: string,
  more: { hint?: string; details?: Record<string, unknown>; cause?: unknown } = {},
): NatsctlError<TrustErrorCode> {
  return new NatsctlError<TrustErrorCode>(code, message, more);
}

/** The first blocking issues in words, all of them as details. */
export function describeIssues(issues: readonly Issue[]): { text: string; details: { issues: readonly Issue[] } } {
  const shown = issues.slice(0, 3).map((issue) => issue.message);
  const rest = issues.length > 3 ? ` (and ${issues.length - 3} more)` : '';
  return { text: `${shown.join('; ')}${rest}`, details: { issues } };
}
