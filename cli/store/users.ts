import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isPublicKey } from '../../claims/keys/nkey.js';
import type { VerifySignature } from '../../claims/keys/verify.js';
import { checkEntityName } from '../../claims/names.js';
import type { Decoded, UserClaims } from '../../claims/types.js';
import { readDir, syncDir } from './atomic.js';
import { ioError, storeError } from './errors.js';
import { knownOr, pathSafe, refuseTaken } from './names.js';
import { accountDir, type Damaged, isDamaged, type OperatorStore, orDamaged } from './store.js';
import { readTokenFile, writeTokenFile } from './token-file.js';

/** The users of an account: `accounts/<account>/users/<name>.jwt`. */
export interface StoredUser {
  readonly name: string;
  readonly account: string;
  readonly file: string;
  readonly jwt: Decoded<UserClaims>;
}

export function userFile(store: OperatorStore, account: string, name: string): string {
  return path.join(accountDir(store, account), 'users', `${pathSafe(name, 'user')}.jwt`);
}

/** Below the store's root, as `FileWrite` has it. */
export function userPath(store: OperatorStore, account: string, name: string): string {
  const dir = path.basename(store.dir);
  return `${dir}/accounts/${pathSafe(account, 'account')}/users/${pathSafe(name, 'user')}.jwt`;
}

export async function listUserNames(store: OperatorStore, account: string): Promise<string[]> {
  return (await readDir(path.join(accountDir(store, account), 'users')))
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith('.jwt'))
    .map((entry) => entry.name.slice(0, -'.jwt'.length));
}

/** @param options as of `readTokenFile` */
export async function listUsers(
  store: OperatorStore,
  account: string,
  options: { verify?: VerifySignature } = {},
): Promise<(StoredUser | Damaged)[]> {
  const names = await listUserNames(store, account);
  return Promise.all(
    names.map((name) => orDamaged(name, userFile(store, account, name), () => readUser(store, account, name, options))),
  );
}

export async function readUser(
  store: OperatorStore,
  account: string,
  name: string,
  options: { verify?: VerifySignature } = {},
): Promise<StoredUser> {
  const file = userFile(store, account, name);
  const jwt = await readTokenFile('user', file, options);
  if (jwt) return { name, account, file, jwt };
  throw storeError('ERR_USER_UNKNOWN', `there is no user ${name} in account ${account}`, {
    hint: knownOr(name, await listUserNames(store, account), 'create it with `natsctl user create`'),
    details: { operator: store.name, account, user: name },
  });
}

/** Finds a user by its name or its public key. */
export async function findUser(store: OperatorStore, account: string, nameOrKey: string): Promise<StoredUser> {
  if (!isPublicKey(nameOrKey, 'user')) return readUser(store, account, nameOrKey);
  for (const user of await listUsers(store, account)) {
    if (!isDamaged(user) && user.jwt.claims.sub === nameOrKey) return user;
  }
  throw storeError('ERR_USER_UNKNOWN', `no user of account ${account} has the key ${nameOrKey}`, {
    hint: 'see `natsctl user list`',
    details: { operator: store.name, account, user: nameOrKey },
  });
}

export async function refuseTakenUser(store: OperatorStore, account: string, name: string): Promise<void> {
  checkEntityName(name, 'user');
  const names = await listUserNames(store, account);
  refuseTaken('ERR_USER_NAME_TAKEN', 'user', name, names, `in account ${account}`);
}

export async function writeUser(store: OperatorStore, account: string, name: string, token: string): Promise<void> {
  await writeTokenFile(userFile(store, account, name), token);
}

export async function removeUser(store: OperatorStore, account: string, name: string): Promise<void> {
  const file = userFile(store, account, name);
  try {
    await rm(file, { force: true });
    await syncDir(path.dirname(file));
  } catch (error) {
    throw ioError(error, 'write', file);
  }
}

/** Files a user under another name: the new token in the old file, then one rename. It is found under exactly one name. */
export async function renameUserFile(
  store: OperatorStore,
  account: string,
  from: string,
  to: string,
  token: string,
): Promise<void> {
  await refuseTakenUserBut(store, account, from, to);
  const old = userFile(store, account, from);
  const fresh = userFile(store, account, to);
  await writeTokenFile(old, token);
  try {
    await rename(old, fresh);
    await syncDir(path.dirname(fresh));
  } catch (error) {
    throw ioError(error, 'write', fresh);
  }
}

/** As `refuseTakenUser`, for one that is to be renamed: its own name is free to it, in any letter case. */
export async function refuseTakenUserBut(
  store: OperatorStore,
  account: string,
  from: string,
  to: string,
): Promise<void> {
  checkEntityName(to, 'user');
  const names = (await listUserNames(store, account)).filter((name) => name !== from);
  refuseTaken('ERR_USER_NAME_TAKEN', 'user', to, names, `in account ${account}`);
}
