import { turn } from '../turn.js';

/** Prisma takes 999 parameters of SQLite, and fails over more where rows are asked for in an order. */
const PART = 500;

/** Reads what belongs to many keys, in the order of the keys where `read` answers so. */
export async function inParts<T>(keys: readonly string[], read: (part: string[]) => Promise<T[]>): Promise<T[]> {
  const rows: T[] = [];
  for (let from = 0; from < keys.length; from += PART) {
    if (from > 0) await turn();
    rows.push(...(await read(keys.slice(from, from + PART))));
  }
  return rows;
}
