import { NatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import type { ClaimsByKind, Decoded } from '../../claims/types.js';
import type { ServiceErrorCode } from '../errors.js';

/** Reads a stored token. One that no longer verifies was damaged in the database: it is reported, never used. */
export function readStored<K extends 'activation' | 'operator' | 'account' | 'user'>(
  kind: K,
  row: { key: string; jwt: string },
): Decoded<ClaimsByKind[K]> {
  try {
    const decoded = decodeAs(kind, row.jwt);
    if (decoded.claims.sub === row.key) return decoded;
  } catch (cause) {
    throw damaged(kind, row.key, cause);
  }
  throw damaged(kind, row.key);
}

function damaged(kind: string, key: string, cause?: unknown): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_DATABASE', `the stored JWT of ${kind} ${key} is damaged`, {
    hint:
      kind === 'account'
        ? 'restore the database from a backup, or push a good one as admin with the header `natsctl-force: true`'
        : 'restore the database from a backup',
    details: { kind, key },
    cause,
  });
}
