import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { cliError } from '../errors.js';
import { PRIVATE_FILE_MODE, syncDir } from '../store/atomic.js';
import { ioError, systemCode } from '../store/errors.js';

/**
 * Has a secret made that is told once, and keeps it in a new private file. The file is there before anything is made: a secret
 * that could then not be written would be lost, and what it opens would stay.
 */
export async function keptSecret<T>(
  output: string | undefined,
  make: () => Promise<T>,
  secretOf: (made: T) => string | null,
): Promise<{ made: T; file: string | null }> {
  if (output === undefined || output === '-') return { made: await make(), file: null };
  const file = path.resolve(output);
  const handle = await open(file, 'wx', PRIVATE_FILE_MODE).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw ioError(error, 'write', file);
    throw cliError('ERR_FILE_EXISTS', `${file} exists`, { hint: 'name another file', details: { file } });
  });
  let written = false;
  try {
    const made = await make();
    const secret = secretOf(made);
    if (secret !== null) {
      await handle.writeFile(`${secret}\n`);
      await handle.sync();
      await syncDir(path.dirname(file));
      written = true;
    }
    return { made, file: written ? file : null };
  } finally {
    await handle.close();
    if (!written) await rm(file, { force: true });
  }
}
