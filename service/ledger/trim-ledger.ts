import { recordAudit } from '../audit/audit.js';
import type { Service } from '../service.js';
import { turn } from '../turn.js';

const BATCH = 500;
const DAY = 86_400;

/**
 * Lets entries go whose JWT expired longer ago than is kept (days), but never the one that stands for an account or operator now. What has
 * not expired stays, however old: it may come back.
 */
export async function trimLedger(
  { store, now }: Pick<Service, 'store' | 'now'>,
  days: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const at = now();
    const gone = await store.transaction(async (tx) => {
      const rows = await tx.issuedJwt.findMany({
        where: {
          exp: { lt: BigInt(at - days * DAY) },
          OR: [{ supersededAt: { not: null } }, { kind: { in: ['user', 'activation'] } }],
        },
        orderBy: [{ exp: 'asc' }, { seq: 'asc' }],
        take: BATCH,
        select: { seq: true },
      });
      if (rows.length === 0) return 0;
      await tx.issuedJwt.deleteMany({ where: { seq: { in: rows.map(({ seq }) => seq) } } });
      const detail = { entries: rows.length, days };
      await recordAudit(tx, { at, actor: 'service', action: 'ledger.trim', entity: 'ledger', detail });
      return rows.length;
    });
    if (gone < BATCH) return;
    await turn();
  }
}
