import { removeUnusedKeys } from '../delete/keys.js';
import { removeCredsFolder } from '../store/keystore.js';
import { accountKeys, operatorKeys } from '../store/references.js';
import { listAccountNames, listAccounts, readOperator, removeOperator, withoutDamaged } from '../store/store.js';
import { listUsers } from '../store/users.js';
import { changing, selectContext, type Workspace } from '../workspace.js';

export interface DeletedOperator {
  name: string;
  publicKey: string | null;
  accounts: string[];
  creds: string | null;
  keys: { removed: string[]; kept: string[] };
  dryRun: boolean;
}

/** Deletes an operator with all its accounts and users from the store. Servers and services that trust it go on doing so. */
export async function deleteOperator(
  workspace: Workspace,
  wanted: { removeKeys: boolean; keepCreds: boolean; dryRun: boolean },
): Promise<DeletedOperator> {
  const deleted = await changing(workspace, () => remove(workspace, wanted));
  const { paths, now } = workspace;
  if (!wanted.dryRun && paths.operator === deleted.name) {
    await selectContext(paths, { operator: '', account: '' }, now);
  }
  return deleted;
}

async function remove(
  workspace: Workspace,
  wanted: { removeKeys: boolean; keepCreds: boolean; dryRun: boolean },
): Promise<DeletedOperator> {
  const { store, keystore } = workspace;
  // Where its keys are to go they must be known; a damaged operator may go all the same.
  const keys = wanted.removeKeys ? await keysUnder(workspace) : [];
  const result: DeletedOperator = {
    name: store.name,
    publicKey: await readOperator(store).then(
      (jwt) => jwt.claims.sub,
      () => null,
    ),
    accounts: await listAccountNames(store),
    creds: null,
    keys: { removed: [], kept: [] },
    dryRun: wanted.dryRun === true,
  };
  if (wanted.dryRun) return result;
  await removeOperator(store);
  if (!wanted.keepCreds) result.creds = await removeCredsFolder(keystore, store.name);
  result.keys = await removeUnusedKeys(workspace, keys);
  return result;
}

async function keysUnder({ store }: Workspace): Promise<string[]> {
  const keys = operatorKeys((await readOperator(store)).claims);
  for (const account of withoutDamaged(await listAccounts(store))) {
    keys.push(...accountKeys(account.jwt.claims));
    for (const user of withoutDamaged(await listUsers(store, account.name))) keys.push(user.jwt.claims.sub);
  }
  return [...new Set(keys)];
}
