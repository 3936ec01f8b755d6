import type { Prisma } from '../../prisma/generated/client.js';
import { insertRows } from './insert-rows.js';
import type { Queries } from './open.js';

/** Tables whose rows are only ever added. */
interface Appended {
  auditEntry: Prisma.AuditEntryCreateManyInput;
}

type Rows = { [Table in keyof Appended]: Appended[Table][] };

const waiting = new WeakMap<Queries, Rows>();

/**
 * Adds a row at the end of the transaction, together with all others of its table: a statement for each would be a third of what a
 * push costs. Until then the transaction itself does not see it (`putAppended`).
 */
export function append<Table extends keyof Appended>(tx: Queries, table: Table, row: Appended[Table]): void {
  const rows = waiting.get(tx) ?? { auditEntry: [] };
  waiting.set(tx, rows);
  (rows[table] as Appended[Table][]).push(row);
}

/** Puts in what was added so far: at the end of every transaction, and before one reads these tables. */
export async function putAppended(tx: Queries): Promise<void> {
  const rows = waiting.get(tx);
  if (rows === undefined) return;
  waiting.delete(tx);
  await insertRows(tx, 'audit_entry', rows.auditEntry);
}
