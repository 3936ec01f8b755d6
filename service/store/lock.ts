import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { createClient, LibsqlError } from '@libsql/client';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import { LOCK_FILE } from './data-dir.js';

export interface DataDirLock {
  release(): Promise<void>;
}

/**
 * Keeps a second process (or a second service in this one) out of a data folder. The lock is an open exclusive transaction
 * on a small database file: the operating system drops it with the process, however that ends, so there is no stale lock to
 * judge by a process id that may have been given to another. Pid and start time stand in a file beside it, for the message only.
 */
export async function lockDataDir(dir: string): Promise<DataDirLock> {
  const file = path.join(dir, LOCK_FILE);
  const holder = `${file}.json`;
  // Created closed before libSQL opens it, so that no umask decides who can read it.
  await (await open(file, 'a', 0o600)).close();
  const client = createClient({ url: `file:${file}` });
  try {
    await client.execute('BEGIN EXCLUSIVE');
  } catch (error) {
    client.close();
    if (!(error instanceof LibsqlError) || !error.code.startsWith('SQLITE_BUSY')) {
      const why = error instanceof Error ? error.message : String(error);
      throw new NatsctlError<ServiceErrorCode>('ERR_DATA_DIR', `the data folder ${dir} cannot be locked: ${why}`, {
        hint: 'check that its disk has space and can be written, or name another folder',
        details: { dataDir: dir },
        cause: error,
      });
    }
    throw new NatsctlError<ServiceErrorCode>('ERR_DATA_DIR_LOCKED', await message(dir, holder), {
      hint: 'stop it first, or name another data folder',
      details: { dataDir: dir },
      cause: error,
    });
  }
  const note = await open(holder, 'w', 0o600);
  await note.writeFile(`${JSON.stringify({ pid: process.pid, started: new Date().toISOString() })}\n`);
  await note.close();
  return {
    release: async () => {
      // Closing alone would keep the lock until the garbage collector has been at libSQL's statements.
      await client.execute('ROLLBACK');
      client.close();
    },
  };
}

async function message(dir: string, holder: string): Promise<string> {
  let who = 'another process';
  try {
    const { pid, started } = JSON.parse(await readFile(holder, 'utf8')) as { pid: unknown; started: unknown };
    if (typeof pid === 'number' && typeof started === 'string') who = `process ${pid}, started ${started},`;
  } catch {
    // The note is for people only; without it the message is less exact and as true.
  }
  return `${who} is using the data folder ${dir}`;
}
