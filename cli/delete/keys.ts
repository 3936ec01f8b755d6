import { removeSeed } from '../store/keystore.js';
import { referencedKeys } from '../store/references.js';
import type { Workspace } from '../workspace.js';

/** What became of the private keys of something deleted. */
export interface RemovedKeys {
  removed: string[];
  /** Still referred to by another entity of the store. */
  kept: string[];
}

/** Removes seeds that nobody in the store refers to any more. Called when what referred to them is gone. */
export async function removeUnusedKeys({ paths, keystore }: Workspace, keys: string[]): Promise<RemovedKeys> {
  const result: RemovedKeys = { removed: [], kept: [] };
  if (keys.length === 0) return result;
  const inUse = await referencedKeys(paths.storeRoot);
  for (const key of keys) {
    if (inUse.has(key)) result.kept.push(key);
    else if (await removeSeed(keystore, key)) result.removed.push(key);
  }
  return result;
}
