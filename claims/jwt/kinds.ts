/** The kinds of claims: how each is read and written, who may sign it, and whose it is. */
import type { KeyKind } from '../keys/nkey.js';
import type { AnyClaims, ClaimKind, Claims, ClaimsByKind } from '../types.js';
import { account } from './account-schema.js';
import { authorizationRequest, authorizationResponse } from './authorization-schema.js';
import { generic } from './generic-schema.js';
import { activation, operator } from './operator-schema.js';
import { type Field, integer, optionalInteger, optionalText, required, struct, text } from './schema.js';
import { user } from './user-schema.js';

export interface Kind<C extends AnyClaims> {
  /** Reads and writes the whole payload. */
  payload: Field<C>;
  /** Kinds of key that may sign it; empty = any. */
  signers: readonly KeyKind[];
  /** Kind of key its `sub` is; null = not checked. */
  subject: KeyKind | null;
}

function payload<Data>(nats: Field<Data>): Field<Claims<Data>> {
  return struct<Claims<Data>>({
    aud: optionalText,
    // Go reads a negative expiry and then expires at once; nobody means it.
    exp: optionalInteger({ min: 0 }),
    jti: text,
    iat: integer({ min: 0 }),
    iss: text,
    name: optionalText,
    nbf: optionalInteger({ min: 0 }),
    sub: text,
    nats: required(nats),
  } as Parameters<typeof struct<Claims<Data>>>[0]);
}

export const KINDS: { readonly [K in ClaimKind]: Kind<ClaimsByKind[K]> } = {
  operator: { payload: payload(operator), signers: ['operator'], subject: 'operator' },
  account: { payload: payload(account), signers: ['account', 'operator'], subject: 'account' },
  user: { payload: payload(user), signers: ['account'], subject: 'user' },
  activation: { payload: payload(activation), signers: ['account', 'operator'], subject: 'account' },
  authorization_request: { payload: payload(authorizationRequest), signers: ['server'], subject: null },
  authorization_response: { payload: payload(authorizationResponse), signers: ['account'], subject: 'user' },
  generic: { payload: payload(generic), signers: [], subject: null },
};

/** The kind that `type` names; what is no known type is generic. */
export function kindOfType(type: string | undefined): ClaimKind {
  return type !== undefined && Object.hasOwn(KINDS, type) ? (type as ClaimKind) : 'generic';
}
