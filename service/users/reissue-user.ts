import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import { requireMatch } from '../http/entity-tag.js';
import { recordedRevocations } from '../revocations/recorded.js';
import type { Service } from '../service.js';
import { checkKeyFree } from './create-user.js';
import { rulesFor } from './credential-policy.js';
import { findUser } from './find-user.js';
import { issueUser, issuingAccount } from './issue-user.js';
import { claimsOf, type Reissued, revokeBefore, sameLife, supersededBy } from './replace-jwt.js';
import { refuseRevokedKey, refuseRevokedUser } from './revoked.js';
import { refuseUnproven, takeKey, type WantedKey } from './user-key.js';

export interface Reissue {
  user: string;
  ifMatch: string | undefined;
  /** Unix seconds, 0 = never. Absent: it lives as long as the one before did, from now on. */
  expires?: number;
  /** The JWTs from before are void at once. */
  revokeOlder: boolean;
  /** Another key with the same name and claims: the old key is revoked, whatever JWTs it has. */
  key: WantedKey | null;
}

export interface ReissuedWithKey extends Reissued {
  creds?: string;
}

/**
 * Issues a user anew with the claims it has. For a key that the service does not know (it keeps none) the JWT is all there is to
 * give: whoever holds the key puts it in the place of the old one.
 */
export async function reissueUser(service: Service, reissue: Reissue, actor: Actor): Promise<ReissuedWithKey> {
  const { accountKey } = await findUser(service.store.db, reissue.user);
  const key = reissue.key && takeKey(service, accountKey, reissue.key, actor);
  const issued = await change(service, actor, async (tx): Promise<Reissued> => {
    const { account: _account, ...stored } = await findUser(tx, reissue.user);
    requireMatch(reissue.ifMatch, stored);
    const at = service.now();
    const { role } = stored;
    let issuing = await issuingAccount(service, tx, stored.accountKey);
    await refuseRevokedUser(tx, issuing.account.claims, stored, at);
    if (key) {
      await checkKeyFree(tx, key.publicKey);
      refuseUnproven(await rulesFor(service, tx, stored.accountKey, role), stored.accountKey, key);
      const recorded = await recordedRevocations(tx, stored.accountKey);
      refuseRevokedKey(issuing.account.claims, key.publicKey, recorded, at);
    }
    const revoked =
      key || reissue.revokeOlder ? await revokeBefore(service, tx, stored, actor, { all: key !== null }) : null;
    issuing = revoked?.issuing ?? issuing;
    const before = claimsOf(stored);
    const claims = { ...before, ...(key && { sub: key.publicKey }), exp: reissue.expires ?? sameLife(before, at) };
    const issued = await issueUser(service, tx, {
      issuing,
      claims,
      role,
      stored,
      listed: true,
      actor,
      action: key ? 'user.rotate' : 'user.reissue',
      ...(key && { keyMade: key.origin === 'made', detail: { replaces: stored.key, key: key.origin } }),
      pointer: (path) => (path === '/exp' ? '/expires' : path),
    });
    const supersedes = supersededBy(stored, revoked !== null);
    return { ...issued, supersedes, ...(revoked && { revocation: revoked.revocation }) };
  });
  const creds = key?.creds(issued.jwt);
  return { ...issued, ...(creds !== undefined && { creds }) };
}
