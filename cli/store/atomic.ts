import { randomBytes } from 'node:crypto';
import { closeSync, constants, type Dirent, fchmodSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { link, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { ioError, storeError, systemCode } from './errors.js';

/** As nsc makes them. Both hold whatever the umask is: created so, then set through the open handle. */
export const PRIVATE_DIR_MODE = 0o700;
export const PRIVATE_FILE_MODE = 0o600;

/** No file of a store is larger: a token is at most 1 MiB (jwt v2 `MaxTokenSize`), a creds file little more. */
export const MAX_STORE_FILE_BYTES = 2 * 1024 * 1024;

/** Ends every temporary file; neither nsc nor `nats auth` looks at names that end so. */
export const TEMPORARY_SUFFIX = '.natsctl-tmp';

export interface WriteOptions {
  /** Refuse to replace an existing file: the result is `false` and the file is untouched. */
  exclusive?: boolean;
}

/**
 * Writes a private file so that a reader, and the disk after a power cut, holds either the old content or the new one:
 * temporary file in the same folder, fsync, rename, fsync of the folder. Missing folders are made.
 *
 * @returns false only with `exclusive`, where the file was already there
 */
export async function writeFileAtomic(
  file: string,
  data: string | Uint8Array,
  options: WriteOptions = {},
): Promise<boolean> {
  const dir = path.dirname(file);
  await makePrivateDir(dir);
  const temporary = path.join(dir, `.${path.basename(file)}.${randomBytes(6).toString('hex')}${TEMPORARY_SUFFIX}`);
  try {
    await writeNew(temporary, data);
    try {
      // A hard link fails where the name is taken, which rename would not.
      if (options.exclusive) await link(temporary, file);
      else await rename(temporary, file);
    } catch (error) {
      if (options.exclusive && systemCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await unlink(temporary).catch(() => {});
    }
    await syncDir(dir);
    return true;
  } catch (error) {
    throw ioError(error, 'write', file);
  }
}

/** Creates a file that must not exist, flushed to the disk. `wx` never follows a symbolic link. */
export async function writeNew(file: string, data: string | Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', PRIVATE_FILE_MODE);
  try {
    await handle.chmod(PRIVATE_FILE_MODE);
    await handle.writeFile(data);
    await handle.sync();
  } catch (error) {
    await unlink(file).catch(() => {});
    throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder and its missing parents with mode 0700; folders that exist keep the mode they have.
 *
 * @param options without `flush` a power cut may take them away again, until the caller flushes
 */
export async function makePrivateDir(dir: string, { flush = true } = {}): Promise<void> {
  try {
    const missing: string[] = [];
    let current = path.resolve(dir);
    while (!(await isDirectory(current))) {
      missing.push(current);
      const parent = path.dirname(current);
      if (parent === current) break;
      current = parent;
    }
    for (const next of missing.reverse()) {
      try {
        await mkdir(next, PRIVATE_DIR_MODE);
      } catch (error) {
        if (systemCode(error) === 'EEXIST' && (await isDirectory(next))) continue;
        throw error;
      }
      await setDirMode(next);
      if (flush) await syncDir(path.dirname(next));
    }
  } catch (error) {
    throw ioError(error, 'write', dir);
  }
}

/**
 * As `makePrivateDir` without `flush`, for one of thousands: by calls that block, and only where nothing has this name and the
 * folder above is there.
 *
 * @returns false where it was not made, for `makePrivateDir` to find out why
 */
export function makeNewPrivateDir(dir: string): boolean {
  try {
    mkdirSync(dir, PRIVATE_DIR_MODE);
  } catch {
    return false;
  }
  if (process.platform === 'win32') return true;
  try {
    const handle = openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      fchmodSync(handle, PRIVATE_DIR_MODE);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw ioError(error, 'write', dir);
  }
  return true;
}

async function setDirMode(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await handle.chmod(PRIVATE_DIR_MODE);
  } finally {
    await handle.close();
  }
}

async function isDirectory(dir: string): Promise<boolean> {
  try {
    const stat = await lstat(dir);
    if (stat.isDirectory()) return true;
    if (!stat.isSymbolicLink()) throw storeError('ERR_STORE_IO', `${dir} is in the way: it is not a folder`);
    // A link to a folder is the user's own arrangement; the keystore looks closer at what is below its root.
    const handle = await open(dir, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
    await handle.close();
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Makes a rename or a new name in this folder survive a power cut. Windows has no such call and needs none. */
export async function syncDir(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * The text of a file, or null where there is none. Bounded; with `noFollow` a symbolic link is refused. The calls block: a store
 * has tens of thousands of small files, and a promise for each step would take several times as long as the disk.
 */
export async function readTextFile(file: string, options: { noFollow?: boolean } = {}): Promise<string | null> {
  let handle: number | undefined;
  try {
    // A pipe is opened at once, and refused as what it is.
    const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
    handle = openSync(file, flags | (options.noFollow ? (constants.O_NOFOLLOW ?? 0) : 0));
    const stat = fstatSync(handle);
    if (!stat.isFile()) throw storeError('ERR_STORE_DAMAGED', `${file} is not a file`, { details: { file } });
    if (stat.size > MAX_STORE_FILE_BYTES) {
      throw storeError('ERR_STORE_DAMAGED', `${file} is larger than any token may be (${stat.size} bytes)`, {
        details: { file },
      });
    }
    return readFileSync(handle, 'utf8');
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === 'ELOOP') throw symlinkRefused(file);
    throw ioError(error, 'read', file);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** Entries of a folder sorted by name; none where the folder does not exist. */
export async function readDir(dir: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw ioError(error, 'read', dir);
  }
}

/** True where something has this name, even a dangling symbolic link. */
export async function exists(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw ioError(error, 'read', file);
  }
}

export function symlinkRefused(file: string): Error {
  return storeError('ERR_SYMLINK_REFUSED', `${file} is a symbolic link; keys and creds are only kept in plain files`, {
    hint: 'replace the link by the file or folder it points to',
    details: { file },
  });
}

/** Whether two names are of one file or folder: two spellings of a name are, where the file system tells no letter case apart. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  try {
    const [one, other] = await Promise.all([lstat(a, { bigint: true }), lstat(b, { bigint: true })]);
    return one.ino === other.ino && one.dev === other.dev;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw ioError(error, 'read', a);
  }
}
