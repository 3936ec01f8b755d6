import { exists } from '../store/atomic.js';
import { withStoreLock } from '../store/lock.js';
import type { StorePaths } from '../store/paths.js';

/** Runs a change of the whole keystore alone: neither a change of the store it belongs to nor another one of it runs meanwhile. */
export async function alone<T>({ storeRoot, keystore }: StorePaths, run: () => Promise<T>): Promise<T> {
  const inKeystore = () => withStoreLock(keystore, run);
  // `nsc --all-dirs` keeps both in one folder.
  if (storeRoot === keystore || !(await exists(storeRoot))) return inKeystore();
  return withStoreLock(storeRoot, inKeystore);
}
