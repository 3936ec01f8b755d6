import { hasNothingOfItsOwn } from '../../claims/trust/user.js';
import type { UserClaims } from '../../claims/types.js';
import { cliError } from '../errors.js';
import { readToken } from '../token/read.js';

/**
 * The JWT that stands for clients which bring none, with auth callout (nats-server 2.11 and later). Everybody who reaches the
 * server is that user, so it must be one that needs no key: a bearer, or one of a role whose template says so.
 */
export async function sentinelToken(source: string): Promise<string> {
  const { jwt } = await readToken(source);
  const { nats } = jwt.claims as UserClaims;
  if (jwt.kind === 'user' && (nats.bearer_token === true || hasNothingOfItsOwn(nats))) return jwt.token;
  throw cliError(
    'ERR_TOKEN_SOURCE',
    jwt.kind === 'user'
      ? `the user ${jwt.claims.name ?? jwt.claims.sub} is neither a bearer nor of a role, and no server starts with it`
      : `that is the JWT of ${jwt.kind}, where one of a user is needed`,
    { hint: 'make one with `natsctl user create NAME --bearer`', details: { kind: jwt.kind } },
  );
}
