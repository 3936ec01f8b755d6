/** Claims as JSON text outside a token: shown to a person, or edited by one. */
import type { ClaimKind, ClaimsByKind } from '../types.js';
import { jwtError } from './errors.js';
import { type JsonObject, parseKeepingNumbers } from './json.js';
import { KINDS } from './kinds.js';
import type { Field, Reading } from './schema.js';

/**
 * Parses a payload that somebody wrote. Stricter than reading a token: a field that is not known is refused, for signing would lose it.
 *
 * @throws NatsctlError ERR_JSON_INVALID, or ERR_JWT_CLAIMS with `details.path`.
 */
export function parseClaims<K extends ClaimKind>(kind: K, text: string): ClaimsByKind[K] {
  const json = parseKeepingNumbers(text);
  const reading: Reading = { path: [], unknown: [] };
  const claims = (KINDS[kind].payload as Field<ClaimsByKind[K]>).read(json as JsonObject, reading);
  const [unknown] = reading.unknown;
  if (unknown !== undefined) {
    throw jwtError('ERR_JWT_CLAIMS', `${kind} claims have no field ${unknown}`, 'check its spelling', {
      path: unknown,
    });
  }
  return claims;
}
