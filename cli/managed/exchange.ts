/**
 * Under a managed operator accounts are self-signed. Where the operator's account server is HTTP, such an account is pushed
 * there and comes back signed by the operator, as nsc does (`handleManagedAccount` in its store); elsewhere people exchange
 * the two JWTs by hand.
 */
import { droppedRevocations } from '../../claims/account/revocation.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { verifyAccount } from '../../claims/trust/account.js';
import { trustOperators } from '../../claims/trust/operators.js';
import type { AccountClaims, Decoded } from '../../claims/types.js';
import { fetchAccount, pushAccount } from '../../resolver/http.js';
import { differences } from '../change/difference.js';
import { readBase, writeBase } from '../store/base.js';
import { readAccount, readOperator, type StoredAccount, writeAccount } from '../store/store.js';
import type { PushRow } from '../sync/push-row.js';
import { changing, type Workspace } from '../workspace.js';
import { isSelfSigned } from './self-signed.js';

/** How many claims that the operator set are named. */
const MAX_NAMED_CLAIMS = 5;

/**
 * Pushes a self-signed account and takes back what the operator made of it. Throws only where no answer came; a refusal, or
 * that it is not signed yet, is a result.
 */
export async function exchangeAccount(workspace: Workspace, service: string, account: StoredAccount): Promise<PushRow> {
  const { store, now } = workspace;
  const ours = account.jwt;
  const { sub } = ours.claims;
  const row = { account: sub, name: account.name, servers: [] };
  const base = await readBase(store, sub);
  const condition = base === null ? { ifNoneMatch: '*' as const } : { ifMatch: base.claims.jti };
  const pushed = await pushAccount(service, ours.token, condition);
  if (pushed.status === 'refused') {
    const { httpStatus, message, code, hint } = pushed;
    const stale = httpStatus === 412 || httpStatus === 409;
    return {
      ...row,
      result: 'refused',
      code: code ?? (stale ? 'ERR_PULL_FIRST' : 'ERR_PUSH_REFUSED'),
      message,
      hint: stale ? 'pull first: run `natsctl pull`, then push again' : (hint ?? 'ask whoever runs the operator'),
    };
  }
  const held = await fetchAccount(service, sub);
  const theirs = held === null ? null : decodeAs('account', held.token);
  if (pushed.status === 'pending' || theirs === null || isSelfSigned(theirs.claims)) {
    const message = 'handed over, and not signed by the operator yet: `natsctl pull` will fetch it';
    return { ...row, result: 'pending', message };
  }
  const trusted = trustOperators([(await readOperator(store)).claims]);
  verifyAccount(theirs, trusted, { now, subject: sub, allowExpired: true });
  if (droppedRevocations(ours.claims.nats.revocations, theirs.claims.nats.revocations).length > 0) {
    return {
      ...row,
      result: 'refused',
      code: 'ERR_PULL_CONFLICT',
      message: 'what came back signed lacks revocations that are here',
      hint: 'ask whoever runs the operator',
    };
  }
  const taken = await take(workspace, account, theirs);
  const message = taken ? changesOf(ours.claims, theirs.claims) : 'it changed here meanwhile: push again';
  return { ...row, result: pushed.status === 'created' ? 'created' : 'updated', ...(message && { message }) };
}

/** @returns false where the account was changed here in the meantime: what is here stays */
function take(workspace: Workspace, sent: StoredAccount, signed: Decoded<AccountClaims>): Promise<boolean> {
  const { store } = workspace;
  return changing(workspace, async () => {
    const current = await readAccount(store, sent.name);
    const same = current.jwt.token === sent.jwt.token;
    if (same) await writeAccount(store, sent.name, signed.token);
    await writeBase(store, signed.claims.sub, signed.token);
    return same;
  });
}

/** An operator gives limits; that it did, and whatever else it changed, is said. */
function changesOf(ours: AccountClaims, theirs: AccountClaims): string | undefined {
  const paths = differences('account', ours, theirs).map(({ path }) => path);
  if (paths.length === 0) return undefined;
  const more = paths.length > MAX_NAMED_CLAIMS ? ` and ${paths.length - MAX_NAMED_CLAIMS} more` : '';
  return `the operator set ${paths.slice(0, MAX_NAMED_CLAIMS).join(', ')}${more}`;
}
