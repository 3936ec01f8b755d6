import { isPublicKey } from '../../claims/keys/nkey.js';
import { signDeletion } from '../../claims/trust/deletion.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import { cliError, usageError } from '../errors.js';
import { operatorSigner } from '../signer.js';
import { removeBase } from '../store/base.js';
import { findAccount, findAccountByKey, isDamaged, listAccounts, readOperator } from '../store/store.js';
import type { Workspace } from '../workspace.js';
import { readable } from './held.js';
import type { NatsRemote } from './nats-remote.js';
import { mapBounded } from './parallel.js';
import { type ServerResult, serverResults } from './push-row.js';
import type { Remote } from './remote.js';

/** What is to be deleted from the servers. */
export interface Removal {
  /** Names or public keys. */
  accounts: string[];
  /** Everything that is there and not in this store. */
  prune: boolean;
  /** Throws where it is not to be done. Not called for a dry run. */
  confirm: (accounts: Removable[]) => Promise<void>;
  /** The value of `--private-key`. */
  key?: string | undefined;
}

export interface Removable {
  account: string;
  /** As its JWT there says; null where that cannot be read. */
  name: string | null;
}

export interface RemovedRow extends Removable {
  /** With a dry run: what would be. */
  result: 'removed' | 'incomplete' | 'refused';
  servers: ServerResult[];
  code?: string;
  message?: string;
  hint?: string;
}

/** A request is one message; a nats-server takes a megabyte. */
const MAX_ACCOUNTS_A_REQUEST = 5_000;

/** What there is to remove, confirmed: before anything else is done, so that a no leaves all as it was. */
export async function chooseRemovals(
  workspace: Workspace,
  remote: Remote,
  removal: Removal,
  dryRun: boolean,
): Promise<Removable[]> {
  const servers = mustDelete(remote);
  const wanted = [
    ...(await Promise.all(removal.accounts.map((one) => named(workspace, servers, one)))),
    ...(removal.prune ? await notHere(workspace, servers) : []),
  ];
  if (wanted.length > 0 && !dryRun) await removal.confirm(wanted);
  return wanted;
}

function mustDelete(remote: Remote): NatsRemote {
  if (remote.kind === 'nats') return remote;
  throw usageError(
    'a service neither lists nor deletes accounts for a stranger',
    'end an account there with `natsctl account delete NAME`, or delete from the full resolver of nats-servers: --service nats://...',
  );
}

export async function removeThere(
  workspace: Workspace,
  remote: Remote,
  wanted: Removable[],
  { key, dryRun }: { key?: string | undefined; dryRun: boolean },
): Promise<RemovedRow[]> {
  if (wanted.length === 0) return [];
  if (dryRun) return wanted.map((one) => ({ ...one, result: 'removed', servers: [] }));
  const servers = mustDelete(remote);
  const rows: RemovedRow[] = [];
  for (let at = 0; at < wanted.length; at += MAX_ACCOUNTS_A_REQUEST) {
    const some = wanted.slice(at, at + MAX_ACCOUNTS_A_REQUEST);
    const answers = await requestRemoval(
      workspace,
      servers,
      some.map(({ account }) => account),
      key,
    );
    const verdict = judgedRemoval(answers, servers.missing);
    if (verdict.result === 'removed') for (const { account } of some) await removeBase(workspace.store, account);
    rows.push(...some.map((one) => ({ ...one, ...verdict })));
  }
  return rows;
}

async function named(workspace: Workspace, remote: NatsRemote, nameOrKey: string): Promise<Removable> {
  const { store } = workspace;
  const local = isPublicKey(nameOrKey, 'account')
    ? await findAccountByKey(store, nameOrKey)
    : await findAccount(store, nameOrKey);
  const account = local?.jwt.claims.sub ?? nameOrKey;
  if ((await readOperator(store)).claims.nats.system_account === account || remote.systemAccount === account) {
    throw cliError('ERR_ACCOUNT_IN_USE', `${nameOrKey} is the system account, which no server lets go`, {
      hint: 'name another account',
      details: { account },
    });
  }
  const held = (await remote.read(account)).token;
  if (held === null) {
    throw cliError('ERR_ACCOUNT_UNKNOWN_THERE', `the servers hold no account ${nameOrKey}`, {
      hint: 'see `natsctl diff`',
      details: { account },
    });
  }
  return { account, name: local?.name ?? readable(account, held)?.claims.name ?? null };
}

/** Never the system account. Where a local account cannot be read, its key is not known, and it might be among them. */
async function notHere({ store }: Workspace, remote: NatsRemote): Promise<Removable[]> {
  const local = await listAccounts(store);
  const damaged = local.find(isDamaged);
  if (damaged !== undefined) throw damaged.problem;
  const keep = new Set(local.flatMap((one) => (isDamaged(one) ? [] : [one.jwt.claims.sub])));
  const system = (await readOperator(store)).claims.nats.system_account;
  const there = (await remote.list()).filter((account) => account !== system && account !== remote.systemAccount);
  const gone = there.filter((account) => !keep.has(account));
  // A store made anew, or one whose folder is not mounted: everything there would go.
  if (gone.length > 0 && gone.length === there.length) {
    throw cliError(
      'ERR_PRUNE_REFUSED',
      `none of the ${gone.length} accounts there is in this store: nothing is deleted`,
      {
        hint: 'check the store (`natsctl env`) and the address, or `natsctl pull` first; where all of them are to go: push what replaces them before, or name each with --account-removal',
        details: { accounts: gone },
      },
    );
  }
  return mapBounded(gone, async (account) => {
    const held = (await remote.read(account)).token;
    return { account, name: held === null ? null : (readable(account, held)?.claims.name ?? null) };
  });
}

/** Has the servers delete accounts, by a list that a key of the operator signed. */
export async function requestRemoval(
  workspace: Workspace,
  remote: NatsRemote,
  accounts: string[],
  key: string | undefined,
): Promise<ServerAnswer[]> {
  const operator = (await readOperator(workspace.store)).claims;
  const signer = await operatorSigner(workspace, operator, { key });
  return remote.remove(await signDeletion(accounts, signer, workspace.now));
}

const DISABLED = 'delete must be enabled';

/** @param missing servers that should be there and are not: with what they have, they come back */
export function judgedRemoval(answers: ServerAnswer[], missing: number): Omit<RemovedRow, 'account' | 'name'> {
  const servers = serverResults(answers);
  const behind = answers.filter(({ ok }) => !ok);
  if (answers.length > 0 && behind.length === 0 && missing === 0) return { result: 'removed', servers };
  const away = missing > 0 ? [`${missing} more expected: not there`] : [];
  const texts =
    [...behind.map(({ server, message }) => `${server}: ${message}`), ...away].join('; ') || 'no server answered';
  const result = behind.length === answers.length ? ('refused' as const) : ('incomplete' as const);
  if (behind.some(({ message }) => message.includes(DISABLED))) {
    return {
      result,
      servers,
      code: 'ERR_DELETE_DISABLED',
      message: `servers there do not delete accounts: ${texts}`,
      hint: 'set `allow_delete: true` in their resolver block (`natsctl config generate --full --allow-delete`) and restart them; or let the account end with `natsctl account delete NAME`',
    };
  }
  const hint = 'a server that still has it hands it to the others again: see to it and try again';
  return { result, servers, code: 'ERR_DELETE_REFUSED', message: texts, ...(result === 'incomplete' && { hint }) };
}
