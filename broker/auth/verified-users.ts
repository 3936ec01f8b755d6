import { createHash } from 'node:crypto';
import { isRevoked } from '../../claims/account/revocation.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import type { VerifiedAccount } from '../../claims/trust/account.js';
import { type VerifiedUser, verifyUser } from '../../claims/trust/user.js';
import type { Decoded, UserClaims } from '../../claims/types.js';
import { MAX_VERIFIED_USERS } from '../limits.js';

/**
 * User JWTs whose signature was checked, and the users verified from them, so that a reconnect costs neither again. Keyed by
 * a hash of what the token decodes to. What time, revocation or new account claims can change is judged on every use.
 */
export class VerifiedUsers {
  readonly #decoded = new Map<string, Decoded<UserClaims>>();
  readonly #users = new WeakMap<Decoded<UserClaims>, VerifiedUser>();

  /** @throws what `decodeAs` throws */
  decode(token: string): Decoded<UserClaims> {
    const key = contentKey(token);
    const known = key === null ? undefined : this.#decoded.get(key);
    if (known !== undefined) return known;
    const decoded = decodeAs('user', token);
    if (key !== null) this.#keep(key, decoded);
    return decoded;
  }

  /** @throws what `verifyUser` throws */
  verify(token: Decoded<UserClaims>, account: VerifiedAccount, now: number): VerifiedUser {
    const known = this.#users.get(token);
    if (known !== undefined && known.account === account && isCurrent(known, now)) return known;
    const user = verifyUser(token, account, { now });
    this.#users.set(token, user);
    return user;
  }

  #keep(key: string, decoded: Decoded<UserClaims>): void {
    if (this.#decoded.size >= MAX_VERIFIED_USERS) {
      for (const oldest of this.#decoded.keys()) {
        this.#decoded.delete(oldest);
        break;
      }
    }
    this.#decoded.set(key, decoded);
  }
}

/** Anything but a plain yes goes the full way, which knows the reason. */
function isCurrent({ claims, account }: VerifiedUser, now: number): boolean {
  if (claims.exp && claims.exp <= now) return false;
  if (claims.nbf && claims.nbf > now) return false;
  return !isRevoked(account.claims.nats.revocations, claims.sub, claims.iat);
}

/** Null for text that is not the one spelling of its bytes: it has no place in a cache. */
function contentKey(token: string): string | null {
  const chunks = token.split('.');
  if (chunks.length !== 3) return null;
  const hash = createHash('sha256');
  for (const chunk of chunks) {
    const bytes = Buffer.from(chunk, 'base64url');
    if (bytes.toString('base64url') !== chunk) return null;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('base64');
}
