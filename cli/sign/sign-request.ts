/** What a service answers where it holds no key that may sign (ERR_SIGN_ELSEWHERE): read as strictly as whatever comes from outside. */
import { isNatsctlError, type NatsctlError } from '../../claims/errors.js';
import { parseClaims } from '../../claims/jwt/claims-json.js';
import { parseStrictJson } from '../../claims/jwt/json.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import type { AccountClaims, ActivationClaims, OperatorClaims, UserClaims } from '../../claims/types.js';
import { cliError } from '../errors.js';
import { type Rest, restOf } from './rest.js';

export type SignedKind = 'operator' | 'account' | 'user' | 'activation';
export type SignedClaims = OperatorClaims | AccountClaims | UserClaims | ActivationClaims;

const KINDS: readonly unknown[] = ['operator', 'account', 'user', 'activation'] satisfies SignedKind[];

export interface SignRequest {
  kind: SignedKind;
  claims: SignedClaims;
  /** Public keys, any of which may sign, as the service says. */
  signers: string[];
  /** Unix seconds. */
  notIssuedBefore: number;
  /** Conditions of the push; null where there is nowhere to push to. */
  send: { ifMatch: string | null; force: boolean } | null;
  /** What is left to do at the service after that. */
  rest: Rest[];
}

/** A signing time further ahead than a clock may be wrong would shut out everything signed meanwhile. */
const MAX_AHEAD_SECONDS = 3_600;
const MAX_SIGNERS = 1_000;

/** @throws NatsctlError ERR_SIGN_REQUEST, or what `parseClaims` says of claims that are none */
export function readSignRequest(text: string, now: number): SignRequest {
  const { kind, claims, signers, notIssuedBefore, send, rest = [] } = detailsOf(text);
  if (!isKind(kind)) throw invalid('its kind is none that is signed so');
  if (!isObject(claims)) throw invalid('it has no claims');
  for (const field of ['iss', 'iat', 'jti'])
    if (field in claims) throw invalid(`its claims have ${field}, which signing sets`);
  const parsed = parseClaims(kind, JSON.stringify(claims));
  // An activation is of the account that may import.
  const subject = kind === 'activation' ? 'account' : kind;
  if (!isPublicKey(parsed.sub, subject)) throw invalid(`its claims are of no ${subject}`);
  const by = kind === 'user' || kind === 'activation' ? 'account' : 'operator';
  if (!Array.isArray(signers) || signers.length > MAX_SIGNERS || !signers.every((key) => isPublicKey(key, by))) {
    throw invalid(`its signers are no ${by} keys`);
  }
  if (!Number.isSafeInteger(notIssuedBefore) || Number(notIssuedBefore) < 0) throw invalid('it says not when to issue');
  if (Number(notIssuedBefore) > now + MAX_AHEAD_SECONDS) {
    throw invalid(
      'it wants a JWT issued more than an hour ahead',
      'compare the clocks of this machine and of the service',
    );
  }
  if (!Array.isArray(rest)) throw invalid('what is left to do is no list');
  return {
    kind,
    claims: parsed,
    signers,
    notIssuedBefore: Number(notIssuedBefore),
    send: sendOf(kind, parsed, send),
    rest: rest.map((one) => oneOfRest({ claims: parsed, account: accountOf(parsed, signers) }, one)),
  };
}

function isKind(kind: unknown): kind is SignedKind {
  return KINDS.includes(kind);
}

/**
 * The account that the JWT is of. Where the claims of a user or an activation name none, they were to be signed by its identity
 * key, the only one that may then.
 */
export function accountOf({ sub, nats }: SignedClaims, signers: string[]): string {
  if (nats.type !== 'user' && nats.type !== 'activation') return sub;
  return (nats as UserClaims['nats'] | ActivationClaims['nats']).issuer_account ?? signers[0] ?? '';
}

/** The problem document as it came, or its details. */
function detailsOf(text: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = parseStrictJson(text);
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    throw invalid(`it is ${error.message}`);
  }
  if (!isObject(document)) throw invalid('it is no JSON object');
  if (!('code' in document)) return document;
  if (document.code === 'ERR_SIGN_ELSEWHERE' && isObject(document.details)) return document.details;
  throw invalid(`it is the answer ${JSON.stringify(document.code)}`);
}

/** Where a JWT goes follows from what it is; a request that says otherwise is none of ours. */
function sendOf(kind: SignedKind, { sub }: SignedClaims, send: unknown): SignRequest['send'] {
  if (send === null || send === undefined) return null;
  const [method, url] = {
    account: ['POST', `/jwt/v1/accounts/${sub}`],
    activation: ['POST', '/jwt/v1/activations'],
    operator: ['PATCH', `/api/v1/operators/${sub}`],
    user: [],
  }[kind];
  if (kind === 'user' || !isObject(send) || send.method !== method || send.url !== url || !isObject(send.headers)) {
    throw invalid('it is to be sent where no such JWT goes');
  }
  const headers = send.headers;
  const ifMatch = etagOf(headers);
  // Of two activations for the same the newer one stays: there is nothing to be made from.
  if (ifMatch === null && headers['if-none-match'] !== '*' && kind !== 'activation') {
    throw invalid('it does not say what it was made from');
  }
  return { ifMatch, force: headers['natsctl-force'] === 'true' };
}

function oneOfRest(of: { claims: SignedClaims; account: string }, one: unknown): Rest {
  if (!isObject(one) || typeof one.url !== 'string' || typeof one.method !== 'string' || !isObject(one.headers)) {
    throw invalid('what is left to do is no request that belongs to it');
  }
  const { method, url, headers, body = null } = one;
  const [, path = '', query = ''] = /^\/api\/v1(\/[^?#]+)(?:\?([^#]*))?$/.exec(url) ?? [];
  const isBody = body === null || isObject(body);
  const rest = isBody ? restOf(of, { method, path, query, ifMatch: etagOf(headers), body }) : null;
  if (rest === null) throw invalid('what is left to do does not follow from its claims');
  return rest;
}

function etagOf(headers: Record<string, unknown>): string | null {
  const etag = headers['if-match'];
  if (etag === undefined) return null;
  const value = typeof etag === 'string' ? /^"([A-Za-z0-9]{1,100})"$/.exec(etag)?.[1] : undefined;
  if (value === undefined) throw invalid('its If-Match is no ETag');
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(
  why: string,
  hint = 'give the answer of the service as it came (409 ERR_SIGN_ELSEWHERE)',
): NatsctlError {
  return cliError('ERR_SIGN_REQUEST', `this asks for no signature: ${why}`, { hint });
}
