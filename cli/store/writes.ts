/** The files of a change of several (transaction.ts), each as what writes it alone would leave it. */
import path from 'node:path';
import { formatCreds } from '../../claims/creds.js';
import type { Seed } from '../../claims/keys/seed.js';
import { credsFile } from './keystore.js';
import { accountFile, type OperatorStore, operatorFile } from './store.js';
import type { FileWrite } from './transaction.js';
import { userFile } from './users.js';

export function operatorWrite(store: OperatorStore, token: string): FileWrite {
  return { in: 'store', path: below(store.root, operatorFile(store)), content: token };
}

/** `.nsc`, which makes the folder an operator's. */
export function operatorInfoWrite(store: OperatorStore, info: object): FileWrite {
  return { in: 'store', path: below(store.root, path.join(store.dir, '.nsc')), content: JSON.stringify(info) };
}

export function accountWrite(store: OperatorStore, name: string, token: string): FileWrite {
  return { in: 'store', path: below(store.root, accountFile(store, name)), content: token };
}

export function userWrite(store: OperatorStore, account: string, name: string, token: string): FileWrite {
  return { in: 'store', path: below(store.root, userFile(store, account, name)), content: token };
}

/** @param content null: the file is to go */
export function credsWrite(
  keystore: string,
  names: { operator: string; account: string; user: string },
  content: { token: string; seed: Seed } | null,
): FileWrite {
  const file = credsFile(keystore, names.operator, names.account, names.user);
  const text = content === null ? null : formatCreds(content.token, content.seed);
  return { in: 'keystore', path: below(keystore, file), content: text };
}

function below(root: string, file: string): string {
  return path.relative(root, file).split(path.sep).join('/');
}
