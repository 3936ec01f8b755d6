import { type Answer, answerFor } from '../../claims/explain/answer.js';
import type { Question } from '../../claims/explain/can.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import type { Decoded, UserClaims } from '../../claims/types.js';
import { usageError } from '../errors.js';
import { readCreds } from '../store/keystore.js';
import { readSnapshot, realmOf } from '../store/snapshot.js';
import { findUser, listUserNames } from '../store/users.js';
import { chooseAccount, type Workspace } from '../workspace.js';

export interface Asked extends Question {
  user?: string | undefined;
  account?: string | undefined;
  /** Instead of a user of the store. */
  creds?: string | undefined;
}

/** What a server that has the accounts of this store would do. */
export async function explainForUser(workspace: Workspace, asked: Asked): Promise<Answer> {
  const jwt = await userToken(workspace, asked);
  const realm = realmOf(await readSnapshot(workspace.store, { users: false }), workspace.now);
  return answerFor(jwt, asked, realm);
}

async function userToken(workspace: Workspace, { user, account, creds }: Asked): Promise<Decoded<UserClaims>> {
  if (creds !== undefined) {
    const { token, seed } = await readCreds(creds);
    seed.wipe();
    return decodeAs('user', token);
  }
  const owner = await chooseAccount(workspace, account);
  const names = await listUserNames(workspace.store, owner.name);
  const name = user ?? (names.length === 1 ? names[0] : undefined);
  if (name !== undefined) return (await findUser(workspace.store, owner.name, name)).jwt;
  const hint = names.length === 0 ? `account ${owner.name} has no user yet` : `one of: ${names.join(', ')}`;
  throw usageError('--user is missing', hint);
}
