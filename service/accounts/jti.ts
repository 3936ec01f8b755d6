import { createHash } from 'node:crypto';

/**
 * The id of one version of an account (or of an activation): the jti of its JWT where that is a hash as every NATS library writes it. It becomes
 * an ETag, so anything else (a library may leave it out, and servers never look at it) is replaced by a hash of the token.
 */
export function accountJti({ claims, token }: { claims: { jti: string }; token: string }): string {
  if (/^[A-Z2-7]{52}$/.test(claims.jti)) return claims.jti;
  return createHash('sha256').update(token).digest('hex');
}
