import { isNatsctlError } from '../../claims/errors.js';
import { readTextFile } from '../store/atomic.js';
import { accountFile, listAccountNames, readAccount, readOperator, type StoredAccount } from '../store/store.js';
import type { PushRow } from '../sync/push-row.js';
import { serviceFault } from '../sync/service-url.js';
import type { Workspace } from '../workspace.js';
import { exchangeAccount } from './exchange.js';
import { isSelfSigned } from './self-signed.js';

/** The tokens of a store before a command, by account name. */
export type TokensBefore = Map<string, string | null>;

export async function tokensOf({ store }: Workspace): Promise<TokensBefore> {
  const names = await listAccountNames(store);
  return new Map(await Promise.all(names.map(async (name) => [name, await tokenText(store, name)] as const)));
}

/** What became of an account that a command changed under a managed operator; `by hand` where there is nothing to push to. */
export type HandedOver = Omit<PushRow, 'result' | 'servers'> & { result: PushRow['result'] | 'by hand' };

/** Hands over every account that was self-signed since `before`. */
export async function handOver(workspace: Workspace, before: TokensBefore): Promise<HandedOver[]> {
  const { store } = workspace;
  const changed: StoredAccount[] = [];
  for (const name of await listAccountNames(store)) {
    if (before.get(name) === (await tokenText(store, name))) continue;
    const account = await readAccount(store, name);
    if (isSelfSigned(account.jwt.claims)) changed.push(account);
  }
  if (changed.length === 0) return [];
  const server = (await readOperator(store)).claims.nats.account_server_url;
  const results: HandedOver[] = [];
  for (const account of changed) results.push(await handOverOne(workspace, server, account));
  return results;
}

async function handOverOne(
  workspace: Workspace,
  server: string | undefined,
  account: StoredAccount,
): Promise<HandedOver> {
  const row = { account: account.jwt.claims.sub, name: account.name };
  if (server === undefined || !/^https?:\/\//i.test(server)) {
    const take = 'take back what they sign with `natsctl account import FILE`';
    return {
      ...row,
      result: 'by hand',
      message: `self-signed: hand ${account.file} to whoever runs operator ${workspace.store.name}, and ${take}`,
    };
  }
  try {
    return await exchangeAccount(workspace, server, account);
  } catch (error) {
    const fault = serviceFault(error);
    if (!isNatsctlError(fault)) throw error;
    const hint = 'it is stored here self-signed: run `natsctl push` once that is mended';
    return { ...row, result: 'refused', code: fault.code, message: fault.message, hint };
  }
}

/** For people, beside the result of the command. */
export function handOverNote({ name, result, code, message, hint }: HandedOver): string {
  const what = `account ${name}`;
  if (result === 'refused')
    return `${what} is not signed by the operator: ${message} (${code})${hint ? `; ${hint}` : ''}`;
  if (result === 'by hand' || result === 'pending') return `${what}: ${message}`;
  return `${what} is signed by the operator${message ? `: ${message}` : ''}`;
}

function tokenText(store: Workspace['store'], name: string): Promise<string | null> {
  return readTextFile(accountFile(store, name));
}
