import { NatsctlError } from '../../claims/errors.js';
import { parseClaims } from '../../claims/jwt/claims-json.js';
import { payloadJson } from '../../claims/jwt/encode.js';
import { noLimits } from '../../claims/jwt/new.js';
import type { AccountClaims, UserScope } from '../../claims/types.js';
import type { ServiceErrorCode } from '../errors.js';
import { mergePatch } from '../http/merge-patch.js';

/** What makes a signing key a role. The template is in the form of the JWT: `{"pub": {"allow": ["orders.>"]}, "subs": 10}`. */
export interface Role {
  role?: string;
  description?: string;
  template?: object;
}

/** The role of a new key; null for one that signs whatever it is asked to. */
export function newScope(claims: AccountClaims, key: string, wanted: Role): UserScope | null {
  if (wanted.role === undefined && wanted.template === undefined && wanted.description === undefined) return null;
  const { role } = wanted;
  if (role === undefined) throw roleless('a template belongs to a role', 'name the role');
  const empty: UserScope = { kind: 'user_scope', key, role, description: '', template: noLimits() };
  return patchScope(claims, empty, wanted);
}

/** A role with a merge patch (RFC 7396) over it, read as strictly as claims that somebody wrote. */
export function patchScope(claims: AccountClaims, scope: UserScope, patch: Role): UserScope {
  const nats = { ...claims.nats, signing_keys: new Map([[scope.key, scope]]) };
  const wire = JSON.parse(payloadJson('account', { ...claims, nats })) as { nats: { signing_keys: unknown[] } };
  wire.nats.signing_keys = wire.nats.signing_keys.map((one) => mergePatch(one, patch));
  const patched = parseClaims('account', JSON.stringify(wire)).nats.signing_keys.get(scope.key);
  if (!patched) throw roleless('a role stays one', 'remove the key and add one without a role');
  return patched;
}

export function roleless(message: string, hint: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_REQUEST_INVALID', message, { hint });
}
