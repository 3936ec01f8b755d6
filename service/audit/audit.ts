import type { Queries } from '../store/open.js';

/** A change, as told to the auditor. Written in the change's own transaction, so that neither exists without the other. */
export interface AuditRecord {
  /** Unix seconds. */
  at: number;
  /** Who: `token:<name>`, `signer:<public key>` for a pushed JWT, or `service`. */
  actor: string;
  action:
    | 'account.create'
    | 'account.delete'
    | 'account.update'
    | 'link.attach'
    | 'link.detach'
    | 'operator.adopt'
    | 'operator.update'
    | 'revocation.add'
    | 'revocation.remove'
    | 'signing-key.keep'
    | 'token.create'
    | 'token.revoke'
    | 'user.create';
  /** Public key (or id) of what changed. */
  entity: string;
  beforeJti?: string | null;
  afterJti?: string | null;
  /** Facts; never a secret. */
  detail?: Record<string, unknown>;
}

export async function recordAudit(tx: Queries, record: AuditRecord): Promise<void> {
  const { at, actor, action, entity, beforeJti = null, afterJti = null, detail = {} } = record;
  await tx.auditEntry.create({
    data: { at: BigInt(at), actor, action, entity, beforeJti, afterJti, detail: JSON.stringify(detail) },
  });
}
