import type { VerifiedUser } from '../../claims/trust/user.js';
import type { UserPermissionLimits } from '../../claims/types.js';

/** Who a connection is, however that was proven. What it shows may stand in events and monitoring: never a secret. */
export interface Principal {
  /** A public key, or the name of a configured user. */
  readonly id: string;
  /** Of the JWT; empty where there is none. */
  readonly name: string;
  readonly tags: readonly string[];
  /** The key that signed the JWT; empty where there is none. */
  readonly issuer: string;
  /** What holds: its own, its role's, or what the configuration gives it. */
  readonly limits: UserPermissionLimits;
  /** Null for one that was not proven by a user JWT: claims and revocations say nothing of it. */
  readonly verified: VerifiedUser | null;
}

const known = new WeakMap<VerifiedUser, Principal>();

export function principalOf(user: VerifiedUser): Principal {
  let principal = known.get(user);
  if (principal === undefined) {
    const { claims, limits } = user;
    const { sub: id, name = '', iss: issuer } = claims;
    principal = { id, name, tags: claims.nats.tags ?? [], issuer, limits, verified: user };
    known.set(user, principal);
  }
  return principal;
}
