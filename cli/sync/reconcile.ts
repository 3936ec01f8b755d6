import { mergeAccounts } from '../../claims/account/merge.js';
import type { Conflict } from '../../claims/account/three-way.js';
import type { Unsigned } from '../../claims/jwt/encode.js';
import type { AccountClaims, Decoded } from '../../claims/types.js';

/** On which side a conflict is decided. */
export type Preference = 'ours' | 'theirs' | undefined;

/** What a pull does with one account that both sides have. */
export type Reconciled =
  | { action: 'none' }
  /** The service's token replaces ours. */
  | { action: 'take' }
  /** Ours stays; the service has nothing new, or something older than what it had before. */
  | { action: 'keep'; reason: 'unpushed' | 'older' }
  /** Both changed: to be signed anew. */
  | { action: 'merge'; claims: Unsigned<AccountClaims> }
  | { action: 'conflict'; conflicts: Conflict[] };

/** @param base what the service was last seen to hold; null = never seen */
export function reconcile(
  base: Decoded<AccountClaims> | null,
  ours: Decoded<AccountClaims>,
  theirs: Decoded<AccountClaims>,
  prefer: Preference,
): Reconciled {
  if (ours.token === theirs.token) return { action: 'none' };
  if (base !== null) {
    if (theirs.token === base.token) {
      // Changed within the second that theirs was signed in: a service that knows versions by their jti cannot tell the two apart.
      if (ours.claims.jti === theirs.claims.jti) return { action: 'merge', claims: ours.claims };
      return { action: 'keep', reason: 'unpushed' };
    }
    // A service restored from a backup, or one that lies: what it forgot must not be forgotten here.
    if (theirs.claims.iat < base.claims.iat) return { action: 'keep', reason: 'older' };
    if (ours.token === base.token) return { action: 'take' };
  }
  const { merged, conflicts, changedFromTheirs } = mergeAccounts(base?.claims ?? null, ours.claims, theirs.claims);
  if (conflicts.length > 0 && prefer === undefined) return { action: 'conflict', conflicts };
  if (conflicts.length > 0 && prefer === 'ours') {
    // In a conflict theirs stands; with the sides exchanged, ours does.
    return { action: 'merge', claims: mergeAccounts(base?.claims ?? null, theirs.claims, ours.claims).merged };
  }
  return changedFromTheirs ? { action: 'merge', claims: merged } : { action: 'take' };
}
