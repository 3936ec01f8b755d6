import { type Account, Prisma } from '../../prisma/generated/client.js';
import type { Reach } from '../auth/rights.js';
import { allOf, contains, isOneOf } from '../store/conditions.js';
import { inParts } from '../store/in-parts.js';
import type { Queries } from '../store/open.js';
import { foldName } from './save-account.js';

export interface AccountFilters {
  operator?: string;
  /** Stands anywhere in the name, in any letter case. */
  name?: string;
  /** Unix seconds. */
  updatedSince?: number;
  /** Accounts with a key beyond this one. */
  after?: string;
}

/** The accounts within a caller's reach that the filters leave, in the order of their keys. */
export async function listAccounts(
  db: Queries,
  { everything, operators, accounts }: Reach,
  { operator, name, updatedSince, after }: AccountFilters,
  take: number,
): Promise<Account[]> {
  const conditions = [
    ...(everything ? [] : [Prisma.sql`(${isOneOf('"operator_key"', operators)} OR ${isOneOf('"key"', accounts)})`]),
    ...(operator === undefined ? [] : [Prisma.sql`"operator_key" = ${operator}`]),
    ...(name === undefined ? [] : [contains('"name_fold"', foldName(name))]),
    ...(updatedSince === undefined ? [] : [Prisma.sql`"updated_at" >= ${updatedSince}`]),
    ...(after === undefined ? [] : [Prisma.sql`"key" > ${after}`]),
  ];
  const found = await db.$queryRaw<{ key: string }[]>(
    Prisma.sql`SELECT "key" FROM "account" WHERE ${allOf(conditions)} ORDER BY "key" LIMIT ${take}`,
  );
  const keys = found.map(({ key }) => key);
  return inParts(keys, (part) => db.account.findMany({ where: { key: { in: part } }, orderBy: { key: 'asc' } }));
}
