import type { AccountClaims } from '../../claims/types.js';
import type { AccountEntry, NamedJwt } from '../store/snapshot.js';
import { readCredsOf } from '../store/snapshot.js';
import { isDamaged, type OperatorStore } from '../store/store.js';
import { listUsers } from '../store/users.js';
import { openVerified } from '../store/verified.js';
import { collectFindings, type Finding } from './finding.js';
import { checkAccountCreds, checkAccountKeys } from './keystore-rules.js';
import { checkUserEntry, checkUsersTogether } from './user-rules.js';

/** What the users of an account are checked against. */
export interface CheckContext {
  store: OperatorStore;
  keystore: string;
  cacheDir: string;
  /** The operator demands signing keys. */
  strict: boolean;
  systemAccount: string | undefined;
  now: number;
}

/** What was found of the users, keys and creds of one account: all that needs no other account, so that threads can share it. */
export interface AccountCheck {
  users: number;
  /** Users whose token cannot be read. */
  damaged: { entity: string; message: string }[];
  ofUsers: Finding[];
  ofKeystore: Finding[];
}

export async function checkAccount(context: CheckContext, account: NamedJwt<AccountClaims>): Promise<AccountCheck> {
  const { store, keystore, cacheDir, strict, systemAccount, now } = context;
  const entry: AccountEntry = { ...account, users: [] };
  const damaged: AccountCheck['damaged'] = [];
  const known = openVerified(cacheDir, account.jwt.claims.sub);
  for (const user of await listUsers(store, account.name, known)) {
    if (isDamaged(user)) damaged.push({ entity: `${account.name}/${user.name}`, message: user.problem.message });
    else entry.users.push({ name: user.name, jwt: user.jwt });
  }
  known.save();
  const ofUsers = collectFindings();
  const rules = { account: entry, strict, now };
  for (const user of entry.users) checkUserEntry(user, rules, ofUsers);
  checkUsersTogether(rules, account.jwt.claims.sub === systemAccount, ofUsers);
  const ofKeystore = collectFindings();
  const creds = await readCredsOf(keystore, store.name, account.name);
  checkAccountKeys(keystore, entry, strict, creds, ofKeystore);
  checkAccountCreds(entry, creds, ofKeystore);
  return { users: entry.users.length, damaged, ofUsers: ofUsers.list, ofKeystore: ofKeystore.list };
}
