import type { Account } from '../account/account.js';
import type { Subscribe, Unsubscribe } from '../protocol/arguments.js';
import { OK, quoted } from '../protocol/writer.js';
import { Subscription } from '../routing/subscription.js';
import type { Connection } from './connection.js';

/** nats-server keeps this queue name for itself. */
const SYSTEM_QUEUE = '_sys_';

/** SUB: permission, limit, insertion, in nats-server's order. */
export function subscribe(connection: Connection, { subject, queue, sid }: Subscribe): void {
  const account = connection.account as Account;
  const { permissions, options } = connection;
  const allowed = permissions === null || permissions.canSubscribe(subject, queue === '' ? undefined : queue);
  // A malformed subject is no matter of permission: it is answered as such.
  if (queue === SYSTEM_QUEUE || (!allowed && !isMalformed(subject))) {
    const group = queue === '' ? '' : ` using queue ${quoted(queue)}`;
    connection.sendError(`Permissions Violation for Subscription to ${quoted(subject)}${group}`);
    connection.log.debug({ subject: quoted(subject), queue: quoted(queue) }, 'subscription refused');
    return;
  }
  const { maxSubTokens } = connection.broker.limits;
  if (maxSubTokens > 0 && subject.split('.').length > maxSubTokens) {
    connection.sendError(`Permissions Violation for Subscription to ${quoted(subject)}, too many tokens`);
    return;
  }
  if (connection.maxSubscriptions >= 0 && connection.subscriptions.size >= connection.maxSubscriptions) {
    connection.sendError('maximum subscriptions exceeded');
    return;
  }
  // A sid in use keeps its first subscription (P9).
  if (!connection.subscriptions.has(sid)) {
    const subscription = new Subscription(subject, queue, sid, connection);
    subscription.filter = permissions?.deliveryFilter(subject, queue === '' ? undefined : queue) ?? null;
    if (!account.subscribe(subscription)) {
      connection.sendError('Invalid Subject');
      return;
    }
    connection.subscriptions.set(sid, subscription);
  }
  if (options.verbose) connection.send(OK);
}

function isMalformed(subject: string): boolean {
  const tokens = subject.split('.');
  const wild = tokens.indexOf('>');
  return tokens.includes('') || (wild !== -1 && wild < tokens.length - 1);
}

/** UNSUB (P10): now, or once so many messages were delivered since the subscription began. */
export function unsubscribe(connection: Connection, { sid, max }: Unsubscribe): void {
  const subscription = connection.subscriptions.get(sid);
  if (subscription !== undefined) {
    if (max > 0 && max > subscription.delivered) subscription.max = max;
    else connection.endSubscription(subscription);
  }
  if (connection.options.verbose) connection.send(OK);
}
