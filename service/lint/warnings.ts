import { lintAccount } from '../../claims/lint/account.js';
import type { Lint } from '../../claims/lint/lint.js';
import { lintUser } from '../../claims/lint/user.js';
import { scopeOfKey } from '../../claims/trust/user.js';
import type { Account, User } from '../../prisma/generated/client.js';
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

/** As `accountWarnings`, of a user whose JWT is here. */
export async function userWarnings({ store: { db } }: Service, { key, jwt, accountKey }: User): Promise<Lint[]> {
  if (jwt === null) return [];
  const { claims, token } = readStored('user', { key, jwt });
  const { claims: owner } = readStored('account', await findAccount(db, accountKey));
  const scope = scopeOfKey(claims.iss, { claims: owner, strict: false }) ?? null;
  return lintUser(claims, { scope, length: token.length });
}
