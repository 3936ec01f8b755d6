import { NatsctlError } from '../../claims/errors.js';
import { signClaims, type Unsigned } from '../../claims/jwt/encode.js';
import { type VerifiedAccount, verifyAccount } from '../../claims/trust/account.js';
import type { AccountClaims } from '../../claims/types.js';
import type { Issue } from '../../claims/validate/issues.js';
import { validate } from '../../claims/validate/validate.js';
import type { ServiceErrorCode } from '../errors.js';
import { operatorSigner, type ServedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';

/** Signs account claims with a key of the operator that is in custody, later than `after`, and judges the result as any pushed JWT. */
export async function signAccount(
  { custody, now }: Service,
  tx: Queries,
  { claims: operator, trusted }: ServedOperator,
  claims: Unsigned<AccountClaims>,
  after?: number,
): Promise<VerifiedAccount> {
  const signer = await operatorSigner(tx, custody, operator);
  const at = now();
  refuseInvalid(validate({ ...claims, iss: signer.publicKey, iat: at, jti: '' }, at));
  const { token } = await signClaims(claims, signer, { now: at, ...(after !== undefined && { after }) });
  return verifyAccount(token, trusted, { now: at, subject: claims.sub });
}

/** Claims made here from a request are refused with every reason at once. */
export function refuseInvalid(issues: Issue[]): void {
  const blocking = issues.filter(({ level }) => level !== 'warning');
  if (blocking.length === 0) return;
  throw new NatsctlError<ServiceErrorCode>('ERR_CLAIMS_INVALID', `the claims are not valid: ${blocking[0]?.message}`, {
    details: { issues: blocking },
  });
}
