import { closeSync, fsyncSync, lstatSync, openSync } from 'node:fs';
import process from 'node:process';
import { promisify } from 'node:util';
import { ioError, storeError } from './errors.js';

/** All that was written reaches the disk, folders too. @returns false where the machine has no call for it */
export async function flushFileSystems(roots: readonly string[]): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const there = roots.filter((root) => lstatSync(root, { throwIfNoEntry: false }));
  try {
    // Loaded here: it brings Node's network modules, which most commands do without.
    const { execFile } = await import('node:child_process');
    // syncfs(2), of coreutils: Node has no call for it.
    await promisify(execFile)('sync', ['-f', '--', ...there], { env: { ...process.env, LC_ALL: 'C' } });
    return true;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    if (!/input\/output error|no space|quota/i.test(said)) return false;
    throw storeError('ERR_STORE_IO', `what was written did not reach the disk: ${said.trim()}`, {
      hint: 'check the disk',
      cause: error,
    });
  }
}

/** What one file holds reaches the disk. */
export function flushFile(file: string): void {
  try {
    const handle = openSync(file, process.platform === 'win32' ? 'r+' : 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw ioError(error, 'write', file);
  }
}
