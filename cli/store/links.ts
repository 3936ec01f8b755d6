import { lstatSync } from 'node:fs';
import path from 'node:path';
import { symlinkRefused } from './atomic.js';
import { ioError, systemCode } from './errors.js';

/**
 * Below the keystore's own root nothing may be a symbolic link: who plants one chooses where a seed is written to. The calls
 * block: a change of thousands of keys looks at a thousand folders.
 */
export async function refuseLinks(keystore: string, file: string): Promise<void> {
  let current = keystore;
  for (const part of path.relative(keystore, file).split(path.sep)) {
    current = path.join(current, part);
    try {
      if (lstatSync(current).isSymbolicLink()) throw symlinkRefused(current);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return;
      throw ioError(error, 'read', current);
    }
  }
}
