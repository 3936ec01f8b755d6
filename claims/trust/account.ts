/** Is this account one of ours, and sound? */
import { decodeAs } from '../jwt/decode.js';
import type { AccountClaims, Decoded, OperatorClaims } from '../types.js';
import { validate } from '../validate/validate.js';
import { describeIssues, trustError } from './errors.js';
import type { TrustedOperators } from './operators.js';

/** Comes from `verifyAccount` only. */
export interface VerifiedAccount {
  readonly claims: AccountClaims;
  readonly token: string;
  readonly operator: OperatorClaims;
  /** Its operator demands signing keys, so its identity key signs no users. */
  readonly strict: boolean;
}

export interface VerifyAccountOptions {
  /** Unix seconds. */
  now: number;
  /** The account that was asked for: another one is refused. */
  subject?: string;
  /** Take an account that was valid once, to show or store it. */
  allowExpired?: boolean;
}

/**
 * Checks an account: signature and form, signed by a trusted key, the one asked for, without blocking issues, in its time.
 *
 * @throws NatsctlError ERR_JWT_*, ERR_ACCOUNT_UNTRUSTED, ERR_ACCOUNT_SUBJECT, ERR_ACCOUNT_INVALID, ERR_ACCOUNT_EXPIRED,
 *   ERR_ACCOUNT_NOT_YET_VALID
 */
export function verifyAccount(
  token: string | Decoded<AccountClaims>,
  trusted: TrustedOperators,
  { now, subject, allowExpired = false }: VerifyAccountOptions,
): VerifiedAccount {
  const decoded = typeof token === 'string' ? decodeAs('account', token) : token;
  const { claims } = decoded;
  const signer = trusted.keys.get(claims.iss);
  if (signer === undefined) {
    throw trustError(
      'ERR_ACCOUNT_UNTRUSTED',
      `the account ${claims.sub} is signed by ${claims.iss}, which is no trusted operator key`,
      {
        hint: 'sign it with a key of the operator (with its signing key, where the operator demands signing keys)',
        details: { account: claims.sub, issuer: claims.iss },
      },
    );
  }
  if (subject !== undefined && claims.sub !== subject) {
    throw trustError('ERR_ACCOUNT_SUBJECT', `the JWT is that of account ${claims.sub}, where ${subject} is needed`, {
      details: { account: claims.sub, wanted: subject },
    });
  }
  checkInTime(claims, now, allowExpired);
  const blocking = validate(claims, now).filter((issue) => issue.level === 'error');
  if (blocking.length > 0) {
    const { text, details } = describeIssues(blocking);
    throw trustError('ERR_ACCOUNT_INVALID', `the account ${claims.sub} is not valid: ${text}`, {
      details: { account: claims.sub, ...details },
    });
  }
  return { claims, token: decoded.token, operator: signer.operator, strict: signer.strict };
}

/** True once the account's time is over: its users are refused and closed. */
export function isExpired(claims: { exp?: number }, now: number): boolean {
  return claims.exp !== undefined && claims.exp !== 0 && now > claims.exp;
}

export function isTooEarly(claims: { nbf?: number }, now: number): boolean {
  return claims.nbf !== undefined && claims.nbf > now;
}

function checkInTime(claims: AccountClaims, now: number, allowExpired: boolean): void {
  if (isExpired(claims, now) && !allowExpired) {
    throw trustError('ERR_ACCOUNT_EXPIRED', `the account ${claims.sub} expired at ${timeText(claims.exp)}`, {
      hint: 'give it a new expiry and sign it again',
      details: { account: claims.sub, exp: claims.exp },
    });
  }
  if (isTooEarly(claims, now)) {
    throw trustError(
      'ERR_ACCOUNT_NOT_YET_VALID',
      `the account ${claims.sub} is not valid before ${timeText(claims.nbf)}`,
      {
        details: { account: claims.sub, nbf: claims.nbf },
      },
    );
  }
}

/** Seconds as a date a person reads; far times that no calendar has stay numbers. */
export function timeText(seconds = 0): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('.000Z', 'Z');
}
