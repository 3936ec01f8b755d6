/**
 * Accounts of a managed operator: their owner signs them by their own key, and the operator's key in custody signs them again.
 * nats-account-server hands such JWTs to a signing service (`signrequestsubject`) and trusts the same keys as `mayResign`.
 */
import { payloadJson, type Unsigned } from '../../claims/jwt/encode.js';
import { newAccount } from '../../claims/jwt/new.js';
import type { VerifiedAccount } from '../../claims/trust/account.js';
import type { AccountClaims, AccountLimits } from '../../claims/types.js';
import { signAccount } from '../accounts/sign-account.js';
import type { ServedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';

/** Whether the operator signs what an account signed itself: not at all, once an admin approves it, or at once. */
export type ResignPolicy = 'never' | 'approved' | 'always';

/**
 * A new account must be signed by itself; one that is known by a key which the stored JWT and the new one both accept. A key with a
 * role is made to sign users only.
 */
export function mayResign(claims: AccountClaims, before: AccountClaims | null): boolean {
  if (before === null) return claims.iss === claims.sub;
  return [claims, before].every(
    ({ sub, nats }) => claims.iss === claims.sub || (sub === claims.sub && nats.signing_keys.get(claims.iss) === null),
  );
}

/** Signs the account as its owner has it. Limits are the operator's to give: they stay, and a new account begins without any. */
export async function resign(
  service: Service,
  tx: Queries,
  operator: ServedOperator,
  { claims, before }: { claims: AccountClaims; before: AccountClaims | null },
): Promise<VerifiedAccount> {
  return signAccount(service, tx, operator, ofOperator(claims, before), before?.iat);
}

/** Whether signing it again would change nothing: its answer may have been lost, or it is handed over once more. */
export function isStoredAlready(claims: AccountClaims, before: AccountClaims): boolean {
  return contents(ofOperator(claims, before)) === contents(before);
}

function ofOperator(claims: AccountClaims, before: AccountClaims | null): Unsigned<AccountClaims> {
  const { iss, iat, jti, ...unsigned } = claims;
  return { ...unsigned, nats: { ...claims.nats, limits: before?.nats.limits ?? firstLimits(claims) } };
}

function firstLimits({ sub }: AccountClaims): AccountLimits {
  return newAccount(sub, '').nats.limits;
}

function contents(claims: Unsigned<AccountClaims>): string {
  return payloadJson('account', { ...claims, iss: '', iat: 0, jti: '' });
}
