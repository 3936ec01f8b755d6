import type { PendingAccount } from '../../prisma/generated/client.js';
import { type Actor, claimsJson, recordAudit } from '../audit/audit.js';
import { change } from '../change/change.js';
import { together } from '../change/together.js';
import { requireMatch } from '../http/entity-tag.js';
import type { Service } from '../service.js';
import { findPending } from './pending.js';
import type { Precondition } from './precondition.js';
import { type PushOutcome, pushAccount } from './push-account.js';

export interface Decision {
  operator: string;
  account: string;
  actor: Actor;
  /** Of what was looked at: its owner may have pushed another one since. */
  ifMatch: string | undefined;
}

/**
 * The operator signs what its owner pushed, if that is still made from what is stored. Where no key is here the refusal has the claims
 * to sign; it waits until they are pushed.
 */
export function approvePending(
  service: Service,
  { operator, account, actor, ifMatch }: Decision,
): Promise<PushOutcome> {
  return together(service, actor, async (shared) => {
    const row = await findPending(shared.store.db, operator, account);
    requireMatch(ifMatch, row);
    const { key: id, jwt: token, baseJti } = row;
    const precondition: Precondition = baseJti === null ? { kind: 'absent' } : { kind: 'match', etags: [baseJti] };
    const outcome = await pushAccount(shared, { id, token, precondition, forced: false, actor, approved: true });
    await shared.store.db.pendingAccount.deleteMany({ where: { key: id } });
    return outcome;
  });
}

export function rejectPending(service: Service, decision: Decision, reason: string): Promise<PendingAccount> {
  const { operator, account, actor, ifMatch } = decision;
  return change(service, actor, async (tx) => {
    const row = await findPending(tx, operator, account);
    requireMatch(ifMatch, row);
    await tx.pendingAccount.delete({ where: { key: row.key } });
    await recordAudit(tx, {
      at: service.now(),
      actor,
      action: 'account.reject',
      entity: row.key,
      operator,
      account: row.key,
      detail: { name: row.name, asked: claimsJson(row.jwt), ...(reason !== '' && { reason }) },
    });
    return row;
  });
}
