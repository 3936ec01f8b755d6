import path from 'node:path';
import { decodeAs } from '../../claims/jwt/decode.js';
import { checkEntityName } from '../../claims/names.js';
import type { AccountClaims, Decoded, UserClaims } from '../../claims/types.js';
import { cliError, usageError } from '../errors.js';
import { exists } from '../store/atomic.js';
import {
  findAccount,
  isDamaged,
  listAccounts,
  listOperatorNames,
  type OperatorStore,
  openOperator,
  readOperator,
  type StoredAccount,
} from '../store/store.js';
import { unarmored } from '../store/token-file.js';
import { listUsers } from '../store/users.js';
import { tokenText } from '../token/text.js';
import type { Workspace } from '../workspace.js';

/** An account that is to move, with its users. */
export interface MovingAccount {
  name: string;
  jwt: Decoded<AccountClaims>;
  users: { name: string; jwt: Decoded<UserClaims> }[];
}

export interface MigrationSource {
  /** What it is called in messages. */
  from: string;
  accounts: MovingAccount[];
  /** Not taken along, and why. */
  skipped: { account: string; reason: string }[];
}

/** The accounts of another operator: of this store root by its name, or of any folder of an operator. */
export async function accountsOfOperator(
  workspace: Workspace,
  source: { operator?: string | undefined; dir?: string | undefined },
  names: string[],
): Promise<MigrationSource> {
  const store = await openSource(workspace, source);
  if (path.resolve(store.dir) === path.resolve(workspace.store.dir)) {
    throw usageError(`operator ${store.name} is the one to migrate to`, 'name another one to migrate from');
  }
  const system = (await readOperator(store)).claims.nats.system_account;
  const chosen: StoredAccount[] = [];
  const skipped: MigrationSource['skipped'] = [];
  if (names.length > 0) for (const name of names) chosen.push(await findAccount(store, name));
  else {
    for (const account of await listAccounts(store)) {
      if (isDamaged(account)) skipped.push({ account: account.name, reason: account.problem.message });
      else if (account.jwt.claims.sub === system) {
        skipped.push({ account: account.name, reason: 'it is the system account of its operator' });
      } else chosen.push(account);
    }
  }
  const accounts: MovingAccount[] = [];
  for (const { name, jwt } of chosen) {
    const users: MovingAccount['users'] = [];
    for (const user of await listUsers(store, name)) {
      if (isDamaged(user)) skipped.push({ account: `${name}/${user.name}`, reason: user.problem.message });
      else users.push({ name: user.name, jwt: user.jwt });
    }
    accounts.push({ name, jwt, users });
  }
  return { from: `operator ${store.name}`, accounts, skipped };
}

/** One account of a file or URL, without users. */
export async function accountOfToken(source: string): Promise<MigrationSource> {
  const jwt = decodeAs('account', unarmored(await tokenText(source)));
  const name = checkEntityName(jwt.claims.name ?? jwt.claims.sub, 'account');
  return { from: source.length > 100 ? 'the token' : source, accounts: [{ name, jwt, users: [] }], skipped: [] };
}

async function openSource(
  { store }: Workspace,
  source: { operator?: string | undefined; dir?: string | undefined },
): Promise<OperatorStore> {
  if (source.dir === undefined) {
    const known = await listOperatorNames(store.root);
    if (source.operator !== undefined) return openOperator(store.root, source.operator);
    throw usageError('--from-operator is missing', `one of: ${known.filter((name) => name !== store.name).join(', ')}`);
  }
  const dir = path.resolve(source.dir);
  if (await exists(path.join(dir, '.nsc'))) return openOperator(path.dirname(dir), path.basename(dir));
  throw cliError('ERR_OPERATOR_UNKNOWN', `${dir} is no folder of an operator`, {
    hint: 'name the folder that holds its .nsc, as nsc makes it',
    details: { dir },
  });
}
