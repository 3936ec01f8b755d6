import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@libsql/client';
import { describe, expect, it } from 'vitest';
import { problemOf } from '../../../service/http/problem.js';
import { openConnection } from '../../../service/store/connection.js';
import { libsqlExecutor } from '../../../service/store/executor.js';
import { migrate } from '../../../service/store/migrate.js';
import { openStore } from '../../../service/store/open.js';
import { testFolder } from './folder.js';

const pragma = async (store: Awaited<ReturnType<typeof openStore>>, name: string) =>
  Object.values(((await store.db.$queryRawUnsafe(`PRAGMA ${name}`)) as object[])[0] ?? {})[0];

describe('the libSQL database', () => {
  it('syncs every commit, checks foreign keys and waits for others, also after transactions', async () => {
    const store = await openStore(await testFolder());
    for (let round = 0; round < 3; round++) {
      expect(await pragma(store, 'journal_mode')).toBe('wal');
      expect(Number(await pragma(store, 'synchronous'))).toBe(2);
      expect(Number(await pragma(store, 'foreign_keys'))).toBe(1);
      expect(Number(await pragma(store, 'busy_timeout'))).toBe(5_000);
      await store.transaction((tx) => tx.meta.count());
    }
    await store.close();
  });

  it('waits for another process that writes, going on with all else, and keeps what it answers after it gave up', async () => {
    const dir = await testFolder();
    const store = await openStore(dir);
    const other = createClient({ url: `file:${path.join(dir, 'natsctl.db')}` });
    const put = (key: string) => store.db.meta.create({ data: { key, value: Buffer.from('x') } });
    const kept = async () =>
      (await other.execute('SELECT "key" FROM "meta" ORDER BY "key"')).rows.map(({ key }) => key);
    await other.execute('BEGIN IMMEDIATE');
    let done = 0;
    const waiting = [
      put('a'),
      store.transaction((tx) => tx.meta.create({ data: { key: 'b', value: Buffer.from('x') } })),
    ];
    for (const one of waiting) one.then(() => done++).catch(() => {});
    const began = performance.now();
    await sleep(100);
    expect([done, performance.now() - began < 1_000]).toEqual([0, true]);
    await other.execute('ROLLBACK');
    await Promise.all(waiting);
    await other.execute('BEGIN IMMEDIATE');
    const refused = await put('never').catch((error: unknown) => error);
    expect(problemOf(refused, '/')).toMatchObject({ status: 503, code: 'ERR_DATABASE_UNAVAILABLE' });
    await other.execute('ROLLBACK');
    await put('c');
    await store.transaction((tx) => tx.meta.create({ data: { key: 'd', value: Buffer.from('x') } }));
    expect(await kept()).toEqual(['a', 'b', 'c', 'd']);
    other.close();
    await store.close();
  });

  it('is refused with a code when its file is no database', async () => {
    const dir = await testFolder();
    await writeFile(path.join(dir, 'natsctl.db'), 'x'.repeat(8_192));
    await expect(openStore(dir)).rejects.toMatchObject({ code: 'ERR_DATABASE' });
    expect(await readFile(path.join(dir, 'natsctl.db'), 'utf8')).toBe('x'.repeat(8_192));
  });
});

describe('migrations', () => {
  const shipped = path.resolve('prisma/migrations');
  const names = async () => (await readdir(shipped)).filter((name) => /^\d/.test(name)).sort();

  it('are recorded as Prisma records them, once', async () => {
    const client = await openConnection(path.join(await testFolder(), 'x.db'));
    expect(await migrate(libsqlExecutor(client))).toEqual(await names());
    expect(await migrate(libsqlExecutor(client))).toEqual([]);
    const { rows } = await client.execute('SELECT * FROM _prisma_migrations');
    expect(rows).toHaveLength((await names()).length);
    expect(rows[0]).toMatchObject({
      applied_steps_count: 1,
      rolled_back_at: null,
      logs: null,
    });
    expect(rows[0]?.checksum).toMatch(/^[0-9a-f]{64}$/);
    client.close();
  });

  it('are all applied or none: one that fails leaves the database as it was', async () => {
    const dir = await testFolder();
    await cp(shipped, path.join(dir, 'm'), { recursive: true });
    await mkdir(path.join(dir, 'm', '9998_broken'));
    await writeFile(
      path.join(dir, 'm', '9998_broken', 'migration.sql'),
      'CREATE TABLE "a" ("x" TEXT);\nALTER TABLE "none" ADD "x";\n',
    );
    const client = await openConnection(path.join(dir, 'x.db'));
    await expect(migrate(libsqlExecutor(client), path.join(dir, 'm'))).rejects.toThrow(/none/);
    const { rows } = await client.execute(`SELECT count(*) AS tables FROM sqlite_master WHERE type = 'table'`);
    expect(rows[0]?.tables).toBe(0);
    client.close();
  });

  it('refuse a database of a newer version, and a migration that was changed afterwards', async () => {
    const dir = await testFolder();
    const client = await openConnection(path.join(dir, 'x.db'));
    await migrate(libsqlExecutor(client));
    await cp(shipped, path.join(dir, 'm'), { recursive: true });
    await writeFile(path.join(dir, 'm', '0001_init', 'migration.sql'), '-- another\n');
    await expect(migrate(libsqlExecutor(client), path.join(dir, 'm'))).rejects.toMatchObject({
      code: 'ERR_MIGRATION_CHANGED',
    });
    await client.execute(`UPDATE _prisma_migrations SET migration_name = '9999_future'`);
    await expect(migrate(libsqlExecutor(client))).rejects.toMatchObject({ code: 'ERR_DATABASE_NEWER' });
    client.close();
  });
});
