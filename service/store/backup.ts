import { constants } from 'node:fs';
import { copyFile, link, lstat, open, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { createClient } from '@libsql/client';
import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import { checkDatabase } from './check.js';
import { DATABASE_FILE, LOCK_FILE, MASTER_KEY_FILE, prepareDataDir } from './data-dir.js';
import { libsqlExecutor } from './executor.js';
import { lockDataDir } from './lock.js';
import { dueMigrations } from './migrate.js';
import { placeDatabase } from './place-database.js';
import { syncFolder } from './private-file.js';

/** Milliseconds to wait where the service holds the whole file (it does when it starts and ends). */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Writes the database of a data folder, as it is at one moment, into a new file (0600), while the service goes on: VACUUM INTO
 * is one read transaction (sqlite.org/lang_vacuum.html), and the log lets writers go on beside it. Returns the file's size.
 */
export async function backupDatabase(dataDir: string, file: string): Promise<number> {
  const source = path.join(dataDir, DATABASE_FILE);
  if (!(await lstat(source).catch(() => null))?.isFile()) {
    throw new NatsctlError<ServiceErrorCode>('ERR_DATA_DIR', `the data folder ${dataDir} holds no database`, {
      hint: 'name the folder that the service was started on',
      details: { dataDir },
    });
  }
  const target = path.resolve(file);
  const fresh = `${target}.${process.pid}.new`;
  try {
    // VACUUM INTO takes an empty file, so that no umask decides who can read it.
    await (await open(fresh, 'wx', 0o600)).close();
    const client = createClient({ url: `file:${source}` });
    try {
      await client.execute(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      await client.execute({ sql: 'VACUUM INTO ?', args: [fresh] });
    } finally {
      client.close();
    }
    const handle = await open(fresh, 'r+');
    await handle.sync();
    const { size } = await handle.stat();
    await handle.close();
    await link(fresh, target);
    await syncFolder(path.dirname(target));
    return size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw fault(target, 'is there already', 'name a new file: no backup is written over', error);
    }
    throw fault(target, `cannot be written: ${text(error)}`, 'check the folder and the space on its disk', error);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Puts a backup into an empty data folder (the master key may be there already), after looking for damage in it. */
export async function restoreDatabase(file: string, dataDir: string): Promise<void> {
  const dir = await prepareDataDir(dataDir);
  const lock = await lockDataDir(dir);
  try {
    const ours = [MASTER_KEY_FILE, LOCK_FILE, `${LOCK_FILE}.json`, `${LOCK_FILE}-journal`];
    const others = (await readdir(dir)).filter((name) => !ours.includes(name));
    if (others.length > 0) {
      throw new NatsctlError<ServiceErrorCode>('ERR_DATA_DIR', `the data folder ${dir} is not empty: ${others[0]}`, {
        hint: 'name a new folder; of what a service keeps only master.key may be there',
        details: { dataDir: dir, found: others },
      });
    }
    await placeDatabase(dir, async (fresh) => {
      await copyFile(file, fresh, constants.COPYFILE_EXCL).catch((error) => {
        throw fault(file, `cannot be read: ${text(error)}`, 'name a file that `service backup` wrote', error);
      });
      const handle = await open(fresh, 'r+');
      await handle.chmod(0o600);
      await handle.close();
      await checkBackup(file, fresh);
      await beginLedgerAnew(fresh);
    });
  } finally {
    await lock.release();
  }
}

async function checkBackup(file: string, copy: string): Promise<void> {
  const client = createClient({ url: `file:${copy}` });
  try {
    await dueMigrations(libsqlExecutor(client));
    await checkDatabase(client);
  } catch (error) {
    if (isNatsctlError(error)) throw error;
    throw fault(file, `is no backup of a service: ${text(error)}`, 'name a file that `service backup` wrote', error);
  } finally {
    client.close();
  }
}

/**
 * What was issued after the backup is not in its ledger, so of no account in it is it certain that every JWT is known: no revocation of
 * theirs may go by that (service/revocations/prove-expired.ts). A backup from before the ledger has none to begin anew.
 */
async function beginLedgerAnew(copy: string): Promise<void> {
  const client = createClient({ url: `file:${copy}` });
  try {
    await client.execute(
      `UPDATE "meta" SET "value" = CAST(CAST((SELECT coalesce(max("seq"), 0) FROM "audit_entry") AS TEXT) AS BLOB) WHERE "key" = 'ledger-since'`,
    );
  } finally {
    client.close();
  }
}

function fault(file: string, what: string, hint: string, cause: unknown): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_BACKUP_FILE', `the backup ${file} ${what}`, { hint, details: { file }, cause });
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
