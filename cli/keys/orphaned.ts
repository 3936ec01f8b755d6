import { removeSeed } from '../store/keystore.js';
import { changing, type Workspace } from '../workspace.js';
import { chooseKeys } from './choose.js';

export interface OrphanedKey {
  key: string;
  kind: string;
  removed: boolean;
}

/** The seeds of the keystore that no operator of the store root refers to. */
export async function orphanedKeys(workspace: Workspace, kinds: string[]): Promise<OrphanedKey[]> {
  const choice = { kinds, accounts: [], users: [], orphaned: true };
  return (await chooseKeys(workspace, choice)).map(({ key, kind }) => ({ key, kind, removed: false }));
}

/** Removes those of the keys that are orphaned still: what was shown is what goes. */
export function removeOrphaned(workspace: Workspace, keys: OrphanedKey[]): Promise<OrphanedKey[]> {
  return changing(workspace, async () => {
    const orphaned = new Set((await orphanedKeys(workspace, [])).map(({ key }) => key));
    const done: OrphanedKey[] = [];
    for (const one of keys) {
      done.push({ ...one, removed: orphaned.has(one.key) && (await removeSeed(workspace.keystore, one.key)) });
    }
    return done;
  });
}
