import path from 'node:path';
import { parseCreds } from '../../claims/creds.js';
import { isNatsctlError } from '../../claims/errors.js';
import { readDir } from '../store/atomic.js';
import { holdsSeed, removeCreds, writeSeed } from '../store/keystore.js';
import type { StorePaths } from '../store/paths.js';
import { readAllCreds } from '../store/snapshot.js';
import { listOperatorNames, openOperator } from '../store/store.js';
import { readUser } from '../store/users.js';

/** Creds files of a keystore: each holds the seed of its user in plain text. */
export interface CredsCount {
  removed: string[];
  kept: { file: string; reason: string }[];
}

export async function countCreds(keystore: string): Promise<CredsCount> {
  const kept: CredsCount['kept'] = [];
  for (const operator of await readDir(path.join(keystore, 'creds'))) {
    if (!operator.isDirectory()) continue;
    for (const { file } of await readAllCreds(keystore, operator.name)) kept.push({ file, reason: 'creds are kept' });
  }
  return { removed: [], kept };
}

/**
 * Takes away the creds files that `natsctl user creds` can make again: those of users whose JWT is in the store. A seed that is
 * nowhere else is put into the keystore first; what cannot be made again stays.
 */
export async function dropCreds({ storeRoot, keystore }: StorePaths, dryRun: boolean): Promise<CredsCount> {
  const count: CredsCount = { removed: [], kept: [] };
  const operators = await listOperatorNames(storeRoot);
  for (const entry of await readDir(path.join(keystore, 'creds'))) {
    if (!entry.isDirectory()) continue;
    const store = operators.includes(entry.name) ? await openOperator(storeRoot, entry.name) : null;
    for (const { account, user, file, text } of await readAllCreds(keystore, entry.name)) {
      try {
        const { seed } = parseCreds(text);
        const sub = store === null ? null : (await readUser(store, account, user)).jwt.claims.sub;
        if (store === null || sub !== seed.publicKey) {
          const reason = store === null ? 'its operator is not in the store' : 'the user in the store has another key';
          count.kept.push({ file, reason });
          continue;
        }
        if (!dryRun) {
          if (!(await holdsSeed(keystore, seed.publicKey))) await writeSeed(keystore, seed);
          await removeCreds(keystore, { operator: store.name, account, user });
        }
        seed.wipe();
        count.removed.push(file);
      } catch (error) {
        if (!isNatsctlError(error)) throw error;
        count.kept.push({ file, reason: error.message });
      }
    }
  }
  return count;
}
