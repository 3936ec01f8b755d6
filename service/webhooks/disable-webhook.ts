import type { Webhook } from '../../prisma/generated/client.js';
import { recordAudit } from '../audit/audit.js';
import type { Queries } from '../store/open.js';
import { auditText } from './webhook.js';

export type DisabledReason = 'by-request' | 'failing' | 'gone';

/** By the service itself: an event, so that somebody is told in another way than by the hook that does not answer. */
export async function disableWebhook(
  tx: Queries,
  hook: Webhook,
  reason: Exclude<DisabledReason, 'by-request'>,
  now: number,
): Promise<void> {
  // Somebody may have given it another URL since, or disabled it: that is newer than what is known here.
  const disabled = await tx.webhook.updateMany({
    where: { id: hook.id, version: hook.version, state: 'enabled' },
    data: { state: 'disabled', disabledReason: reason, version: { increment: 1 } },
  });
  if (disabled.count === 0) return;
  await giveUpPending(tx, hook.id);
  await recordAudit(tx, {
    at: now,
    actor: 'service',
    action: 'webhook.disable',
    entity: hook.id,
    operator: hook.operatorKey,
    account: hook.accountKey,
    before: auditText(hook),
    after: auditText({ ...hook, state: 'disabled' }),
    detail: { reason },
  });
}

/** What waits for a disabled hook does not come all at once a month later: whoever enables it asks for a replay. */
export async function giveUpPending(tx: Queries, webhookId: string): Promise<void> {
  await tx.webhookDelivery.updateMany({
    where: { webhookId, state: 'pending' },
    data: { state: 'failed', error: 'ERR_WEBHOOK_DISABLED' },
  });
}
