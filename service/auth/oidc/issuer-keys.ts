/**
 * The public keys of one issuer, asked for when a token of it first comes, and again when they are ten minutes old or a token
 * names a key that is not among them. Nobody outside decides how often: whatever tokens come, there is one question at a time,
 * one in half a minute after an answer and one in five seconds after a failure.
 */
import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import { NatsctlError } from '../../../claims/errors.js';
import type { JsonObject } from '../../../claims/jwt/json.js';
import type { ServiceErrorCode } from '../../errors.js';
import { getJson } from './get-json.js';
import { type OidcIssuer, secureUrl } from './settings.js';

/** So long may a key that its issuer withdrew still be believed. */
const MAX_AGE_MS = 600_000;
const COOLDOWN_MS = 30_000;
const FAILURE_COOLDOWN_SECONDS = 5;
/** For the discovery document and the keys together. */
const TIMEOUT_MS = 5_000;

export function issuerKeys(settings: OidcIssuer, now: () => number): JWTVerifyGetKey {
  let failure: { error: NatsctlError; until: number } | null = null;
  return createRemoteJWKSet(discoveryUrl(settings.issuer), {
    cacheMaxAge: MAX_AGE_MS,
    cooldownDuration: COOLDOWN_MS,
    timeoutDuration: TIMEOUT_MS,
    // Discovery is part of each question, so that a set that has moved is found.
    [customFetch]: async (_url, { signal }) => {
      if (failure && now() < failure.until) throw failure.error;
      try {
        const keys = await currentKeys(settings, signal);
        failure = null;
        return Response.json(keys);
      } catch (cause) {
        failure = { error: unavailable(settings.issuer, cause), until: now() + FAILURE_COOLDOWN_SECONDS };
        throw failure.error;
      }
    },
  });
}

async function currentKeys({ issuer, jwksUri, ca }: OidcIssuer, signal: AbortSignal): Promise<JsonObject> {
  const options = { signal, ca };
  const keys = await getJson(jwksUri ?? keysUrl(await getJson(discoveryUrl(issuer), options), issuer), options);
  if (!isObject(keys) || !Array.isArray(keys.keys) || !keys.keys.every(isObject)) {
    throw new Error('what stands where its keys should be is no JSON Web Key Set');
  }
  return keys;
}

/** OpenID Connect Discovery 1.0, section 4.1: a slash at the end of the issuer is taken off. */
function discoveryUrl(issuer: string): URL {
  return new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
}

/** Section 4.3: a document that names another issuer, if by a slash only, is not the issuer's. */
function keysUrl(document: unknown, issuer: string): URL {
  if (!isObject(document) || document.issuer !== issuer) throw new Error('its discovery document is of another issuer');
  const url = typeof document.jwks_uri === 'string' ? secureUrl(document.jwks_uri) : null;
  const isInside = issuer.startsWith('http:');
  if (!url || (url.protocol === 'http:' && !isInside)) {
    throw new Error('its discovery document has no `jwks_uri` of https://');
  }
  return url;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Why stands in the log (the cause): who shows a token that nobody has verified is not told what this network looks like. */
function unavailable(issuer: string, cause: unknown): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_OIDC_ISSUER', 'the keys of the issuer of this token cannot be had now', {
    hint: 'try again in a moment; the log of the service says what is wrong',
    details: { issuer },
    cause,
  });
}
