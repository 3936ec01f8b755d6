import path from 'node:path';
import { cliError } from '../errors.js';
import { exists, readDir, readTextFile, writeFileAtomic } from '../store/atomic.js';
import type { OperatorStore } from '../store/store.js';

/** Where the tokens are copied to unless told otherwise: beside the store root, in which every folder is an operator's. */
export function backupFolder(store: OperatorStore, given: string | undefined): string {
  return path.resolve(given ?? path.join(path.dirname(store.root), `${store.name}-before-upgrade`));
}

export async function refuseBackup(folder: string): Promise<void> {
  if (!(await exists(folder))) return;
  throw cliError('ERR_BACKUP_EXISTS', `${folder} exists`, {
    hint: 'move it away, or name another folder with --backup',
    details: { folder },
  });
}

/**
 * Copies an operator's tokens into a store of their own, which can be looked at with `--store`. Private keys are not among them.
 *
 * @returns how many
 */
export async function copyTokens(store: OperatorStore, folder: string): Promise<number> {
  let copied = 0;
  for (const file of await tokenFiles(store.dir, '')) {
    const text = await readTextFile(path.join(store.dir, file));
    if (text === null) continue;
    await writeFileAtomic(path.join(folder, store.name, file), text);
    copied += 1;
  }
  return copied;
}

async function tokenFiles(dir: string, below: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readDir(path.join(dir, below))) {
    const name = path.join(below, entry.name);
    if (entry.isDirectory()) files.push(...(await tokenFiles(dir, name)));
    else if (entry.isFile() && (entry.name.endsWith('.jwt') || entry.name === '.nsc')) files.push(name);
  }
  return files;
}
