/** The activations of imports, kept where they hold and made where they do not. */
import { isRevoked } from '../../claims/account/revocation.js';
import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { verifyActivation } from '../../claims/trust/activation.js';
import { decidingExport } from '../../claims/trust/export.js';
import type { AccountClaims, ActivationClaims, Export, Import, OperatorClaims } from '../../claims/types.js';
import { remoteSubject } from '../export/importers.js';

/** Accounts as they are to be, before they are signed, and who signs them. */
export interface Exporter {
  claims: AccountClaims;
  operator: OperatorClaims;
}

/** The export that an import needs an activation of, null where it needs none. */
export function privateExport(exporter: AccountClaims, imp: Import): Export | null {
  const found = decidingExport(exporter.nats.exports, imp.type, remoteSubject(imp));
  return found?.token_req === true ? found : null;
}

/** Whether a token lets this account import what it imports, until when it is to. */
export function activationHolds(
  imp: Import,
  importer: string,
  { claims, operator }: Exporter,
  wanted: { expires: number; now: number },
): boolean {
  const exported = privateExport(claims, imp);
  if (exported === null || imp.token === undefined) return false;
  const strict = operator.nats.strict_signing_key_usage === true;
  try {
    verifyActivation(imp, importer, { claims, token: '', operator, strict }, exported, wanted.now);
    return (expiryOf(imp.token) ?? 0) === wanted.expires;
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return false;
  }
}

/** Whether the exporter took back what this token granted: what a person revoked is not granted anew by the way. */
export function isVoid(token: string, importer: string, { revocations }: Export): boolean {
  const claims = claimsOf(token);
  return claims !== null && isRevoked(revocations, importer, claims.iat);
}

/** When a token ends, 0 for never; null where it cannot be read. */
export function expiryOf(token: string): number | null {
  const claims = claimsOf(token);
  return claims && (claims.exp ?? 0);
}

function claimsOf(token: string): ActivationClaims | null {
  try {
    return decodeAs('activation', token).claims;
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return null;
  }
}
