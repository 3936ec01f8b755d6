import { isNatsctlError } from '../../claims/errors.js';
import { checkConnectionType } from '../../claims/trust/connection-type.js';
import { checkNonce } from '../../claims/trust/nonce.js';
import { checkSource } from '../../claims/trust/source.js';
import { checkTimes } from '../../claims/trust/times.js';
import { accountOfUser, type VerifiedUser } from '../../claims/trust/user.js';
import type { Decoded, UserClaims } from '../../claims/types.js';
import type { Account } from '../account/account.js';
import { isExpired } from '../account/apply.js';
import { connectionLimits, isFull } from '../account/limits.js';
import { compileOnWire, permissionsOf } from '../account/permissions.js';
import type { Connection } from '../connection/connection.js';
import { codeOf, printable, stackOf } from '../log.js';
import { unixNow } from '../timer.js';
import { principalOf } from './principal.js';
import { refusalOf, refused, VIOLATION } from './refusal.js';

/** One CONNECT on its way. */
interface Attempt {
  readonly connection: Connection;
  readonly now: number;
  /** Its signature is checked, nothing else yet. */
  token: Decoded<UserClaims> | null;
  account: Account | null;
  user: VerifiedUser | null;
  /** Unix seconds at which the session must end; null = never. */
  expires: number | null;
}

type Step = (attempt: Attempt) => void | Promise<void>;

/**
 * What a CONNECT goes through, in nats-server's order. A step throws to refuse; only the account's fetch may take time.
 * The two checks at the end tell the client the truth; every other one is `Authorization Violation` to it.
 */
const STEPS: readonly Step[] = [
  namesNoAccount,
  decodeUserJwt,
  findAccount,
  accountIsCurrent,
  verifyUserJwt,
  allowsConnectionType,
  provesPossession,
  comesFromAllowedSource,
  comesAtAllowedTime,
  accountHasRoom,
  speaksKnownProtocol,
  agreesOnNoResponders,
  bind,
];

/** Null when it is decided already: the connection then has an account, or is closed. */
export function authenticate(connection: Connection): Promise<void> | null {
  return runFrom({ connection, now: unixNow(), token: null, account: null, user: null, expires: null }, 0);
}

function runFrom(attempt: Attempt, start: number): Promise<void> | null {
  try {
    for (let i = start; i < STEPS.length; i++) {
      if (attempt.connection.closed) return null;
      const waiting = (STEPS[i] as Step)(attempt);
      if (waiting instanceof Promise) {
        return waiting.then(
          () => runFrom(attempt, i + 1) ?? undefined,
          (error: unknown) => refuse(attempt, error),
        );
      }
    }
  } catch (error) {
    refuse(attempt, error);
  }
  return null;
}

function refuse({ connection, account }: Attempt, error: unknown): void {
  if (!isNatsctlError(error)) {
    // A defect of ours: still a refusal, and never more than that (GHSA-g33f-6538-grxh).
    connection.log.error({ code: codeOf(error), stack: stackOf(error) }, 'connect failed');
    connection.close(VIOLATION.reason, VIOLATION.text);
    return;
  }
  const { text, reason } = refusalOf(error);
  connection.log.warn(
    { code: error.code, detail: printable(error.message), account: account?.id, ip: connection.remoteAddress },
    'connect refused',
  );
  connection.close(reason, text);
}

/** Leftovers of an experiment that once let a client choose its account (CVE-2022-24450). */
function namesNoAccount({ connection: { options } }: Attempt): void {
  if (options.account !== '' || options.new_account) {
    throw refused('ERR_CONNECT_DESIGNATION', 'CONNECT names an account');
  }
}

function decodeUserJwt(attempt: Attempt): void {
  const { options, broker } = attempt.connection;
  if (options.jwt === '') throw refused('ERR_CONNECT_NO_JWT', 'CONNECT has no user JWT');
  attempt.token = broker.users.decode(options.jwt);
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
  attempt.user = attempt.connection.broker.users.verify(attempt.token as Decoded<UserClaims>, verified, attempt.now);
  attempt.expires = attempt.user.claims.exp || null;
}

function allowsConnectionType({ connection, user }: Attempt): void {
  checkConnectionType((user as VerifiedUser).limits, connection.type);
}

/** The signature of the nonce; a bearer token proves itself. */
function provesPossession({ connection, user }: Attempt): void {
  checkNonce(user as VerifiedUser, connection.nonce, connection.options.sig);
}

function comesFromAllowedSource({ connection, user }: Attempt): void {
  checkSource((user as VerifiedUser).limits, connection.remoteAddress);
}

/** The session ends with the JWT or with the time window, whichever comes first. */
function comesAtAllowedTime(attempt: Attempt): void {
  const end = Math.min(checkTimes((attempt.user as VerifiedUser).limits, attempt.now), attempt.expires ?? Infinity);
  // A JWT holds through its last second, a session does not begin in it: it would end at once.
  if (end <= attempt.now) throw refused('ERR_CONNECT_USER_EXPIRED', 'the user has expired');
  attempt.expires = end === Infinity ? null : end;
}

function accountHasRoom({ account }: Attempt): void {
  if (isFull(account as Account)) throw refused('ERR_CONNECT_ACCOUNT_FULL', 'the account has all its connections');
}

function speaksKnownProtocol({ connection: { options } }: Attempt): void {
  if (options.protocol < 0 || options.protocol > 1) {
    throw refused('ERR_CONNECT_PROTOCOL', `protocol ${options.protocol} is not known`);
  }
}

function agreesOnNoResponders({ connection }: Attempt): void {
  if (connection.options.no_responders && !connection.headers) {
    throw refused('ERR_CONNECT_NO_RESPONDERS', 'no_responders without headers');
  }
}

function bind(attempt: Attempt): void {
  const { connection } = attempt;
  const account = attempt.account as Account;
  const user = principalOf(attempt.user as VerifiedUser);
  connection.setLimits(connectionLimits(connection.broker.limits, account, user));
  connection.setPermissions(compileOnWire(permissionsOf(user, account)));
  connection.install(account, user);
  if (attempt.expires !== null) connection.expiresAt(attempt.expires);
  connection.log.info({ account: account.id, user: user.id, ip: connection.remoteAddress }, 'connected');
}
