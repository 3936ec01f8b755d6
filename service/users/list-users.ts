import { Prisma, type User } from '../../prisma/generated/client.js';
import { foldName } from '../accounts/save-account.js';
import { allOf, contains } from '../store/conditions.js';
import { inParts } from '../store/in-parts.js';
import type { Queries } from '../store/open.js';

export interface UserFilters {
  /** Stands anywhere in the name, in any letter case. */
  name?: string;
  /** Whether the JWT has ended. */
  expired?: boolean;
  /** Unix seconds: the JWT ends, and before this. */
  expiresBefore?: number;
  /** Users with a key beyond this one. */
  after?: string;
}

/** The users of an account that the filters leave, in the order of their keys. */
export async function listUsers(
  db: Queries,
  account: string,
  { name, expired, expiresBefore, after }: UserFilters,
  { now, take }: { now: number; take: number },
): Promise<User[]> {
  const conditions = [
    Prisma.sql`"account_key" = ${account}`,
    ...(name === undefined ? [] : [contains('"name_fold"', foldName(name))]),
    ...(expired === true ? [Prisma.sql`"exp" <= ${now}`] : []),
    ...(expired === false ? [Prisma.sql`("exp" IS NULL OR "exp" > ${now})`] : []),
    ...(expiresBefore === undefined ? [] : [Prisma.sql`"exp" < ${expiresBefore}`]),
    ...(after === undefined ? [] : [Prisma.sql`"key" > ${after}`]),
  ];
  const found = await db.$queryRaw<{ key: string }[]>(
    Prisma.sql`SELECT "key" FROM "user" WHERE ${allOf(conditions)} ORDER BY "key" LIMIT ${take}`,
  );
  const keys = found.map(({ key }) => key);
  return inParts(keys, (part) => db.user.findMany({ where: { key: { in: part } }, orderBy: { key: 'asc' } }));
}
