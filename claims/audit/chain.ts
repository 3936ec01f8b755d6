import { createHash } from 'node:crypto';

/** An entry of the service's audit as it is written and hashed: claims and detail as the very text, never read and written again. */
export interface AuditEntryText {
  seq: number;
  /** Unix seconds. */
  at: number | bigint;
  actor: string;
  action: string;
  entity: string;
  beforeJti: string | null;
  afterJti: string | null;
  /** JSON object. */
  detail: string;
  operatorKey: string | null;
  accountKey: string | null;
  /** Claims as JSON. */
  before: string | null;
  after: string | null;
  requestId: string | null;
  remote: string | null;
}

export interface ChainedEntry extends AuditEntryText {
  hash: string;
}

/** What the first entry is chained to. */
export const FIRST = '';

/**
 * SHA-256 (hex) over the hash of the entry before and every field of this one, as one JSON array: fields cannot run into each
 * other, and the order below never changes. A field that comes later is appended and left out where it is absent.
 */
export function entryHash(entry: AuditEntryText, before: string): string {
  const { seq, at, actor, action, entity, beforeJti, afterJti, detail } = entry;
  const { operatorKey, accountKey, before: claimsBefore, after, requestId, remote } = entry;
  const fields = [
    ...[before, seq, String(at), actor, action, entity, beforeJti, afterJti, detail],
    ...[operatorKey, accountKey, claimsBefore, after, requestId, remote],
  ];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}
