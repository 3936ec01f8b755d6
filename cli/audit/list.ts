import type { AuditEntry } from '../../resolver/api-types.js';
import type { Read } from '../../resolver/fields.js';
import { callApi, type RestOptions } from '../../resolver/rest.js';
import { fromService } from '../sync/service-url.js';

export interface AuditFilter {
  /** Public key or id of what changed. */
  entity?: string | undefined;
  actor?: string | undefined;
  /** Number of the last entry that is not wanted. */
  after: number;
  limit: number;
}

const ENTRY = {
  seq: 'number',
  at: 'number',
  actor: 'string',
  action: 'string',
  entity: 'string',
  operator: 'string?',
  account: 'string?',
  beforeJti: 'string?',
  afterJti: 'string?',
  before: 'object?',
  after: 'object?',
  detail: 'object',
  requestId: 'string?',
  remote: 'string?',
  hash: 'string',
} as const;

export interface AuditList {
  service: string;
  entries: Read<AuditEntry, typeof ENTRY>[];
  /** What --after takes for those that follow; null where none do. */
  next: number | null;
}

export async function listAudit(rest: RestOptions, { entity, actor, after, limit }: AuditFilter): Promise<AuditList> {
  const query = { afterSeq: after, limit, entity, actor };
  const { answer } = await fromService(callApi(rest, 'GET /audit', { query }, { items: [ENTRY], next: 'string?' }));
  const last = answer.items.at(-1)?.seq ?? null;
  return { service: rest.base, entries: answer.items, next: answer.next === null ? null : last };
}
