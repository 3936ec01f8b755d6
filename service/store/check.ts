import { isUtf8 } from 'node:buffer';
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '@libsql/client';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import { ADMIN_TOKEN_FILE, DATABASE_FILE } from './data-dir.js';

/**
 * Looks for damage before anything is served. SQLite's own check finds torn pages and indexes; it does not look at texts, and
 * libSQL's binding ends the whole process (a panic in Rust) on one that is not UTF-8. Those are read as bytes here.
 *
 * @throws NatsctlError ERR_DATABASE naming what is damaged; nothing is repaired or deleted
 */
export async function checkDatabase(client: Client): Promise<void> {
  const { rows } = await client.execute('PRAGMA quick_check(1)');
  const verdict = String(rows[0]?.quick_check);
  if (verdict !== 'ok') throw damaged(verdict);
  for (const table of await names(
    client,
    `SELECT CAST("name" AS BLOB) AS "name" FROM "sqlite_master" WHERE "type" = 'table'`,
  )) {
    for (const column of await names(
      client,
      `SELECT CAST("name" AS BLOB) AS "name" FROM pragma_table_info('${table}')`,
    )) {
      await checkTexts(client, table, column);
    }
  }
}

const PAGE = 500;

/** Page by page: a database of people who do not write in ASCII would be read into memory whole. */
async function checkTexts(client: Client, table: string, column: string): Promise<void> {
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    // Plain ASCII, as almost all of it is, needs no look from here.
    const { rows } = await client.execute({
      sql: `SELECT rowid AS "row", CAST("${column}" AS BLOB) AS "bytes" FROM "${table}"
         WHERE rowid > ? AND typeof("${column}") = 'text' AND "${column}" GLOB '*[^ -~]*' ORDER BY rowid LIMIT ${PAGE}`,
      args: [after],
    });
    const bad = rows.find(({ bytes }) => !isUtf8(Buffer.from(bytes as ArrayBuffer)));
    if (bad) throw damaged(`"${column}" in row ${bad.row} of table "${table}" is not text`);
    if (rows.length < PAGE) return;
    after = Number(rows.at(-1)?.row);
  }
}

/** A database that was cut to nothing looks like one of a first start; the admin token, made after it, tells them apart. */
export async function refuseEmptied(dir: string): Promise<void> {
  const sizeOf = async (name: string): Promise<number | null> => {
    const stat = await lstat(path.join(dir, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    return stat?.size ?? null;
  };
  const [database, log, token] = await Promise.all(
    [DATABASE_FILE, `${DATABASE_FILE}-wal`, ADMIN_TOKEN_FILE].map(sizeOf),
  );
  if (database === 0 && !log && token !== null) throw damaged('it is empty');
}

async function names(client: Client, query: string): Promise<string[]> {
  const { rows } = await client.execute(query);
  const found = rows.map(({ name }) => Buffer.from(name as ArrayBuffer).toString('latin1'));
  const strange = found.find((name) => !/^\w+$/.test(name));
  if (strange !== undefined) throw damaged(`it has a table or column ${JSON.stringify(strange)}`);
  return found;
}

function damaged(what: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_DATABASE', `the database is damaged: ${what}`, {
    hint: 'restore it from a backup, or move it away to begin anew',
  });
}
