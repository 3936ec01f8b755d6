import { type SignOptions, signClaims, signToken, type Unsigned } from '../claims/jwt/encode.js';
import type { Signer } from '../claims/keys/signer.js';
import type { AccountClaims, ActivationClaims, Decoded, OperatorClaims, UserClaims } from '../claims/types.js';
import type { Issue } from '../claims/validate/issues.js';
import { validate } from '../claims/validate/validate.js';
import { cliError } from './errors.js';

/**
 * Signs what passes the rules: nothing is written that the service or a server would refuse.
 *
 * @param after `iat` of the token that this one replaces; the new one is later by at least a second, so that it is newer for
 *   everyone and has another `jti`
 */
export async function signChecked<C extends OperatorClaims | AccountClaims | UserClaims | ActivationClaims>(
  claims: Unsigned<C>,
  signer: Signer,
  options: { now: number; after?: number | undefined },
): Promise<Decoded<C>> {
  refuseErrors(claims.name ?? claims.sub, validate({ ...claims, iss: signer.publicKey }, options.now));
  return signClaims<C>(claims, signer, signOptions(options));
}

/** As `signChecked`, for one of thousands: the token is not read back (`signToken`). */
export async function signOneOfMany<C extends UserClaims>(
  claims: Unsigned<C>,
  signer: Signer,
  options: { now: number; after?: number | undefined },
): Promise<{ token: string; claims: C }> {
  refuseErrors(claims.name ?? claims.sub, validate({ ...claims, iss: signer.publicKey }, options.now));
  return signToken<C>(claims, signer, signOptions(options));
}

function signOptions({ now, after }: { now: number; after?: number | undefined }): SignOptions {
  return after === undefined ? { now } : { now, after };
}

/** Throws where there is a blocking issue. */
export function refuseErrors(name: string, issues: Issue[]): void {
  const errors = issues.filter((issue) => issue.level === 'error');
  const [first] = errors;
  if (!first) return;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  throw cliError('ERR_CLAIMS_INVALID', `${name} would be refused: ${first.message}${more}`, {
    details: { issues: errors },
  });
}
