/**
 * Tokens of identity providers: OpenID Connect, and what machines have of the platform they run on. A token is worth what the
 * rules of its issuer make of its claims; who is not named as an issuer is not asked for anything.
 */
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { isNatsctlError, NatsctlError } from '../../../claims/errors.js';
import { type JsonObject, parseStrictJson } from '../../../claims/jwt/json.js';
import type { ServiceErrorCode } from '../../errors.js';
import { tokenRefused } from '../refusal.js';
import type { Caller } from '../rights.js';
import { issuerKeys } from './issuer-keys.js';
import { grantsFor } from './rules.js';
import type { OidcIssuer } from './settings.js';

export interface Oidc {
  /** Whose token it is; null where its issuer is none of those that are believed. */
  verify(token: string): Promise<Caller | null>;
  /** From now on these are believed, and no others; their keys are asked for anew. */
  use(issuers: readonly OidcIssuer[]): void;
}

/** Of the clocks of two machines that are kept by NTP. */
const SKEW_SECONDS = 30;
/** OpenID Connect Core 1.0, section 2: no subject is longer. */
const MAX_SUBJECT = 255;
/** Those of ID tokens (no other than `JWT`, if any) and of access tokens (RFC 9068). */
const TYPES = new Set<unknown>([undefined, 'jwt', 'application/jwt', 'at+jwt', 'application/at+jwt']);

export function openOidc(issuers: readonly OidcIssuer[], now: () => number): Oidc {
  const withKeys = (believed: readonly OidcIssuer[]) =>
    new Map<unknown, OidcIssuer & { keys: JWTVerifyGetKey }>(
      believed.map((one) => [one.issuer, { ...one, keys: issuerKeys(one, now) }]),
    );
  let known = withKeys(issuers);
  return {
    use(believed) {
      known = withKeys(believed);
    },
    async verify(token) {
      if (known.size === 0) return null;
      const read = readUnverified(token);
      const settings = read && known.get(read.claims.iss);
      if (!settings) return null;
      const { typ } = read.header;
      if (!TYPES.has(typeof typ === 'string' ? typ.toLowerCase() : typ)) throw tokenRefused('it is of another type');
      const claims = await verifiedClaims(token, settings, now());
      const grants = grantsFor(settings.rules, claims);
      if (grants.length === 0) throw noRole();
      return { actor: `oidc:${settings.issuer}#${subjectOf(claims)}`, grants, expires: expiryOf(claims) };
    },
  };
}

/**
 * What a token says, before anybody knows whether it is true: to look up its issuer. What two readers could understand
 * differently (a key that is there twice) is no token at all.
 */
function readUnverified(token: string): { header: JsonObject; claims: JsonObject } | null {
  const parts = /^([\w-]+)\.([\w-]+)\.[\w-]+$/.exec(token);
  if (!parts) return null;
  try {
    const [header, claims] = [parts[1], parts[2]].map((part = '') =>
      parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url'))),
    );
    return isObject(header) && isObject(claims) ? { header, claims } : null;
  } catch {
    return null;
  }
}

/** Keys and algorithms are those of the issuer; what the header says of keys (`jwk`, `jku`, `x5c`, `x5u`) is not looked at. */
async function verifiedClaims(
  token: string,
  { issuer, audience, algorithms, keys }: OidcIssuer & { keys: JWTVerifyGetKey },
  now: number,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: [...audience],
      algorithms: [...algorithms],
      requiredClaims: ['sub', 'iat', 'exp'],
      clockTolerance: SKEW_SECONDS,
      currentDate: new Date(now * 1_000),
    });
    if (typeof payload.iat !== 'number' || payload.iat > now + SKEW_SECONDS) {
      throw tokenRefused('it is from the future');
    }
    // A security event (RFC 8417), such as that somebody signed out, says something of its subject but is not shown by it.
    if (payload.events !== undefined) throw tokenRefused('it is of another type');
    return payload;
  } catch (error) {
    if (isNatsctlError(error)) throw error;
    throw tokenRefused(reasonOf(error));
  }
}

/** The signature is judged first: nobody else than its holder is told more of a token than that. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf') return 'it is not valid yet';
    if (error.claim === 'aud') return 'it is for another audience';
    return `its claim \`${error.claim}\` is missing or of the wrong form`;
  }
  return 'no key of its issuer verifies it, with an algorithm that is taken here';
}

/** It stands in the audit and in logs for whatever is done with the token. */
function subjectOf({ sub }: JWTPayload): string {
  if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT || /[\p{C}\p{Zl}\p{Zp}]/u.test(sub)) {
    throw tokenRefused(`its subject is no plain text of at most ${MAX_SUBJECT} characters`);
  }
  return sub;
}

function expiryOf({ exp }: JWTPayload): number {
  const expires = Math.floor(exp ?? Number.NaN);
  if (!Number.isSafeInteger(expires)) throw tokenRefused('its end is no time');
  return expires;
}

function noRole(): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_AUTH_NO_ROLE', 'this token holds, but gives no role here', {
    hint: 'ask whoever runs the service for a rule that its claims meet',
  });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
