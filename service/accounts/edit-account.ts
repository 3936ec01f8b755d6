import { NatsctlError } from '../../claims/errors.js';
import { parseClaims } from '../../claims/jwt/claims-json.js';
import { payloadJson } from '../../claims/jwt/encode.js';
import type { AccountClaims } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import { requireMatch } from '../http/entity-tag.js';
import { mergePatch } from '../http/merge-patch.js';
import type { Service } from '../service.js';
import { type ClaimsEdit, editClaims } from './edit-claims.js';

export interface AccountEdit extends Pick<ClaimsEdit, 'judge'> {
  account: string;
  ifMatch: string | undefined;
  /** RFC 7396, over the claims as they stand in a JWT: `{"nats": {"limits": {"conn": 100}}}`. */
  patch: unknown;
}

/** What signing sets, or what makes it this account and no other. */
const FIXED = ['sub', 'iss', 'iat', 'jti'] as const;

/**
 * Changes claims of an account: limits, exports, imports, mappings, signing keys and roles, default permissions, whatever an
 * account JWT can say. The result is read as strictly as claims that somebody wrote, validated and signed.
 */
export async function editAccount(service: Service, edit: AccountEdit, actor: Actor): Promise<Account> {
  const { account, ifMatch, patch, judge } = edit;
  const { row } = await change(service, actor, (tx) =>
    editClaims(service, tx, {
      account,
      actor,
      edit(before, stored) {
        requireMatch(ifMatch, stored);
        return patched(before, patch);
      },
      ...(judge && { judge }),
    }),
  );
  return row;
}

function patched(before: AccountClaims, patch: unknown): AccountClaims {
  const was = JSON.parse(payloadJson('account', before)) as Record<string, unknown>;
  const wanted = mergePatch(was, patch) as Record<string, unknown>;
  const fixed = FIXED.find((field) => wanted[field] !== was[field]);
  if (fixed !== undefined) {
    throw new NatsctlError<ServiceErrorCode>('ERR_CLAIMS_INVALID', `the service sets ${fixed} itself`, {
      details: { issues: [{ code: 'fixed', level: 'error', path: `/${fixed}`, message: 'cannot be changed' }] },
    });
  }
  return parseClaims('account', JSON.stringify(wanted));
}
