import { isNatsctlError } from '../../claims/errors.js';
import { verifyAccount } from '../../claims/trust/account.js';
import { trustOperators } from '../../claims/trust/operators.js';
import { fetchAccount, type PushResult, pushAccount } from '../../resolver/http.js';
import { exchangeAccount } from '../managed/exchange.js';
import { isSelfSigned } from '../managed/self-signed.js';
import { readBase, writeBase } from '../store/base.js';
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
import { chooseService, mustAnswer, serviceFault } from './service-url.js';

export interface PushRow {
  /** Null where the local token cannot be read. */
  account: string | null;
  name: string;
  result: 'created' | 'updated' | 'unchanged' | 'pending' | 'refused';
  code?: string;
  message?: string;
  hint?: string;
}

export interface PushReport {
  service: string;
  accounts: PushRow[];
}

/**
 * Pushes every account that changed since it was last pushed or pulled. Each push says which token it was made from, so that
 * another writer's change is never undone; one account's refusal keeps none of the others back.
 */
export async function push(
  workspace: Workspace,
  options: { service?: string | undefined; accounts?: string[] | undefined },
): Promise<PushReport> {
  const { store, now } = workspace;
  const operator = await readOperator(store);
  const service = chooseService(options.service, operator.claims);
  const accounts =
    options.accounts && options.accounts.length > 0
      ? await Promise.all(options.accounts.map((name) => findAccount(store, name)))
      : await listAccounts(store);
  await mustAnswer(service);
  const trusted = trustOperators([operator.claims]);
  const rows = await mapBounded(accounts, async (account): Promise<PushRow> => {
    if (isDamaged(account)) return refusedLocally(account, null, account.problem);
    const { claims, token } = account.jwt;
    try {
      if (store.managed && isSelfSigned(claims)) return await exchangeAccount(workspace, service, account);
      verifyAccount(token, trusted, { now, subject: claims.sub });
      return await pushOne(workspace, service, account);
    } catch (error) {
      return refusedLocally(account, claims.sub, serviceFault(error));
    }
  });
  return { service, accounts: rows };
}

export function hasRefusals(report: PushReport): boolean {
  return report.accounts.some((row) => row.result === 'refused');
}

async function pushOne({ store }: Workspace, service: string, account: StoredAccount): Promise<PushRow> {
  const { token, claims } = account.jwt;
  const row = { account: claims.sub, name: account.name };
  const known = (held: string) => writeBase(store, claims.sub, held);
  const base = await readBase(store, claims.sub);

  if (base === null || base.token === token) {
    const held = await fetchAccount(service, claims.sub);
    if (held?.token === token) {
      if (base === null) await known(token);
      return { ...row, result: 'unchanged' };
    }
    if (held !== null && base === null)
      return { ...row, ...pullFirst('the service holds another JWT of this account') };
    if (held !== null)
      return { ...row, result: 'unchanged', message: 'the service holds a newer one: run `natsctl pull`' };
    return settle(await pushAccount(service, token, { ifNoneMatch: '*' }));
  }

  const result = await pushAccount(service, token, { ifMatch: base.claims.jti });
  if (result.status !== 'refused' || result.httpStatus !== 412) return settle(result);
  // Either another writer came first, or our last push was never heard back, or the service has lost the account.
  const held = await fetchAccount(service, claims.sub);
  if (held?.token === token) {
    await known(token);
    return { ...row, result: 'unchanged' };
  }
  return settle(held === null ? await pushAccount(service, token, { ifNoneMatch: '*' }) : result);

  async function settle(result: PushResult): Promise<PushRow> {
    if (result.status === 'pending') return { ...row, result: 'pending', message: result.message };
    if (result.status !== 'refused') {
      await known(token);
      return { ...row, result: result.status };
    }
    const { httpStatus, code, message, hint } = result;
    if (httpStatus === 412 || httpStatus === 409) return { ...row, ...pullFirst(message, code) };
    return { ...row, result: 'refused', code: code ?? 'ERR_PUSH_REFUSED', message, ...(hint && { hint }) };
  }
}

function pullFirst(message: string, code = 'ERR_PULL_FIRST') {
  return { result: 'refused' as const, code, message, hint: 'pull first: run `natsctl pull`, then push again' };
}

function refusedLocally(entity: StoredAccount | Damaged, account: string | null, error: unknown): PushRow {
  const row = { account, name: entity.name, result: 'refused' as const };
  if (!isNatsctlError(error)) throw error;
  return { ...row, code: error.code, message: error.message, ...(error.hint && { hint: error.hint }) };
}
