import { fetchAccount, type PushResult, pushAccount } from '../../resolver/http.js';
import { differences } from '../change/difference.js';
import { readBase, writeBase } from '../store/base.js';
import type { StoredAccount } from '../store/store.js';
import type { Workspace } from '../workspace.js';
import { isOlder, readable } from './held.js';
import { type PushOptions, type PushRow, pullFirst } from './push-row.js';

/**
 * Pushes one account over HTTP. The push says which token it was made from, so that another writer's change is never undone.
 */
export async function pushToService(
  { store }: Workspace,
  service: string,
  account: StoredAccount,
  options: PushOptions,
): Promise<PushRow> {
  const { token, claims } = account.jwt;
  const row = { account: claims.sub, name: account.name, servers: [] };
  const base = await readBase(store, claims.sub);
  const { timeoutMs, force = false, dryRun = false } = options;
  const patience = timeoutMs === undefined ? {} : { timeoutMs };
  const fetchHeld = () => fetchAccount(service, claims.sub, patience);
  const known = async (held: string) => {
    if (!dryRun) await writeBase(store, claims.sub, held);
  };
  const send = async (held: string | null, condition: { ifMatch?: string; ifNoneMatch?: '*' }) => {
    if (dryRun) return preview(held);
    const { accessToken } = options;
    const forced = force && accessToken !== undefined ? { force: { accessToken } } : {};
    return pushAccount(service, token, { ...(force ? {} : condition), ...forced, ...patience });
  };

  if (force || dryRun || base === null || base.token === token) {
    const held = await fetchHeld();
    if (held?.token === token) {
      if (base === null) await known(token);
      return { ...row, result: 'unchanged' };
    }
    if (held === null) return settle(await send(null, { ifNoneMatch: '*' }));
    if (force) return settle(await send(held.token, {}));
    if (base === null) return { ...row, ...pullFirst('the service holds another JWT of this account', account.name) };
    if (base.token === token) {
      // A service that went back to what it had before, as from a backup, is brought up to date again.
      if (isOlder(claims, held.token))
        return settle(await send(held.token, { ifMatch: readable(claims.sub, held.token)?.claims.jti as string }));
      return { ...row, result: 'unchanged', message: 'the service holds a newer one: run `natsctl pull`' };
    }
    if (dryRun && held.token !== base.token) {
      return {
        ...row,
        ...pullFirst('the service holds another JWT than the one that this was made from', account.name),
      };
    }
    if (dryRun) return settle(preview(held.token));
  }

  const result = await send(null, { ifMatch: (base as NonNullable<typeof base>).claims.jti });
  if (result.status !== 'refused' || result.httpStatus !== 412) return settle(result);
  // Either another writer came first, or our last push was never heard back, or the service has lost the account.
  const held = await fetchHeld();
  if (held?.token === token) {
    await known(token);
    return { ...row, result: 'unchanged' };
  }
  return settle(held === null ? await send(null, { ifNoneMatch: '*' }) : result);

  function preview(held: string | null): PushResult & { differences: PushRow['differences'] } {
    const theirs = held === null ? null : readable(claims.sub, held);
    return {
      status: held === null ? 'created' : 'updated',
      message: '',
      differences: differences('account', theirs?.claims ?? null, claims),
    };
  }

  async function settle(result: PushResult & { differences?: PushRow['differences'] }): Promise<PushRow> {
    if (result.status === 'pending') return { ...row, result: 'pending', message: result.message };
    if (result.status !== 'refused') {
      await known(token);
      return { ...row, result: result.status, ...(result.differences && { differences: result.differences }) };
    }
    const { httpStatus, code, message, hint } = result;
    if (httpStatus === 412 || httpStatus === 409) {
      const first = pullFirst(message, account.name, code);
      // Nothing is to be pulled where they were meant to come back.
      const meant = '; where they are to come back: --force and --token-file, with an access token of an admin';
      return { ...row, ...first, ...(code?.includes('REVOCATION') && { hint: `${first.hint}${meant}` }) };
    }
    return { ...row, result: 'refused', code: code ?? 'ERR_PUSH_REFUSED', message, ...(hint && { hint }) };
  }
}
