import type { User } from '../../prisma/generated/client.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { Send } from '../custody/sign-elsewhere.js';
import { requireMatch } from '../http/entity-tag.js';
import { recordedRevocations } from '../revocations/recorded.js';
import type { Service } from '../service.js';
import { checkKeyFree } from './create-user.js';
import { rulesFor } from './credential-policy.js';
import { findUser } from './find-user.js';
import { issueUser, issuingAccount, type UserIssue } from './issue-user.js';
import { claimsOf, type Reissued, sameLife, supersededBy } from './replace-jwt.js';
import { revokedForThis, revokeOlder, revokeReplaced, thenRevoked } from './revoke-older.js';
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
  /** Of the refusal that had the revocation signed elsewhere. */
  proof?: string | undefined;
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
    const { proof } = reissue;
    const older = key === null && reissue.revokeOlder;
    const done = older ? await revokedForThis(service, tx, issuing, stored, proof) : null;
    await refuseRevokedUser(tx, issuing.account.claims, stored, at, done);
    if (key) {
      await checkKeyFree(tx, key.publicKey);
      refuseUnproven(await rulesFor(service, tx, stored.accountKey, role), stored.accountKey, key);
      const recorded = await recordedRevocations(tx, stored.accountKey);
      refuseRevokedKey(issuing.account.claims, key.publicKey, recorded, at);
    }
    const again = (given: string) => sendAgain(reissue, stored, given);
    const revoked = key
      ? await revokeReplaced(service, tx, stored, actor)
      : older && done === null
        ? await revokeOlder(service, tx, stored, again, actor)
        : null;
    issuing = revoked?.issuing ?? issuing;
    const before = claimsOf(stored);
    const claims = { ...before, ...(key && { sub: key.publicKey }), exp: reissue.expires ?? sameLife(before, at) };
    const issue: UserIssue = {
      ...{ issuing, claims, role, stored, listed: true, actor },
      action: key ? 'user.rotate' : 'user.reissue',
      ...(key && { keyMade: key.origin === 'made', detail: { replaces: stored.key, key: key.origin } }),
      pointer: (path) => (path === '/exp' ? '/expires' : path),
    };
    const rest = revoked && (key ? 'all' : 'until');
    const issued = await thenRevoked(stored, rest, () => issueUser(service, tx, issue));
    const supersedes = supersededBy(stored, key !== null || reissue.revokeOlder);
    return { ...issued, supersedes, ...(revoked && { revocation: revoked.revocation }) };
  });
  const creds = key?.creds(issued.jwt);
  return { ...issued, ...(creds !== undefined && { creds }) };
}

function sendAgain({ expires }: Reissue, { key, version }: User, proof: string): Send {
  return {
    method: 'POST',
    url: `/api/v1/users/${key}/reissue?proof=${proof}`,
    headers: { 'content-type': 'application/json', 'if-match': `"v${version}"` },
    body: { revokeOlder: true, ...(expires !== undefined && { expires }) },
  };
}
