import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isNatsctlError } from '../../claims/errors.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import { checkEntityName } from '../../claims/names.js';
import type { AccountClaims, Decoded, OperatorClaims } from '../../claims/types.js';
import { exists, isSameFile, makePrivateDir, readDir, readTextFile, syncDir, writeFileAtomic } from './atomic.js';
import { ioError, storeError } from './errors.js';
import { knownOr, pathSafe, refuseTaken } from './names.js';
import { ownDir, placeAccount, placeOperator, takeAccountAway, takeOperatorAway } from './place.js';
import { readTokenFile, writeTokenFile } from './token-file.js';

/**
 * The store of nsc: a folder per operator, in it its JWT and `accounts/<name>/<name>.jwt`, `accounts/<name>/users/<name>.jwt`.
 * An entity's name is its file name. Writers hold the lock of the store root (lock.ts); readers need none.
 */
export interface OperatorStore {
  readonly root: string;
  readonly dir: string;
  readonly name: string;
  /** Imported from someone who keeps the operator's keys: accounts are signed by them, not here. */
  readonly managed: boolean;
}

export interface StoredAccount {
  /** The folder's name, which is the account's name in this store. */
  readonly name: string;
  readonly file: string;
  readonly jwt: Decoded<AccountClaims>;
}

/** An entity whose token cannot be read: reported where things are listed, in nobody's way otherwise. */
export interface Damaged {
  readonly name: string;
  readonly file: string;
  readonly problem: Error;
}

// --- operators ---------------------------------------------------------------------------------------------------------

export async function listOperatorNames(root: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readDir(root)) {
    if (await exists(path.join(root, entry.name, '.nsc'))) names.push(entry.name);
  }
  return names;
}

/**
 * Opens an operator's folder. Without a name: the only one there is.
 *
 * @param preferred the context's operator, used when it exists
 */
export async function openOperator(root: string, name?: string, preferred?: string): Promise<OperatorStore> {
  const names = await listOperatorNames(root);
  const chosen = name ?? (names.length === 1 ? names[0] : names.find((one) => one === preferred));
  if (names.length === 0 && name === undefined) {
    throw storeError('ERR_STORE_EMPTY', `there is no operator in ${root}`, {
      hint: 'begin with `natsctl init NAME`, or name another store with --store',
      details: { store: root },
    });
  }
  if (chosen === undefined) {
    throw storeError('ERR_OPERATOR_AMBIGUOUS', `there are several operators in ${root}: ${names.join(', ')}`, {
      hint: 'name one with --operator',
      details: { store: root, operators: names },
    });
  }
  if (!names.includes(chosen)) {
    throw storeError('ERR_OPERATOR_UNKNOWN', `there is no operator ${chosen} in ${root}`, {
      hint: names.length === 0 ? 'create it with `natsctl operator create`' : `known: ${names.join(', ')}`,
      details: { store: root, operator: chosen },
    });
  }
  const dir = path.join(root, chosen);
  const info = await readInfo(dir);
  return { root, dir, name: info.name, managed: info.managed };
}

async function readInfo(dir: string): Promise<{ name: string; managed: boolean }> {
  const file = path.join(dir, '.nsc');
  const text = await readTextFile(file);
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (typeof value === 'object' && value !== null) {
      const { name, managed } = value as Record<string, unknown>;
      if (typeof name === 'string' && name !== '') {
        return { name: pathSafe(name, 'operator'), managed: managed === true };
      }
    }
  } catch (cause) {
    throw storeError('ERR_STORE_DAMAGED', `${file} is not what nsc writes`, { details: { file }, cause });
  }
  throw storeError('ERR_STORE_DAMAGED', `${file} names no operator`, { details: { file } });
}

export function operatorFile(store: OperatorStore): string {
  return path.join(store.dir, `${store.name}.jwt`);
}

export async function readOperator(store: OperatorStore): Promise<Decoded<OperatorClaims>> {
  const jwt = await readTokenFile('operator', operatorFile(store));
  if (jwt) return jwt;
  throw storeError('ERR_OPERATOR_UNKNOWN', `the operator folder ${store.dir} holds no ${store.name}.jwt`, {
    hint: 'restore it from a backup',
    details: { operator: store.name },
  });
}

export async function writeOperator(store: OperatorStore, token: string): Promise<void> {
  await writeTokenFile(operatorFile(store), token);
}

/** Makes an operator's folder with all its first tokens at once: it is there whole or not at all. */
export async function addOperator(
  root: string,
  entity: NamedToken & { accounts: (NamedToken & { users: NamedToken[] })[]; managed?: boolean | undefined },
): Promise<OperatorStore> {
  checkEntityName(entity.name, 'operator');
  for (const account of entity.accounts) {
    checkEntityName(account.name, 'account');
    for (const user of account.users) checkEntityName(user.name, 'user');
  }
  await refuseTakenOperator(root, entity.name);
  const dir = await placeOperator(root, entity);
  return { root, dir, name: entity.name, managed: entity.managed === true };
}

export async function removeOperator(store: OperatorStore): Promise<void> {
  await takeOperatorAway(store.root, store.dir);
}

/**
 * Files an operator under another name: its token beside the old one, then the name in `.nsc`, which says which of the two
 * counts, then the folder. Whatever stops it, there is one operator with one token, and the same command goes on from there.
 */
export async function renameOperatorFolder(store: OperatorStore, to: string, token: string): Promise<void> {
  const names = (await listOperatorNames(store.root)).filter((name) => name !== path.basename(store.dir));
  checkEntityName(to, 'operator');
  refuseTaken('ERR_OPERATOR_NAME_TAKEN', 'operator', to, names, `in ${store.root}`);
  const info = path.join(store.dir, '.nsc');
  const fresh = path.join(store.root, to);
  await refuseOccupied(store.dir, fresh);
  await writeTokenFile(path.join(store.dir, `${to}.jwt`), token);
  const before = JSON.parse((await readTextFile(info)) ?? '{}') as Record<string, unknown>;
  await writeFileAtomic(info, JSON.stringify({ ...before, name: to }));
  try {
    await rename(store.dir, fresh);
    await syncDir(store.root);
    await removeOldToken(fresh, store.name, to);
  } catch (error) {
    throw ioError(error, 'write', fresh);
  }
}

export async function refuseTakenOperator(root: string, name: string): Promise<void> {
  checkEntityName(name, 'operator');
  refuseTaken('ERR_OPERATOR_NAME_TAKEN', 'operator', name, await listOperatorNames(root), `in ${root}`);
}

export interface NamedToken {
  name: string;
  token: string;
}

// --- accounts ----------------------------------------------------------------------------------------------------------

export function accountDir(store: OperatorStore, name: string): string {
  return path.join(store.dir, 'accounts', pathSafe(name, 'account'));
}

export function accountFile(store: OperatorStore, name: string): string {
  return path.join(accountDir(store, name), `${name}.jwt`);
}

export async function listAccountNames(store: OperatorStore): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readDir(path.join(store.dir, 'accounts'))) {
    if (await exists(path.join(store.dir, 'accounts', entry.name, `${entry.name}.jwt`))) names.push(entry.name);
  }
  return names;
}

/** Every account, the unreadable ones as what is wrong with them. */
export async function listAccounts(store: OperatorStore): Promise<(StoredAccount | Damaged)[]> {
  const names = await listAccountNames(store);
  return Promise.all(names.map((name) => orDamaged(name, accountFile(store, name), () => readAccount(store, name))));
}

export function isDamaged(entity: object): entity is Damaged {
  return 'problem' in entity;
}

export function withoutDamaged<T extends object>(entities: (T | Damaged)[]): T[] {
  return entities.filter((entity): entity is T => !isDamaged(entity));
}

export async function readAccount(store: OperatorStore, name: string): Promise<StoredAccount> {
  const file = accountFile(store, name);
  const jwt = await readTokenFile('account', file);
  if (jwt) return { name, file, jwt };
  const names = await listAccountNames(store);
  throw storeError('ERR_ACCOUNT_UNKNOWN', `there is no account ${name} under operator ${store.name}`, {
    hint: knownOr(name, names, 'create it with `natsctl account create`'),
    details: { operator: store.name, account: name },
  });
}

/** Finds an account by its name or its public key. */
export async function findAccount(store: OperatorStore, nameOrKey: string): Promise<StoredAccount> {
  if (isPublicKey(nameOrKey, 'account')) {
    const found = await findAccountByKey(store, nameOrKey);
    if (found) return found;
    throw storeError('ERR_ACCOUNT_UNKNOWN', `no account of operator ${store.name} has the key ${nameOrKey}`, {
      hint: 'see `natsctl account list`, or fetch it with `natsctl pull A...`',
      details: { operator: store.name, account: nameOrKey },
    });
  }
  return readAccount(store, nameOrKey);
}

export async function findAccountByKey(store: OperatorStore, key: string): Promise<StoredAccount | undefined> {
  for (const account of await listAccounts(store)) {
    if (!isDamaged(account) && account.jwt.claims.sub === key) return account;
  }
  return undefined;
}

/** The name under which this store has an account, or its public key where it has not. */
export async function accountNameOf(store: OperatorStore, key: string): Promise<string> {
  return (await findAccountByKey(store, key))?.name ?? key;
}

/** Adds an account whose name is not taken, in any letter case. */
export async function addAccount(store: OperatorStore, name: string, token: string): Promise<void> {
  await refuseTakenAccount(store, name);
  await placeAccount(store.dir, { name, token, users: [] });
}

export async function refuseTakenAccount(store: OperatorStore, name: string): Promise<void> {
  checkEntityName(name, 'account');
  const where = `under operator ${store.name}`;
  refuseTaken('ERR_ACCOUNT_NAME_TAKEN', 'account', name, await listAccountNames(store), where);
}

export async function writeAccount(store: OperatorStore, name: string, token: string): Promise<void> {
  await writeTokenFile(accountFile(store, name), token);
}

/** Moves the token of an account that cannot be read out of the way, to be looked at. @returns false where there is none such */
export async function setAsideDamaged(store: OperatorStore, name: string): Promise<boolean> {
  const found = (await listAccounts(store)).find((one) => one.name === name);
  if (!found || !isDamaged(found) || !isNatsctlError(found.problem, 'ERR_STORE_DAMAGED')) return false;
  const aside = path.join(ownDir(store.dir), 'damaged', `${name}.jwt`);
  await makePrivateDir(path.dirname(aside));
  try {
    await rename(found.file, aside);
  } catch (error) {
    throw ioError(error, 'write', aside);
  }
  return true;
}

/**
 * Files an account under another name: first the token under its new name inside the old folder, then one rename of the
 * folder. Whatever stops it, the account is found under exactly one of the two names.
 */
export async function renameAccount(store: OperatorStore, from: string, to: string, token: string): Promise<void> {
  await refuseTakenAccountBut(store, from, to);
  const old = accountDir(store, from);
  const fresh = accountDir(store, to);
  await refuseOccupied(old, fresh);
  await writeTokenFile(path.join(old, `${to}.jwt`), token);
  try {
    await rename(old, fresh);
    await syncDir(path.dirname(fresh));
    await removeOldToken(fresh, from, to);
  } catch (error) {
    throw ioError(error, 'write', fresh);
  }
}

/** The token under the name before. Where letter case is not told apart, `orders.jwt` is `Orders.jwt`, and the only one there is. */
async function removeOldToken(dir: string, from: string, to: string): Promise<void> {
  const old = path.join(dir, `${from}.jwt`);
  const fresh = path.join(dir, `${to}.jwt`);
  if (!(await isSameFile(old, fresh))) await rm(old, { force: true });
  else if (from !== to) await rename(old, fresh);
}

/** Before anything is written: a folder with something in it, which is none of ours, would stop the rename halfway. */
async function refuseOccupied(old: string, fresh: string): Promise<void> {
  if ((await readDir(fresh)).length === 0 || (await isSameFile(old, fresh))) return;
  throw storeError('ERR_STORE_IO', `${fresh} is in the way`, {
    hint: 'move it away, or choose another name',
    details: { file: fresh },
  });
}

export async function removeAccount(store: OperatorStore, name: string): Promise<void> {
  pathSafe(name, 'account');
  await takeAccountAway(store.dir, name);
}

/** As `refuseTakenAccount`, for one that is to be renamed: its own name is free to it, in any letter case. */
export async function refuseTakenAccountBut(store: OperatorStore, from: string, to: string): Promise<void> {
  checkEntityName(to, 'account');
  const names = (await listAccountNames(store)).filter((name) => name !== from);
  refuseTaken('ERR_ACCOUNT_NAME_TAKEN', 'account', to, names, `under operator ${store.name}`);
}

/** What `read` gives, or what is wrong with it. */
export async function orDamaged<T>(name: string, file: string, read: () => Promise<T>): Promise<T | Damaged> {
  try {
    return await read();
  } catch (problem) {
    return { name, file, problem: problem instanceof Error ? problem : new Error(String(problem)) };
  }
}
