import { LEDGER_KINDS, type LedgerKind } from '../ledger/record-issued.js';
import type { Service } from '../service.js';

const DAY = 86_400;
export const EXPIRY_WINDOWS = [
  { label: '7d', seconds: 7 * DAY },
  { label: '30d', seconds: 30 * DAY },
] as const;

/** How many JWTs of each kind end within so many seconds. */
export async function expiringSoon(
  { store, now }: Pick<Service, 'store' | 'now'>,
  seconds: number,
): Promise<{ kind: LedgerKind; count: number }[]> {
  const at = now();
  const found = await store.db.issuedJwt.groupBy({
    by: ['kind'],
    where: { supersededAt: null, exp: { gte: BigInt(at), lte: BigInt(at + seconds) } },
    _count: true,
  });
  return LEDGER_KINDS.map((kind) => ({ kind, count: found.find((row) => row.kind === kind)?._count ?? 0 }));
}

export function renewalsFailing({ store, now }: Pick<Service, 'store' | 'now'>): Promise<number> {
  const exp = { gte: BigInt(now()) };
  return store.db.issuedJwt.count({ where: { kind: 'account', supersededAt: null, renewalError: { not: null }, exp } });
}
