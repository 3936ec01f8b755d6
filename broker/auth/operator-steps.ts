import { checkConnectionType } from '../../claims/trust/connection-type.js';
import { checkNonce } from '../../claims/trust/nonce.js';
import { checkProxy } from '../../claims/trust/proxy.js';
import { checkSource } from '../../claims/trust/source.js';
import { checkTimes } from '../../claims/trust/times.js';
import { accountOfUser, type VerifiedUser } from '../../claims/trust/user.js';
import type { Decoded, UserClaims } from '../../claims/types.js';
import type { Account } from '../account/account.js';
import { isExpired } from '../account/apply.js';
import type { Attempt, Step } from './attempt.js';
import { type Principal, principalOf } from './principal.js';
import { refused } from './refusal.js';
import type { OperatorRealm } from './settings.js';

/** What a user JWT goes through, in nats-server's order (auth.go processClientOrLeafAuthentication). */
export const OPERATOR_STEPS: readonly Step[] = [
  decodeUserJwt,
  isOfPinnedAccount,
  findAccount,
  accountIsCurrent,
  verifyUserJwt,
  allowsConnectionType,
  provesPossession,
  comesFromAllowedSource,
  comesAtAllowedTime,
];

/**
 * Without a JWT a client stands on the sentinel, if there is one. One that is there must be good: nats-server takes the sentinel in place of
 * a JWT that does not decode, so that a mistake of a client makes it somebody else.
 */
function decodeUserJwt(attempt: Attempt): void {
  const { options, broker } = attempt.connection;
  const { sentinel } = broker.auth.realm as OperatorRealm;
  const jwt = options.jwt === '' ? sentinel : options.jwt;
  if (jwt === null) throw refused('ERR_CONNECT_NO_JWT', 'CONNECT has no user JWT');
  attempt.token = broker.users.decode(jwt);
  checkProxy(attempt.token.claims.nats, attempt.proxied);
}

function isOfPinnedAccount({ connection: { broker }, token }: Attempt): void {
  const { pinned } = broker.auth.realm as OperatorRealm;
  if (pinned === null || pinned.has(accountOfUser(token as Decoded<UserClaims>))) return;
  broker.pinnedAccountFails++;
  throw refused('ERR_CONNECT_PINNED', 'the account is not one of the pinned ones');
}

function findAccount(attempt: Attempt): void | Promise<void> {
  const found = attempt.connection.broker.accounts.lookup(accountOfUser(attempt.token as Decoded<UserClaims>));
  if (found instanceof Promise) {
    return found.then((account) => {
      attempt.account = account;
    });
  }
  attempt.account = found;
}

function accountIsCurrent({ account }: Attempt): void {
  if (isExpired(account as Account)) throw refused('ERR_CONNECT_ACCOUNT_EXPIRED', 'the account has expired');
}

/** Key set, scope and template, validity, bearer policy, revocation: the law of claims/trust. */
function verifyUserJwt(attempt: Attempt): void {
  const { verified } = attempt.account as Account;
  const user = attempt.connection.broker.users.verify(attempt.token as Decoded<UserClaims>, verified, attempt.now);
  attempt.user = principalOf(user);
  attempt.expires = user.claims.exp || null;
  // Also where the role says so: nats-server asks the JWT alone.
  checkProxy(user.limits, attempt.proxied);
}

function allowsConnectionType({ connection, user }: Attempt): void {
  checkConnectionType((user as Principal).limits, connection.type);
}

/** The signature of the nonce; a bearer token proves itself. */
function provesPossession({ connection, user }: Attempt): void {
  checkNonce((user as Principal).verified as VerifiedUser, connection.nonce, connection.options.sig);
}

export function comesFromAllowedSource({ connection, user }: Attempt): void {
  checkSource((user as Principal).limits, connection.remoteAddress);
}

/** The session ends with the JWT or with the time window, whichever comes first. */
export function comesAtAllowedTime(attempt: Attempt): void {
  const end = Math.min(checkTimes((attempt.user as Principal).limits, attempt.now), attempt.expires ?? Infinity);
  // A JWT holds through its last second, a session does not begin in it: it would end at once.
  if (end <= attempt.now) throw refused('ERR_CONNECT_USER_EXPIRED', 'the user has expired');
  attempt.expires = end === Infinity ? null : end;
}
