import { constants } from 'node:fs';
import { access, chmod, lstat, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';

/** Names of what the service keeps in its data folder. */
export const DATABASE_FILE = 'natsctl.db';
export const LOCK_FILE = 'service.lock';
export const MASTER_KEY_FILE = 'master.key';
export const ADMIN_TOKEN_FILE = 'admin.token';
const OWN_FILES = [DATABASE_FILE, LOCK_FILE, MASTER_KEY_FILE, ADMIN_TOKEN_FILE];

/**
 * Makes the data folder, or checks the one that is there: writable, and closed to everybody else. A folder that is empty or
 * already ours is closed (0700); one that holds other things is not touched, because it may be anybody's home.
 */
export async function prepareDataDir(dataDir: string): Promise<string> {
  const dir = path.resolve(dataDir);
  try {
    await makeFolders(dir);
    const stat = await lstat(dir);
    if (!stat.isDirectory()) throw fault(dir, 'is not a folder');
    if ((stat.mode & 0o077) !== 0 && process.platform !== 'win32') {
      const names = await readdir(dir);
      if (names.length > 0 && !names.some((name) => OWN_FILES.includes(name))) {
        throw fault(
          dir,
          'is open to other users and holds other files',
          `run \`chmod 700 ${dir}\`, or name a new folder`,
        );
      }
      await chmod(dir, 0o700);
    }
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    if (error instanceof NatsctlError) throw error;
    throw fault(dir, `cannot be used: ${reason(error)}`, 'name a folder this user can write', error);
  }
  return dir;
}

/**
 * Folder by folder: where a file system answers ENOENT to a folder whose parent is there (/proc, some network mounts), Node's
 * own `recursive` asks again without end, in a thread that no signal reaches.
 */
async function makeFolders(dir: string): Promise<void> {
  const missing: string[] = [];
  let top = dir;
  while (!(await isThere(top))) {
    missing.push(top);
    top = path.dirname(top);
  }
  for (const next of missing.reverse()) {
    await mkdir(next, 0o700).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

function fault(
  dir: string,
  what: string,
  hint = 'name another folder',
  cause?: unknown,
): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_DATA_DIR', `the data folder ${dir} ${what}`, { hint, details: { dataDir: dir }, cause });
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a part of its path is a file';
    case 'ENOENT':
      return 'no folder can be made there';
    case 'ENOSPC':
      return 'no space left';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
