import { entryHash, FIRST } from '../../claims/audit/chain.js';
import type { Rehearsal } from '../change/change.js';
import type { Attempt } from '../idempotency/attempts.js';
import { append } from '../store/appended.js';
import type { Queries } from '../store/open.js';

/** Where a change comes from. */
export interface Origin {
  /** `token:<name>`, `key:<public key>` of who signed in, `oidc:<issuer>#<subject>`, `signer:<public key>` of a pushed JWT, or `service`. */
  readonly actor: string;
  readonly requestId?: string;
  /** Address of the caller. */
  readonly remote?: string;
  /** Where the change is only tried: what it would do is told here. */
  readonly rehearsal?: Rehearsal;
  /** Where the request came with an Idempotency-Key: what it led to is written down with it. */
  readonly attempt?: Attempt;
}

/** A bare name is an origin without a request. */
export type Actor = string | Origin;

/** A change, as told to the auditor. Written in the change's own transaction, so that neither exists without the other. */
export interface AuditRecord {
  /** Unix seconds. */
  at: number;
  actor: Actor;
  action:
    | 'account.create'
    | 'account.ask'
    | 'account.delete'
    | 'account.evacuate'
    | 'account.reject'
    | 'account.renew'
    | 'account.renewal-failed'
    | 'account.update'
    | 'activation.approve'
    | 'activation.attach'
    | 'activation.reject'
    | 'activation.renew'
    | 'activation.request'
    | 'activation.restore'
    | 'activation.revoke'
    | 'activation.store'
    | 'credential-policy.delete'
    | 'credential-policy.set'
    | 'credentials.issue'
    | 'expiry.warning'
    | 'ledger.trim'
    | 'key.export'
    | 'key.keep'
    | 'key.remove'
    | 'activation.withdraw'
    | 'link.attach'
    | 'link.detach'
    | 'master-key.rewrap'
    | 'operator.adopt'
    | 'operator.update'
    | 'renewal-policy.remove'
    | 'renewal-policy.set'
    | 'revocation.add'
    | 'revocation.prune'
    | 'revocation.remove'
    | 'signing-key.keep'
    | 'token.create'
    | 'token.revoke'
    | 'user.create'
    | 'user.delete'
    | 'user.disable'
    | 'user.enable'
    | 'user.import'
    | 'user.reissue'
    | 'user.rotate'
    | 'user.update'
    | 'webhook.create'
    | 'webhook.delete'
    | 'webhook.disable'
    | 'webhook.replay'
    | 'webhook.rotate'
    | 'webhook.update';
  /** Public key (or id) of what changed. */
  entity: string;
  /** The operator and the account it belongs to: who may read of them may read of this change. */
  operator?: string | null;
  account?: string | null;
  beforeJti?: string | null;
  afterJti?: string | null;
  /** Claims, as `claimsJson` writes them. */
  before?: string | null;
  after?: string | null;
  /** Facts; never a secret. */
  detail?: Record<string, unknown>;
}

/** An entry as the next one is chained to it, and as the end of the audit is signed. */
export interface AuditEnd {
  seq: number;
  hash: string;
}

/** The newest entry of each transaction that appended one. */
const newest = new WeakMap<Queries, AuditEnd>();

/** The last entry that was appended in this transaction; null = none was. */
export function endOfAudit(tx: Queries): AuditEnd | null {
  return newest.get(tx) ?? null;
}

/** The number of the last entry that was appended in this transaction; 0 = none was. */
export function lastAudited(tx: Queries): number {
  return newest.get(tx)?.seq ?? 0;
}

/** The claims of a token as they were signed: the JSON text itself. */
export function claimsJson(token: string): string {
  return Buffer.from(token.split('.', 2)[1] ?? '', 'base64url').toString('utf8');
}

/** Appends to the audit. Transactions follow each other, so the newest entry read here is the one before this one. */
export async function recordAudit(tx: Queries, record: AuditRecord): Promise<void> {
  const { at, actor, action, entity, beforeJti = null, afterJti = null, before = null, after = null } = record;
  const origin: Origin = typeof actor === 'string' ? { actor } : actor;
  const last =
    newest.get(tx) ?? (await tx.auditEntry.findFirst({ orderBy: { seq: 'desc' }, select: { seq: true, hash: true } }));
  const entry = {
    seq: (last?.seq ?? 0) + 1,
    at: BigInt(at),
    actor: origin.actor,
    action,
    entity,
    beforeJti,
    afterJti,
    detail: JSON.stringify(record.detail ?? {}),
    operatorKey: record.operator ?? null,
    accountKey: record.account ?? null,
    before,
    after,
    requestId: origin.requestId ?? null,
    remote: origin.remote ?? null,
  };
  const hash = entryHash(entry, last?.hash ?? FIRST);
  append(tx, 'auditEntry', { ...entry, hash });
  newest.set(tx, { seq: entry.seq, hash });
  await origin.attempt?.note(tx, { action, entity });
  origin.rehearsal?.changes.push({ action, entity, before, after });
}
