import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';

/** Ends names of files that are being written; a reader of the folder passes them over, and the next start removes them. */
export const UNFINISHED = '.natsctl-tmp';

/** A reader, and the disk after a power cut, holds the old content or the new one: temporary file, fsync, rename, fsync of the folder. */
export async function writeDurably(file: string, content: string): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}${UNFINISHED}`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(path.dirname(file));
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
