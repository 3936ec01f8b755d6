import { isSubset, matches } from '../../claims/subject/match.js';
import { hasWildcard } from '../../claims/subject/subject.js';
import type { Account } from '../account/account.js';
import type { Broker } from '../broker.js';
import { fieldOf } from '../protocol/header.js';
import { fromWire } from '../protocol/text.js';
import type { InternalMessage } from '../routing/internal.js';
import { Subscription } from '../routing/subscription.js';
import { publishInternally } from './replies.js';

/**
 * `$SYS.DEBUG.SUBSCRIBERS`: how many clients of the asking account subscribe to `subject [queue]` (nats-server events.go
 * `debugSubscribers`). Of a subject with wildcards those count whose own subject lies within it.
 */
export function offerSubscriberCounts(broker: Broker, system: Account): void {
  system.subscribe(
    new Subscription('$SYS.DEBUG.SUBSCRIBERS', '', '', null, (message) => {
      const account = askingAccount(broker, system, message);
      if (account === undefined) return;
      const [subject = '', queue] = message.payload.toString('latin1').trim().split(' ');
      if (message.reply === '') return;
      publishInternally(system, message.reply, Buffer.from(`${count(account, subject, queue)}`));
    }),
  );
}

/** Through an import: the last account on the way, in the broker's own words. Else whoever asks is in the system account. */
function askingAccount(broker: Broker, system: Account, { publisher, header }: InternalMessage): Account | undefined {
  if (publisher === null || publisher.account === system) return system;
  const text = header === null ? null : fieldOf(header, 'Nats-Request-Info');
  const info = text === null ? {} : (JSON.parse(fromWire(text)) as { acc?: string; svc?: string });
  return broker.accounts.get(info.svc ?? info.acc ?? '');
}

function count(account: Account, subject: string, queue: string | undefined): number {
  const wild = hasWildcard(subject);
  let found = 0;
  for (const { subscriptions } of account.connections) {
    for (const each of subscriptions.values()) {
      if (queue !== undefined && each.queue !== queue) continue;
      if (wild ? isSubset(each.subject, subject) : matches(each.subject, subject)) found++;
    }
  }
  return found;
}
