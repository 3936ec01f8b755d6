import { chmod, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createClient } from '@libsql/client';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Seed } from '../../../claims/keys/seed.js';
import { startService } from '../../../service/start.js';
import { backupDatabase, restoreDatabase } from '../../../service/store/backup.js';
import { libsqlExecutor, postgresExecutor } from '../../../service/store/executor.js';
import { migrate } from '../../../service/store/migrate.js';
import { moveFromPostgres, moveToPostgres } from '../../../service/store/move.js';
import { readTables } from '../../../service/store/tables.js';
import { peer } from '../../peers.js';
import { type PostgresServer, startPostgres } from '../../postgres.js';
import { testFolder } from './folder.js';
import { runService, type TestService } from './service.js';

/** A service with accounts, users, revocations and tokens in it, and what it answers about them. */
async function filled(): Promise<{ service: TestService; answers: Record<string, unknown> }> {
  const service = await runService();
  const { publicKey: shop } = (await service.api('POST', '/accounts', { name: 'Läden' })).json;
  for (const name of ['till', 'scale']) await service.api('POST', `/accounts/${shop}/users`, { name });
  await service.api('POST', `/accounts/${shop}/revocations`, { user: Seed.generate('user').publicKey });
  await service.api('POST', '/tokens', { name: 'ci', role: 'admin' });
  return { service, answers: await answersOf(service.url, service.adminToken, shop) };
}

async function answersOf(url: string, token: string, account: string): Promise<Record<string, unknown>> {
  const get = async (route: string) => {
    const response = await fetch(url + route, { headers: { authorization: `Bearer ${token}` } });
    return { status: response.status, text: await response.text() };
  };
  const routes = [`/jwt/v1/accounts/${account}`, `/api/v1/accounts/${account}`, `/api/v1/accounts/${account}/users`];
  const found: Record<string, unknown> = { account };
  for (const route of [...routes, '/api/v1/audit?limit=1000', '/jwt/v1/operator']) found[route] = await get(route);
  return found;
}

/** Starts a service on what arrived, compares what it answers, and makes one more change. */
async function expectSame(
  options: { dataDir: string; databaseUrl?: string },
  { service, answers }: Awaited<ReturnType<typeof filled>>,
): Promise<void> {
  const again = await startService({ ...options, port: -1 });
  try {
    expect(await answersOf(again.url, service.adminToken, String(answers.account))).toEqual(answers);
    const more = await fetch(`${again.url}/api/v1/accounts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${again.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'one more' }),
    });
    expect(more.status).toBe(201);
  } finally {
    await again.close();
  }
}

const bytesOf = (dir: string) => readFile(path.join(dir, 'natsctl.db'));

describe.skipIf(peer('postgres') === undefined)('a database that is moved', () => {
  let server: PostgresServer;
  let made = 0;
  const newDatabase = () => server.createDatabase(`m${made++}`);
  beforeAll(async () => {
    server = await startPostgres(peer('postgres') as string);
  });
  afterAll(() => server.stop());

  it('answers the same on PostgreSQL and back in a file, and leaves both where they came from', async () => {
    const origin = await filled();
    const { dataDir } = origin.service;
    const url = await newDatabase();
    await expect(moveToPostgres(dataDir, url)).rejects.toMatchObject({ code: 'ERR_DATA_DIR_LOCKED' });
    await origin.service.close();
    const before = await bytesOf(dataDir);
    const there = await moveToPostgres(dataDir, url);
    expect(await bytesOf(dataDir)).toEqual(before);
    expect(there.find(({ table }) => table === 'user')?.rows).toBe(2);
    await expect(moveToPostgres(dataDir, url)).rejects.toMatchObject({ code: 'ERR_DATABASE_NOT_EMPTY' });

    await expect(moveFromPostgres(url, dataDir)).rejects.toMatchObject({ code: 'ERR_DATABASE_NOT_EMPTY' });
    const back = await testFolder();
    expect(await moveFromPostgres(url, back)).toEqual(there);
    expect((await stat(path.join(back, 'natsctl.db'))).mode & 0o777).toBe(0o600);
    for (const name of ['master.key', 'admin.token']) {
      await writeFile(path.join(back, name), await readFile(path.join(dataDir, name)), { mode: 0o600 });
    }
    await expectSame({ dataDir: back }, origin);
    await expectSame({ dataDir, databaseUrl: url }, origin);
  });

  it('is refused while a service uses the database it comes from or goes to', async () => {
    const origin = await filled();
    await origin.service.close();
    const url = await newDatabase();
    const busy = await startService({ dataDir: await testFolder(), databaseUrl: url, port: -1 });
    try {
      const dataDir = origin.service.dataDir;
      await expect(moveToPostgres(dataDir, url)).rejects.toMatchObject({ code: 'ERR_DATABASE_LOCKED' });
      await expect(moveFromPostgres(url, await testFolder())).rejects.toMatchObject({ code: 'ERR_DATABASE_LOCKED' });
    } finally {
      await busy.close();
    }
  });

  it('brings along rows of every table there is', async () => {
    const origin = await filled();
    const { dataDir } = origin.service;
    await origin.service.close();
    const file = createClient({ url: `file:${path.join(dataDir, 'natsctl.db')}` });
    const values = { text: 'é', integer: 2n ** 31n - 1n, bytes: Uint8Array.of(0, 255), boolean: true };
    const tables = await readTables(libsqlExecutor(file));
    for (const { name, columns } of tables) {
      // What refers to another row finds one: all have the same text as their key.
      if (name === 'audit_entry') continue;
      await file.execute({
        sql: `INSERT INTO "${name}" VALUES (${columns.map(() => '?')})`,
        args: columns.map(({ kind }) => values[kind]),
      });
    }
    file.close();
    const url = await newDatabase();
    const there = await moveToPostgres(dataDir, url);
    expect(there.map(({ table }) => table)).toEqual(tables.map(({ name }) => name));
    expect(there.filter(({ rows }) => rows === 0)).toEqual([]);
    expect(await moveFromPostgres(url, await testFolder())).toEqual(there);
  });

  it('is not moved, either way, when its audit does not hold', async () => {
    const origin = await filled();
    const { dataDir } = origin.service;
    await origin.service.close();
    const spoilt = { code: 'ERR_DATABASE', message: expect.stringMatching(/audit .*does not hold.* entry 3:/) };
    const change = `UPDATE "audit_entry" SET "actor" = "actor" || 'x' WHERE "seq" = 3`;
    const url = await newDatabase();
    const file = createClient({ url: `file:${path.join(dataDir, 'natsctl.db')}` });
    await file.execute(change);
    await expect(moveToPostgres(dataDir, url)).rejects.toMatchObject(spoilt);
    await file.execute(`UPDATE "audit_entry" SET "actor" = rtrim("actor", 'x') WHERE "seq" = 3`);
    file.close();
    // It left nothing behind.
    await moveToPostgres(dataDir, url);
    const client = new Client(url);
    await client.connect();
    await client.query(change);
    await client.end();
    const back = await testFolder();
    await expect(moveFromPostgres(url, back)).rejects.toMatchObject(spoilt);
    expect(await readdir(back)).not.toContain('natsctl.db');
  });

  it('arrives whole or not at all', async () => {
    const origin = await filled();
    const { dataDir } = origin.service;
    await origin.service.close();
    const url = await newDatabase();
    const client = new Client(url);
    await client.connect();
    await migrate(postgresExecutor(client));
    // A user that arrives otherwise than it left.
    await client.query(`CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN NEW."name" := NEW."name" || 'x'; RETURN NEW; END $$`);
    await client.query(`CREATE TRIGGER spoil BEFORE INSERT ON "user" FOR EACH ROW EXECUTE FUNCTION spoil()`);
    await expect(moveToPostgres(dataDir, url)).rejects.toMatchObject({
      code: 'ERR_DATABASE',
      message: expect.stringContaining('table user'),
    });
    for (const table of ['account', 'user', 'operator']) {
      expect((await client.query(`SELECT 1 FROM "${table}"`)).rowCount).toBe(0);
    }
    await client.query('DROP TRIGGER spoil ON "user"');
    await client.end();
    await moveToPostgres(dataDir, url);
    await expectSame({ dataDir, databaseUrl: url }, origin);
  });
});

describe('a backup', () => {
  it('is made while the service writes, private, and restores to what answers the same', async () => {
    const origin = await filled();
    const { service } = origin;
    const file = path.join(await testFolder(), 'backup.db');
    const umask = process.umask(0);
    let size: number;
    try {
      [size] = await Promise.all([
        backupDatabase(service.dataDir, file),
        ...Array.from({ length: 20 }, () => service.get('/jwt/v1/operator')),
      ]);
    } finally {
      process.umask(umask);
    }
    expect(await stat(file)).toMatchObject({ size, mode: 0o100600 });
    const kept = await readFile(file);
    const masterKey = await readFile(path.join(service.dataDir, 'master.key'), 'utf8');
    expect(kept.includes(masterKey.trim())).toBe(false);
    expect(kept.includes(Buffer.from(masterKey, 'base64'))).toBe(false);
    await expect(backupDatabase(service.dataDir, file)).rejects.toMatchObject({ code: 'ERR_BACKUP_FILE' });
    expect(await readFile(file)).toEqual(kept);
    expect(await readdir(path.dirname(file))).toEqual(['backup.db']);

    const dataDir = await testFolder();
    await restoreDatabase(file, dataDir);
    expect((await stat(path.join(dataDir, 'natsctl.db'))).mode & 0o777).toBe(0o600);
    await expect(startService({ dataDir, port: -1 })).rejects.toMatchObject({ code: 'ERR_MASTER_KEY_FILE' });
    for (const name of ['master.key', 'admin.token']) {
      await writeFile(path.join(dataDir, name), await readFile(path.join(service.dataDir, name)), { mode: 0o600 });
    }
    await expectSame({ dataDir }, origin);
  });

  it('goes into an empty folder alone, and only when it is a whole one', async () => {
    const { service } = await filled();
    const folder = await testFolder();
    const file = path.join(folder, 'backup.db');
    await backupDatabase(service.dataDir, file);
    await service.close();
    await expect(restoreDatabase(file, service.dataDir)).rejects.toMatchObject({ code: 'ERR_DATA_DIR' });

    const dataDir = await testFolder();
    await chmod(dataDir, 0o700);
    const text = path.join(folder, 'text');
    await writeFile(text, 'no database at all\n'.repeat(500));
    const empty = path.join(folder, 'empty');
    await writeFile(empty, '');
    for (const bad of [text, empty, path.join(folder, 'absent'), folder]) {
      await expect(restoreDatabase(bad, dataDir), bad).rejects.toMatchObject({ code: 'ERR_BACKUP_FILE' });
    }
    await truncate(file, 8 * 4_096);
    await expect(restoreDatabase(file, dataDir)).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(DATABASE|BACKUP_FILE)$/),
    });
    expect((await readdir(dataDir)).filter((name) => name.startsWith('natsctl.db'))).toEqual([]);
  });

  it('of a folder without a database is refused', async () => {
    const [dataDir, folder] = [await testFolder(), await testFolder()];
    await expect(backupDatabase(dataDir, path.join(folder, 'x.db'))).rejects.toMatchObject({ code: 'ERR_DATA_DIR' });
    expect(await readdir(folder)).toEqual([]);
  });
});
