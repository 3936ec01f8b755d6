import { EVERYONE } from '../../claims/account/revocation.js';
import { NatsctlError } from '../../claims/errors.js';
import { scopeOfKey } from '../../claims/trust/user.js';
import type { User } from '../../prisma/generated/client.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import { findAccount } from '../accounts/find-account.js';
import { type Actor, claimsJson, recordAudit } from '../audit/audit.js';
import { change } from '../change/change.js';
import { type Send, withRest } from '../custody/sign-elsewhere.js';
import type { ServiceErrorCode } from '../errors.js';
import { requireMatch } from '../http/entity-tag.js';
import { announced, restoreIn } from '../revocations/revoke-user.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { findUser } from './find-user.js';
import { type IssuingAccount, issueUser, issuingAccount } from './issue-user.js';
import { claimsOf, sameLife } from './replace-jwt.js';
import { revokeOrFindRevoked } from './revoke-or-find.js';
import { keyRevoked, ownRevocation, refuseWhileEveryoneIs } from './revoked.js';

export interface Disabled {
  user: User;
  revokedAt: number;
  announced: ServerAnswer[];
}

export interface Enabled {
  user: User;
  /** A new JWT was needed: those from before stay void. */
  reissued: boolean;
  announced: ServerAnswer[];
}

/** Revokes a user, which stays listed as disabled. What revoked it before is kept, to hold again when it is enabled. */
export async function disableUser(
  service: Service,
  id: string,
  ifMatch: string | undefined,
  actor: Actor,
): Promise<Disabled> {
  const { account, jti, ...disabled } = await change(service, actor, async (tx) => {
    const { account: _account, ...stored } = await findUser(tx, id);
    requireMatch(ifMatch, stored);
    if (stored.disabledAt !== null) {
      throw new NatsctlError<ServiceErrorCode>('ERR_USER_DISABLED', `the user ${stored.key} is disabled already`);
    }
    // Also where no server takes the account any more: its JWT may be signed anew later.
    const row = await findAccount(tx, stored.accountKey);
    const own = await ownRevocation(tx, readStored('account', row).claims, stored.key);
    // Revoked already, it is that revocation which ends when it is enabled; JWTs before the last one stay void.
    const prior = own === undefined ? undefined : Math.min(own, Number(stored.iat) - 1);
    const again = sendAgain(stored, 'disable');
    const { revokedAt, jti } = await revokeOrFindRevoked(service, tx, stored, again, actor);
    const data = { disabledAt: BigInt(revokedAt), priorRevocation: prior === undefined ? null : BigInt(prior) };
    const user = await save(service, tx, stored, data, row.operatorKey, 'user.disable', actor);
    return { user, revokedAt, account: row.key, jti };
  });
  return { ...disabled, announced: await announced(service, actor, account, jti) };
}

/**
 * Lets a disabled user in again. Where it alone was revoked, that revocation goes back to what it was, and the JWTs its holder
 * has work again. Where everyone was revoked since, it needs a new JWT; taking that revocation back would let others in. So it
 * does where the key that signed it is gone.
 */
export async function enableUser(
  service: Service,
  id: string,
  ifMatch: string | undefined,
  actor: Actor,
): Promise<Enabled> {
  const { told, ...enabled } = await change(service, actor, async (tx) => {
    const { account: _account, ...stored } = await findUser(tx, id);
    requireMatch(ifMatch, stored);
    if (stored.disabledAt === null) {
      throw new NatsctlError<ServiceErrorCode>('ERR_USER_NOT_DISABLED', `the user ${stored.key} is not disabled`, {
        hint: `a revocation is taken back by DELETE /api/v1/accounts/${stored.accountKey}/revocations/${stored.key}`,
      });
    }
    const issuing = await issuingAccount(service, tx, stored.accountKey);
    const { claims } = issuing.account;
    refuseWhileEveryoneIs(claims, stored.key, service.now());
    const own = await ownRevocation(tx, claims, stored.key);
    // Somebody revoked it once more, for a reason of his own.
    if (own !== undefined && own > Number(stored.disabledAt)) throw keyRevoked(claims, stored.key);
    const swallowed = (claims.nats.revocations.get(EVERYONE) ?? -1) >= Number(stored.iat);
    const named = claims.nats.revocations.get(stored.key) ?? null;
    // With that of everyone: all it was for has expired, and this JWT too.
    const pruned = named === null && own !== undefined;
    // A signing key that went while it was disabled took its JWT along.
    if (swallowed || pruned || scopeOfKey(claimsOf(stored).iss, issuing.account) === undefined) {
      return { user: await enableAnew(service, tx, stored, issuing, actor), reissued: true, told: null };
    }
    const { row } = issuing;
    const prior = stored.priorRevocation === null ? null : Number(stored.priorRevocation);
    // Gone where a push has taken it back.
    const restored =
      named === null || named === prior
        ? null
        : await withRest(sendAgain(stored, 'enable'), () => restoreIn(service, tx, row.key, stored.key, prior, actor));
    const data = { disabledAt: null, priorRevocation: null };
    const user = await save(service, tx, stored, data, row.operatorKey, 'user.enable', actor);
    return { user, reissued: false, told: restored };
  });
  return { ...enabled, announced: told ? await announced(service, actor, told.account, told.jti) : [] };
}

/** What is left to do where the account is signed elsewhere, once its JWT was pushed. */
function sendAgain({ key, version }: User, verb: 'disable' | 'enable'): Send {
  return { method: 'POST', url: `/api/v1/users/${key}/${verb}`, headers: { 'if-match': `"v${version}"` } };
}

/** The user's own revocation stays: the new JWT is later than it. */
async function enableAnew(
  service: Service,
  tx: Queries,
  stored: User,
  issuing: IssuingAccount,
  actor: Actor,
): Promise<User> {
  const before = claimsOf(stored);
  const at = service.now();
  const claims = (before.exp ?? 0) > at ? before : { ...before, exp: sameLife(before, at) };
  // As late as its revocation, which may be ahead of the clock.
  const after = stored.disabledAt ?? stored.iat;
  const last = { ...stored, iat: after > stored.iat ? after : stored.iat };
  const issue = { issuing, claims, role: stored.role, stored: last, listed: true, actor } as const;
  const { user } = await issueUser(service, tx, { ...issue, action: 'user.enable' });
  return user;
}

async function save(
  service: Service,
  tx: Queries,
  stored: User,
  data: Pick<User, 'disabledAt' | 'priorRevocation'>,
  operator: string,
  action: 'user.disable' | 'user.enable',
  actor: Actor,
): Promise<User> {
  const user = await tx.user.update({ where: { key: stored.key }, data: { ...data, version: { increment: 1 } } });
  const claims = stored.jwt && claimsJson(stored.jwt);
  await recordAudit(tx, {
    at: service.now(),
    actor,
    action,
    entity: user.key,
    operator,
    account: user.accountKey,
    before: claims,
    after: claims,
    detail: { name: user.name },
  });
  return user;
}
