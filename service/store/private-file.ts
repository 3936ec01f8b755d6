import { constants } from 'node:fs';
import { link, lstat, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';

/** Why a secret file is not to be trusted, or null when it is ours alone. */
export async function exposure(file: string): Promise<string | null> {
  const stat = await lstat(file);
  if (stat.isSymbolicLink()) return 'is a symbolic link';
  if (!stat.isFile()) return 'is not a file';
  if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) return 'can be read by other users';
  return null;
}

/** The text of a secret file; null where there is none. Never follows a link. */
export async function readPrivateFile(file: string, maxBytes = 4_096): Promise<string | null> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Writes a secret file, mode 0600 from its first byte, whole or not at all, and on the disk before it returns. */
export async function writePrivateFile(file: string, text: string, { replace }: { replace: boolean }): Promise<void> {
  const fresh = `${file}.${process.pid}.new`;
  await rm(fresh, { force: true });
  const handle = await open(fresh, 'wx', 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    if (replace) await rename(fresh, file);
    else await link(fresh, file);
  } finally {
    await rm(fresh, { force: true });
  }
  await syncFolder(path.dirname(file));
}

/** A new name in a folder is on the disk when the folder is. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
