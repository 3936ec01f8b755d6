import { NatsctlError } from '../errors.js';
import { isSubset } from '../subject/match.js';
import { isValidSubject, tokenize } from '../subject/subject.js';

export type PermissionErrorCode = 'ERR_PERMISSION_INVALID';

/** An entry of a subscribe list: a subject, and the queue group it is about, or null for one without. */
export interface SubscribeEntry {
  subject: string;
  queue: string | null;
}

/**
 * Splits `subject queue`. One space and nothing else parts the two, as the JWT library has it: nats-server's reading of
 * any white space let a tab stop the server (2026-07-30, fixed there).
 */
export function parseSubscribeEntry(entry: string): SubscribeEntry {
  const space = entry.indexOf(' ');
  const subject = space === -1 ? entry : entry.slice(0, space);
  const queue = space === -1 ? null : entry.slice(space + 1);
  if (!isValidSubject(subject) || (queue !== null && !isValidSubject(queue))) throw invalidEntry(entry, 'subscribe');
  return { subject, queue };
}

/** An entry of a publish list. A queue has no meaning there: refused in an allow list, ignored in a deny list. */
export function parsePublishEntry(entry: string, list: 'allow' | 'deny'): string {
  if (isValidSubject(entry)) return entry;
  if (list === 'deny') return parseSubscribeEntry(entry).subject;
  throw invalidEntry(entry, 'publish');
}

/** True when an allow entry for the groups `pattern` lets a member of `queue` in. */
export function allowsQueue(pattern: string, queue: string): boolean {
  return pattern === queue || pattern === '>' || isSubset(queue, pattern);
}

/**
 * True when a deny entry for the groups `pattern` keeps a member of `queue` out. A group's name is any text, so unlike
 * subjects it may have empty tokens or wildcards that are only text; none of that slips through a deny.
 */
export function deniesQueue(pattern: string, queue: string): boolean {
  if (pattern === queue) return true;
  const tokens = tokenize(queue);
  const wanted = tokenize(pattern);
  for (const [i, token] of wanted.entries()) {
    if (i >= tokens.length) return false;
    if (token === '>') return true;
    if (token !== '*' && token !== tokens[i]) return false;
  }
  return tokens.length === wanted.length;
}

function invalidEntry(entry: string, direction: string): NatsctlError<PermissionErrorCode> {
  return new NatsctlError('ERR_PERMISSION_INVALID', `${direction} permission ${JSON.stringify(entry)} is not valid`, {
    hint:
      direction === 'subscribe'
        ? 'write a subject, or a subject, one space and a queue group'
        : 'write a subject; a queue group is only for subscribe permissions',
    details: { entry },
  });
}
