import { lstat, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import { DATABASE_FILE } from './data-dir.js';
import { syncFolder } from './private-file.js';

/**
 * Puts a database into a locked data folder that has none: `make` writes it beside its place, and it gets there whole, on the
 * disk, or not at all. Returns what `make` returns.
 */
export async function placeDatabase<T>(dir: string, make: (file: string) => Promise<T>): Promise<T> {
  const place = path.join(dir, DATABASE_FILE);
  const fresh = `${place}.new`;
  // A log without its database would be taken for that of the new one.
  for (const name of [DATABASE_FILE, `${DATABASE_FILE}-wal`]) {
    const stat = await lstat(path.join(dir, name)).catch(() => null);
    if (stat && stat.size > 0) {
      throw new NatsctlError<ServiceErrorCode>('ERR_DATABASE_NOT_EMPTY', `the data folder ${dir} holds a ${name}`, {
        hint: 'name another folder, or move that file away',
        details: { dataDir: dir },
      });
    }
  }
  const clear = async () => {
    for (const end of ['', '-wal', '-shm', '-journal']) await rm(fresh + end, { force: true });
  };
  await clear();
  try {
    const result = await make(fresh);
    const handle = await open(fresh, 'r+');
    await handle.sync();
    await handle.close();
    await rename(fresh, place);
    await syncFolder(dir);
    return result;
  } finally {
    await clear();
  }
}
