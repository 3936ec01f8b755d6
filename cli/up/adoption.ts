import { parseCreds } from '../../claims/creds.js';
import { isNatsctlError } from '../../claims/errors.js';
import type { Seed } from '../../claims/keys/seed.js';
import { cliError } from '../errors.js';
import { findSeed, readCreds } from '../store/keystore.js';
import type { PathSettings } from '../store/paths.js';
import { findAccountByKey, readOperator, withoutDamaged } from '../store/store.js';
import { listUsers } from '../store/users.js';
import { makeCreds } from '../user/creds.js';
import { openWorkspace, type Workspace } from '../workspace.js';

/** What a service takes over from the local store at its start. */
export interface StoreAdoption {
  operator: { operatorToken: string; signingSeed?: Seed; accounts: string[] };
  /** Creds text of a system account user, where the store can make one. */
  systemCreds?: string;
}

/** Null where the store has no operator: the service then serves what its data folder already has. */
export async function storeAdoption(
  settings: PathSettings,
  operatorName: string | undefined,
  { signingKey }: { signingKey: boolean },
): Promise<StoreAdoption | null> {
  let workspace: Workspace;
  try {
    workspace = await openWorkspace(settings, { operator: operatorName, now: 0 });
  } catch (error) {
    if (operatorName === undefined && isNatsctlError(error, 'ERR_STORE_EMPTY')) return null;
    throw error;
  }
  const operator = await readOperator(workspace.store);
  const adoption: StoreAdoption = { operator: { operatorToken: operator.token, accounts: [] } };
  const { signing_keys, system_account } = operator.claims.nats;
  for (const key of signingKey ? signing_keys : []) {
    const seed = await findSeed(workspace.keystore, key);
    if (seed) {
      adoption.operator.signingSeed = seed;
      break;
    }
  }
  const system = system_account === undefined ? undefined : await findAccountByKey(workspace.store, system_account);
  if (system) {
    adoption.operator.accounts.push(system.jwt.token);
    const [user] = withoutDamaged(await listUsers(workspace.store, system.name));
    if (user && (await findSeed(workspace.keystore, user.jwt.claims.sub))) {
      adoption.systemCreds = (await makeCreds(workspace, { user: user.name, account: system.name })).text;
    }
  }
  return adoption;
}

/** The text of the given creds file, else what the store has. */
export async function readSystemCreds(adoption: StoreAdoption | null, file: string | undefined): Promise<string> {
  if (file !== undefined) {
    const { text } = await readCreds(file);
    parseCreds(text);
    return text;
  }
  if (adoption?.systemCreds !== undefined) return adoption.systemCreds;
  throw cliError('ERR_SYSTEM_ACCOUNT_MISSING', 'the store has no user of the system account to sign in with', {
    hint: 'give one with --creds',
  });
}
