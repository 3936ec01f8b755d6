/**
 * Reading a token: bounded, over the bytes received, nothing believed before the signature holds.
 *
 * The steps, each a refusal of its own: size; three parts of canonical base64url; header; strict JSON; version and kind; a signer that
 * may sign this kind; signature; every field's type. What a token says about trust (is this signer *ours*?) is trust/.
 */

import { isNatsctlError } from '../errors.js';
import { decodePublicKey, isPublicKey, type KeyKind } from '../keys/nkey.js';
import { type VerifySignature, verifySignature } from '../keys/verify.js';
import type { AnyClaims, ClaimKind, ClaimsByKind, Decoded } from '../types.js';
import { decodeBase64Url } from './base64url.js';
import { jwtError } from './errors.js';
import { type JsonObject, parseKeepingNumbers } from './json.js';
import { KINDS, kindOfType } from './kinds.js';
import { asObject, foldKey, knownKeys, type Reading, refuseLookalikes } from './schema.js';
import { readV1, V1_KINDS } from './v1.js';

/** The bound of nats-io/jwt (`MaxTokenSize`). */
export const MAX_TOKEN_BYTES = 1024 * 1024;

/** The header every v2 writer makes, encoded: most tokens need no look inside. */
export const HEADER = 'eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ';

const SIGNING_KINDS: readonly KeyKind[] = ['operator', 'account', 'user', 'server', 'cluster'];

const unknownOf = new WeakMap<object, readonly string[]>();

export interface DecodeOptions {
  /** Read tokens of jwt v1 too, whose signature does not cover the header. Only for upgrading a store. */
  allowV1?: boolean;
  /** In place of `verifySignature`: for who keeps what that one said before. */
  verify?: VerifySignature | undefined;
}

/**
 * Checks a token and gives its claims.
 *
 * @throws NatsctlError with a code of `JwtErrorCode`; never another exception, whatever the text.
 * @example
 * const { kind, claims } = decode(token);
 */
export function decode(token: string, options: DecodeOptions = {}): Decoded {
  const parts = split(token);
  checkHeader(parts.header);
  const payload = readPayload(parts.payload);
  const { version, kind } = classify(payload, options);
  const issuer = checkIssuer(payload.iss, kind);
  // v1 signed the payload alone.
  const signed = version === 1 ? parts.payload : token.slice(0, parts.header.length + 1 + parts.payload.length);
  const { verify = verifySignature } = options;
  if (!verify(issuer, Buffer.from(signed, 'latin1'), parts.signature)) {
    throw jwtError(
      'ERR_JWT_SIGNATURE',
      `the ${kind} token is not signed by its issuer ${issuer}`,
      'get the token again: it was changed or cut',
      {
        issuer,
      },
    );
  }
  const reading: Reading = { path: [], unknown: [] };
  const claims =
    version === 1 ? readV1(kind, payload, reading) : (KINDS[kind].payload.read(payload, reading) as AnyClaims);
  checkSubject(claims.sub, kind);
  const decoded: Decoded = { kind, claims, token, version };
  unknownOf.set(decoded, reading.unknown);
  return decoded;
}

/** As `decode`, where one kind is expected. @throws NatsctlError ERR_JWT_KIND for a good token of another kind. */
export function decodeAs<K extends ClaimKind>(
  kind: K,
  token: string,
  options: DecodeOptions = {},
): Decoded<ClaimsByKind[K]> {
  const decoded = decode(token, options);
  if (decoded.kind !== kind) {
    throw jwtError(
      'ERR_JWT_KIND',
      `this is a token of kind "${decoded.kind}", where one of kind "${kind}" is needed`,
      undefined,
      {
        kind: decoded.kind,
        wanted: kind,
      },
    );
  }
  return decoded as Decoded<ClaimsByKind[K]>;
}

/** JSON pointers of fields this version does not know, which signing the claims again would lose. */
export function unknownFields(decoded: Decoded<unknown>): readonly string[] {
  return unknownOf.get(decoded) ?? [];
}

interface Parts {
  header: string;
  payload: string;
  signature: Buffer;
}

function split(token: unknown): Parts {
  if (typeof token !== 'string') throw jwtError('ERR_JWT_FORMAT', 'a token is a text');
  if (token.length > MAX_TOKEN_BYTES) {
    throw jwtError('ERR_JWT_TOO_LARGE', `the token has ${token.length} bytes; at most ${MAX_TOKEN_BYTES} are read`);
  }
  const parts = token.split('.', 4);
  const [header, payload, last] = parts;
  if (parts.length !== 3 || header === undefined || payload === undefined || last === undefined) {
    throw jwtError(
      'ERR_JWT_FORMAT',
      `a token has three parts with a dot between, not ${parts.length > 3 ? 'more' : parts.length}`,
    );
  }
  const signature = decodeBase64Url(last);
  if (signature === null) throw jwtError('ERR_JWT_FORMAT', 'the signature of the token is not canonical base64url');
  return { header, payload, signature };
}

const HEADER_KEYS = knownKeys(['typ', 'alg']);

function checkHeader(part: string): void {
  if (part === HEADER) return;
  const header = parsePart(part, 'header', 'ERR_JWT_HEADER');
  for (const key in header) {
    // RFC 7515 section 4.1.11: what `crit` names must be understood, and nothing is.
    if (foldKey(key) === 'crit')
      throw jwtError('ERR_JWT_HEADER', 'the token has a critical header, which is not supported');
  }
  asClaimError(() => refuseLookalikes(header, HEADER_KEYS, { path: [], unknown: [] }));
  const { typ, alg } = header;
  if (typeof typ !== 'string' || typ.toUpperCase() !== 'JWT')
    throw jwtError('ERR_JWT_HEADER', 'the header of the token does not say "typ": "JWT"');
  if (typeof alg !== 'string' || !['ed25519-nkey', 'ed25519'].includes(alg.toLowerCase())) {
    throw jwtError(
      'ERR_JWT_HEADER',
      'the header of the token does not say "alg": "ed25519-nkey", the one algorithm of NATS tokens',
    );
  }
}

function asClaimError(check: () => void): void {
  try {
    check();
  } catch (error) {
    throw jwtError(
      'ERR_JWT_HEADER',
      `in the header of the token, ${error instanceof Error ? error.message : 'a field is wrong'}`,
    );
  }
}

function readPayload(part: string): JsonObject {
  return parsePart(part, 'payload', 'ERR_JWT_JSON');
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parsePart(part: string, what: string, code: 'ERR_JWT_HEADER' | 'ERR_JWT_JSON'): JsonObject {
  const bytes = decodeBase64Url(part);
  if (bytes === null) throw jwtError('ERR_JWT_FORMAT', `the ${what} of the token is not canonical base64url`);
  let value: unknown;
  try {
    value = parseKeepingNumbers(utf8.decode(bytes));
  } catch (error) {
    const reason = isNatsctlError(error) ? error.message : 'it is not UTF-8';
    throw jwtError(code, `the ${what} of the token cannot be read: ${reason}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw jwtError(code, `the ${what} of the token is not an object`);
  return value as JsonObject;
}

const ENVELOPE_KEYS = knownKeys(['type', 'nats', 'iss']);

/** A `type` in the envelope makes a token v1, as it does for nats-server; else `nats.version` must be 2. */
function classify(payload: JsonObject, options: DecodeOptions): { version: 1 | 2; kind: ClaimKind } {
  refuseLookalikes(payload, ENVELOPE_KEYS, { path: [], unknown: [] });
  const envelopeType = typeName(payload.type, 'type');
  const nats =
    payload.nats === undefined || payload.nats === null
      ? null
      : asObject(payload.nats, { path: ['nats'], unknown: [] });
  const type = envelopeType ?? typeName(nats?.type, 'nats', 'type');
  if (type === 'server' || type === 'cluster')
    throw jwtError('ERR_JWT_KIND', `tokens of kind "${type}" are no longer in use`);
  const kind = kindOfType(type);
  if (envelopeType === undefined && nats?.version === 2) return { version: 2, kind };
  if (envelopeType === undefined && typeof nats?.version === 'number' && nats.version > 2) {
    throw jwtError(
      'ERR_JWT_VERSION',
      `the token is of version ${nats.version}; this program reads version 2`,
      'update natsctl',
    );
  }
  const v1 =
    V1_KINDS.includes(kind) &&
    (envelopeType !== undefined || (type === undefined && nats !== null && nats.version === undefined));
  if (!v1)
    throw jwtError(
      'ERR_JWT_VERSION',
      'the token does not say which version it is of: "nats": {"version": 2} is missing',
    );
  if (options.allowV1 !== true) {
    throw jwtError(
      'ERR_JWT_VERSION',
      'the token is of version 1, which is refused because its header is not signed',
      'upgrade it: sign it again as version 2',
    );
  }
  return { version: 1, kind };
}

function typeName(json: unknown, ...path: string[]): string | undefined {
  if (json === undefined || json === null || json === '') return undefined;
  if (typeof json === 'string') return json;
  throw jwtError('ERR_JWT_CLAIMS', `the claim /${path.join('/')} is not a string`, undefined, {
    path: `/${path.join('/')}`,
  });
}

function checkIssuer(issuer: unknown, kind: ClaimKind): string {
  const { signers } = KINDS[kind];
  if (isPublicKey(issuer, ...(signers.length > 0 ? signers : SIGNING_KINDS))) return issuer;
  const wanted = signers.length > 0 ? ` of kind ${signers.join(' or ')}` : '';
  throw jwtError('ERR_JWT_ISSUER', `the issuer of the ${kind} token is not a public key${wanted}`, undefined, {
    path: '/iss',
  });
}

/** The subject is checked at the gate, so that no other code meets a malformed key there. */
export function checkSubject(subject: string, kind: ClaimKind): void {
  const wanted = KINDS[kind].subject;
  if (wanted === null || isPublicKey(subject, wanted)) return;
  let reason = '';
  try {
    decodePublicKey(subject, wanted);
  } catch (error) {
    reason = isNatsctlError(error) ? error.message : '';
  }
  throw jwtError(
    'ERR_JWT_SUBJECT',
    `the subject of ${kind} claims must be the public key of the ${wanted}: ${reason}`,
    undefined,
    { path: '/sub' },
  );
}
