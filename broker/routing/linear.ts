import { matches } from '../../claims/subject/match.js';
import { isValidSubject } from '../../claims/subject/subject.js';
import { addToMatch, emptyMatch, type Interest } from './interest.js';
import type { Subscription } from './subscription.js';

/** The obvious way: the oracle of the tree's tests. */
export function linearInterest(): Interest {
  const all = new Set<Subscription>();
  return {
    insert(subscription) {
      if (!isValidSubject(subscription.subject)) return false;
      all.add(subscription);
      return true;
    },
    remove: (subscription) => void all.delete(subscription),
    match(subject) {
      const match = emptyMatch();
      for (const subscription of all) if (matches(subscription.subject, subject)) addToMatch(match, subscription);
      return match;
    },
    get size() {
      return all.size;
    },
  };
}
