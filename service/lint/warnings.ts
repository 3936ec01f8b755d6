import { lintAccount } from '../../claims/lint/account.js';
import { lintUser } from '../../claims/lint/user.js';
import { scopeOfKey } from '../../claims/trust/user.js';
import type { UserClaims } from '../../claims/types.js';
import type { Issue } from '../../claims/validate/issues.js';
import { validateScopedUser } from '../../claims/validate/scoped-user.js';
import { validate } from '../../claims/validate/validate.js';
import type { Account } from '../../prisma/generated/client.js';
import { findAccount } from '../accounts/find-account.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Warning } from '../schemas/warning.js';
import type { Service } from '../service.js';
import { readStored } from '../store/read-stored.js';

/** What is to be said of an account as it was signed just now, or would be. */
export async function accountWarnings({ store: { db }, now }: Service, row: Account): Promise<Warning[]> {
  const { claims: operator } = await servedOperator(db, row.operatorKey);
  const strict = operator.nats.strict_signing_key_usage === true;
  const { claims } = readStored('account', row);
  return [...warningsOf(validate(claims, now())), ...lintAccount(claims, { strict })];
}

/** As `accountWarnings`, of each of these users of an account. */
export async function userWarnings(
  { store: { db }, now }: Service,
  account: string,
  issued: readonly { claims: UserClaims; jwt: string }[],
): Promise<Warning[][]> {
  const { claims: owner } = readStored('account', await findAccount(db, account));
  return issued.map(({ claims, jwt }) => {
    const scope = scopeOfKey(claims.iss, { claims: owner, strict: false }) ?? null;
    const issues = [...validate(claims, now()), ...(scope ? validateScopedUser(claims, owner, scope) : [])];
    return [...warningsOf(issues), ...lintUser(claims, { scope, length: jwt.length })];
  });
}

/** A JWT that replaces one of this very second is of the next: that is how it is told apart, and nothing to warn of. */
function warningsOf(issues: Issue[]): Warning[] {
  return issues
    .filter(({ code, level }) => level === 'warning' && code !== 'ERR_CLAIM_ISSUED_IN_FUTURE')
    .map(({ code, message, path }) => ({ code, message, path }));
}
