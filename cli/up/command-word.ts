import { accessSync, constants, realpathSync } from 'node:fs';
import path from 'node:path';

/** How the person's shell can call this very program: `natsctl` where that is on PATH, else its whole path, because that shell may be in any folder. */
export function commandWord(program: string, searchPath: string): string {
  const here = realpathSync(program);
  for (const folder of searchPath.split(path.delimiter).filter(Boolean)) {
    try {
      const candidate = path.join(folder, 'natsctl');
      accessSync(candidate, constants.X_OK);
      // npm puts a package's own bin folder on PATH for its scripts only; the person's shell does not have it.
      if (realpathSync(candidate) === here && !folder.includes(`node_modules${path.sep}.bin`)) return 'natsctl';
    } catch {
      // Not in this folder.
    }
  }
  return here;
}
