import type { IssuedJwt, Prisma } from '../../prisma/generated/client.js';
import type { Reach } from '../auth/rights.js';
import type { Service } from '../service.js';
import type { LedgerKind } from './record-issued.js';
import { scanPage } from './scan-page.js';
import { type Standing, standings } from './standing.js';

export interface LedgerFilter {
  kind?: LedgerKind;
  operator?: string;
  account?: string;
  subject?: string;
  issuer?: string;
  status?: Standing['status'];
  /** Unix seconds, as all below. */
  expiringBefore?: number;
  issuedSince?: number;
  issuedUntil?: number;
}

export interface ListedJwt {
  row: IssuedJwt;
  standing: Standing;
}

/** JWTs of the ledger that a caller may see, newest entry first. */
export async function listIssued(
  { store: { db }, now }: Service,
  seen: Reach,
  filter: LedgerFilter,
  page: { limit: number; after?: string },
): Promise<{ items: ListedJwt[]; next?: string }> {
  const at = now();
  const where = { AND: [within(seen), filtered(filter), mayBe(filter.status, at)] };
  return scanPage<IssuedJwt, ListedJwt>(page, {
    read: (after, take) =>
      db.issuedJwt.findMany({
        where: after === undefined ? where : { ...where, seq: { lt: Number(after) } },
        orderBy: { seq: 'desc' },
        take,
      }),
    async pick(rows) {
      const judged = await standings(db, rows, at);
      return rows.map((row, n) => {
        const standing = judged[n];
        if (!standing || (filter.status !== undefined && standing.status !== filter.status)) return null;
        return { row, standing };
      });
    },
    cursor: ({ seq }) => String(seq),
  });
}

/** As `within` of service/auth/rights.ts. One key alone is asked for as such, so that the index gives the order too. */
export function within({ everything, operators, accounts }: Reach): Prisma.IssuedJwtWhereInput {
  if (everything) return {};
  const oneOf = (keys: readonly string[]) => (keys.length === 1 ? { equals: keys[0] as string } : { in: [...keys] });
  const parts = [
    ...(operators.length > 0 ? [{ operatorKey: oneOf(operators) }] : []),
    ...(accounts.length > 0 ? [{ accountKey: oneOf(accounts) }] : []),
  ];
  return parts.length === 1 ? (parts[0] ?? {}) : { OR: parts };
}

function filtered(filter: LedgerFilter): Prisma.IssuedJwtWhereInput {
  const { kind, operator, account, subject, issuer, expiringBefore, issuedSince, issuedUntil } = filter;
  const issued = {
    ...(issuedSince !== undefined && { gte: BigInt(issuedSince) }),
    ...(issuedUntil !== undefined && { lte: BigInt(issuedUntil) }),
  };
  return {
    ...(kind !== undefined && { kind }),
    ...(operator !== undefined && { operatorKey: operator }),
    ...(account !== undefined && { accountKey: account }),
    ...(subject !== undefined && { subject }),
    ...(issuer !== undefined && { issuer }),
    ...(expiringBefore !== undefined && { exp: { lt: BigInt(expiringBefore) } }),
    ...((issuedSince ?? issuedUntil) !== undefined && { iat: issued }),
  };
}

/** Rows that can have a status at all. Those that were asked for are found among them. */
function mayBe(status: Standing['status'] | undefined, now: number): Prisma.IssuedJwtWhereInput {
  const running = { OR: [{ exp: null }, { exp: { gte: BigInt(now) } }] };
  switch (status) {
    case 'active':
      return { supersededAt: null, ...running };
    case 'superseded':
      return { supersededAt: { not: null }, ...running };
    case 'revoked':
      return running;
    default:
      return {};
  }
}
