import { parseCreds } from '../../claims/creds.js';
import { isNatsctlError } from '../../claims/errors.js';
import { storedKeys } from '../keys/stored.js';
import { type ShowProgress, unseen } from '../output/show-progress.js';
import { readBase } from '../store/base.js';
import { storeError } from '../store/errors.js';
import { findSeed } from '../store/keystore.js';
import { accountKeys, operatorKeys } from '../store/references.js';
import { readAllCreds, readSnapshot } from '../store/snapshot.js';
import { listOperatorNames, openOperator } from '../store/store.js';
import { mapBounded } from '../sync/parallel.js';
import { changing, type Workspace } from '../workspace.js';
import type { BackupRecord } from './records.js';

export interface WantedBackup {
  /** Every operator of the store, and every seed of the keystore. */
  all: boolean;
  creds: boolean;
  progress?: ShowProgress | undefined;
}

export interface Collected {
  operators: string[];
  accounts: number;
  users: number;
  seeds: number;
  creds: number;
  /** Keys the tokens refer to, whose seeds are not here. */
  missingSeeds: number;
  /** Files that hold no creds. */
  skipped: string[];
  records: BackupRecord[];
}

const FILES_AT_ONCE = 16;

/** All of an operator, as it is at one moment. A token that cannot be read stops it: a backup without it would pass for whole. */
export function collectBackup(workspace: Workspace, wanted: WantedBackup): Promise<Collected> {
  return changing(workspace, async () => {
    const { store, keystore, paths } = workspace;
    const operators = wanted.all ? await listOperatorNames(store.root) : [store.name];
    const done: Collected = {
      operators,
      accounts: 0,
      users: 0,
      seeds: 0,
      creds: 0,
      missingSeeds: 0,
      skipped: [],
      records: [],
    };
    const keys = new Set<string>();
    for (const name of operators) await collectOperator(workspace, name, wanted, keys, done);
    if (wanted.all) for (const key of await storedKeys(keystore)) keys.add(key);
    const progress = (wanted.progress ?? unseen)('reading', keys.size);
    const read = async (key: string): Promise<string | null> => {
      const seed = await findSeed(keystore, key);
      progress.advance();
      return seed?.reveal() ?? null;
    };
    const seeds = await mapBounded([...keys], read, FILES_AT_ONCE).finally(() => progress.end());
    for (const seed of seeds) if (seed !== null) done.records.push({ kind: 'seed', seed });
    done.seeds = seeds.filter((seed) => seed !== null).length;
    done.missingSeeds = seeds.length - done.seeds;
    const current = paths.operator ?? store.name;
    if (operators.includes(current)) {
      done.records.push({ kind: 'context', operator: current, account: paths.account ?? null });
    }
    return done;
  });
}

async function collectOperator(
  { store: { root }, keystore }: Workspace,
  name: string,
  wanted: WantedBackup,
  keys: Set<string>,
  done: Collected,
): Promise<void> {
  const store = await openOperator(root, name);
  const { operator, accounts, damaged } = await readSnapshot(store);
  const broken = damaged[0];
  if (broken !== undefined || operator === null) {
    throw storeError('ERR_STORE_DAMAGED', `nothing was backed up: ${broken?.problem.message ?? name}`, {
      hint: 'repair or remove that token first, or rebuild the store with `natsctl fix`',
    });
  }
  const { records } = done;
  records.push({ kind: 'operator', name: store.name, managed: store.managed, token: operator.jwt.token });
  for (const key of operatorKeys(operator.jwt.claims)) keys.add(key);
  for (const account of accounts) {
    done.accounts += 1;
    records.push({ kind: 'account', operator: store.name, name: account.name, token: account.jwt.token });
    for (const key of accountKeys(account.jwt.claims)) keys.add(key);
    for (const user of account.users) {
      done.users += 1;
      const named = { operator: store.name, account: account.name, name: user.name };
      records.push({ kind: 'user', ...named, token: user.jwt.token });
      keys.add(user.jwt.claims.sub);
    }
    const base = await readBase(store, account.jwt.claims.sub);
    if (base !== null)
      records.push({ kind: 'base', operator: store.name, account: account.jwt.claims.sub, token: base.token });
  }
  if (!wanted.creds) return;
  for (const { account, user, file, text } of await readAllCreds(keystore, store.name)) {
    if (!isCreds(text)) {
      done.skipped.push(file);
      continue;
    }
    done.creds += 1;
    records.push({ kind: 'creds', operator: store.name, account, user, text });
  }
}

export function isCreds(text: string): boolean {
  try {
    parseCreds(text).seed.wipe();
    return true;
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return false;
  }
}
