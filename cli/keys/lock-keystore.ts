import { exists } from '../store/atomic.js';
import { withStoreLock } from '../store/lock.js';
import type { StorePaths } from '../store/paths.js';
import { changingStore } from '../workspace.js';

/** Runs a change of the whole keystore alone: neither a change of the store it belongs to nor another one of it runs meanwhile. */
export async function alone<T>(paths: StorePaths, run: () => Promise<T>): Promise<T> {
  const { storeRoot, keystore } = paths;
  // `nsc --all-dirs` keeps both in one folder.
  if (storeRoot === keystore) return changingStore(paths, run);
  const inKeystore = () => withStoreLock(keystore, run);
  return (await exists(storeRoot)) ? changingStore(paths, inKeystore) : inKeystore();
}
