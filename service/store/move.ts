import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { type Client, createClient } from '@libsql/client';
import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import { checkDatabase } from './check.js';
import { openConnection } from './connection.js';
import { DATABASE_FILE, prepareDataDir } from './data-dir.js';
import { type Executor, libsqlExecutor, postgresExecutor } from './executor.js';
import { lockDataDir } from './lock.js';
import { migrate, refuseUnmigrated } from './migrate.js';
import { placeDatabase } from './place-database.js';
import { ADVISORY, advisoryLock } from './postgres-advisory.js';
import { unreachable } from './postgres-error.js';
import { lockDatabase } from './postgres-lock.js';
import { parsePostgresUrl } from './postgres-url.js';
import { readPages, readTables, type Table, tableDigest, writePage } from './tables.js';
import { verifyCopied } from './verify-copied.js';

export interface MovedTable {
  table: string;
  rows: number;
  /** Of all rows, the same at both ends. */
  sha256: string;
}

/** Copies the database of a data folder into an empty PostgreSQL database: all of it or nothing. The file stays as it is. */
export async function moveToPostgres(dataDir: string, url: string): Promise<MovedTable[]> {
  const target = parsePostgresUrl(url);
  const lock = await lockDataDir(await existing(dataDir));
  try {
    const source = createClient({ url: `file:${path.join(dataDir, DATABASE_FILE)}`, intMode: 'bigint' });
    try {
      await source.execute('PRAGMA query_only = ON');
      const from = libsqlExecutor(source);
      await refuseUnmigrated(from);
      await checkDatabase(source);
      const held = await lockDatabase(target);
      try {
        const to = postgresExecutor(held.client);
        await migrate(to);
        await from.execute('BEGIN');
        return await copy(await readTables(from), from, to, ['BEGIN', advisoryLock(ADVISORY.writer)]);
      } catch (error) {
        throw isNatsctlError(error) ? error : unreachable(target.shown, error);
      } finally {
        await held.release().catch(() => {});
      }
    } finally {
      source.close();
    }
  } finally {
    await lock.release();
  }
}

/** The way back: a PostgreSQL database into the file of a data folder that has none yet. */
export async function moveFromPostgres(url: string, dataDir: string): Promise<MovedTable[]> {
  const target = parsePostgresUrl(url);
  const dir = await prepareDataDir(dataDir);
  const lock = await lockDataDir(dir);
  try {
    const held = await lockDatabase(target);
    try {
      const from = postgresExecutor(held.client);
      await refuseUnmigrated(from);
      return await placeDatabase(dir, async (file) => {
        const client = await openConnection(file);
        try {
          await migrate(libsqlExecutor(client));
          await from.execute('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
          return await copy(await readTables(libsqlExecutor(client)), from, libsqlExecutor(client), [
            'BEGIN IMMEDIATE',
          ]);
        } finally {
          await closeWhole(client);
        }
      });
    } catch (error) {
      throw isNatsctlError(error) ? error : unreachable(target.shown, error);
    } finally {
      await held.release().catch(() => {});
    }
  } finally {
    await lock.release();
  }
}

/** Into one transaction of the target, which is committed only when it reads there as it read here, and its audit holds. */
async function copy(tables: Table[], from: Executor, to: Executor, begin: string[]): Promise<MovedTable[]> {
  for (const statement of begin) await to.execute(statement);
  try {
    for (const { name } of tables) {
      if ((await to.execute(`SELECT 1 FROM "${name}" LIMIT 1`)).length > 0) throw notEmpty();
    }
    await verifyCopied(from, tables, 'the database to copy');
    const moved: MovedTable[] = [];
    for (const table of tables) {
      const read = tableDigest(table);
      for await (const page of readPages(from, table)) {
        read.add(page);
        await writePage(to, table, page);
      }
      const written = tableDigest(table);
      for await (const page of readPages(to, table)) written.add(page);
      const [here, there] = [read.end(), written.end()];
      if (here.rows !== there.rows || here.sha256 !== there.sha256) throw differs(table.name);
      if (table.counter && to.dialect === 'postgres') await countOn(to, table.name, table.counter);
      moved.push(here);
    }
    await verifyCopied(to, tables, 'the copy');
    await to.execute('COMMIT');
    return moved;
  } catch (error) {
    await to.execute('ROLLBACK').catch(() => {});
    throw error;
  }
}

/** Rows that bring their numbers along do not move PostgreSQL's counter, as they do SQLite's. */
async function countOn(database: Executor, table: string, column: string): Promise<void> {
  await database.execute(
    `SELECT setval(pg_get_serial_sequence('"${table}"', '${column}'), max("${column}")) FROM "${table}" HAVING max("${column}") IS NOT NULL`,
  );
}

/** The folder of a database that is there. */
async function existing(dataDir: string): Promise<string> {
  const stat = await lstat(path.join(dataDir, DATABASE_FILE)).catch(() => null);
  if (stat?.isFile() && stat.size > 0) return dataDir;
  throw new NatsctlError<ServiceErrorCode>('ERR_DATA_DIR', `the data folder ${dataDir} holds no database`, {
    hint: 'name the folder that the service was started on',
    details: { dataDir },
  });
}

/** What is in the log goes into the file, which is a database by itself then. */
async function closeWhole(client: Client): Promise<void> {
  await client.execute('PRAGMA wal_checkpoint(TRUNCATE)');
  client.close();
}

function notEmpty(): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_DATABASE_NOT_EMPTY', 'the database to move to holds rows already', {
    hint: 'name an empty one: nothing is merged',
  });
}

function differs(table: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_DATABASE', `the table ${table} did not arrive as it left; nothing was moved`, {
    hint: 'try again; if it stays so, check the disk and memory of both machines',
    details: { table },
  });
}
