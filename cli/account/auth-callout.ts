import { isPublicKey } from '../../claims/keys/nkey.js';
import type { ExternalAuthorization } from '../../claims/types.js';
import { editList, hasEdits, type ListEdit } from '../change/list.js';
import { usageError } from '../errors.js';
import { findAccount, type OperatorStore } from '../store/store.js';
import { findUser } from '../store/users.js';

/** What changes of an account's auth callout: who answers it, for which accounts, and sealed for whom. */
export interface AuthCalloutEdit {
  /** Names or keys of users of the account: they answer, and are let in without being asked about. */
  authUsers: ListEdit;
  /** Names or keys of accounts that users may be put into, or `*`. */
  allowedAccounts: ListEdit;
  /** Curve key that requests are sealed for; empty: none. */
  xkey?: string | undefined;
  disable?: true | undefined;
}

export async function editAuthCallout(
  store: OperatorStore,
  account: string,
  authorization: ExternalAuthorization,
  edit: AuthCalloutEdit,
): Promise<ExternalAuthorization> {
  const { disable, ...rest } = edit;
  if (disable) {
    if (hasEdits(rest)) throw usageError('--disable-auth-callout does not go with other flags of auth callout');
    return { auth_users: [], allowed_accounts: [] };
  }
  if (!hasEdits(rest)) return authorization;
  const userKey = async (user: string) =>
    isPublicKey(user, 'user') ? user : (await findUser(store, account, user)).jwt.claims.sub;
  const accountKey = async (one: string) =>
    one === '*' || isPublicKey(one, 'account') ? one : (await findAccount(store, one)).jwt.claims.sub;
  const { xkey: before, ...lists } = authorization;
  const xkey = edit.xkey ?? before;
  return {
    ...lists,
    auth_users: editList(authorization.auth_users, await keysOf(edit.authUsers, userKey), 'auth user'),
    allowed_accounts: editList(
      authorization.allowed_accounts,
      await keysOf(edit.allowedAccounts, accountKey),
      'allowed account',
    ),
    ...(xkey && { xkey }),
  };
}

async function keysOf(edit: ListEdit, key: (nameOrKey: string) => Promise<string>): Promise<ListEdit> {
  return { add: await Promise.all(edit.add.map(key)), remove: await Promise.all(edit.remove.map(key)) };
}
