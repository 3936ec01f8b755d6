import { verifyAccount } from '../../claims/trust/account.js';
import { trustOperators } from '../../claims/trust/operators.js';
import { exchangeAccount } from '../managed/exchange.js';
import { isSelfSigned } from '../managed/self-signed.js';
import type { Progress } from '../output/progress.js';
import {
  type Damaged,
  findAccount,
  isDamaged,
  listAccounts,
  readOperator,
  type StoredAccount,
} from '../store/store.js';
import type { Workspace } from '../workspace.js';
import { mapBounded } from './parallel.js';
import { pushAgain, pushToServers } from './push-nats.js';
import { type PushOptions, type PushRow, refusedLocally } from './push-row.js';
import { pushToService } from './push-service.js';
import { openRemote, type Remote } from './remote.js';
import type { RemoteKind } from './remote-choice.js';
import { chooseRemovals, type Removal, type RemovedRow, removeThere } from './remove.js';
import { serviceFault } from './service-url.js';

export interface PushReport {
  kind: RemoteKind;
  url: string;
  /** Over NATS: the servers that must take each account, by name. */
  servers: string[];
  /** How many more there must be (`--servers`) and did not answer: what they hold is not known. */
  missing: number;
  accounts: PushRow[];
  /** Deleted there: `--prune`, `--account-removal`. */
  removed: RemovedRow[];
  dryRun: boolean;
}

const DEFAULT_RETRY = 2;

/**
 * Pushes every account that changed since it was last pushed or pulled. One account's refusal keeps none of the others back.
 *
 * @param showing is told how many there are, and of each one that is done
 */
export async function push(
  workspace: Workspace,
  options: PushOptions & { removal?: Removal | undefined },
  showing: (total: number) => Progress = () => ({ advance() {}, end() {} }),
): Promise<PushReport> {
  const { removal, accounts: given = [], dryRun = false } = options;
  const accounts = await wantedAccounts(workspace, given, removal);
  const checked = await checkHere(workspace, accounts, options.force === true);
  const remote = await openRemote(workspace, options, accounts.length);
  let progress: Progress | undefined;
  try {
    const removals = removal === undefined ? [] : await chooseRemovals(workspace, remote, removal, dryRun);
    progress = showing(accounts.length);
    const { advance } = progress;
    const first = await mapBounded(checked, async ({ account, row }): Promise<PushRow> => {
      const done = row ?? (await pushOne(workspace, remote, account as StoredAccount, options));
      advance();
      return done;
    });
    const rows = await retried(workspace, remote, checked, first, dryRun ? 0 : (options.retry ?? DEFAULT_RETRY));
    progress.end();
    const removed = await removeThere(workspace, remote, removals, { key: removal?.key, dryRun });
    const servers = remote.kind === 'nats' ? [...remote.servers.values()].sort() : [];
    const missing = remote.kind === 'nats' ? remote.missing : 0;
    return { kind: remote.kind, url: remote.url, servers, missing, accounts: rows, removed, dryRun };
  } finally {
    progress?.end();
    await remote.close();
  }
}

/** Something was refused, or a server stayed behind or away. */
export function hasRefusals({ missing, accounts, removed }: PushReport): boolean {
  return (
    missing > 0 ||
    accounts.some(({ result }) => result === 'refused' || result === 'incomplete') ||
    removed.some(({ result }) => result === 'refused' || result === 'incomplete')
  );
}

/** What is only to be removed needs no push. */
async function wantedAccounts({ store }: Workspace, given: string[], removal: Removal | undefined) {
  if (given.length > 0) return Promise.all(given.map((name) => findAccount(store, name)));
  return removal !== undefined && removal.accounts.length > 0 ? [] : listAccounts(store);
}

interface Checked {
  account: StoredAccount | Damaged;
  /** Set where it is kept back. */
  row: PushRow | null;
}

/** Before anything is connected: nothing is pushed that servers would refuse, or that is not of this operator. */
async function checkHere(
  { store, now }: Workspace,
  accounts: (StoredAccount | Damaged)[],
  force: boolean,
): Promise<Checked[]> {
  const trusted = trustOperators([(await readOperator(store)).claims]);
  return accounts.map((account) => {
    if (isDamaged(account)) return { account, row: refusedLocally(account, null, account.problem) };
    const { claims } = account.jwt;
    try {
      // Signed by its operator only once it is handed over.
      const handedOver = store.managed && isSelfSigned(claims);
      if (!force && !handedOver) verifyAccount(account.jwt, trusted, { now, subject: claims.sub });
      return { account, row: null };
    } catch (error) {
      return { account, row: refusedLocally(account, claims.sub, error) };
    }
  });
}

async function pushOne(
  workspace: Workspace,
  remote: Remote,
  account: StoredAccount,
  options: PushOptions,
): Promise<PushRow> {
  try {
    if (workspace.store.managed && isSelfSigned(account.jwt.claims))
      return await handedOver(workspace, remote, account, options);
    return remote.kind === 'nats'
      ? await pushToServers(workspace, remote, account, options)
      : await pushToService(workspace, remote.address, account, options);
  } catch (error) {
    return refusedLocally(account, account.jwt.claims.sub, serviceFault(error));
  }
}

/** Only a service has its operator sign what is not signed yet. */
async function handedOver(
  workspace: Workspace,
  remote: Remote,
  account: StoredAccount,
  { dryRun = false }: PushOptions,
): Promise<PushRow> {
  const row = { account: account.jwt.claims.sub, name: account.name, servers: [] };
  if (remote.kind === 'nats') {
    const message = 'the operator has not signed it yet, and servers do not';
    const hint = 'hand it over and take it back signed: `natsctl account import`';
    return { ...row, result: 'refused', code: 'ERR_OPERATOR_MANAGED', message, hint };
  }
  if (dryRun) return { ...row, result: 'pending', message: 'it would be handed over to be signed' };
  return exchangeAccount(workspace, remote.address, account);
}

/** All that stayed behind wait together, so that a server that is down costs its delay once and not for each account. */
async function retried(
  workspace: Workspace,
  remote: Remote,
  checked: Checked[],
  first: PushRow[],
  times: number,
): Promise<PushRow[]> {
  if (remote.kind !== 'nats') return first;
  const rows = [...first];
  for (let attempt = 1; attempt <= times && rows.some(isBehind); attempt++) {
    await remote.lookAgain(attempt);
    const behind = rows.flatMap((row, index) => (isBehind(row) ? [index] : []));
    await mapBounded(behind, async (index) => {
      const account = checked[index]?.account as StoredAccount;
      try {
        rows[index] = await pushAgain(workspace, remote, account, rows[index] as PushRow);
      } catch (error) {
        rows[index] = refusedLocally(account, account.jwt.claims.sub, serviceFault(error));
      }
    });
  }
  return rows;
}

function isBehind({ result }: PushRow): boolean {
  return result === 'incomplete';
}
