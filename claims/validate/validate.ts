/**
 * What is wrong with claims, as a list: the rules of nats-io/jwt's Validate, and stricter ones of ours. Nothing is thrown. Whether the
 * signer is trusted is trust/.
 */

import type { Unsigned } from '../jwt/encode.js';
import { kindOfType } from '../jwt/kinds.js';
import type {
  AccountClaims,
  ActivationClaims,
  AnyClaims,
  AuthorizationRequestClaims,
  AuthorizationResponseClaims,
  OperatorClaims,
  UserClaims,
} from '../types.js';
import { checkAccount } from './account.js';
import { checkActivation, checkAuthorizationRequest, checkAuthorizationResponse } from './callout.js';
import { collect, type Issue, type Report } from './issues.js';
import { checkOperator } from './operator.js';
import { checkUser } from './user.js';

/** How far ahead of our clock another's may be (seconds). */
export const MAX_CLOCK_SKEW = 60;

/** Claims, signed or about to be. */
type Checkable = Pick<AnyClaims, 'sub' | 'aud' | 'exp' | 'nbf'> &
  Partial<Pick<AnyClaims, 'iss' | 'iat'>> & { nats: { type?: string } };

/**
 * @param now unix seconds
 * @example
 * const blocking = validate(claims, now).filter((issue) => issue.level === 'error');
 */
export function validate(claims: Checkable | Unsigned<AnyClaims>, now: number): Issue[] {
  const { issues, report } = collect();
  // Claims not signed yet are taken for self-signed: who signs is not known.
  const whole = { ...claims, iss: claims.iss ?? claims.sub } as AnyClaims;
  checkTimes(whole, now, report);
  const kind = kindOfType(whole.nats.type);
  switch (kind) {
    case 'operator':
      checkOperator(whole as OperatorClaims, report);
      break;
    case 'account':
      checkAccount(
        claims.iss === undefined ? { ...(whole as AccountClaims), iss: '' } : (whole as AccountClaims),
        now,
        report,
      );
      break;
    case 'user':
      checkUser(whole as UserClaims, report);
      break;
    case 'activation':
      checkActivation(whole as ActivationClaims, report);
      break;
    case 'authorization_request':
      checkAuthorizationRequest(whole as AuthorizationRequestClaims, report);
      break;
    case 'authorization_response':
      checkAuthorizationResponse(whole as AuthorizationResponseClaims, report);
      break;
    case 'generic':
      break;
  }
  return issues;
}

function checkTimes(
  { exp, nbf, iat }: Partial<Pick<AnyClaims, 'exp' | 'nbf' | 'iat'>>,
  now: number,
  report: Report,
): void {
  if (exp !== undefined && exp > 0 && now > exp) report('ERR_CLAIM_EXPIRED', ['exp'], 'the claims are expired');
  if (nbf !== undefined && nbf > now) report('ERR_CLAIM_NOT_YET_VALID', ['nbf'], 'the claims are not yet valid');
  if (iat !== undefined && iat > now + MAX_CLOCK_SKEW) {
    report('ERR_CLAIM_ISSUED_IN_FUTURE', ['iat'], `the claims were issued ${iat - now} seconds in the future`);
  }
}
