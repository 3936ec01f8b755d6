/** May this user come in, as far as its JWT and its account's say? What the connection adds is in the files beside. */
import { isRevoked } from '../account/revocation.js';
import { isNatsctlError } from '../errors.js';
import { decodeAs } from '../jwt/decode.js';
import { expandTemplate } from '../scope/template.js';
import type { AccountClaims, Decoded, UserClaims, UserPermissionLimits, UserScope } from '../types.js';
import { limitIssues } from '../validate/user.js';
import { validate } from '../validate/validate.js';
import { isExpired, isTooEarly, timeText, type VerifiedAccount } from './account.js';
import { describeIssues, trustError } from './errors.js';

/** Comes from `verifyUser` only. */
export interface VerifiedUser {
  readonly claims: UserClaims;
  readonly account: VerifiedAccount;
  /** Of the signing key, null where it has none. */
  readonly scope: UserScope | null;
  /** What holds: the user's own, or the scope's template filled for this user. */
  readonly limits: UserPermissionLimits;
}

/**
 * The account a user token names, its signature checked: which account to look up. Nothing is trusted yet.
 *
 * @throws NatsctlError ERR_JWT_*
 */
export function accountOfUser(token: string | Decoded<UserClaims>): string {
  const { claims } = read(token);
  return claims.nats.issuer_account ?? claims.iss;
}

/**
 * Checks a user against its verified account, in the order of nats-server's connect chain.
 *
 * @throws NatsctlError ERR_JWT_*, ERR_USER_*, ERR_ACCOUNT_EXPIRED
 */
export function verifyUser(
  token: string | Decoded<UserClaims>,
  account: VerifiedAccount,
  { now }: { now: number },
): VerifiedUser {
  const { claims } = read(token);
  checkClaims(claims, now);
  checkAccount(claims, account);
  const scope = scopeOfIssuer(claims, account);
  const limits = scope === null ? ownLimits(claims) : scopedLimits(claims, account.claims, scope);
  if (isExpired(account.claims, now)) {
    throw trustError(
      'ERR_ACCOUNT_EXPIRED',
      `the account ${account.claims.sub} expired at ${timeText(account.claims.exp)}`,
    );
  }
  if (limits.bearer_token === true && account.claims.nats.limits.disallow_bearer) {
    throw trustError('ERR_USER_BEARER', `the user ${claims.sub} is a bearer token, which its account does not allow`);
  }
  if (isRevoked(account.claims.nats.revocations, claims.sub, claims.iat)) {
    throw trustError(
      'ERR_USER_REVOKED',
      `the user ${claims.sub} is revoked for JWTs issued up to a time after ${timeText(claims.iat)}`,
      {
        hint: 'issue a new JWT for the user, or take the revocation out',
      },
    );
  }
  return { claims, account, scope, limits };
}

/**
 * The scope of the key that signed, null for a plain key; undefined where that key signs no users of this account.
 * The identity key is a plain one, unless the operator demands signing keys.
 */
export function scopeOfKey(
  key: string,
  account: { claims: AccountClaims; strict: boolean },
): UserScope | null | undefined {
  const { sub, nats } = account.claims;
  return key === sub && !account.strict ? null : nats.signing_keys.get(key);
}

/** True for a user that has nothing of its own, which is what a scoped signing key may sign: limits are absent, not -1. */
export function hasNothingOfItsOwn(limits: UserPermissionLimits): boolean {
  const { pub, sub, src, times, allowed_connection_types: types } = limits;
  const lists: readonly (readonly unknown[])[] = [pub.allow, pub.deny, sub.allow, sub.deny, src, times, types];
  return (
    lists.every((list) => list.length === 0) &&
    limits.resp === undefined &&
    !limits.times_location &&
    limits.subs === 0 &&
    limits.data === 0 &&
    limits.payload === 0 &&
    !limits.bearer_token &&
    !limits.proxy_required
  );
}

function read(token: string | Decoded<UserClaims>): Decoded<UserClaims> {
  return typeof token === 'string' ? decodeAs('user', token) : token;
}

function checkClaims(claims: UserClaims, now: number): void {
  if (isExpired(claims, now)) {
    throw trustError('ERR_USER_EXPIRED', `the JWT of user ${claims.sub} expired at ${timeText(claims.exp)}`, {
      hint: 'issue a new one',
    });
  }
  if (isTooEarly(claims, now)) {
    throw trustError(
      'ERR_USER_NOT_YET_VALID',
      `the JWT of user ${claims.sub} is not valid before ${timeText(claims.nbf)}`,
    );
  }
  const blocking = validate(claims, now).filter((issue) => issue.level === 'error');
  if (blocking.length > 0) {
    const { text, details } = describeIssues(blocking);
    throw trustError('ERR_USER_INVALID', `the JWT of user ${claims.sub} is not valid: ${text}`, { details });
  }
}

function checkAccount(claims: UserClaims, account: VerifiedAccount): void {
  const named = claims.nats.issuer_account ?? claims.iss;
  if (named !== account.claims.sub) {
    throw trustError('ERR_USER_ACCOUNT', `the user ${claims.sub} is of account ${named}, not of ${account.claims.sub}`);
  }
}

function scopeOfIssuer(claims: UserClaims, account: VerifiedAccount): UserScope | null {
  const scope = scopeOfKey(claims.iss, account);
  if (scope !== undefined) return scope;
  const why =
    claims.iss === account.claims.sub
      ? 'its identity key, but the operator demands signing keys'
      : 'a key that is none of its signing keys';
  throw trustError('ERR_USER_ISSUER', `the user ${claims.sub} of account ${account.claims.sub} is signed by ${why}`, {
    hint: 'sign the user again, with a signing key that the account lists',
    details: { issuer: claims.iss },
  });
}

function ownLimits({ nats }: UserClaims): UserPermissionLimits {
  const { issuer_account: _account, tags: _tags, type: _type, version: _version, ...limits } = nats;
  return limits;
}

function scopedLimits(claims: UserClaims, account: AccountClaims, scope: UserScope): UserPermissionLimits {
  if (!hasNothingOfItsOwn(claims.nats)) {
    throw trustError(
      'ERR_USER_SCOPE',
      `the user ${claims.sub} is signed by the scoped key ${scope.key}, but has permissions or limits of its own`,
      {
        hint: 'issue it again without any: the scope gives them',
      },
    );
  }
  let limits: UserPermissionLimits;
  try {
    limits = expandTemplate(scope.template, {
      user: { name: claims.name ?? '', key: claims.sub, tags: claims.nats.tags ?? [] },
      account: { name: account.name ?? '', key: account.sub, tags: account.nats.tags ?? [] },
    });
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    throw trustError(
      'ERR_USER_TEMPLATE',
      `the role "${scope.role}" cannot be given to user ${claims.sub}: ${error.message}`,
      {
        ...(error.hint !== undefined && { hint: error.hint }),
        cause: error,
      },
    );
  }
  const blocking = limitIssues(limits).filter((issue) => issue.level === 'error');
  if (blocking.length > 0) {
    const { text, details } = describeIssues(blocking);
    throw trustError(
      'ERR_USER_TEMPLATE',
      `the role "${scope.role}" gives user ${claims.sub} what is not valid: ${text}`,
      { details },
    );
  }
  return limits;
}
