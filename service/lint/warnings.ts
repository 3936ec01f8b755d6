import { lintAccount } from '../../claims/lint/account.js';
import type { Lint } from '../../claims/lint/lint.js';
import { lintUser } from '../../claims/lint/user.js';
import { scopeOfKey } from '../../claims/trust/user.js';
import type { UserClaims } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import { findAccount } from '../accounts/find-account.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import { readStored } from '../store/read-stored.js';

/** What is to be said of an account as it was signed just now, or would be. */
export async function accountWarnings({ store: { db } }: Service, row: Account): Promise<Lint[]> {
  const { claims: operator } = await servedOperator(db, row.operatorKey);
  const strict = operator.nats.strict_signing_key_usage === true;
  return lintAccount(readStored('account', row).claims, { strict });
}

/** As `accountWarnings`, of each of these users of an account. */
export async function userWarnings(
  { store: { db } }: Service,
  account: string,
  issued: readonly { claims: UserClaims; jwt: string }[],
): Promise<Lint[][]> {
  const { claims: owner } = readStored('account', await findAccount(db, account));
  return issued.map(({ claims, jwt }) => {
    const scope = scopeOfKey(claims.iss, { claims: owner, strict: false }) ?? null;
    return lintUser(claims, { scope, length: jwt.length });
  });
}
