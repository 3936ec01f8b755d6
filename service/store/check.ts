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
    const columns = await names(client, `SELECT CAST("name" AS BLOB) AS "name" FROM pragma_table_info('${table}')`);
    await checkTexts(client, table, columns);
  }
}

/** Rows read at once, at first and at most, and the bytes that are aimed at: most JWTs have 1 kB, some have 1 MiB. */
const FIRST_PAGE = 16;
const MAX_PAGE = 1_024;
const PAGE_BYTES = 512 * 1_024;

/**
 * Page by page, the texts of a page in one value: row by row and column by column this was most of the time of a start. The line feeds
 * between them keep halves of two characters apart.
 */
async function checkTexts(client: Client, table: string, columns: string[]): Promise<void> {
  const texts = columns.map((name) => `CASE typeof("${name}") WHEN 'text' THEN char(10) || "${name}" ELSE '' END`);
  let after = Number.MIN_SAFE_INTEGER;
  for (let limit = FIRST_PAGE; ; ) {
    const { rows } = await client.execute({
      sql: `SELECT COUNT(*) AS "count", MAX("row") AS "last", CAST(group_concat("texts", '') AS BLOB) AS "bytes" FROM
         (SELECT rowid AS "row", ${texts.join(' || ')} AS "texts" FROM "${table}" WHERE rowid > ? ORDER BY rowid LIMIT ?)`,
      args: [after, limit],
    });
    const [page] = rows;
    if (!page || page.bytes === null) return;
    const bytes = Buffer.from(page.bytes as ArrayBuffer);
    if (!isUtf8(bytes)) throw await whichText(client, { table, columns, after, limit });
    if (Number(page.count) < limit) return;
    after = Number(page.last);
    limit = Math.min(MAX_PAGE, 2 * limit, Math.ceil((limit * PAGE_BYTES) / (bytes.length + 1)));
  }
}

async function whichText(
  client: Client,
  { table, columns, after, limit }: { table: string; columns: string[]; after: number; limit: number },
): Promise<NatsctlError<ServiceErrorCode>> {
  for (const column of columns) {
    const { rows } = await client.execute({
      sql: `SELECT rowid AS "row", CAST("${column}" AS BLOB) AS "bytes" FROM "${table}"
         WHERE rowid > ? AND typeof("${column}") = 'text' ORDER BY rowid LIMIT ?`,
      args: [after, limit],
    });
    const bad = rows.find(({ bytes }) => !isUtf8(Buffer.from(bytes as ArrayBuffer)));
    if (bad) return damaged(`"${column}" in row ${bad.row} of table "${table}" is not text`);
  }
  return damaged(`a text of table "${table}" is not text`);
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
