/** The files of a change, as a transaction takes them: what is written, then what goes. */

import path from 'node:path';
import { shellWord } from '../output/shell-word.js';
import { readTextFile } from '../store/atomic.js';
import { storeError } from '../store/errors.js';
import { credsFile, keepsCreds, keyFile } from '../store/keystore.js';
import type { OperatorStore } from '../store/store.js';
import type { FileWrite } from '../store/transaction.js';
import type { Prepared } from './apply.js';
import { stateError } from './errors.js';
import type { Keyring } from './keyring.js';
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
  const credsPath = (account: string, user: string) => below(keystore, credsFile(keystore, operator, account, user));

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
    refuseSpelling('account', renamedFrom, name);
    remove('store', accountFile(renamedFrom));
    const entry = plan.accounts.get(key)?.identified.current;
    for (const user of entry?.users ?? []) {
      if (plan.changes.some((one) => one.kind === 'user' && one.before === user.jwt.claims)) continue;
      write('store', userFile(name, user.name), user.jwt.token);
      remove('store', userFile(renamedFrom, user.name));
      await moveCreds(renamedFrom, user.name, name, user.name);
    }
  }

  async function addUser(
    change: PlannedUser,
    token: string | null,
    make: (token: string) => Promise<string | null>,
  ): Promise<void> {
    const { account, accountFrom, name, renamedFrom } = change;
    const from = renamedFrom ?? name;
    const moved = accountFrom !== account || from !== name;
    if (token === null) {
      remove('store', userFile(accountFrom, name));
      remove('keystore', credsPath(accountFrom, name));
      return;
    }
    write('store', userFile(account, name), token);
    if (moved) {
      if (accountFrom === account) refuseSpelling('user', from, name);
      remove('store', userFile(accountFrom, from));
      await refuseInTheWay(account, name);
    }
    const text = await make(token);
    if (text === null) return moveCreds(accountFrom, from, account, name);
    const at = credsPath(account, name);
    write('keystore', at, text);
    if (kept) creds.push({ account, user: name, path: path.join(keystore, at) });
    if (moved) remove('keystore', credsPath(accountFrom, from));
  }

  /** Creds that may hold the one copy of a seed follow their user. */
  async function moveCreds(accountFrom: string, from: string, account: string, user: string): Promise<void> {
    if (accountFrom === account && from === user) return;
    const text = await readTextFile(path.join(keystore, credsPath(accountFrom, from)), { noFollow: true });
    if (text === null) return;
    await refuseInTheWay(account, user);
    write('keystore', credsPath(account, user), text);
    remove('keystore', credsPath(accountFrom, from));
  }

  /** Creds left by somebody else under the new name may be the one copy of a seed too. */
  async function refuseInTheWay(account: string, user: string): Promise<void> {
    const file = credsFile(keystore, operator, account, user);
    const vacated = plan.changes.some(
      (one) =>
        one.kind === 'user' &&
        one.accountFrom === account &&
        (one.renamedFrom ?? one.name) === user &&
        (one.action === 'delete' || one.renamedFrom !== null || one.account !== one.accountFrom),
    );
    if (vacated || (await readTextFile(file, { noFollow: true })) === null) return;
    throw storeError('ERR_CREDS_IN_THE_WAY', `there are creds under the new name already: ${file}`, {
      hint: 'move that file away',
      details: { file },
    });
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

/** One file under two spellings, on many systems: what is written under one would go with the other. */
function refuseSpelling(kind: 'account' | 'user', from: string, to: string): void {
  if (from.normalize('NFC').toLowerCase() !== to.normalize('NFC').toLowerCase()) return;
  throw stateError(
    'ERR_STATE_CONFLICT',
    `the ${kind} ${from} cannot become ${to} here: they differ only in letter case`,
    {
      hint: `rename it with \`natsctl ${kind} rename ${shellWord(from)} ${shellWord(to)}\``,
      details: { from, to },
    },
  );
}
