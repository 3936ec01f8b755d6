import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Dialect, Executor, Value } from './executor.js';
import { ADVISORY, advisoryLock } from './postgres-advisory.js';

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

interface Flavour {
  /** Below prisma/. */
  folder: string;
  begin: string[];
  /** Prisma's own table, in Prisma's own words, so that `prisma migrate deploy` finds these migrations applied. */
  table: string;
  time(ms: number): Value;
}

const FLAVOURS: Record<Dialect, Flavour> = {
  libsql: {
    folder: 'migrations',
    begin: ['BEGIN IMMEDIATE'],
    table: `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
)`,
    time: (ms) => ms,
  },
  postgres: {
    folder: 'migrations-postgres',
    begin: ['BEGIN', advisoryLock(ADVISORY.writer)],
    table: `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum"              VARCHAR(64) NOT NULL,
    "finished_at"           TIMESTAMPTZ,
    "migration_name"        VARCHAR(255) NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        TIMESTAMPTZ,
    "started_at"            TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count"   INTEGER NOT NULL DEFAULT 0
)`,
    time: (ms) => new Date(ms).toISOString(),
  },
};

/** Applies, in one transaction, every migration that the database does not have yet. Returns their names. */
export async function migrate(database: Executor, folder = migrationsFolder(database.dialect)): Promise<string[]> {
  const { begin, table } = FLAVOURS[database.dialect];
  const migrations = await readMigrations(folder);
  for (const statement of begin) await database.execute(statement);
  try {
    await database.execute(table);
    const due = await missing(database, migrations);
    for (const migration of due) await apply(database, migration);
    await database.execute('COMMIT');
    return due.map(({ name }) => name);
  } catch (error) {
    await database.execute('ROLLBACK').catch(() => {});
    throw error;
  }
}

/** Refuses a database that this natsctl would have to change before it could read it. */
export async function refuseUnmigrated(database: Executor): Promise<void> {
  const due = await dueMigrations(database);
  if (due.length === 0) return;
  throw new NatsctlError<ServiceErrorCode>('ERR_DATABASE_OLDER', 'the database was written by an older natsctl', {
    hint: 'start the service on it once, which brings it up to date',
    details: { migrations: due },
  });
}

/** Names of the migrations that a database does not have yet; one that has others is refused. */
export async function dueMigrations(database: Executor): Promise<string[]> {
  const due = await missing(database, await readMigrations(migrationsFolder(database.dialect)));
  return due.map(({ name }) => name);
}

async function missing(database: Executor, migrations: Migration[]): Promise<Migration[]> {
  const applied = await readApplied(database);
  checkApplied(applied, migrations);
  return migrations.filter(({ name }) => !applied.has(name));
}

async function readApplied(database: Executor): Promise<Map<string, string>> {
  const rows = await database.execute(
    'SELECT "migration_name", "checksum" FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL AND "finished_at" IS NOT NULL',
  );
  return new Map(rows.map((row) => [String(row.migration_name), String(row.checksum)]));
}

function checkApplied(applied: Map<string, string>, migrations: Migration[]): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const [name, checksum] of applied) {
    const migration = known.get(name);
    if (!migration) {
      throw new NatsctlError<ServiceErrorCode>(
        'ERR_DATABASE_NEWER',
        `the database has the migration ${name}, which this natsctl does not know`,
        {
          hint: 'it was written by a newer natsctl: start that one',
          details: { migration: name },
        },
      );
    }
    if (migration.checksum !== checksum) {
      throw new NatsctlError<ServiceErrorCode>(
        'ERR_MIGRATION_CHANGED',
        `the migration ${name} is not the one that was applied to the database`,
        {
          hint: 'restore the file as it was released',
          details: { migration: name },
        },
      );
    }
  }
}

async function apply(database: Executor, { name, sql, checksum }: Migration): Promise<void> {
  const { time } = FLAVOURS[database.dialect];
  const started = Date.now();
  for (const statement of statements(sql)) await database.execute(statement);
  await database.execute(
    `INSERT INTO "_prisma_migrations"
      ("id", "checksum", "finished_at", "migration_name", "logs", "rolled_back_at", "started_at", "applied_steps_count")
      VALUES ($1, $2, $3, $4, NULL, NULL, $5, 1)`,
    [randomUUID(), checksum, time(Date.now()), name, time(started)],
  );
}

/** Our migrations are plain: a statement ends with a semicolon at the end of a line, comments have lines of their own. */
function statements(sql: string): string[] {
  return sql
    .split(/;\s*$/m)
    .map((part) => part.replace(/^\s*--.*$/gm, '').trim())
    .filter((part) => part !== '');
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(path.join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** The package ships prisma's migrations as they are; compiled code stands one folder deeper (dist/) than its source. */
function migrationsFolder(dialect: Dialect): string {
  const name = FLAVOURS[dialect].folder;
  let folder = path.dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = path.join(folder, 'prisma', name);
    if (existsSync(candidate)) return candidate;
    const parent = path.dirname(folder);
    if (parent === folder) throw new Error(`prisma/${name} is missing from this installation`);
    folder = parent;
  }
}
