import { lstat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { readDir, TEMPORARY_SUFFIX } from '../store/atomic.js';
import { ioError, systemCode } from '../store/errors.js';

/** No file is longer under its temporary name while its writer lives. */
const OLD_MS = 60_000;
/** `keys/<K>/<SS>/` and `creds/<operator>/<account>/`. */
const MAX_DEPTH = 3;

/** Takes away what a write that was killed left in a keystore: a seed in plain text, under a name that nobody reads. */
export async function removeLeftovers(keystore: string): Promise<void> {
  await removeBelow(keystore, 0, Date.now() - OLD_MS);
}

async function removeBelow(dir: string, depth: number, before: number): Promise<void> {
  for (const entry of await readDir(dir)) {
    const file = path.join(dir, entry.name);
    if (entry.isDirectory() && depth < MAX_DEPTH) await removeBelow(file, depth + 1, before);
    // Without the dot it is a change that was decided: the next command on its store completes it.
    const isLeft = entry.isFile() && entry.name.startsWith('.') && entry.name.endsWith(TEMPORARY_SUFFIX);
    if (!isLeft) continue;
    try {
      if ((await lstat(file)).mtimeMs < before) await unlink(file);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw ioError(error, 'write', file);
    }
  }
}
