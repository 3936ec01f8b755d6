import type { Subscription } from './subscription.js';

/** Who wants a subject: the plain subscriptions, and the members of each queue group. */
export interface Match {
  plain: Subscription[];
  groups: Map<string, Subscription[]>;
}

/**
 * The subscriptions of one account by subject. `tree.ts` is the one in use; `linear.ts` does the same by asking every
 * subscription in turn, and is what the tree is tested against.
 */
export interface Interest {
  /** False, and nothing changed, when the subject is none that can be subscribed to. */
  insert(subscription: Subscription): boolean;
  remove(subscription: Subscription): void;
  /** Of a published subject: its wildcard characters are ordinary text (P11). */
  match(subject: string): Match;
  readonly size: number;
}

export function emptyMatch(): Match {
  return { plain: [], groups: new Map() };
}

export function addToMatch(match: Match, subscription: Subscription): void {
  if (subscription.queue === '') {
    match.plain.push(subscription);
    return;
  }
  const group = match.groups.get(subscription.queue);
  if (group === undefined) match.groups.set(subscription.queue, [subscription]);
  else group.push(subscription);
}
