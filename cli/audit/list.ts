import { getJson, type RestOptions } from '../../resolver/rest.js';
import { cliError } from '../errors.js';
import { serviceFault } from '../sync/service-url.js';

export interface AuditFilter {
  /** Public key or id of what changed. */
  entity?: string | undefined;
  actor?: string | undefined;
  /** Number of the last entry that is not wanted. */
  after: number;
  limit: number;
}

/** As `GET /api/v1/audit` gives it. */
export interface AuditItem {
  seq: number;
  at: number;
  actor: string;
  action: string;
  entity: string;
}

export interface AuditList {
  service: string;
  entries: AuditItem[];
  /** What --after takes for those that follow; null where none do. */
  next: number | null;
}

export async function listAudit(rest: RestOptions, { entity, actor, after, limit }: AuditFilter): Promise<AuditList> {
  const query = {
    afterSeq: String(after),
    limit: String(limit),
    ...(entity !== undefined && { entity }),
    ...(actor !== undefined && { actor }),
  };
  const page = await getJson(rest, '/audit', query).catch((error) => Promise.reject(serviceFault(error)));
  const { items, next } = page as { items?: unknown; next?: unknown };
  if (!Array.isArray(items) || !items.every(isItem)) {
    throw cliError('ERR_SERVICE_ANSWER', 'the service answers with something that is no audit');
  }
  return { service: rest.base, entries: items, next: next === undefined ? null : (items.at(-1)?.seq ?? null) };
}

function isItem(value: unknown): value is AuditItem {
  if (typeof value !== 'object' || value === null) return false;
  const { seq, at, actor, action, entity } = value as Record<string, unknown>;
  return Number.isSafeInteger(seq) && Number.isSafeInteger(at) && [actor, action, entity].every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
