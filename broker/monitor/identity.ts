import type { VerifiedUsers } from '../auth/verified-users.js';
import type { Connection } from '../connection/connection.js';

/**
 * What connz (with `auth`) and events tell of who a connection is. Only what was proven: nats-server shows the `nkey` and `user` of
 * a CONNECT as they stand, so whoever writes them there passes for somebody else.
 */
export interface ShownIdentity {
  readonly user: string | undefined;
  readonly issuer_key: string | undefined;
  readonly tags: readonly string[] | undefined;
  /** As it came; `shownJwt` says whether it may be seen. */
  readonly token: string;
  readonly bearer: boolean;
}

export function identityOf({ user, options }: Connection): ShownIdentity {
  return {
    user: user?.id || undefined,
    issuer_key: user?.issuer || undefined,
    tags: user !== null && user.tags.length > 0 ? user.tags : undefined,
    token: options.jwt,
    bearer: user?.limits.bearer_token === true,
  };
}

/**
 * The JWT of a connection, of a refused one too, for whom it may concern. A bearer token never, its flag be in the JWT or in the
 * role of its signing key: it is a password. Neither what is no user JWT: it might be anything.
 */
export function shownJwt({ token, bearer }: ShownIdentity, users: VerifiedUsers): string | undefined {
  if (token === '' || bearer) return undefined;
  try {
    return users.decode(token).claims.nats.bearer_token === true ? undefined : token;
  } catch {
    return undefined;
  }
}
