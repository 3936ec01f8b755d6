import { EVERYONE, isRevoked } from '../../claims/account/revocation.js';
import { isNatsctlError } from '../../claims/errors.js';
import type { User } from '../../prisma/generated/client.js';
import { findAccount } from '../accounts/find-account.js';
import { type Actor, claimsJson, recordAudit } from '../audit/audit.js';
import { change } from '../change/change.js';
import { withRest } from '../custody/sign-elsewhere.js';
import { requireMatch } from '../http/entity-tag.js';
import { announced, type Revoked, revokeIn } from '../revocations/revoke-user.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { findUser } from './find-user.js';

/**
 * Deletes a user. Its JWT would go on working wherever it lies, so deleting is revoking: in one change, or the user stays. Where
 * the service holds no key that may say so, it is not deleted either.
 */
export async function deleteUser(
  service: Service,
  id: string,
  ifMatch: string | undefined,
  actor: Actor,
): Promise<Revoked> {
  const revoked = await change(service, actor, async (tx) => {
    const user = await findUser(tx, id);
    requireMatch(ifMatch, user);
    const again = {
      method: 'DELETE',
      url: `/api/v1/users/${user.key}`,
      headers: { 'if-match': `"v${user.version}"` },
    } as const;
    const result = await withRest(again, () => revokeIn(service, tx, user.accountKey, { user: user.key }, actor)).catch(
      async (error) => revokedElsewhere(error, tx, user),
    );
    await tx.user.delete({ where: { key: user.key } });
    await recordAudit(tx, {
      at: service.now(),
      actor,
      action: 'user.delete',
      entity: user.key,
      operator: user.account.operatorKey,
      account: user.accountKey,
      before: user.jwt && claimsJson(user.jwt),
      detail: { name: user.name },
    });
    return result;
  });
  return { ...revoked, announced: await announced(service, actor, revoked.account, revoked.jti) };
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
