import { Prisma } from '../../prisma/generated/client.js';
import { turn } from '../turn.js';
import type { Queries } from './open.js';

/** What a column holds; a field that is absent has its default, in all rows or in none. */
type Fields = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>;

/** Values of one statement, after which others have their turn. SQLite takes 32,766, and Prisma as many of PostgreSQL. */
const MAX_VALUES = 4_000;

/**
 * Adds rows with as few statements as that takes. `createMany` says the same, but Prisma compiles it anew for every number of rows, which takes longer than the
 * database does.
 *
 * @param table as the database has it; its columns are named as the fields are (prisma/schema.prisma: `accountKey` is `account_key`)
 * @param rows all with the same fields
 */
export async function insertRows(tx: Queries, table: string, rows: readonly Fields[]): Promise<void> {
  const most = Math.floor(MAX_VALUES / Math.max(1, Object.keys(rows[0] ?? {}).length));
  for (let from = 0; from < rows.length; from += most) {
    if (from > 0) await turn();
    await tx.$executeRaw(insertion(table, rows.slice(from, from + most)));
  }
}

/** As `insertRows`, one row. @returns false where a row that is there has a value that must be unlike: then nothing was written */
export async function insertUnlessThere(tx: Queries, table: string, row: Fields): Promise<boolean> {
  return (await tx.$executeRaw(Prisma.sql`${insertion(table, [row])} ON CONFLICT DO NOTHING`)) === 1;
}

function insertion(table: string, rows: readonly Fields[]): Prisma.Sql {
  const fields = Object.entries(rows[0] ?? {}).flatMap(([field, value]) => (value === undefined ? [] : [field]));
  const columns = fields.map((field) => `"${columnOf(field)}"`).join(', ');
  const lines = rows.map((row) => Prisma.sql`(${Prisma.join(fields.map((field) => row[field]))})`);
  return Prisma.sql`INSERT INTO ${Prisma.raw(`"${table}" (${columns})`)} VALUES ${Prisma.join(lines)}`;
}

function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
