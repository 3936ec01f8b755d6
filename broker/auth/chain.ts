import { isNatsctlError, type NatsctlError } from '../../claims/errors.js';
import type { Account } from '../account/account.js';
import { GLOBAL_ACCOUNT } from '../account/configured.js';
import { connectionLimits, isFull } from '../account/limits.js';
import { compileOnWire, permissionsOf } from '../account/permissions.js';
import type { Connection } from '../connection/connection.js';
import { codeOf, printable, stackOf } from '../log.js';
import { unixNow } from '../timer.js';
import type { Attempt, Step } from './attempt.js';
import { callOut } from './callout/callout.js';
import { recognize } from './config-steps.js';
import { entranceOf } from './entrance.js';
import { OPERATOR_STEPS } from './operator-steps.js';
import type { Principal } from './principal.js';
import { checkProxySignature } from './proxy.js';
import { refusalOf, refused, VIOLATION } from './refusal.js';

/**
 * What a CONNECT goes through, in nats-server's order. A step throws to refuse; the account's fetch, a bcrypt check and an auth callout
 * may take time. The checks at the end tell the client the truth; every other one is `Authorization Violation` to it.
 */
const BY_OPERATOR: readonly Step[] = [namesNoAccount, checkProxySignature, ...OPERATOR_STEPS, ...ending()];
const BY_CONFIG: readonly Step[] = [namesNoAccount, checkProxySignature, recognize, ...ending()];

function ending(): readonly Step[] {
  return [callOut, holdsStill, accountHasRoom, speaksKnownProtocol, agreesOnNoResponders, bind];
}

/** A CONNECT after operations that needed none: how the client wants to talk. Who it is stands already. */
const ANNOUNCEMENT: readonly Step[] = [namesNoAccount, staysWhoItIs, speaksKnownProtocol, agreesOnNoResponders];

/** Null when it is decided already: the connection then has an account, or is closed. */
export function authenticate(connection: Connection): Promise<void> | null {
  return runFrom(attemptOf(connection), connection.broker.auth.realm.kind === 'operator' ? BY_OPERATOR : BY_CONFIG, 0);
}

/** Closes the connection where its CONNECT does not fit who it already is. */
export function announce(connection: Connection): void {
  runFrom(attemptOf(connection), ANNOUNCEMENT, 0);
}

function attemptOf(connection: Connection): Attempt {
  const nothing = { token: null, account: null, user: null, expires: null, refusal: null };
  return { connection, auth: connection.broker.auth, now: unixNow(), proxied: false, ...nothing };
}

function runFrom(attempt: Attempt, steps: readonly Step[], start: number): Promise<void> | null {
  try {
    for (let i = start; i < steps.length; i++) {
      if (attempt.connection.closed) return null;
      const waiting = (steps[i] as Step)(attempt);
      if (waiting instanceof Promise) {
        return waiting.then(
          () => runFrom(attempt, steps, i + 1) ?? undefined,
          (error: unknown) => refuse(attempt, error),
        );
      }
    }
  } catch (error) {
    refuse(attempt, error);
  }
  return null;
}

function refuse(attempt: Attempt, error: unknown): void {
  const { connection, account } = attempt;
  // Its bytes were judged while it was there; nobody waits for the answer.
  if (connection.closed) return;
  if (!isNatsctlError(error)) {
    // A defect of ours: still a refusal, and never more than that (GHSA-g33f-6538-grxh).
    connection.log.error({ code: codeOf(error), stack: stackOf(error) }, 'connect failed');
    connection.close(VIOLATION.reason, VIOLATION.text);
    return;
  }
  const { text, reason } = refusalOf(error);
  const detail = printable(error.message);
  connection.log.warn(
    { code: error.code, detail, account: account?.id, ip: connection.remoteAddress },
    'connect refused',
  );
  if (reason !== 'No Responders Requires Headers' && reason !== 'Bad Client Protocol Version') {
    connection.broker.observers.refused(connection, toldIn(attempt, error), eventReason(error, reason));
  }
  connection.close(reason, text);
}

/**
 * The account whose watchers hear of it: the callout's, the one that is full, or the global account, where clients of a configuration are until
 * they are somebody. With operators none: whoever names an account must not be able to make noise there.
 */
function toldIn({ account, auth, connection: { broker } }: Attempt, { code }: NatsctlError): Account | null {
  if (code === 'ERR_CONNECT_CALLOUT' || code === 'ERR_CONNECT_ACCOUNT_FULL') return account;
  return auth.realm.kind === 'config' ? (broker.accounts.get(GLOBAL_ACCOUNT) ?? null) : null;
}

/** An auth callout's own words reach those who watch its account (nats-server sendAccountAuthErrorEvent). */
function eventReason(error: NatsctlError, reason: string): string {
  return error.code === 'ERR_CONNECT_CALLOUT' ? printable(error.message) : reason;
}

/** Leftovers of an experiment that once let a client choose its account (CVE-2022-24450). */
function namesNoAccount({ connection: { options } }: Attempt): void {
  if (options.account !== '' || options.new_account) {
    throw refused('ERR_CONNECT_DESIGNATION', 'CONNECT names an account');
  }
}

/** A session has one identity: credentials come first or not at all. */
function staysWhoItIs({ connection, auth }: Attempt): void {
  if (!entranceOf(connection, auth).required) return;
  const { options } = connection;
  const { jwt, sig, nkey, user, pass, auth_token } = options;
  if (`${jwt}${sig}${nkey}${user}${pass}${auth_token}` === '') return;
  throw refused('ERR_CONNECT_CREDENTIALS', 'credentials after operations without any');
}

/** A reload may have come while it waited: what was decided by the old configuration is not bound. */
function holdsStill({ auth, connection: { broker } }: Attempt): void {
  if (auth !== broker.auth) throw refused('ERR_CONNECT_CREDENTIALS', 'the configuration has changed meanwhile');
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
  const user = attempt.user as Principal;
  connection.setLimits(connectionLimits(connection.broker.limits, account, user));
  connection.setPermissions(compileOnWire(permissionsOf(user, account)));
  connection.install(account, user);
  if (attempt.expires !== null) connection.expiresAt(attempt.expires);
  connection.log.info({ account: account.id, user: user.id, ip: connection.remoteAddress }, 'connected');
}
