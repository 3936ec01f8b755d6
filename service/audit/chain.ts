import { createHash } from 'node:crypto';
import type { AuditEntry } from '../../prisma/generated/client.js';

/** What the first entry is chained to. */
export const FIRST = '';

/**
 * SHA-256 (hex) over the hash of the entry before and every field of this one, as one JSON array: fields cannot run into each
 * other, and the order below never changes. A field that comes later is appended and left out where it is absent.
 */
export function entryHash(entry: Omit<AuditEntry, 'hash'>, before: string): string {
  const { seq, at, actor, action, entity, beforeJti, afterJti, detail } = entry;
  const { operatorKey, accountKey, before: claimsBefore, after, requestId, remote } = entry;
  const fields = [
    ...[before, seq, String(at), actor, action, entity, beforeJti, afterJti, detail],
    ...[operatorKey, accountKey, claimsBefore, after, requestId, remote],
  ];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}
