/**
 * Which entry of a permission list decides. The same answers as claims/permission, found entry by entry instead of compiled;
 * a property test holds the two together.
 */
import { allowsQueue, deniesQueue, parsePublishEntry, parseSubscribeEntry } from '../permission/queue.js';
import { isSubset, matches, overlaps } from '../subject/match.js';
import { isValidSubject } from '../subject/subject.js';
import type { Permission, Permissions } from '../types.js';

export interface Ruling {
  allowed: boolean;
  why:
    | 'denied'
    | 'allowed'
    | 'not listed'
    | 'no list'
    /** May respond and has no allow list: nothing but responses. */
    | 'responses only'
    | 'not a subject';
  /** The entry that decides, and where it stands. */
  entry?: { list: 'allow' | 'deny'; index: number; text: string };
}

export function rulePublish(permissions: Permissions, subject: string): Ruling {
  const { allow, deny } = permissions.pub;
  if (allow.length === 0 && permissions.resp !== undefined) return { allowed: false, why: 'responses only' };
  if (allow.length === 0 && deny.length === 0) return { allowed: true, why: 'no list' };
  if (!matches('>', subject)) return { allowed: false, why: 'not a subject' };
  const denied = deny.findIndex((entry) => matches(parsePublishEntry(entry, 'deny'), subject));
  if (denied >= 0) return ruling(false, 'deny', denied, permissions.pub);
  if (allow.length === 0) return { allowed: true, why: 'no list' };
  const allowed = allow.findIndex((entry) => matches(parsePublishEntry(entry, 'allow'), subject));
  return allowed >= 0 ? ruling(true, 'allow', allowed, permissions.pub) : { allowed: false, why: 'not listed' };
}

export function ruleSubscribe(permissions: Permissions, subject: string, queue?: string): Ruling {
  const { allow, deny } = permissions.sub;
  if (allow.length === 0 && deny.length === 0) return { allowed: true, why: 'no list' };
  if (!isValidSubject(subject)) return { allowed: false, why: 'not a subject' };
  const denied = deny.findIndex((text) => {
    const entry = parseSubscribeEntry(text);
    if (!covers(entry.subject, subject)) return false;
    return entry.queue === null || (!!queue && deniesQueue(entry.queue, queue));
  });
  if (denied >= 0) return ruling(false, 'deny', denied, permissions.sub);
  if (allow.length === 0) return { allowed: true, why: 'no list' };
  const entries = allow.map((text, index) => ({ ...parseSubscribeEntry(text), index }));
  const about = entries.filter((entry) => covers(entry.subject, subject));
  const groups = queue ? about.filter((entry) => entry.queue !== null) : [];
  const decides =
    groups.length > 0
      ? groups.find((entry) => allowsQueue(entry.queue as string, queue as string))
      : about.find((entry) => entry.queue === null);
  if (decides !== undefined) return ruling(true, 'allow', decides.index, permissions.sub);
  return { allowed: false, why: 'not listed' };
}

/** Deny entries that keep back some of what an accepted subscription would get. */
export function keptBack(permissions: Permissions, subject: string, queue?: string): Ruling[] {
  return permissions.sub.deny.flatMap((text, index) => {
    const entry = parseSubscribeEntry(text);
    const applies = entry.queue === null || (!!queue && deniesQueue(entry.queue, queue));
    return applies && overlaps(entry.subject, subject) ? [ruling(false, 'deny', index, permissions.sub)] : [];
  });
}

function covers(outer: string, inner: string): boolean {
  return isSubset(inner, outer);
}

function ruling(allowed: boolean, list: 'allow' | 'deny', index: number, lists: Permission): Ruling {
  const text = lists[list][index] as string;
  return { allowed, why: allowed ? 'allowed' : 'denied', entry: { list, index, text } };
}
