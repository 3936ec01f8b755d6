import type { IssuedJwt } from '../../prisma/generated/client.js';
import { recordAudit } from '../audit/audit.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { turn } from '../turn.js';
import { standings } from './standing.js';

const BATCH = 50;

/**
 * Tells of each JWT in force that it is about to end: once for each threshold (seconds before the end), by an audit entry, which is an
 * event. A threshold that is not shorter than the JWT's whole life says nothing about it, so short-lived credentials cause no noise.
 * One that servers do not let in any more is passed over.
 */
export async function warnExpiring(
  { store, now }: Pick<Service, 'store' | 'now'>,
  thresholds: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  // The shortest first: one that was away for long is told of once, not once for each.
  for (const within of [...thresholds].sort((a, b) => a - b)) {
    while (!signal.aborted) {
      const at = now();
      if ((await store.transaction((tx) => warnBatch(tx, within, at))) < BATCH) break;
      await turn();
    }
  }
}

async function warnBatch(tx: Queries, within: number, at: number): Promise<number> {
  const rows = await tx.issuedJwt.findMany({
    where: {
      supersededAt: null,
      exp: { gte: BigInt(at), lte: BigInt(at + within) },
      warnedWithin: { gt: BigInt(within) },
    },
    orderBy: [{ exp: 'asc' }, { seq: 'asc' }],
    take: BATCH,
  });
  if (rows.length === 0) return 0;
  const judged = await standings(tx, rows, at);
  for (const [n, row] of rows.entries()) {
    if (judged[n]?.status === 'active') await warn(tx, row, within, at);
  }
  await tx.issuedJwt.updateMany({
    where: { seq: { in: rows.map(({ seq }) => seq) } },
    data: { warnedWithin: BigInt(within) },
  });
  return rows.length;
}

async function warn(tx: Queries, row: IssuedJwt, within: number, at: number): Promise<void> {
  const { kind, name, subject, jti } = row;
  await recordAudit(tx, {
    at,
    actor: 'service',
    action: 'expiry.warning',
    entity: subject,
    operator: row.operatorKey,
    account: row.accountKey,
    afterJti: jti,
    detail: { kind, name, expires: Number(row.exp), within },
  });
}
