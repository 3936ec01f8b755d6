import { NatsctlError } from '../../claims/errors.js';
import { parseClaims } from '../../claims/jwt/claims-json.js';
import { payloadJson } from '../../claims/jwt/encode.js';
import { checkEntityName } from '../../claims/names.js';
import type { UserClaims } from '../../claims/types.js';
import type { User } from '../../prisma/generated/client.js';
import { foldName } from '../accounts/save-account.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { Send } from '../custody/sign-elsewhere.js';
import type { ServiceErrorCode } from '../errors.js';
import { requireMatch } from '../http/entity-tag.js';
import { mergePatch } from '../http/merge-patch.js';
import type { Service } from '../service.js';
import { checkNameFree } from './create-user.js';
import { findUser } from './find-user.js';
import { issueUser, issuingAccount } from './issue-user.js';
import { claimsOf, type Reissued, supersededBy } from './replace-jwt.js';
import { revokedForThis, revokeOlder, thenRevoked } from './revoke-older.js';
import { refuseRevokedUser } from './revoked.js';

export interface UserEdit {
  user: string;
  ifMatch: string | undefined;
  /** RFC 7396, over the claims as they stand in the JWT: `{"nats": {"pub": {"allow": ["orders.>"]}}}`. */
  patch: unknown;
  /** The JWTs from before lose their rights at once; else each holds until it expires. */
  revokeOlder: boolean;
  /** Of the refusal that had the revocation signed elsewhere. */
  proof?: string | undefined;
}

/** What signing sets, or what makes it this user of this account. */
const FIXED = ['/sub', '/iss', '/iat', '/jti', '/nats/issuer_account'] as const;

/**
 * Changes claims of a user and issues it anew: name, permissions, limits, tags, times, whatever a user JWT can say. The result
 * is read as strictly as claims that somebody wrote, held to the policy, validated and signed.
 */
export async function editUser(service: Service, edit: UserEdit, actor: Actor): Promise<Reissued> {
  return change(service, actor, async (tx) => {
    const stored = await findUser(tx, edit.user);
    requireMatch(edit.ifMatch, stored);
    const before = claimsOf(stored);
    const claims = patched(before, edit.patch);
    if (claims.name !== before.name) {
      const name = checkEntityName(claims.name ?? '', 'user');
      if (foldName(name) !== stored.nameFold) await checkNameFree(tx, stored.accountKey, name);
    }
    let issuing = await issuingAccount(service, tx, stored.accountKey);
    const { account: _account, ...row } = stored;
    const done = edit.revokeOlder ? await revokedForThis(service, tx, issuing, row, edit.proof) : null;
    await refuseRevokedUser(tx, issuing.account.claims, stored, service.now(), done);
    const again = (proof: string) => sendAgain(edit, row, proof);
    const revoked = edit.revokeOlder && done === null ? await revokeOlder(service, tx, row, again, actor) : null;
    issuing = revoked?.issuing ?? issuing;
    const { role } = stored;
    const issue = { issuing, claims, role, stored: row, listed: true, actor, action: 'user.update' } as const;
    const issued = await thenRevoked(row, revoked && 'until', () => issueUser(service, tx, issue));
    const supersedes = supersededBy(row, edit.revokeOlder);
    return { ...issued, supersedes, ...(revoked && { revocation: revoked.revocation }) };
  });
}

function sendAgain({ patch }: UserEdit, { key, version }: User, proof: string): Send {
  return {
    method: 'PATCH',
    url: `/api/v1/users/${key}?revokeOlder=true&proof=${proof}`,
    headers: { 'content-type': 'application/json', 'if-match': `"v${version}"` },
    body: patch as Record<string, unknown>,
  };
}

function patched(before: UserClaims, patch: unknown): UserClaims {
  const was = JSON.parse(payloadJson('user', before)) as object;
  const wanted = mergePatch(was, patch) as object;
  const fixed = FIXED.find((pointer) => valueAt(wanted, pointer) !== valueAt(was, pointer));
  if (fixed !== undefined) {
    throw new NatsctlError<ServiceErrorCode>('ERR_CLAIMS_INVALID', `the service sets ${fixed} itself`, {
      details: { issues: [{ code: 'fixed', level: 'error', path: fixed, message: 'cannot be changed' }] },
    });
  }
  return parseClaims('user', JSON.stringify(wanted));
}

function valueAt(claims: object, pointer: string): unknown {
  let at: unknown = claims;
  for (const name of pointer.slice(1).split('/')) at = (at as Record<string, unknown> | undefined)?.[name];
  return at;
}
