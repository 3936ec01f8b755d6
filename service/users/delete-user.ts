import { type Actor, claimsJson, recordAudit } from '../audit/audit.js';
import { change } from '../change/change.js';
import { requireMatch } from '../http/entity-tag.js';
import { announced, type Revoked } from '../revocations/revoke-user.js';
import type { Service } from '../service.js';
import { findUser } from './find-user.js';
import { revokeOrFindRevoked } from './revoke-or-find.js';

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
    const result = await revokeOrFindRevoked(service, tx, user, again, actor);
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
