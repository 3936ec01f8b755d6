/** The one way in which the service changes claims of an account by itself: whatever is asked for, the same is looked at. */
import { droppedRevocations, lostRevocations } from '../../claims/account/revocation.js';
import { NatsctlError } from '../../claims/errors.js';
import { unknownFields } from '../../claims/jwt/decode.js';
import { checkEntityName } from '../../claims/names.js';
import type { VerifiedAccount } from '../../claims/trust/account.js';
import type { AccountClaims } from '../../claims/types.js';
import { validate } from '../../claims/validate/validate.js';
import type { Account } from '../../prisma/generated/client.js';
import type { Actor, AuditRecord } from '../audit/audit.js';
import type { ServiceErrorCode } from '../errors.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Warning } from '../schemas/warning.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { findAccount } from './find-account.js';
import { saveAccount } from './save-account.js';
import { signAccount } from './sign-account.js';

export interface ClaimsEdit {
  account: string;
  actor: Actor;
  /** Default `account.update`. */
  action?: AuditRecord['action'];
  /** More for the audit. */
  detail?: Record<string, unknown>;
  /** The claims as they are to be, from those that are stored. Throws where the change does not go with them. */
  edit(before: AccountClaims, stored: Account): AccountClaims | Promise<AccountClaims>;
  /** Throws where the change must not be made: it has been signed, and nothing has been written. */
  judge?(before: AccountClaims, after: VerifiedAccount, stored: Account): void | Promise<void>;
  /** Takes revocations of activations back; any other change must keep them. */
  restores?: boolean;
}

export interface EditedClaims {
  row: Account;
  before: AccountClaims;
  account: VerifiedAccount;
  /** What works, but not as somebody may think, and was not there before. */
  warnings: Warning[];
}

/** Changes, judges, signs and stores the claims of an account, in the caller's transaction. */
export async function editClaims(service: Service, tx: Queries, wanted: ClaimsEdit): Promise<EditedClaims> {
  const { actor, action = 'account.update' } = wanted;
  const stored = await findAccount(tx, wanted.account);
  const held = readStored('account', stored);
  const before = held.claims;
  const claims = await wanted.edit(before, stored);
  if (claims.name !== before.name) checkEntityName(claims.name ?? '', 'account');
  refuseDropped(before, claims, wanted.restores ?? false);
  const operator = await servedOperator(tx, stored.operatorKey);
  const account = await signAccount(service, tx, operator, claims, Number(stored.iat));
  const at = service.now();
  await wanted.judge?.(before, account, stored);
  const revoked = droppedRevocations(claims.nats.revocations, before.nats.revocations);
  // Fields of a newer NATS than ours are not in the model that is signed: the audit says which ones went.
  const lost = unknownFields(held);
  const detail = {
    ...wanted.detail,
    name: claims.name,
    ...(revoked.length > 0 && { revoked }),
    ...(lost.length > 0 && { lost }),
  };
  const row = await saveAccount(tx, { account, stored, at, actor, action, detail });
  return { row, before, account, warnings: newWarnings(before, account.claims, at) };
}

function newWarnings(before: AccountClaims, after: AccountClaims, now: number): Warning[] {
  const warnings = (claims: AccountClaims) => validate(claims, now).filter(({ level }) => level === 'warning');
  // The place of an export or import in its list is no part of what is said of it.
  const known = new Set(warnings(before).map(({ code, message }) => `${code} ${message}`));
  return warnings(after)
    .filter(({ code, message }) => !known.has(`${code} ${message}`))
    .map(({ code, message, path }) => ({ code, message, path }));
}

function refuseDropped(before: AccountClaims, after: AccountClaims, restores: boolean): void {
  const { users, activations } = lostRevocations(before, after);
  const dropped = [...users, ...(restores ? [] : activations)];
  if (dropped.length === 0) return;
  const [one, many, where] =
    users.length > 0
      ? ['user', 'users', '/revocations/{user}']
      : ['account', 'accounts', '/exports/{export}/revocations/{importer}'];
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_PUSH_REVOCATION_DROPPED',
    `this would let ${dropped.length} revoked ${dropped.length === 1 ? one : many} back in`,
    {
      hint: `take revocations back one by one: DELETE /api/v1/accounts/{account}${where}`,
      details: { dropped },
    },
  );
}
