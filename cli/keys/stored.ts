import path from 'node:path';
import { isPublicKey } from '../../claims/keys/nkey.js';
import { readDir } from '../store/atomic.js';

/** Public keys of the seeds a keystore holds, by the names of their files: `keys/<K>/<SS>/<PUBLIC>.nk`. No seed is read. */
export async function storedKeys(keystore: string): Promise<Set<string>> {
  const root = path.join(keystore, 'keys');
  const found = new Set<string>();
  for (const kind of await readDir(root)) {
    if (!kind.isDirectory()) continue;
    for (const shard of await readDir(path.join(root, kind.name))) {
      if (!shard.isDirectory()) continue;
      for (const file of await readDir(path.join(root, kind.name, shard.name))) {
        const key = file.name.endsWith('.nk') ? file.name.slice(0, -'.nk'.length) : '';
        if (isPublicKey(key)) found.add(key);
      }
    }
  }
  return found;
}
