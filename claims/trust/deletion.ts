/** A request to delete accounts, as `$SYS.REQ.CLAIMS.DELETE` carries it: a generic JWT that an operator key signed over itself. */
import { decodeAs } from '../jwt/decode.js';
import { signClaims } from '../jwt/encode.js';
import { newGeneric } from '../jwt/new.js';
import { isPublicKey } from '../keys/nkey.js';
import type { Signer } from '../keys/signer.js';
import { trustError } from './errors.js';
import type { TrustedOperators } from './operators.js';

export interface VerifiedDeletion {
  token: string;
  /** The operator key that asked. */
  issuer: string;
  operator: string;
  accounts: string[];
}

/**
 * Seconds a request holds. nats-server takes one of any age (`handleDeleteRequest`), so whoever kept it deletes the account
 * again after it came back; here it is good for as long as clocks differ and a message is under way.
 */
const MAX_AGE_SECONDS = 300;
const MAX_CLOCK_SKEW_SECONDS = 60;
/** Of one request: a message of a megabyte has room for no more than three times as many. */
const MAX_ACCOUNTS = 5_000;

/** @throws NatsctlError ERR_DELETION_INVALID, ERR_DELETION_UNTRUSTED, ERR_DELETION_STALE, or what decoding throws */
export function verifyDeletion(token: string, trusted: TrustedOperators, now: number): VerifiedDeletion {
  const { claims } = decodeAs('generic', token);
  if (claims.sub !== claims.iss) {
    throw trustError('ERR_DELETION_UNTRUSTED', 'not self signed: the request is signed by another key than it names');
  }
  const key = trusted.keys.get(claims.iss);
  if (key === undefined) {
    throw trustError('ERR_DELETION_UNTRUSTED', `not trusted: ${claims.iss} is no key of an operator trusted here`, {
      hint: 'sign it with a signing key of the operator',
    });
  }
  const expired = claims.exp !== undefined && claims.exp > 0 && claims.exp <= now;
  if (expired || claims.iat < now - MAX_AGE_SECONDS || claims.iat > now + MAX_CLOCK_SKEW_SECONDS) {
    throw trustError('ERR_DELETION_STALE', `the request was signed ${now - claims.iat} s ago and does not hold now`, {
      hint: `sign a new one: it holds for ${MAX_AGE_SECONDS} s`,
    });
  }
  const { accounts } = claims.nats;
  if (
    !Array.isArray(accounts) ||
    accounts.length === 0 ||
    accounts.length > MAX_ACCOUNTS ||
    !accounts.every((one): one is string => isPublicKey(one, 'account'))
  ) {
    throw trustError('ERR_DELETION_INVALID', 'malformed request: `accounts` is no list of account keys', {
      hint: `name 1 to ${MAX_ACCOUNTS} accounts by their public keys`,
    });
  }
  return { token, issuer: claims.iss, operator: key.operator.sub, accounts: [...new Set(accounts)] };
}

export async function signDeletion(accounts: string[], signer: Signer, now: number): Promise<string> {
  const request = newGeneric(signer.publicKey);
  request.nats.accounts = accounts;
  return (await signClaims(request, signer, { now })).token;
}
