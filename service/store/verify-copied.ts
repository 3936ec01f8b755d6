import type { ChainedEntry } from '../../claims/audit/chain.js';
import { parseCheckpoint } from '../../claims/audit/checkpoint.js';
import { verifyAudit } from '../../claims/audit/verify.js';
import { NatsctlError } from '../../claims/errors.js';
import { HEAD_META } from '../audit/checkpoint.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Executor } from './executor.js';
import { readPages, type Table } from './tables.js';

const AUDIT = 'audit_entry';

/**
 * Refuses a database whose audit does not hold: a copy of it would pass for whole because it is as its source is. No master key is
 * needed, so whose signature stands under the end is for the service to say (`POST /api/v1/audit/verify`).
 *
 * @returns the number of entries
 */
export async function verifyCopied(database: Executor, tables: Table[], where: string): Promise<number> {
  const table = tables.find(({ name }) => name === AUDIT);
  if (!table) throw new Error(`there is no table ${AUDIT}`);
  const end = async () => {
    const [row] = await database.execute('SELECT "value" FROM "meta" WHERE "key" = $1', [HEAD_META]);
    return row ? parseCheckpoint(Buffer.from(row.value as Uint8Array).toString('utf8')) : null;
  };
  const { entries, faults } = await verifyAudit(entriesOf(database, table), { end });
  const [fault] = faults;
  if (!fault) return entries;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_DATABASE',
    `the audit of ${where} does not hold, nothing was moved: entry ${fault.seq}: ${fault.message}`,
    { hint: 'find out who changed it, or restore a backup from before that', details: { faults } },
  );
}

async function* entriesOf(database: Executor, table: Table): AsyncGenerator<ChainedEntry> {
  const names = table.columns.map(({ name }) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()));
  for await (const page of readPages(database, table)) {
    for (const row of page) {
      const entry = Object.fromEntries(names.map((name, at) => [name, row[at]]));
      yield { ...entry, seq: Number(entry.seq) } as ChainedEntry;
    }
  }
}
