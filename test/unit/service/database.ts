import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createClient } from '@libsql/client';
import { Client } from 'pg';
import { inject } from 'vitest';
import { type ServiceOptions, startService } from '../../../service/start.js';
import { openStore } from '../../../service/store/open.js';
import { createDatabase } from '../../postgres.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where this run is the one on PostgreSQL: the server's own database, and a migrated one to copy. */
    postgres: { admin: string; template: string };
  }
}

/** The suite runs twice (vitest.config.ts): on libSQL and, where there is a server, on PostgreSQL. */
const databases = new Map<string, Promise<string>>();

/** The database that belongs to a data folder: made at the first call, the same one later. Undefined on libSQL. */
export async function databaseOf(dataDir: string): Promise<string | undefined> {
  const postgres = inject('postgres');
  if (postgres === undefined) return undefined;
  const made = databases.get(dataDir);
  if (made) return made;
  const name = `test_${process.pid}_${databases.size}`;
  const making = createDatabase(postgres.admin, name, postgres.template);
  databases.set(dataDir, making);
  return making;
}

export interface RawDatabase {
  onPostgres: boolean;
  execute(sql: string): Promise<{ rows: Record<string, unknown>[] }>;
  close(): Promise<void>;
}

/** The database of a data folder, past the service. */
export async function openRaw(dataDir: string): Promise<RawDatabase> {
  const url = await databaseOf(dataDir);
  if (url === undefined) {
    const client = createClient({ url: `file:${path.join(dataDir, 'natsctl.db')}` });
    return {
      onPostgres: false,
      execute: async (sql) => ({ rows: (await client.execute(sql)).rows.map((row) => ({ ...row })) }),
      close: async () => client.close(),
    };
  }
  const client = new Client(url);
  await client.connect();
  return { onPostgres: true, execute: (sql) => client.query(sql), close: () => client.end() };
}

/** Makes the database of a data folder refuse every new row of a table. Returns what ends that. */
export async function refuseInserts(dataDir: string, table: string): Promise<() => Promise<void>> {
  const raw = await openRaw(dataDir);
  const trigger = `CREATE TRIGGER refuse BEFORE INSERT ON "${table}"`;
  if (raw.onPostgres) {
    await raw.execute(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`);
    await raw.execute(`${trigger} FOR EACH ROW EXECUTE FUNCTION refuse()`);
  } else {
    await raw.execute(`${trigger} BEGIN SELECT RAISE(ABORT, 'no'); END`);
  }
  return async () => {
    await raw.execute(raw.onPostgres ? `DROP TRIGGER refuse ON "${table}"` : 'DROP TRIGGER refuse');
    await raw.close();
  };
}

/** Everything the database of a data folder holds, to look for what it must not hold. */
export async function databaseBytes(dataDir: string): Promise<Buffer> {
  const url = await databaseOf(dataDir);
  if (url === undefined) return readFile(path.join(dataDir, 'natsctl.db'));
  const client = new Client(url);
  await client.connect();
  const { rows: tables } = await client.query(`SELECT "tablename" FROM "pg_tables" WHERE "schemaname" = 'public'`);
  const found: Buffer[] = [];
  for (const { tablename } of tables) {
    const { rows } = await client.query(`SELECT * FROM "${tablename}"`);
    for (const value of rows.flatMap((row) => Object.values(row))) {
      found.push(Buffer.isBuffer(value) ? value : Buffer.from(String(value)));
    }
  }
  await client.end();
  return Buffer.concat(found);
}

/** `openStore` on the database of this run. */
export async function openTestStore(dataDir: string) {
  return openStore(dataDir, await databaseOf(dataDir));
}

/** `startService` on the database of this run, on a free port. */
export async function startTestService(options: ServiceOptions) {
  const databaseUrl = await databaseOf(options.dataDir);
  return startService({ port: -1, ...(databaseUrl !== undefined && { databaseUrl }), ...options });
}
