import type { ChangeOptions } from '../change/change.js';
import { removeUnusedKeys } from '../delete/keys.js';
import { cliError } from '../errors.js';
import { importersOfAccount } from '../export/importers.js';
import { readBaseToken, removeBase } from '../store/base.js';
import { removeCredsFolder } from '../store/keystore.js';
import { accountKeys } from '../store/references.js';
import { readOperator, removeAccount, withoutDamaged } from '../store/store.js';
import { listUserNames, listUsers } from '../store/users.js';
import { changing, chooseAccount, selectContext, type Workspace } from '../workspace.js';

export interface UnwantedAccount {
  account: string;
  removeKeys: boolean;
  keepCreds: boolean;
  /** Only while this is its JWT: what was decided of another one is not done to this one. */
  token?: string;
}

export interface DeletedAccount {
  name: string;
  publicKey: string;
  users: string[];
  /** Folder of the creds that went with it. */
  creds: string | null;
  keys: { removed: string[]; kept: string[] };
  /** Whether a service or servers were seen to hold it. */
  pushed: boolean;
  warnings: string[];
  dryRun: boolean;
}

/** Deletes an account and its users from the store. What is held of it elsewhere is not touched: cli/sync/retire.ts. */
export async function deleteAccount(
  workspace: Workspace,
  wanted: UnwantedAccount,
  { dryRun = false }: ChangeOptions,
): Promise<DeletedAccount> {
  const deleted = await changing(workspace, () => remove(workspace, wanted, dryRun));
  const { paths, store, now } = workspace;
  if (!dryRun && paths.account === deleted.name) {
    await selectContext(paths, { operator: store.name, account: '' }, now);
  }
  return deleted;
}

async function remove(workspace: Workspace, wanted: UnwantedAccount, dryRun: boolean): Promise<DeletedAccount> {
  const { store, keystore } = workspace;
  const { name, jwt } = await chooseAccount(workspace, wanted.account);
  const { claims } = jwt;
  if (wanted.token !== undefined && wanted.token !== jwt.token) {
    throw cliError('ERR_NOT_CONFIRMED', `account ${name} was changed meanwhile: it is not deleted`, {
      hint: 'look at it, and try again',
      details: { account: claims.sub },
    });
  }
  if ((await readOperator(store)).claims.nats.system_account === claims.sub) {
    throw cliError('ERR_ACCOUNT_IN_USE', `account ${name} is the system account of operator ${store.name}`, {
      hint: 'make another one the system account first',
      details: { account: claims.sub },
    });
  }
  const importers = await importersOfAccount(store, claims.sub);
  const users = withoutDamaged(await listUsers(store, name));
  const result: DeletedAccount = {
    name,
    publicKey: claims.sub,
    users: await listUserNames(store, name),
    creds: null,
    keys: { removed: [], kept: [] },
    pushed: (await readBaseToken(store, claims.sub)) !== null,
    warnings: importers.map((one) => `account ${one.account.name} imports ${one.import.subject} from it`),
    dryRun,
  };
  if (dryRun) return result;
  // The account first: without it nothing below means anything, and each of it can be removed again.
  await removeAccount(store, name);
  await removeBase(store, claims.sub);
  if (!wanted.keepCreds) result.creds = await removeCredsFolder(keystore, store.name, name);
  if (wanted.removeKeys) {
    const keys = [...accountKeys(claims), ...users.map((one) => one.jwt.claims.sub)];
    result.keys = await removeUnusedKeys(workspace, keys);
  }
  return result;
}
