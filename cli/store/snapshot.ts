import path from 'node:path';
import { isNatsctlError } from '../../claims/errors.js';
import { makeRealm, type Realm } from '../../claims/explain/realm.js';
import { type TrustedOperators, trustOperators } from '../../claims/trust/operators.js';
import type { AccountClaims, Decoded, OperatorClaims, UserClaims } from '../../claims/types.js';
import { readDir, readTextFile } from './atomic.js';
import { storeError } from './errors.js';
import { credsFile } from './keystore.js';
import { isDamaged, listAccounts, type OperatorStore, readOperator } from './store.js';
import { listUsers } from './users.js';

/** All of one operator in memory, for what looks at more than one entity. */
export interface Snapshot {
  operator: NamedJwt<OperatorClaims> | null;
  accounts: AccountEntry[];
  /** Tokens that cannot be read. */
  damaged: { kind: 'operator' | 'account' | 'user'; entity: string; problem: Error }[];
}

export interface NamedJwt<C> {
  readonly name: string;
  readonly jwt: Decoded<C>;
}

export interface AccountEntry extends NamedJwt<AccountClaims> {
  users: NamedJwt<UserClaims>[];
}

/** Accounts whose folders are read at once: each reads all its users at once. */
const ACCOUNTS_AT_ONCE = 16;

export async function readSnapshot(store: OperatorStore, options: { users?: boolean } = {}): Promise<Snapshot> {
  const snapshot: Snapshot = { operator: null, accounts: [], damaged: [] };
  try {
    snapshot.operator = { name: store.name, jwt: await readOperator(store) };
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    snapshot.damaged.push({ kind: 'operator', entity: store.name, problem: error });
  }
  const accounts = await listAccounts(store);
  for (let at = 0; at < accounts.length; at += ACCOUNTS_AT_ONCE) {
    const some = accounts.slice(at, at + ACCOUNTS_AT_ONCE);
    const users = await Promise.all(some.map((each) => (options.users === false ? [] : listUsers(store, each.name))));
    for (const [index, account] of some.entries()) {
      const entry: NamedJwt<UserClaims>[] = [];
      for (const user of users[index] ?? []) {
        if (isDamaged(user)) {
          snapshot.damaged.push({ kind: 'user', entity: `${account.name}/${user.name}`, problem: user.problem });
        } else entry.push({ name: user.name, jwt: user.jwt });
      }
      if (isDamaged(account)) {
        snapshot.damaged.push({ kind: 'account', entity: account.name, problem: account.problem });
      } else snapshot.accounts.push({ name: account.name, jwt: account.jwt, users: entry });
    }
  }
  return snapshot;
}

/** What servers that trust this operator would make of it. Without an operator nothing is trusted. */
export function realmOf(snapshot: Snapshot, now: number): Realm {
  const operators = snapshot.operator === null ? [] : [snapshot.operator.jwt.claims];
  const unknown = (id: string) =>
    storeError('ERR_ACCOUNT_UNKNOWN', `the account ${id} is not in this store`, {
      hint: `fetch it with \`natsctl pull ${id}\`, if it is yours`,
      details: { account: id },
    });
  return makeRealm(
    trusted(operators),
    snapshot.accounts.map(({ jwt }) => jwt),
    now,
    unknown,
  );
}

/** An operator that cannot be trusted as it is makes nothing trusted; what is wrong with it is `validate`'s to say. */
function trusted(operators: OperatorClaims[]): TrustedOperators {
  try {
    return trustOperators(operators);
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return trustOperators([]);
  }
}

/** A creds file of the keystore and its text. */
export interface StoredCreds {
  account: string;
  user: string;
  file: string;
  text: string;
}

/** The creds files of an operator; those without a user are found so too. */
export async function readAllCreds(keystore: string, operator: string): Promise<StoredCreds[]> {
  const found: StoredCreds[] = [];
  for (const account of await credsFolders(keystore, operator)) {
    for (const creds of await readCredsOf(keystore, operator, account)) found.push(creds);
  }
  return found;
}

/** The accounts, by name, that creds were written for. */
export async function credsFolders(keystore: string, operator: string): Promise<string[]> {
  const root = path.dirname(path.dirname(credsFile(keystore, operator, 'x', 'x')));
  return (await readDir(root)).filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** The creds files of an account. */
export async function readCredsOf(keystore: string, operator: string, account: string): Promise<StoredCreds[]> {
  const dir = path.dirname(credsFile(keystore, operator, account, 'x'));
  const found: StoredCreds[] = [];
  for (const entry of await readDir(dir)) {
    if (!entry.isFile() || !entry.name.endsWith('.creds')) continue;
    const file = path.join(dir, entry.name);
    const text = await readTextFile(file, { noFollow: true });
    if (text !== null) found.push({ account, user: entry.name.slice(0, -'.creds'.length), file, text });
  }
  return found;
}
