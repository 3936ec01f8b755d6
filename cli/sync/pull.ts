import { isNatsctlError } from '../../claims/errors.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import { trustOperators } from '../../claims/trust/operators.js';
import { deleteAccount } from '../account/delete.js';
import { cliError } from '../errors.js';
import type { Progress } from '../output/progress.js';
import { readBaseToken, readGoneToken } from '../store/base.js';
import { findAccount, findAccountByKey, isDamaged, listAccounts, readAccount, readOperator } from '../store/store.js';
import { changing, type Workspace } from '../workspace.js';
import { mapBounded } from './parallel.js';
import { type Pulling, pullAccount, type Wanted } from './pull-account.js';
import { type PulledOperator, pullOperator } from './pull-operator.js';
import type { Prune, PullOptions, PullRow } from './pull-row.js';
import { openRemote, type Remote } from './remote.js';
import type { RemoteKind } from './remote-choice.js';

export interface PullReport {
  kind: RemoteKind;
  url: string;
  operator: PulledOperator;
  accounts: PullRow[];
  dryRun: boolean;
}

/** More accounts than this are taken from one server in one go, instead of being asked for one by one. */
const PACK_FROM = 200;

/** Brings the tokens held there into the store. Each is verified against the operator's keys as known here before it counts. */
export async function pull(
  workspace: Workspace,
  options: PullOptions,
  showing: (total: number) => Progress = () => ({ advance() {}, end() {} }),
): Promise<PullReport> {
  const { dryRun = false, prune, accounts: given = [] } = options;
  const local = await wantedAccounts(workspace, given);
  const remote = await openRemote(workspace, options, local.length);
  try {
    const operator = await pulledOperator(workspace, remote, dryRun);
    const wanted = given.length > 0 ? local : [...local, ...(await onlyThere(remote, local))];
    const fetched = await fetchAll(remote, wanted, given.length === 0, showing(wanted.length));
    // The network is done with; what was fetched is applied to what the store holds now.
    const accounts = await changing(workspace, async () => {
      const trusted = trustOperators([(await readOperator(workspace.store)).claims]);
      const where = remote.kind === 'nats' ? 'the servers hold' : 'the service holds';
      const pulling: Pulling = { ...options, trusted, where };
      const rows: PullRow[] = [];
      for (const { one, token, problem } of fetched) {
        rows.push(
          await orRefused(one, async () => {
            if (problem !== undefined) throw problem;
            return pullAccount(workspace, one, token ?? null, pulling);
          }),
        );
      }
      return withoutRepaired(rows);
    });
    if (prune !== undefined) await pruneHere(workspace, accounts, prune, dryRun);
    return { kind: remote.kind, url: remote.url, operator, accounts, dryRun };
  } finally {
    await remote.close();
  }
}

export function needsAttention(report: PullReport): boolean {
  return report.accounts.some((row) => row.result === 'conflict' || row.result === 'refused');
}

/** A damaged account whose name has come from there is whole again: its fault is told no more. */
function withoutRepaired(rows: PullRow[]): PullRow[] {
  const whole = new Set(rows.flatMap(({ account, name }) => (account === null ? [] : [name])));
  return rows.filter(({ account, name }) => account !== null || !whole.has(name));
}

/** Servers keep accounts only: their operator is in their configuration. */
async function pulledOperator(workspace: Workspace, remote: Remote, dryRun: boolean): Promise<PulledOperator> {
  return remote.kind === 'nats'
    ? { result: 'absent' }
    : pullOperator(workspace, remote.address, { dryRun, timeoutMs: remote.timeoutMs });
}

async function wantedAccounts({ store }: Workspace, given: string[]): Promise<Wanted[]> {
  if (given.length === 0) {
    const accounts = await listAccounts(store);
    return accounts.map((one) => ({ key: isDamaged(one) ? null : one.jwt.claims.sub, name: one.name }));
  }
  return Promise.all(
    given.map(async (nameOrKey) => {
      if (!isPublicKey(nameOrKey, 'account')) {
        const account = await findAccount(store, nameOrKey);
        return { key: account.jwt.claims.sub, name: account.name };
      }
      return { key: nameOrKey, name: (await findAccountByKey(store, nameOrKey))?.name ?? null };
    }),
  );
}

async function onlyThere(remote: Remote, local: Wanted[]): Promise<Wanted[]> {
  const known = new Set(local.map(({ key }) => key));
  const there = (await remote.list()) ?? [];
  return there.filter((key) => !known.has(key)).map((key) => ({ key, name: null }));
}

interface Fetched {
  one: Wanted;
  token?: string | null;
  problem?: unknown;
}

async function fetchAll(remote: Remote, wanted: Wanted[], all: boolean, progress: Progress): Promise<Fetched[]> {
  try {
    const packed = all && remote.kind === 'nats' && wanted.length > PACK_FROM ? await remote.pack() : null;
    return await mapBounded(wanted, async (one): Promise<Fetched> => {
      const { key } = one;
      try {
        if (key === null) return { one };
        return { one, token: packed?.get(key) ?? (await remote.read(key)).token };
      } catch (problem) {
        return { one, problem };
      } finally {
        progress.advance();
      }
    });
  } finally {
    progress.end();
  }
}

async function orRefused(wanted: Wanted, run: () => Promise<PullRow>): Promise<PullRow> {
  try {
    return await run();
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return {
      account: wanted.key,
      name: wanted.name ?? wanted.key ?? '',
      result: 'refused',
      revoked: [],
      code: error.code,
      message: error.message,
      ...(error.hint && { hint: error.hint }),
    };
  }
}

/**
 * Removes what was there once and is gone, and has not been changed here since. An address that has nothing of ours is the
 * wrong one, or has lost it: nothing is removed for that. That it has the system account says nothing: a server whose folder
 * is lost has that one from its configuration.
 */
async function pruneHere(workspace: Workspace, rows: PullRow[], prune: Prune, dryRun: boolean): Promise<void> {
  const { store } = workspace;
  const gone: { row: PullRow; account: string; name: string; token: string }[] = [];
  const system = (await readOperator(store)).claims.nats.system_account;
  for (const row of rows) {
    const { account } = row;
    if (row.result !== 'absent' || account === null || account === system) continue;
    const last = (await readGoneToken(store, account)) ?? (await readBaseToken(store, account));
    if (last === null) continue;
    if ((await readAccount(store, row.name)).jwt.token === last)
      gone.push({ row, account, name: row.name, token: last });
    else
      row.message = 'it is gone there, but was changed here since: push it, or delete it with `natsctl account delete`';
  }
  if (gone.length === 0) return;
  const held = ['unchanged', 'updated', 'merged', 'kept', 'added'];
  if (!rows.some((row) => held.includes(row.result) && row.account !== system)) {
    throw cliError('ERR_PRUNE_REFUSED', `no account of operator ${store.name} is held there: nothing is removed here`, {
      hint: 'check the address (--service), and whether its data was lost: `natsctl push` puts them back; `natsctl account delete NAME` removes one; name no accounts, so that all are looked at',
      details: { accounts: gone.map(({ name }) => name) },
    });
  }
  if (!dryRun) await prune.confirm(gone.map(({ account, name }) => ({ account, name })));
  for (const { row, account, token } of gone) {
    try {
      if (!dryRun) await deleteAccount(workspace, { account, token, removeKeys: false, keepCreds: false }, {});
    } catch (error) {
      // What was removed before it is, and is told.
      if (!isNatsctlError(error)) throw error;
      const { code, message, hint } = error;
      Object.assign(row, { result: 'refused', code, message, ...(hint && { hint }) });
      continue;
    }
    row.result = 'pruned';
    row.message = 'it is gone there; its private keys stay in the keystore';
  }
}
