/**
 * Does the activation token of an import entitle this importer to this export? Each mismatch is a refusal of its own; as warnings they
 * once let any account replay another's token (CVE-2021-3127).
 */
import { isRevoked } from '../account/revocation.js';
import { isNatsctlError, type NatsctlError } from '../errors.js';
import { decodeAs } from '../jwt/decode.js';
import { isPublicKey } from '../keys/nkey.js';
import { isSubset } from '../subject/match.js';
import { checkSubject } from '../subject/subject.js';
import type { ActivationClaims, Export, Import } from '../types.js';
import { isTooEarly, timeText, type VerifiedAccount } from './account.js';
import { type TrustErrorCode, trustError } from './errors.js';
import { scopeOfKey } from './user.js';

/**
 * Returns where the import may be used now. An export that asks for no token lets everybody in, so there is nothing to check.
 *
 * @param importer public key of the importing account
 * @throws NatsctlError ERR_ACTIVATION_*
 */
export function verifyActivation(
  imp: Import,
  importer: string,
  exporter: VerifiedAccount,
  exp: Export,
  now: number,
): void {
  if (exp.token_req !== true) return;
  const refusal = (
    code: TrustErrorCode,
    why: string,
    hint = 'ask the exporting account for a new activation token',
  ): NatsctlError<TrustErrorCode> => {
    return trustError(code, `the import of ${JSON.stringify(imp.subject)} from ${imp.account} is refused: ${why}`, {
      hint,
    });
  };
  if (!imp.token)
    throw refusal('ERR_ACTIVATION_MISSING', 'the export is private and the import has no activation token');
  let claims: ActivationClaims;
  try {
    claims = decodeAs('activation', imp.token).claims;
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    throw refusal('ERR_ACTIVATION_INVALID', `its activation token is not usable: ${error.message}`);
  }
  const { nats } = claims;
  if (checkSubject(nats.subject) !== null)
    throw refusal('ERR_ACTIVATION_INVALID', 'its activation token is for what is no subject');
  if (nats.issuer_account !== undefined && !isPublicKey(nats.issuer_account, 'account')) {
    throw refusal('ERR_ACTIVATION_INVALID', 'the issuer account of its activation token is no account key');
  }
  if (claims.sub !== importer)
    throw refusal('ERR_ACTIVATION_IMPORTER', `its activation token is for account ${claims.sub}`);
  const issuedFor = nats.issuer_account ?? claims.iss;
  if (imp.account !== exporter.claims.sub || issuedFor !== exporter.claims.sub) {
    throw refusal('ERR_ACTIVATION_EXPORTER', `its activation token is of account ${issuedFor}`);
  }
  if (!mayIssue(claims, exporter)) {
    throw refusal(
      'ERR_ACTIVATION_ISSUER',
      `its activation token is signed by ${claims.iss}, which is no key of the exporting account for that`,
    );
  }
  if (nats.kind !== imp.type)
    throw refusal('ERR_ACTIVATION_KIND', `its activation token is for a ${nats.kind}, the import is of a ${imp.type}`);
  const remote = imp.type === 'service' && imp.to ? imp.to : imp.subject;
  if (!isSubset(remote, nats.subject)) {
    throw refusal(
      'ERR_ACTIVATION_SUBJECT',
      `its activation token is for ${JSON.stringify(nats.subject)}`,
      'import what the token is for, or ask for another token',
    );
  }
  if (exp.type !== imp.type || !isSubset(remote, exp.subject)) {
    throw refusal('ERR_ACTIVATION_EXPORT', `the export of ${JSON.stringify(exp.subject)} does not cover it`);
  }
  // From the second of its expiry on, unlike users: nats-server's timer for it fires then.
  if (claims.exp !== undefined && claims.exp <= now)
    throw refusal('ERR_ACTIVATION_EXPIRED', `its activation token expired at ${timeText(claims.exp)}`);
  if (isTooEarly(claims, now))
    throw refusal('ERR_ACTIVATION_NOT_YET_VALID', `its activation token is not valid before ${timeText(claims.nbf)}`);
  if (isRevoked(exp.revocations, claims.sub, claims.iat))
    throw refusal('ERR_ACTIVATION_REVOKED', 'its activation token is revoked');
}

/** The exporter itself, or with `issuer_account` one of its plain keys: a scoped key is made to sign users only. */
function mayIssue(claims: ActivationClaims, exporter: VerifiedAccount): boolean {
  if (claims.nats.issuer_account === undefined) return claims.iss === exporter.claims.sub;
  return scopeOfKey(claims.iss, exporter) === null;
}
