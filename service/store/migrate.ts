import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@libsql/client';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

/** Prisma's own table, in Prisma's own words, so that `prisma migrate deploy` finds these migrations applied. */
const PRISMA_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
)`;

/** Applies, in one transaction, every migration that the database does not have yet. Returns their names. */
export async function migrate(client: Client, folder = migrationsFolder()): Promise<string[]> {
  const migrations = await readMigrations(folder);
  await client.execute('BEGIN IMMEDIATE');
  try {
    await client.execute(PRISMA_TABLE);
    const applied = await readApplied(client);
    checkApplied(applied, migrations);
    const due = migrations.filter(({ name }) => !applied.has(name));
    for (const migration of due) await apply(client, migration);
    await client.execute('COMMIT');
    return due.map(({ name }) => name);
  } catch (error) {
    await client.execute('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function readApplied(client: Client): Promise<Map<string, string>> {
  const { rows } = await client.execute(
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

async function apply(client: Client, { name, sql, checksum }: Migration): Promise<void> {
  const started = Date.now();
  for (const statement of statements(sql)) await client.execute(statement);
  await client.execute({
    sql: `INSERT INTO "_prisma_migrations"
      ("id", "checksum", "finished_at", "migration_name", "logs", "rolled_back_at", "started_at", "applied_steps_count")
      VALUES (?, ?, ?, ?, NULL, NULL, ?, 1)`,
    args: [randomUUID(), checksum, Date.now(), name, started],
  });
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

/** The package ships prisma/migrations as it is; compiled code stands one folder deeper (dist/) than its source. */
function migrationsFolder(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = path.join(folder, 'prisma', 'migrations');
    if (existsSync(candidate)) return candidate;
    const parent = path.dirname(folder);
    if (parent === folder) throw new Error('prisma/migrations is missing from this installation');
    folder = parent;
  }
}
