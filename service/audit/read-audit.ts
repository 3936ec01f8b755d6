import type { AuditEntry } from '../../prisma/generated/client.js';
import type { Queries } from '../store/open.js';

const BATCH = 1_000;

/** Every entry in its order, up to one (included). */
export async function* allEntries(db: Queries, upTo = Number.POSITIVE_INFINITY): AsyncGenerator<AuditEntry> {
  for (let after = 0; after < upTo; ) {
    const rows = await db.auditEntry.findMany({ where: { seq: { gt: after } }, orderBy: { seq: 'asc' }, take: BATCH });
    for (const row of rows) if (row.seq <= upTo) yield row;
    const last = rows.at(-1);
    if (rows.length < BATCH || !last) return;
    after = last.seq;
  }
}
