import { randomBytes } from 'node:crypto';
import { isNatsctlError } from '../../../claims/errors.js';
import { Seed } from '../../../claims/keys/seed.js';
import type { Account } from '../../account/account.js';
import { MAX_CALLOUT_ANSWER, MAX_WAITING_CALLOUTS } from '../../limits.js';
import { makePublication } from '../../protocol/operation.js';
import { deliverAcross } from '../../routing/services.js';
import { Subscription } from '../../routing/subscription.js';
import type { Attempt } from '../attempt.js';
import { refused } from '../refusal.js';
import { acceptAnswer } from './answer.js';
import { calloutRequest } from './request.js';
import { CALLOUT_SUBJECT } from './subject.js';

/** One question to a service, on behalf of a connection. */
export interface Callout {
  readonly attempt: Attempt;
  /** The account whose service is asked. */
  readonly account: Account;
  /** Made for this question: the answer must be for it, so that an old one is worth nothing. */
  readonly userKey: string;
  /** Public curve key of the service; null = in the clear. */
  readonly xkey: string | null;
}

const waitingOf = new WeakMap<object, number>();

/** Asks the service of an account that decides on its users elsewhere (ADR-26), and makes of the connection who the answer says. */
export function callOut(attempt: Attempt): void | Promise<void> {
  const account = calloutAccount(attempt);
  if (account !== null) return ask(attempt, account);
  if (attempt.refusal !== null) throw attempt.refusal;
}

/** Null where what was decided so far holds. Who is exempt is judged by what was proven, never by what CONNECT claims. */
function calloutAccount({ connection: { broker, options }, account, user, refusal }: Attempt): Account | null {
  const { realm } = broker.auth;
  if (realm.kind === 'operator') {
    const { auth_users: exempt } = (account as Account).verified.claims.nats.authorization;
    return exempt.length === 0 || exempt.includes(user?.verified?.claims.sub ?? '') ? null : account;
  }
  const { callout } = realm;
  if (callout === null) return null;
  if (refusal !== null) {
    // Whoever claims to be the service and cannot prove it is not sent to it.
    if (callout.authUsers.includes(options.nkey || options.user)) return null;
  } else {
    if (callout.authUsers.includes(user?.id ?? '')) return null;
    const { allowedAccounts = [] } = callout;
    const id = (account as Account).id;
    if (id !== '$G' && allowedAccounts.length > 0 && !allowedAccounts.includes(id)) return null;
  }
  return broker.accounts.get(callout.account) ?? null;
}

async function ask(attempt: Attempt, account: Account): Promise<void> {
  const { connection } = attempt;
  const { broker } = connection;
  const waiting = waitingOf.get(broker) ?? 0;
  if (waiting >= MAX_WAITING_CALLOUTS) throw refused('ERR_CONNECT_BUSY', 'too many auth callouts wait for an answer');
  waitingOf.set(broker, waiting + 1);
  const xkey = account.verified.claims.nats.authorization.xkey || null;
  const callout: Callout = { attempt, account, userKey: Seed.generate('user').publicKey, xkey };
  try {
    const { header, payload } = await calloutRequest(callout);
    const answer = await request(account, broker.limits.authTimeoutMs, header, payload, () => connection.closed);
    if (connection.closed) return;
    // What goes wrong from here on is the callout's, and told in its account.
    attempt.account = account;
    if (answer === null) throw refused('ERR_CONNECT_CALLOUT', 'Authorization callout response not received in time');
    await acceptAnswer(callout, answer);
  } catch (error) {
    attempt.account = account;
    if (!isNatsctlError(error) || error.code === 'ERR_USER_PROXY') throw error;
    throw refused('ERR_CONNECT_CALLOUT', error.message, error);
  } finally {
    waitingOf.set(broker, (waitingOf.get(broker) ?? 1) - 1);
  }
}

/** The first answer, or null when none came in time. */
function request(
  account: Account,
  timeoutMs: number,
  header: Buffer | null,
  payload: Uint8Array,
  abandoned: () => boolean,
): Promise<Buffer | null> {
  if (abandoned()) return Promise.resolve(null);
  // As nats-server's own inboxes are named: services are often allowed to answer on these only.
  const inbox = `$SYS._INBOX.${randomBytes(6).toString('hex')}.${randomBytes(16).toString('hex')}`;
  return new Promise((resolve) => {
    const end = (answer: Buffer | null): void => {
      clearTimeout(timer);
      account.unsubscribe(subscription);
      resolve(answer);
    };
    const timer = setTimeout(() => end(null), timeoutMs);
    timer.unref();
    const subscription = new Subscription(inbox, '', '', null, ({ payload: answer }) => {
      // Its bytes are the publisher's buffer, which goes on after this call.
      if (!subscription.closed) end(Buffer.from(answer.subarray(0, MAX_CALLOUT_ANSWER + 1)));
    });
    account.subscribe(subscription);
    const publication = makePublication(CALLOUT_SUBJECT, inbox, header, payload);
    deliverAcross(null, account, account.routes.get(CALLOUT_SUBJECT), publication, inbox);
  });
}
