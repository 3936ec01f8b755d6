/**
 * Revocations of an account (or of an export): a user key, or `*` for every user, and the time up to which JWTs of that
 * key are void. A JWT is revoked when it was issued at or before that time (nats-io/jwt `revocation_list.go`).
 */

import { overlaps } from '../subject/match.js';
import type { AccountClaims } from '../types.js';

/** The key that stands for every user. */
export const EVERYONE = '*';

export interface Revocation {
  /** A user key, or `*`. */
  user: string;
  /** Unix seconds. */
  at: number;
}

/**
 * The revocations with one more. A newer time that is already there is kept. Revoking everyone drops the entries it
 * covers, which keeps the JWT small.
 */
export function revoke(revocations: ReadonlyMap<string, number>, user: string, at: number): Map<string, number> {
  const next = new Map(revocations);
  next.set(user, Math.max(at, next.get(user) ?? at));
  if (user === EVERYONE) {
    const everyone = next.get(EVERYONE) ?? at;
    for (const [other, time] of next) if (other !== EVERYONE && time <= everyone) next.delete(other);
  }
  return next;
}

/** True when a JWT of `sub` issued at `iat` is void. */
export function isRevoked(revocations: ReadonlyMap<string, number>, sub: string, iat: number): boolean {
  return isCovered(revocations, sub, iat);
}

/** The entries of `before` that `after` no longer covers: putting `after` in its place would bring users back. */
export function droppedRevocations(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Revocation[] {
  const dropped: Revocation[] = [];
  for (const [user, at] of before) if (!isCovered(after, user, at)) dropped.push({ user, at });
  return dropped;
}

/**
 * What an account's revocations would lose if `after` took the place of `before`: those of users, and those of activations of its
 * exports. An export that is gone needs none: nobody imports it.
 */
export function lostRevocations(
  before: AccountClaims,
  after: AccountClaims,
): { users: Revocation[]; activations: Revocation[] } {
  const users = droppedRevocations(before.nats.revocations, after.nats.revocations);
  const activations = before.nats.exports.flatMap((gone) =>
    after.nats.exports
      // An activation for a part of the one is judged by the other then.
      .filter((one) => one.type === gone.type && overlaps(one.subject, gone.subject))
      .flatMap((one) => droppedRevocations(gone.revocations, one.revocations)),
  );
  return { users, activations };
}

function isCovered(revocations: ReadonlyMap<string, number>, user: string, at: number): boolean {
  const own = revocations.get(user);
  if (own !== undefined && own >= at) return true;
  const everyone = revocations.get(EVERYONE);
  return everyone !== undefined && everyone >= at;
}
