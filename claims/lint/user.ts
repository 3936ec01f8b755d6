import { payloadJson } from '../jwt/encode.js';
import type { UserClaims, UserScope } from '../types.js';
import { type Lint, lint } from './lint.js';
import { unreachableLints, wideOpen } from './permission.js';

export interface UserSurroundings {
  /** Of the signing key: its template says what the user may do. Null for one that is not scoped. */
  scope: UserScope | null;
  /** Characters of the JWT, where that is at hand; else they are counted. */
  length?: number | undefined;
}

/** nats-server's `max_control_line` bounds CONNECT too, unless it is raised (`parser.go`, `overMaxControlLineLimit`). */
const MAX_CONTROL_LINE = 4_096;
/** What clients say beside the JWT: the signature of the nonce (86 characters), their language, version, name and options. */
const BESIDE_JWT = 400;

export function lintUser(claims: UserClaims, { scope, length = lengthOf(claims) }: UserSurroundings): Lint[] {
  const { nats } = claims;
  const bearer = (scope?.template ?? nats).bearer_token === true;
  return [
    ...(length + BESIDE_JWT > MAX_CONTROL_LINE ? [tooLong(length)] : []),
    ...(bearer && !claims.exp
      ? [
          lint(
            'ERR_WEAK_BEARER_NO_EXPIRY',
            '/exp',
            'whoever gets hold of this bearer token is the user, for ever: it does not expire',
            'give it an expiry',
          ),
        ]
      : []),
    ...(scope === null ? ownLints(nats) : []),
  ];
}

/** Base64url of header, claims and signature. */
function lengthOf(claims: UserClaims): number {
  const HEADER_AND_SIGNATURE = 46 + 86 + 2;
  return Math.ceil((Buffer.byteLength(payloadJson('user', claims)) * 4) / 3) + HEADER_AND_SIGNATURE;
}

function tooLong(length: number): Lint {
  const message = `with this JWT of ${length} characters, CONNECT may be longer than the ${MAX_CONTROL_LINE} bytes that a server reads`;
  const hint = 'use a role (scoped signing key) or fewer permissions, or raise max_control_line on every server';
  return lint('ERR_CONNECT_TOO_LONG', '', message, hint);
}

function ownLints(nats: UserClaims['nats']): Lint[] {
  const zeros = { subs: 'it may not subscribe', payload: 'its messages must be empty' };
  return [
    ...Object.entries(zeros).flatMap(([name, effect]) =>
      nats[name as keyof typeof zeros] === 0
        ? [lint('ERR_LIMIT_ZERO', `/nats/${name}`, `the limit ${name} is 0: ${effect}`, 'write -1 for no limit')]
        : [],
    ),
    ...(wideOpen(nats)
      ? [
          lint(
            'ERR_WEAK_EVERYTHING_ALLOWED',
            '/nats/pub/allow',
            'the user may publish and subscribe to everything in the account',
            'name the subjects it needs',
          ),
        ]
      : []),
    ...unreachableLints(nats, '/nats'),
  ];
}
