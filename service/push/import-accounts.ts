import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { verifyAccount } from '../../claims/trust/account.js';
import { type TrustedOperators, trustOperators } from '../../claims/trust/operators.js';
import type { AccountClaims, Decoded } from '../../claims/types.js';
import type { Origin } from '../audit/audit.js';
import { type Caller, hasRight, requireRight } from '../auth/rights.js';
import { together } from '../change/together.js';
import { servedOperators } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import { changesIn } from '../store/changed-accounts.js';
import { type PushOutcome, pushAccount } from './push-account.js';

export type ImportOutcome = PushOutcome | { status: 'refused'; account?: string; code: string; detail: string };

/**
 * Takes in many account JWTs as pushes of them would be: each is judged by itself and told its outcome, and those that pass are
 * stored in one transaction. The caller has to manage what each is of.
 */
export async function importAccounts(
  service: Service,
  tokens: readonly string[],
  caller: Caller,
  actor: Origin,
): Promise<ImportOutcome[]> {
  return together(service, actor, async (shared) => {
    const trusted = await servedOperators(shared.store.db);
    const outcomes: ImportOutcome[] = [];
    for (const token of tokens) outcomes.push(await importOne(shared, token, { caller, actor, trusted }));
    return outcomes;
  });
}

interface By {
  caller: Caller;
  actor: Origin;
  trusted: TrustedOperators;
}

async function importOne(service: Service, token: string, { caller, actor, trusted }: By): Promise<ImportOutcome> {
  let account: string | undefined;
  const before = changesIn(service.store.db);
  try {
    const decoded = decodeAs('account', token);
    account = decoded.claims.sub;
    await requireManage(service, decoded, caller, trusted);
    return await pushAccount(service, { id: account, token, precondition: { kind: 'none' }, forced: false, actor });
  } catch (error) {
    // What failed while it was written leaves a part of itself behind: then all of it is taken back.
    if (!isNatsctlError(error) || changesIn(service.store.db) !== before) throw error;
    return { status: 'refused', ...(account !== undefined && { account }), code: error.code, detail: error.message };
  }
}

/** As for making or changing the account. Of an operator that the caller may not read, it does not learn that it is served. */
async function requireManage(
  { store, now }: Service,
  decoded: Decoded<AccountClaims>,
  caller: Caller,
  { keys, operators }: TrustedOperators,
): Promise<void> {
  const { sub, iss } = decoded.claims;
  const row = await store.db.account.findUnique({ where: { key: sub }, select: { operatorKey: true } });
  // One that its account signed itself is of the only operator there is, or of none (service/push/resign.ts).
  const only = operators.length === 1 ? operators[0] : undefined;
  const operator = row?.operatorKey ?? (keys.get(iss)?.operator ?? only)?.sub;
  const scope = { operator: operator ?? null, account: row ? sub : null };
  if (operator === undefined || !hasRight(caller, 'read', scope)) {
    verifyAccount(decoded, trustOperators([]), { now: now() });
  }
  requireRight(caller, 'manage', scope);
}
