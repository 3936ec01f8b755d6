/**
 * A push: an account JWT signed elsewhere asks to take the place of the stored one. The rules (service/push/rules.ts) are read and the
 * JWT is written in one transaction, so nothing comes between them.
 */

import { droppedRevocations } from '../../claims/account/revocation.js';
import { decodeAs, unknownFields } from '../../claims/jwt/decode.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { type VerifiedAccount, verifyAccount } from '../../claims/trust/account.js';
import type { TrustedOperators } from '../../claims/trust/operators.js';
import type { AccountClaims, Decoded } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import { accountJti } from '../accounts/jti.js';
import { saveAccount } from '../accounts/save-account.js';
import type { Actor } from '../audit/audit.js';
import type { Scope } from '../auth/rights.js';
import { namedOperator, servedOperators } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { type CrossCheck, crossChecks } from './cross-checks.js';
import { type Held, readHeld } from './held.js';
import { type Kept, keepPending, settlePending } from './pending.js';
import type { Precondition } from './precondition.js';
import { isStoredAlready, mayResign, type ResignPolicy, resign } from './resign.js';
import { judgePush } from './rules.js';

export interface Push {
  /** The account the sender names; must be the token's own. */
  id: string;
  token: string;
  precondition: Precondition;
  /** Whether revocations may be dropped: only for a caller with an admin token who says so. */
  forced: boolean;
  /** The caller, where it is known by an access token. */
  actor?: Actor;
  /** Throws where who pushes may not do that here. A new account is its operator's to have. */
  allow?(scope: Scope): void;
  /** Where it came over NATS: the link whose servers were told by the sender already. */
  link?: string;
  /** An admin lets the operator sign what its account signed itself (service/push/decide.ts). */
  approved?: boolean;
}

export interface PushOutcome {
  /** `pending`: it is not stored before an admin approves it. */
  status: 'created' | 'updated' | 'unchanged' | 'pending';
  account: string;
  jti: string;
  /** Whether the operator's key here signed what its account had signed: another JWT is stored than was pushed. */
  resigned: boolean;
  warnings: CrossCheck[];
}

export async function pushAccount(service: Service, push: Push): Promise<PushOutcome> {
  const id = decodePublicKey(push.id, 'account').text;
  const decoded = decodeAs('account', push.token);
  const pushed = await service.store.grouped({
    account: id,
    read: (tx) => readHeld(tx, id),
    write: (tx, held) => store(service, tx, { ...push, id }, decoded, held),
  });
  if (pushed.status === 'pending')
    return { status: 'pending', account: id, jti: pushed.jti, resigned: false, warnings: [] };
  if (pushed.status !== 'unchanged') service.links.wake();
  const { status, account, before, resigned } = pushed;
  const warnings = await crossChecks(service, account, { before, nameImporters: !resigned });
  return { status, account: id, jti: accountJti(account), resigned, warnings };
}

interface Pushed {
  status: Exclude<PushOutcome['status'], 'pending'>;
  account: VerifiedAccount;
  /** What was there before, where it can be read. */
  before: AccountClaims | null;
  resigned: boolean;
}

async function store(
  service: Service,
  tx: Queries,
  push: Push,
  decoded: Decoded<AccountClaims>,
  { stored, deleted }: Held,
): Promise<Pushed | Kept> {
  const now = service.now();
  const before = stored && storedClaims(stored, push.forced);
  const trusted = await operatorsIn(tx);
  // A JWT that its account signed names no operator: it is that of the account, or the only one.
  const policy = resignPolicy(service, push);
  const resigner =
    policy !== 'never' && mayResign(decoded.claims, before) ? await namedOperator(tx, stored?.operatorKey) : null;
  const resigned = resigner !== null;
  const judged = resigner
    ? { ...decoded, operator: resigner.claims, strict: false }
    : verifyAccount(decoded, trusted, { now });
  // Of a new account that waits for an admin of the operator he decides, whoever asks.
  const waits = resigned && policy === 'approved';
  if (stored || !waits) push.allow?.({ operator: judged.operator.sub, account: stored ? push.id : null });
  const jti = accountJti(judged);
  // A push that was already applied succeeds again, whatever it was made from (RFC 9110, 13.1.1): its answer may have been lost.
  if (stored && before && (stored.jwt === push.token || (resigned && isStoredAlready(decoded.claims, before)))) {
    const account = verifyAccount(readStored('account', stored), trusted, { now });
    return { status: 'unchanged', account, before, resigned };
  }
  const deletedUntil = Number(deleted?.iat ?? 0);
  judgePush({ push, account: judged, jti, stored, before, deletedUntil, now });
  if (resigner && waits) {
    return keepPending(service, tx, { push, decoded, operator: resigner.row.key, stored, jti });
  }
  const account = resigner ? await resign(service, tx, resigner, { claims: decoded.claims, before }) : judged;
  const actor = push.actor ?? `signer:${decoded.claims.iss}`;
  const action = stored ? 'account.update' : 'account.create';
  const lost = resigned ? unknownFields(decoded) : [];
  const detail = {
    ...auditDetail(push, account, before),
    ...(resigned && { signedBy: decoded.claims.iss }),
    ...(lost.length > 0 && { lost }),
  };
  // The servers of a link were told what was pushed there, not what the operator signed.
  const origin = { pushed: !resigned, ...(push.link !== undefined && !resigned && { link: push.link }) };
  await saveAccount(tx, { account, stored, tombstone: deleted !== null, at: now, actor, action, detail, ...origin });
  if (service.policy.resignSelfSigned !== 'never' || push.approved) await settlePending(tx, account.claims);
  return { status: stored ? 'updated' : 'created', account, before, resigned };
}

/** Nobody is asked over NATS: its answers know no "later" that servers and nsc would read as one. */
function resignPolicy({ policy }: Service, { approved, link }: Push): ResignPolicy {
  if (approved) return 'always';
  return policy.resignSelfSigned === 'approved' && link !== undefined ? 'never' : policy.resignSelfSigned;
}

const operators = new WeakMap<Queries, Promise<TrustedOperators>>();

/** Read once for a group of pushes: none of them changes an operator. */
function operatorsIn(tx: Queries): Promise<TrustedOperators> {
  const known = operators.get(tx) ?? servedOperators(tx);
  operators.set(tx, known);
  return known;
}

function auditDetail(
  { forced, link }: Push,
  { claims }: VerifiedAccount,
  before: AccountClaims | null,
): Record<string, unknown> {
  const [held, holds] = [before?.nats.revocations ?? new Map<string, number>(), claims.nats.revocations];
  const added = droppedRevocations(holds, held);
  const dropped = droppedRevocations(held, holds);
  return {
    name: claims.name,
    issuer: claims.iss,
    ...(link !== undefined && { link }),
    ...(added.length > 0 && { revoked: added }),
    ...(dropped.length > 0 && { restored: dropped, forced }),
  };
}

/** A forced push is also the way out when the stored JWT is damaged: nothing can be read of that one. */
function storedClaims(stored: Account, evenDamaged: boolean): AccountClaims | null {
  try {
    return readStored('account', stored).claims;
  } catch (error) {
    if (evenDamaged) return null;
    throw error;
  }
}
