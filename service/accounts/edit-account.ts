import { droppedRevocations } from '../../claims/account/revocation.js';
import { NatsctlError } from '../../claims/errors.js';
import { parseClaims } from '../../claims/jwt/claims-json.js';
import { unknownFields } from '../../claims/jwt/decode.js';
import { payloadJson } from '../../claims/jwt/encode.js';
import { checkEntityName } from '../../claims/names.js';
import type { AccountClaims } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import { requireMatch } from '../http/entity-tag.js';
import { mergePatch } from '../http/merge-patch.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import { readStored } from '../store/read-stored.js';
import { findAccount } from './find-account.js';
import { saveAccount } from './save-account.js';
import { signAccount } from './sign-account.js';

export interface AccountEdit {
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
  return change(service, actor, async (tx) => {
    const stored = await findAccount(tx, edit.account);
    requireMatch(edit.ifMatch, stored);
    const held = readStored('account', stored);
    const before = held.claims;
    const lost = unknownFields(held);
    const claims = patched(before, edit.patch);
    if (claims.name !== before.name) checkEntityName(claims.name ?? '', 'account');
    refuseDropped(before, claims);
    const operator = await servedOperator(tx, stored.operatorKey);
    const account = await signAccount(service, tx, operator, claims, Number(stored.iat));
    const revoked = droppedRevocations(claims.nats.revocations, before.nats.revocations);
    const detail = { name: claims.name, ...(revoked.length > 0 && { revoked }), ...(lost.length > 0 && { lost }) };
    return saveAccount(tx, { account, stored, at: service.now(), actor, action: 'account.update', detail });
  });
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

function refuseDropped(before: AccountClaims, after: AccountClaims): void {
  const dropped = droppedRevocations(before.nats.revocations, after.nats.revocations);
  if (dropped.length === 0) return;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_PUSH_REVOCATION_DROPPED',
    `this would let ${dropped.length} revoked ${dropped.length === 1 ? 'user' : 'users'} back in`,
    {
      hint: 'take revocations back one by one: DELETE /api/v1/accounts/{account}/revocations/{user}',
      details: { dropped },
    },
  );
}
