import { readdir } from 'node:fs/promises';
import { createClient } from '@libsql/client';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startService } from '../../../service/start.js';
import { type Executor, libsqlExecutor, postgresExecutor } from '../../../service/store/executor.js';
import { migrate, refuseUnmigrated } from '../../../service/store/migrate.js';
import { openStore, type Store } from '../../../service/store/open.js';
import { parsePostgresUrl } from '../../../service/store/postgres-url.js';
import { peer } from '../../peers.js';
import { POSTGRES_PASSWORD, type PostgresServer, startPostgres } from '../../postgres.js';
import { testFolder } from './folder.js';

const program = peer('postgres');
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable(),
    (error) => error,
  );

describe.skipIf(program === undefined)('the PostgreSQL database', () => {
  let server: PostgresServer;
  let made = 0;
  const newDatabase = () => server.createDatabase(`d${made++}`);
  const opened = async (url: string): Promise<Store> => {
    const store = await openStore('', url);
    onTestFinished(() => store.close());
    return store;
  };
  const connected = async (url: string): Promise<Client> => {
    const client = new Client(url);
    await client.connect();
    onTestFinished(() => client.end());
    return client;
  };
  beforeAll(async () => {
    server = await startPostgres(program as string);
  });
  afterAll(() => server.stop());

  it('has the tables, columns, keys and indexes that the libSQL one has', async () => {
    const client = createClient({ url: ':memory:' });
    const [libsql, postgres] = [libsqlExecutor(client), postgresExecutor(await connected(await newDatabase()))];
    await migrate(libsql);
    await migrate(postgres);
    const expected = await libsqlShape(libsql);
    expect(expected.columns.length).toBeGreaterThan(50);
    expect(await postgresShape(postgres)).toEqual(expected);
    client.close();
  });

  it('is migrated once, and refused while it lacks a migration or has one of the future', async () => {
    const client = await connected(await newDatabase());
    const database = postgresExecutor(client);
    const names = await migrate(database);
    expect(names).toContain('0001_init');
    expect(await migrate(database)).toEqual([]);
    await refuseUnmigrated(database);
    const last = names.at(-1);
    await client.query('UPDATE "_prisma_migrations" SET "rolled_back_at" = now() WHERE "migration_name" = $1', [last]);
    await expect(refuseUnmigrated(database)).rejects.toMatchObject({ code: 'ERR_DATABASE_OLDER' });
    await client.query(`UPDATE "_prisma_migrations" SET "rolled_back_at" = NULL, "migration_name" = '9999_future'`);
    await expect(migrate(database)).rejects.toMatchObject({ code: 'ERR_DATABASE_NEWER' });
  });

  it('waits for every commit to be on the disk, whatever it is set to, and compares keys byte by byte', async () => {
    const url = await newDatabase();
    await (await connected(url)).query(`ALTER ROLE natsctl SET synchronous_commit = off`);
    const store = await opened(url);
    expect(await store.db.$queryRawUnsafe('SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'on' }]);
    expect(await store.db.$queryRawUnsafe('SHOW default_transaction_isolation')).toEqual([
      { default_transaction_isolation: 'read committed' },
    ]);
    for (const key of ['b', 'A', 'a', 'é', '2']) await store.db.meta.create({ data: { key, value: Buffer.from(key) } });
    const rows = await store.db.meta.findMany({ orderBy: { key: 'asc' } });
    expect(rows.map(({ key }) => key)).toEqual(['2', 'A', 'a', 'b', 'é']);
  });

  it('serves one service at a time, and the next one when the first has ended', async () => {
    const url = await newDatabase();
    const first = await openStore('', url);
    await expect(openStore('', url)).rejects.toMatchObject({ code: 'ERR_DATABASE_LOCKED' });
    await first.close();
    await opened(url);
  });

  it('is not taken for a new one by a new data folder, which is given no key', async () => {
    const url = await newDatabase();
    const first = await startService({ dataDir: await testFolder(), databaseUrl: url, port: -1 });
    await first.close();
    const dataDir = await testFolder();
    const missing = startService({ dataDir, databaseUrl: url, port: -1 });
    await expect(missing).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY_FILE',
      message: expect.stringContaining('is missing'),
    });
    expect(await readdir(dataDir)).not.toContain('master.key');
  });

  it('keeps writers of another session out of a transaction', async () => {
    const url = await newDatabase();
    const [store, other] = [await opened(url), await connected(url)];
    const attempt = 'SELECT pg_try_advisory_xact_lock(1851880563, 2) AS "free"';
    await store.transaction(async (tx) => {
      await tx.meta.count();
      expect((await other.query(attempt)).rows).toEqual([{ free: false }]);
    });
    expect((await other.query(attempt)).rows).toEqual([{ free: true }]);
  });

  it('that loses its connections says so with a code, keeps nothing half done, and connects again', async () => {
    const url = await newDatabase();
    const store = await opened(url);
    const cut = failure(
      store.transaction(async (tx) => {
        await tx.meta.create({ data: { key: 'half', value: Buffer.from('x') } });
        await server.restart();
        await tx.meta.count();
      }),
    );
    expect(await cut).toMatchObject({ code: 'ERR_DATABASE_UNAVAILABLE' });
    await store.transaction((tx) => tx.meta.create({ data: { key: 'whole', value: Buffer.from('x') } }));
    expect(await store.db.meta.findMany({ select: { key: true } })).toEqual([{ key: 'whole' }]);
    // The lock was lost with its session, and has been taken again.
    await expect(openStore('', url)).rejects.toMatchObject({ code: 'ERR_DATABASE_LOCKED' });
  });

  it('that went to another service in the meantime takes no more changes from this one', async () => {
    const url = await newDatabase();
    const [store, admin] = [await opened(url), await connected(url)];
    await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'natsctl' AND datname = current_database()`);
    await opened(url);
    await expect(store.transaction((tx) => tx.meta.count())).rejects.toMatchObject({ code: 'ERR_DATABASE_LOCKED' });
  });

  it('that cannot be reached, or not so, is refused with a code and without the password', async () => {
    const url = new URL(await newDatabase());
    const wrong = new URL(url);
    wrong.password = 'another';
    const nowhere = new URL(url);
    nowhere.port = '1';
    const none = new URL(url);
    none.pathname = '/none';
    const verified = new URL(url);
    verified.searchParams.set('sslmode', 'verify-full');
    for (const [bad, why] of [
      [wrong, /authentication failed/],
      [nowhere, /ECONNREFUSED/],
      [none, /does not exist/],
      [verified, /SSL/],
    ] as const) {
      const error = await failure(openStore('', bad.href));
      expect(error).toMatchObject({ code: 'ERR_DATABASE', message: expect.stringMatching(why) });
      const said = `${error.message} ${error.hint} ${JSON.stringify(error.details)} ${error.stack} ${error.cause}`;
      for (const secret of [POSTGRES_PASSWORD, encodeURIComponent(POSTGRES_PASSWORD), 'another@']) {
        expect(said).not.toContain(secret);
      }
    }
  });
});

describe('a database URL', () => {
  it('is refused where it is none or asks for what is not known, without a word of what it holds', () => {
    for (const url of [
      'mysql://u:secret@h/d',
      'postgres://u:secret@h:port/d',
      'postgres://u:secret@h/',
      'postgres://:secret@h/d',
      'postgres://u:secret%@h/d',
      'postgres://u:secret@h/d?sslmode=prefer',
      'postgres://u:secret@h/d?sslmod=verify-full',
      'postgres://u:secret@h/d?sslmode=verify-full&sslrootcert=/does/not/exist',
    ]) {
      expect(() => parsePostgresUrl(url), url).toThrow(
        expect.objectContaining({ code: 'ERR_DATABASE_URL', message: expect.not.stringContaining('secret') }),
      );
    }
  });

  it('speaks in the clear to this machine alone, unless it says otherwise', () => {
    const ssl = (url: string) => parsePostgresUrl(url).config.ssl;
    expect(ssl('postgres://u@127.0.0.1/d')).toBe(false);
    expect(ssl('postgres://u@[::1]/d')).toBe(false);
    expect(ssl('postgres://u@db.example/d?sslmode=disable')).toBe(false);
    for (const mode of ['', '?sslmode=require', '?sslmode=verify-ca', '?sslmode=verify-full']) {
      expect(ssl(`postgres://u@db.example/d${mode}`)).toEqual({ rejectUnauthorized: true, servername: 'db.example' });
    }
  });
});

interface Shape {
  columns: string[];
  indexes: string[];
  references: string[];
}

/** What the types of the two databases are called here. */
const TYPES: Record<string, string> = { BLOB: 'bytes', bytea: 'bytes', TEXT: 'text', text: 'text', BIGINT: 'bigint' };
const typeOf = (type: unknown) => TYPES[String(type)] ?? String(type).toLowerCase();
const defaultOf = (value: unknown) => (value === null ? '' : String(value).replace(/::\w+$/, ''));

async function libsqlShape(database: Executor): Promise<Shape> {
  const shape: Shape = { columns: [], indexes: [], references: [] };
  const tables = await database.execute(
    `SELECT "name" FROM "sqlite_master" WHERE "type" = 'table' AND "name" NOT LIKE 'sqlite%' AND "name" NOT LIKE '\\_%' ESCAPE '\\'`,
  );
  for (const { name: table } of tables) {
    const columns = await database.execute(`SELECT * FROM pragma_table_info('${table}')`);
    for (const { name, type, notnull, dflt_value } of columns) {
      shape.columns.push(`${table}.${name} ${typeOf(type)} ${notnull ? 'not null' : 'null'} ${defaultOf(dflt_value)}`);
    }
    const keys = columns.filter(({ pk }) => Number(pk) > 0).sort((a, b) => Number(a.pk) - Number(b.pk));
    shape.indexes.push(`${table} primary (${keys.map(({ name }) => name)})`);
    for (const { name, unique, origin } of await database.execute(`SELECT * FROM pragma_index_list('${table}')`)) {
      if (origin === 'pk') continue;
      const parts = await database.execute(`SELECT "name" FROM pragma_index_info('${name}') ORDER BY "seqno"`);
      shape.indexes.push(`${table} ${name} ${unique ? 'unique' : 'plain'} (${parts.map((part) => part.name)})`);
    }
    for (const key of await database.execute(`SELECT * FROM pragma_foreign_key_list('${table}')`)) {
      shape.references.push(
        `${table}.${key.from} ${key.table}.${key.to} ${key.on_delete} ${key.on_update}`.toLowerCase(),
      );
    }
  }
  return { columns: shape.columns.sort(), indexes: shape.indexes.sort(), references: shape.references.sort() };
}

async function postgresShape(database: Executor): Promise<Shape> {
  const columns = await database.execute(`SELECT * FROM "information_schema"."columns"
    WHERE "table_schema" = 'public' AND "table_name" NOT LIKE '\\_%'`);
  const indexes = await database.execute(`SELECT t.relname AS "table", i.relname AS "name", x.indisunique AS "unique",
      x.indisprimary AS "primary", string_agg(a.attname, ',' ORDER BY k.ord) AS "parts"
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
      JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
      CROSS JOIN unnest(x.indkey) WITH ORDINALITY AS k(att, ord)
      JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.att
    WHERE t.relname NOT LIKE '\\_%' GROUP BY 1, 2, 3, 4`);
  const references = await database.execute(`SELECT k.table_name AS "table", k.column_name AS "column",
      u.table_name AS "to", u.column_name AS "key", r.delete_rule AS "removed", r.update_rule AS "updated"
    FROM information_schema.referential_constraints r
      JOIN information_schema.key_column_usage k ON k.constraint_name = r.constraint_name
      JOIN information_schema.constraint_column_usage u ON u.constraint_name = r.constraint_name`);
  return {
    columns: columns
      .map(({ table_name, column_name, data_type, is_nullable, column_default }) => {
        const automatic = String(column_default).startsWith('nextval(');
        const given = automatic ? '' : defaultOf(column_default);
        return `${table_name}.${column_name} ${typeOf(data_type)} ${is_nullable === 'NO' ? 'not null' : 'null'} ${given}`;
      })
      .sort(),
    indexes: indexes
      .map(({ table, name, unique, primary, parts }) =>
        primary ? `${table} primary (${parts})` : `${table} ${name} ${unique ? 'unique' : 'plain'} (${parts})`,
      )
      .sort(),
    references: references
      .map(({ table, column, to, key, removed, updated }) =>
        `${table}.${column} ${to}.${key} ${removed} ${updated}`.toLowerCase(),
      )
      .sort(),
  };
}
