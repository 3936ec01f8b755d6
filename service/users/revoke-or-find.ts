import { EVERYONE, isRevoked } from '../../claims/account/revocation.js';
import { isNatsctlError } from '../../claims/errors.js';
import type { User } from '../../prisma/generated/client.js';
import { findAccount } from '../accounts/find-account.js';
import type { Actor } from '../audit/audit.js';
import { type Send, withRest } from '../custody/sign-elsewhere.js';
import { type Revoked, revokeIn } from '../revocations/revoke-user.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';

/** Revokes a user as a part of a change. Where its account is signed elsewhere, the refusal says to make the change again after. */
export function revokeOrFindRevoked(
  service: Service,
  tx: Queries,
  user: User,
  again: Send,
  actor: Actor,
): Promise<Omit<Revoked, 'announced'>> {
  return withRest(again, () => revokeIn(service, tx, user.accountKey, { user: user.key }, actor)).catch((error) =>
    revokedElsewhere(error, tx, user),
  );
}

/** Where the account is signed elsewhere, the revocation comes first, by a push: what is left then is this service's own row. */
async function revokedElsewhere(
  error: unknown,
  tx: Queries,
  { key, iat, accountKey }: User,
): Promise<Omit<Revoked, 'announced'>> {
  if (!isNatsctlError(error, 'ERR_SIGN_ELSEWHERE')) throw error;
  const account = await findAccount(tx, accountKey);
  const { revocations } = readStored('account', account).claims.nats;
  if (!isRevoked(revocations, key, Number(iat))) throw error;
  const revokedAt = Math.max(revocations.get(key) ?? 0, revocations.get(EVERYONE) ?? 0);
  return { account: accountKey, user: key, revokedAt, jti: account.jti, known: true };
}
