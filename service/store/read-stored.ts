import { NatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import type { ClaimsByKind, Decoded } from '../../claims/types.js';
import type { ServiceErrorCode } from '../errors.js';

/** Tokens whose signature held: the same text need not be verified again. As many as are read over and over, and none that is large. */
const verified = new Set<string>();
const MAX_VERIFIED = 4_096;
const MAX_LENGTH = 4_096;

/** Reads a stored token. One that no longer verifies was damaged in the database: it is reported, never used. */
export function readStored<K extends 'activation' | 'operator' | 'account' | 'user'>(
  kind: K,
  row: { key: string; jwt: string },
): Decoded<ClaimsByKind[K]> {
  try {
    const known = verified.has(row.jwt);
    const decoded = decodeAs(kind, row.jwt, known ? { verify: () => true } : {});
    if (!known) remember(row.jwt);
    if (decoded.claims.sub === row.key) return decoded;
  } catch (cause) {
    throw damaged(kind, row.key, cause);
  }
  throw damaged(kind, row.key);
}

function remember(token: string): void {
  if (token.length > MAX_LENGTH) return;
  for (const oldest of verified) {
    if (verified.size < MAX_VERIFIED) break;
    verified.delete(oldest);
  }
  verified.add(token);
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
