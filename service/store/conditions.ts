import { Prisma } from '../../prisma/generated/client.js';

export type Condition = Prisma.Sql;

/** Conditions as SQL, which both databases read alike, for what the query builder cannot say: a search of literal text. */
export function allOf(conditions: Condition[]): Condition {
  return conditions.length === 0 ? Prisma.sql`TRUE` : Prisma.join(conditions, ' AND ');
}

/** @param column of ours, never a caller's word */
export function isOneOf(column: string, values: readonly string[]): Condition {
  return values.length === 0 ? Prisma.sql`FALSE` : Prisma.sql`${Prisma.raw(column)} IN (${Prisma.join([...values])})`;
}

/** Text that stands anywhere in a column, as it is: `%` and `_` are letters too. */
export function contains(column: string, text: string): Condition {
  const pattern = `%${text.replace(/[!%_]/g, '!$&')}%`;
  return Prisma.sql`${Prisma.raw(column)} LIKE ${pattern} ESCAPE '!'`;
}
