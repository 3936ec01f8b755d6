import { isSubset, matches, overlaps } from '../subject/match.js';
import { isValidSubject } from '../subject/subject.js';
import { type SubjectSet, subjectSet } from '../subject/subject-set.js';
import type { Permission, Permissions, ResponsePermission } from '../types.js';
import { boundedMemo } from './memo.js';
import { allowsQueue, deniesQueue, parsePublishEntry, parseSubscribeEntry, type SubscribeEntry } from './queue.js';

/**
 * What a user may publish and subscribe to, compiled once. Deny wins over allow, everywhere:
 *
 * - a subscription must lie whole within an allow entry (nats-server lets `foo.>` pass under allow `foo.*`; we do not);
 * - one that lies whole within a deny entry is refused;
 * - one that only overlaps a deny is accepted, and each message is judged as it is delivered, plain or by queue group
 *   (CVE-2022-29946, GHSA-wh7g-5m82-pmhr);
 * - an entry with a queue group never takes anything from a plain deny (GHSA-jx8g-9g95-6322).
 */
export interface CompiledPermissions {
  canPublish(subject: string): boolean;
  canSubscribe(subject: string, queue?: string): boolean;
  /** Asked for each message of the accepted subscription: true = do not deliver. Null = nothing to ask. */
  deliveryFilter(subject: string, queue?: string): ((literal: string) => boolean) | null;
  /** Publishing to the reply subjects of delivered requests, beside `canPublish`; -1 = unlimited. */
  responses: { max: number; ttlNs: number } | null;
}

/** Decisions remembered for publishing; nats-server remembers as many. */
const MAX_PUBLISH_DECISIONS = 128;
/** Decisions remembered for delivery; nats-server remembers as many. */
const MAX_DELIVERY_DECISIONS = 256;
/** Queue groups whose filter is kept for further subscriptions. */
const MAX_QUEUE_FILTERS = 16;

/** jwt v2 `DefaultAllowResponseMaxMsgs`, `DefaultAllowResponseExpiration`. */
const DEFAULT_RESPONSES = 1;
const DEFAULT_RESPONSE_TTL_NS = 120_000_000_000;

/** @throws ERR_PERMISSION_INVALID for an entry that is no subject: a deny that cannot be read must not be skipped. */
export function compilePermissions(permissions: Permissions): CompiledPermissions {
  const subscribe = compileSubscribe(permissions.sub);
  return {
    canPublish: compilePublish(permissions.pub, permissions.resp !== undefined),
    canSubscribe: subscribe.canSubscribe,
    deliveryFilter: subscribe.deliveryFilter,
    responses: permissions.resp === undefined ? null : compileResponses(permissions.resp),
  };
}

function compilePublish(rules: Permission, mayRespond: boolean): (subject: string) => boolean {
  const allow = rules.allow.map((entry) => parsePublishEntry(entry, 'allow'));
  const deny = rules.deny.map((entry) => parsePublishEntry(entry, 'deny'));
  // Who may respond and has no allow list may do nothing but respond.
  if (allow.length === 0 && mayRespond) return () => false;
  if (allow.length === 0 && deny.length === 0) return () => true;
  const allowed = allow.length === 0 ? null : subjectSet(allow);
  const denied = subjectSet(deny);
  return boundedMemo(
    MAX_PUBLISH_DECISIONS,
    (subject) => isWhole(subject) && (allowed === null || allowed.matches(subject)) && !denied.matches(subject),
  );
}

function compileSubscribe(rules: Permission): Pick<CompiledPermissions, 'canSubscribe' | 'deliveryFilter'> {
  const allow = rules.allow.map(parseSubscribeEntry);
  const deny = rules.deny.map(parseSubscribeEntry);
  if (allow.length === 0 && deny.length === 0) return { canSubscribe: () => true, deliveryFilter: () => null };

  const plainAllow = subjectSet(plainSubjects(allow));
  const queueAllow = queueEntries(allow);
  const plainDenied = plainSubjects(deny);
  const plainDeny = subjectSet(plainDenied);
  const queueDeny = queueEntries(deny);

  const isAllowed = (subject: string, queue: string | undefined): boolean => {
    if (allow.length === 0) return true;
    if (queue) {
      // Where entries with a queue group speak of this subject, they alone decide for queue groups.
      const groups = queueAllow.filter((entry) => isSubset(subject, entry.subject));
      if (groups.length > 0) return groups.some((entry) => allowsQueue(entry.queue, queue));
    }
    return plainAllow.contains(subject);
  };

  const isDenied = (subject: string, queue: string | undefined): boolean =>
    plainDeny.contains(subject) ||
    (!!queue && queueDeny.some((entry) => deniesQueue(entry.queue, queue) && isSubset(subject, entry.subject)));

  const filters = deliveryFilters(plainDeny, queueDeny);
  return {
    canSubscribe: (subject, queue) => isValidSubject(subject) && isAllowed(subject, queue) && !isDenied(subject, queue),
    deliveryFilter: (subject, queue) => {
      if (queue && queueDeny.some((entry) => deniesQueue(entry.queue, queue) && overlaps(entry.subject, subject))) {
        return filters.forQueue(queue);
      }
      return plainDenied.some((entry) => overlaps(entry, subject)) ? filters.plain : null;
    },
  };
}

interface QueueEntry extends SubscribeEntry {
  queue: string;
}

/**
 * The filters of one user. A message delivered lies within its subscription, so judging it by every deny, not only by those
 * that overlap the subscription, gives the same answer and lets all subscriptions share one filter and its memory.
 */
function deliveryFilters(plainDeny: SubjectSet, queueDeny: QueueEntry[]) {
  const plain = boundedMemo(MAX_DELIVERY_DECISIONS, (literal) => !isWhole(literal) || plainDeny.matches(literal));
  const byQueue = new Map<string, (literal: string) => boolean>();
  return {
    plain,
    forQueue(queue: string): (literal: string) => boolean {
      let filter = byQueue.get(queue);
      if (filter === undefined) {
        const denied = subjectSet(queueDeny.filter((e) => deniesQueue(e.queue, queue)).map((e) => e.subject));
        filter = (literal) => plain(literal) || denied.matches(literal);
        if (byQueue.size >= MAX_QUEUE_FILTERS) byQueue.clear();
        byQueue.set(queue, filter);
      }
      return filter;
    },
  };
}

function compileResponses(resp: ResponsePermission): { max: number; ttlNs: number } {
  return {
    max: resp.max === 0 ? DEFAULT_RESPONSES : Math.max(resp.max, -1),
    ttlNs: resp.ttl === 0 ? DEFAULT_RESPONSE_TTL_NS : Math.max(resp.ttl, -1),
  };
}

/** No token of it is empty: what nothing can match must not pass where there are rules. */
function isWhole(subject: string): boolean {
  return matches('>', subject);
}

function plainSubjects(entries: SubscribeEntry[]): string[] {
  return entries.filter((entry) => entry.queue === null).map((entry) => entry.subject);
}

function queueEntries(entries: SubscribeEntry[]): QueueEntry[] {
  return entries.filter((entry): entry is QueueEntry => entry.queue !== null);
}
