import { isNatsctlError } from '../../claims/errors.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import type { AccountClaims, Decoded } from '../../claims/types.js';
import { type Difference, differences } from '../change/difference.js';
import type { Progress } from '../output/progress.js';
import { readBaseToken } from '../store/base.js';
import {
  type Damaged,
  findAccount,
  findAccountByKey,
  isDamaged,
  listAccounts,
  type OperatorStore,
  type StoredAccount,
} from '../store/store.js';
import type { Workspace } from '../workspace.js';
import { type Held, readable } from './held.js';
import { mapBounded } from './parallel.js';
import { openRemote, type Remote } from './remote.js';
import type { RemoteKind } from './remote-choice.js';
import type { RemoteOptions } from './remote-options.js';

export interface DiffRow {
  /** Null where the local token cannot be read. */
  account: string | null;
  name: string;
  state: 'same' | 'different' | 'only-here' | 'only-there' | 'unreadable';
  /** Which one was issued later. */
  newer: 'here' | 'there' | null;
  /** Who changed it since both were last seen to be one; null where that never was, or nobody did. */
  changed: 'here' | 'there' | 'both' | null;
  /** From there (`before`) to here (`after`): what a push would change. Empty too where the same claims were only signed anew. */
  differences: Difference[];
  /** Over NATS: servers' versions that stayed behind the newest one, and servers that have none. */
  behind: number;
  message: string;
  /** The command that makes them one. */
  hint: string;
}

export interface DiffReport {
  kind: RemoteKind;
  url: string;
  same: boolean;
  accounts: DiffRow[];
}

/** Local against remote, claim by claim. Changes nothing. */
export async function diff(
  workspace: Workspace,
  options: RemoteOptions & { accounts?: string[] | undefined },
  showing: (total: number) => Progress = () => ({ advance() {}, end() {} }),
): Promise<DiffReport> {
  const { store } = workspace;
  const { accounts: given = [] } = options;
  const local: Compared[] = given.length > 0 ? await named(store, given) : await listAccounts(store);
  const remote = await openRemote(workspace, options, local.length);
  const progress = showing(local.length);
  try {
    const rows = await mapBounded(local, async (one) => {
      const row =
        'key' in one
          ? await onlyThere(remote, one.key, given.length > 0)
          : isDamaged(one)
            ? unreadable(one.name, one.problem.message)
            : await compareAccount(store, remote, one);
      progress.advance();
      return row;
    });
    if (given.length === 0) rows.push(...(await notHere(remote, rows)));
    const same = rows.every(({ state, behind }) => state === 'same' && behind === 0);
    return { kind: remote.kind, url: remote.url, same, accounts: rows };
  } finally {
    progress.end();
    await remote.close();
  }
}

/** An account of this store, or a key that is none of it. */
type Compared = StoredAccount | Damaged | { key: string };

async function named(store: OperatorStore, given: string[]): Promise<Compared[]> {
  return Promise.all(
    given.map(async (one) =>
      isPublicKey(one, 'account') ? ((await findAccountByKey(store, one)) ?? { key: one }) : findAccount(store, one),
    ),
  );
}

async function notHere(remote: Remote, rows: DiffRow[]): Promise<DiffRow[]> {
  const known = new Set(rows.map(({ account }) => account));
  const there = (await remote.list()) ?? [];
  return mapBounded(
    there.filter((key) => !known.has(key)),
    (key) => onlyThere(remote, key, false),
  );
}

/** One account of the store against what is held of it. */
export async function compareAccount(
  store: OperatorStore,
  remote: Remote,
  { name, jwt }: { name: string; jwt: Decoded<AccountClaims> },
): Promise<DiffRow> {
  const account = jwt.claims.sub;
  const held = await answered(remote, account);
  if (typeof held === 'string') return unreadableThere(account, name, held);
  const base = await readBaseToken(store, account);
  const row = { account, name, newer: null, changed: null, differences: [], behind: held.older.length + held.without };
  const push = `natsctl push ${name}`;
  if (held.token === null) {
    const differing = differences('account', null, jwt.claims);
    const message = base === null ? 'it is not there' : 'it is not there any more';
    return { ...row, state: 'only-here', newer: 'here', differences: differing, message, hint: push };
  }
  if (held.token === jwt.token) {
    const message = row.behind === 0 ? '' : behindText(held);
    return { ...row, state: 'same', message, hint: row.behind === 0 ? '' : push };
  }
  const theirs = readable(account, held.token);
  if (theirs === null) {
    return { ...row, state: 'unreadable', message: 'what is held there is no JWT of this account', hint: push };
  }
  const changed = base === held.token ? 'here' : base === jwt.token ? 'there' : base === null ? null : 'both';
  return {
    ...row,
    ...compared(jwt.claims, theirs.claims),
    state: 'different',
    changed,
    hint: changed === 'here' ? push : changed === 'there' ? `natsctl pull ${name}` : `natsctl pull ${name}, then push`,
  };
}

function compared(ours: AccountClaims, theirs: AccountClaims): Pick<DiffRow, 'newer' | 'differences' | 'message'> {
  const found = differences('account', theirs, ours);
  const newer = ours.iat === theirs.iat ? null : ours.iat > theirs.iat ? 'here' : 'there';
  const which = newer === null ? 'both were issued at once' : `it is newer ${newer}`;
  return { newer, differences: found, message: found.length > 0 ? which : `the same claims, signed anew: ${which}` };
}

async function onlyThere(remote: Remote, key: string, asked: boolean): Promise<DiffRow> {
  const held = await answered(remote, key);
  if (typeof held === 'string') return unreadableThere(key, key, held);
  const theirs = held.token === null ? null : readable(key, held.token);
  const row = { account: key, name: theirs?.claims.name ?? key, newer: null, changed: null, behind: 0 };
  if (held.token === null && asked) {
    return { ...row, state: 'unreadable', differences: [], message: 'it is neither here nor there', hint: '' };
  }
  if (theirs === null) {
    return { ...row, state: 'unreadable', differences: [], message: 'what is held there is no JWT of it', hint: '' };
  }
  return {
    ...row,
    state: 'only-there',
    newer: 'there',
    differences: differences('account', theirs.claims, null),
    message: 'it is not in this store',
    hint: `natsctl pull ${key}, or remove it there: natsctl push --account-removal ${key}`,
  };
}

/** An answer that is none, about one account, says nothing of the others. @returns what is wrong with it */
async function answered(remote: Remote, account: string): Promise<Held | string> {
  try {
    return await remote.read(account);
  } catch (error) {
    if (isNatsctlError(error, 'ERR_SERVICE_ANSWER')) return error.message;
    throw error;
  }
}

function unreadableThere(account: string, name: string, message: string): DiffRow {
  const row = { account, name, newer: null, changed: null, differences: [], behind: 0 };
  return { ...row, state: 'unreadable', message, hint: 'see to it there: the log of the service says why' };
}

function unreadable(name: string, message: string): DiffRow {
  const row = { account: null, name, newer: null, changed: null, differences: [], behind: 0 };
  return { ...row, state: 'unreadable', message, hint: 'natsctl pull, or restore it from a backup' };
}

function behindText({ older, without }: Held): string {
  const parts = [
    ...(older.length > 0 ? [`${older.length} older version${older.length === 1 ? '' : 's'} on some servers`] : []),
    ...(without > 0 ? [`${without} server${without === 1 ? '' : 's'} without it`] : []),
  ];
  return parts.join(', ');
}
