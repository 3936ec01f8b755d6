/** How much of a subject a permission list lets a user have: all of it, some of it, or nothing. */
import { parsePublishEntry, parseSubscribeEntry } from '../../claims/permission/queue.js';
import { isSubset, overlaps } from '../../claims/subject/match.js';
import { tokenize } from '../../claims/subject/subject.js';
import type { Permissions } from '../../claims/types.js';

export interface Reached {
  all: boolean;
  /** The allow entries that give it, as they stand in the list; none where there is no list. */
  entries: string[];
}

/**
 * `subject` may be literal or have wildcards. Deny wins over allow, as in claims/permission. A deny for a queue group takes nothing from
 * a subscription without one; an allow for a queue group gives the subject all the same.
 */
export function reachOf(permissions: Permissions, action: 'pub' | 'sub', subject: string): Reached | null {
  const { allow, deny } = permissions[action];
  // Who may respond and has no allow list may do nothing but respond.
  if (action === 'pub' && allow.length === 0 && permissions.resp !== undefined) return null;
  const denied = deny.flatMap((entry) => (action === 'pub' ? parsePublishEntry(entry, 'deny') : plainDeny(entry)));
  const isDenied = (part: string) => denied.some((pattern) => isSubset(part, pattern));
  if (isDenied(subject)) return null;
  const untouched = !denied.some((pattern) => overlaps(pattern, subject));
  if (allow.length === 0) return { all: untouched, entries: [] };
  const giving = allow
    .map((text) => ({ text, pattern: action === 'pub' ? parsePublishEntry(text, 'allow') : subscribed(text) }))
    .filter(({ pattern }) => overlaps(pattern, subject) && !isDenied(intersection(pattern, subject)));
  if (giving.length === 0) return null;
  const whole = giving.some(({ pattern }) => isSubset(subject, pattern));
  return { all: whole && untouched, entries: giving.map(({ text }) => text) };
}

function subscribed(entry: string): string {
  return parseSubscribeEntry(entry).subject;
}

function plainDeny(text: string): string[] {
  const { subject, queue } = parseSubscribeEntry(text);
  return queue === null ? [subject] : [];
}

/** What two patterns that overlap have in common: itself a pattern. */
export function intersection(a: string, b: string): string {
  const [left, right] = [tokenize(a), tokenize(b)];
  const both: string[] = [];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [l, r] = [left[at], right[at]];
    if (l === '>') return [...both, ...right.slice(at)].join('.');
    if (r === '>') return [...both, ...left.slice(at)].join('.');
    both.push((l === '*' ? r : l) ?? '');
  }
  return both.join('.');
}
