import type { UserClaims } from '../../claims/types.js';
import type { User } from '../../prisma/generated/client.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import type { Actor } from '../audit/audit.js';
import { announced } from '../revocations/revoke-user.js';
import type { Service } from '../service.js';
import { readStored } from '../store/read-stored.js';
import type { IssuedUser } from './issue-user.js';

/** The JWT that a new one takes the place of. Not revoked, it stays good wherever it lies until it expires. */
export interface Superseded {
  publicKey: string;
  jti: string;
  issuedAt: number;
  /** Unix seconds; absent = never. */
  expires?: number;
  revoked: boolean;
}

export interface Reissued extends IssuedUser {
  supersedes: Superseded;
  /** The account JWT that revokes what came before; absent where nothing is revoked. */
  revocation?: { account: string; jti: string };
}

/** The claims of a user as stored. */
export function claimsOf({ key, jwt }: User) {
  return readStored('user', { key, jwt: jwt ?? '' }).claims;
}

/** The end of a JWT issued now that lives as long as this one; 0 = never, as this one. */
export function sameLife({ iat, exp }: UserClaims, at: number): number {
  return exp ? at + (exp - iat) : 0;
}

export function supersededBy(stored: User, revoked: boolean): Superseded {
  const { jti, iat, exp } = claimsOf(stored);
  return { publicKey: stored.key, jti, issuedAt: iat, ...(exp && { expires: exp }), revoked };
}

/** Waits a little for the servers to hear of a revocation, where there is one. */
export async function tellRevocation(
  service: Service,
  actor: Actor,
  { revocation }: Reissued,
): Promise<ServerAnswer[]> {
  return revocation ? announced(service, actor, revocation.account, revocation.jti) : [];
}
