/** The files of a change, as a transaction takes them: what is written, then what goes. */

import path from 'node:path';
import { formatCreds } from '../../claims/creds.js';
import { readTextFile } from '../store/atomic.js';
import { credsFile, keepsCreds, keyFile, seedOfCreds } from '../store/keystore.js';
import type { OperatorStore } from '../store/store.js';
import type { FileWrite } from '../store/transaction.js';
import type { Prepared } from './apply.js';
import type { Keyring } from './keyring.js';
import { movesOf, refuseUnplaceable, type UserPlace } from './moves.js';
import type { Plan, PlannedAccount, PlannedEntity, PlannedOperator, PlannedUser } from './plan.js';

export interface ChangeFiles {
  /** @param token null for a deletion; `creds` makes those of a user, null where its private key is not here */
  add(change: PlannedEntity, token: string | null, creds: (token: string) => Promise<string | null>): Promise<void>;
  finish(keyring: Keyring): Promise<Prepared>;
}

export async function changeFiles(
  plan: Plan,
  { store, keystore }: { store: OperatorStore | null; keystore: string },
): Promise<ChangeFiles> {
  const operator = store?.name ?? plan.identified.name;
  const folder = store === null ? operator : path.basename(store.dir);
  const written = new Map<string, FileWrite>();
  const removed = new Map<string, FileWrite>();
  const creds: Prepared['creds'] = [];
  const kept = await keepsCreds(keystore);

  const write = (where: FileWrite['in'], at: string, content: string) => {
    written.set(`${where} ${at}`, { in: where, path: at, content });
  };
  const remove = (where: FileWrite['in'], at: string) => {
    removed.set(`${where} ${at}`, { in: where, path: at, content: null });
  };
  const accountFile = (name: string) => `${folder}/accounts/${name}/${name}.jwt`;
  const userFile = (account: string, name: string) => `${folder}/accounts/${account}/users/${name}.jwt`;
  const credsPath = ({ account, user }: UserPlace) => below(keystore, credsFile(keystore, operator, account, user));
  const moves = movesOf(plan);
  let places: Map<string, UserPlace[]> | undefined;
  const placesByKey = () => {
    places ??= storedPlaces(plan);
    return places;
  };
  await refuseUnplaceable(plan, operator, keystore);

  function addOperator(change: PlannedOperator, token: string): void {
    if (change.action === 'create') {
      const info = { managed: false, name: operator, kind: 'operator', version: '1' };
      write('store', `${folder}/.nsc`, JSON.stringify(info));
    }
    write('store', `${folder}/${operator}.jwt`, token);
  }

  async function addAccount(change: PlannedAccount, token: string | null): Promise<void> {
    const { name, renamedFrom, key } = change;
    if (token === null) {
      remove('store', accountFile(name));
      remove('store', `${folder}/.natsctl/base/${key}.jwt`);
      return;
    }
    write('store', accountFile(name), token);
    if (renamedFrom === null) return;
    remove('store', accountFile(renamedFrom));
    for (const { from, to, token } of moves) {
      if (token === null || to.account !== name) continue;
      write('store', userFile(to.account, to.user), token);
      remove('store', userFile(from.account, from.user));
      await moveCreds(from, to);
    }
  }

  async function addUser(
    change: PlannedUser,
    token: string | null,
    make: (token: string) => Promise<string | null>,
  ): Promise<void> {
    const { account, accountFrom, name, renamedFrom, action, key } = change;
    const from = { account: accountFrom, user: renamedFrom ?? name };
    const to = { account, user: name };
    const moved = from.account !== to.account || from.user !== to.user;
    if (token === null) {
      remove('store', userFile(accountFrom, name));
      remove('keystore', credsPath(from));
      return;
    }
    write('store', userFile(account, name), token);
    if (moved) remove('store', userFile(from.account, from.user));
    const text = (await make(token)) ?? (action === 'create' ? await credsOfSameKey(key, token) : null);
    if (text === null) {
      if (moved) await moveCreds(from, to);
      return;
    }
    const at = credsPath(to);
    write('keystore', at, text);
    if (kept) creds.push({ account, user: name, path: path.join(keystore, at) });
    if (moved) remove('keystore', credsPath(from));
  }

  /** Creds that may hold the one copy of a seed follow their user. */
  async function moveCreds(from: UserPlace, to: UserPlace): Promise<void> {
    const text = await readTextFile(path.join(keystore, credsPath(from)), { noFollow: true });
    if (text === null) return;
    write('keystore', credsPath(to), text);
    remove('keystore', credsPath(from));
  }

  /** A user that goes on in another account under its key: the creds it has there may hold the one copy of its seed. */
  async function credsOfSameKey(key: string, token: string): Promise<string | null> {
    for (const place of placesByKey().get(key) ?? []) {
      const text = await readTextFile(path.join(keystore, credsPath(place)), { noFollow: true });
      const seed = text === null ? null : seedOfCreds(text);
      if (seed?.publicKey === key) return formatCreds(token, seed);
    }
    return null;
  }

  return {
    async add(change, token, make) {
      if (change.kind === 'operator') {
        if (token !== null) addOperator(change, token);
      } else if (change.kind === 'account') await addAccount(change, token);
      else await addUser(change, token, make);
    },
    async finish(keyring) {
      const keys: FileWrite[] = [...keyring.made].map(([key, { seed }]) => {
        return { in: 'keystore', path: below(keystore, keyFile(keystore, key)), content: seed.reveal() };
      });
      // Keys first: a token whose key is not stored could never be used.
      const gone = [...removed].filter(([at]) => !written.has(at)).map(([, one]) => one);
      return { writes: [...keys, ...written.values(), ...gone], creds };
    },
  };
}

/** As a transaction writes it. */
function below(root: string, file: string): string {
  return path.relative(root, file).split(path.sep).join('/');
}

/** Where the store has each user key. */
function storedPlaces({ identified: { accounts, others } }: Plan): Map<string, UserPlace[]> {
  const places = new Map<string, UserPlace[]>();
  for (const account of [...accounts.flatMap((one) => one.current ?? []), ...others]) {
    for (const { name, jwt } of account.users) {
      const { sub } = jwt.claims;
      places.set(sub, [...(places.get(sub) ?? []), { account: account.name, user: name }]);
    }
  }
  return places;
}
