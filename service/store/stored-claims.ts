import { NatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import type { ClaimsByKind } from '../../claims/types.js';
import type { ServiceErrorCode } from '../errors.js';

/** The claims of a stored token. One that no longer verifies was damaged in the database: it is reported, never served. */
export function storedClaims<K extends 'operator' | 'account'>(kind: K, row: { key: string; jwt: string }): ClaimsByKind[K] {
  try {
    const { claims } = decodeAs(kind, row.jwt);
    if (claims.sub === row.key) return claims;
  } catch (cause) {
    throw damaged(kind, row.key, cause);
  }
  throw damaged(kind, row.key);
}

function damaged(kind: string, key: string, cause?: unknown): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_DATABASE', `the stored JWT of ${kind} ${key} is damaged`, {
    hint: 'restore the database from a backup, or push a good one as admin with the header `natsctl-force: true`',
    details: { kind, key },
    cause,
  });
}
