import { NatsctlError } from '../../claims/errors.js';
import type { Webhook, WebhookDelivery } from '../../prisma/generated/client.js';
import { type Origin, recordAudit } from '../audit/audit.js';
import type { Caller } from '../auth/rights.js';
import { change } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { anew } from './expand.js';
import { findWebhook } from './webhook.js';

interface Asked {
  id: string;
  caller: Caller;
}

/** Sends one event again, from the first attempt on, under the same id: a receiver that had it knows it again. */
export async function replayDelivery(
  service: Service,
  { id, caller, delivery }: Asked & { delivery: string },
  origin: Origin,
): Promise<WebhookDelivery> {
  const row = await change(service, origin, async (tx) => {
    const hook = await enabledHook(tx, caller, id);
    const found = await tx.webhookDelivery.findUnique({ where: { id: delivery, webhookId: hook.id } });
    if (!found) {
      throw new NatsctlError<ServiceErrorCode>(
        'ERR_WEBHOOK_DELIVERY_UNKNOWN',
        `this webhook has no delivery ${delivery}`,
        {
          hint: 'deliveries are kept for a week; older events come with POST /webhooks/{webhook}/replay',
        },
      );
    }
    await tellAudit(tx, service, hook, origin, { delivery });
    return tx.webhookDelivery.update({ where: { id: delivery }, data: anew(service.now()) });
  });
  service.webhooks.wake(row.webhookId);
  return row;
}

/** Sends every event after a number again that the hook wants: those it had, and those nobody told it of. */
export async function replaySince(
  service: Service,
  { id, caller, after }: Asked & { after: number },
  origin: Origin,
): Promise<void> {
  await change(service, origin, async (tx) => {
    const hook = await enabledHook(tx, caller, id);
    // Deliveries are made, or made due again, where those of new events are (expand.ts): it goes on from here.
    await tx.webhook.update({ where: { id: hook.id }, data: { cursor: Math.min(hook.cursor, after) } });
    await tellAudit(tx, service, hook, origin, { after });
  });
  service.webhooks.wake(id);
}

async function enabledHook(tx: Queries, caller: Caller, id: string): Promise<Webhook> {
  const hook = await findWebhook(tx, caller, id);
  if (hook.state === 'enabled') return hook;
  throw new NatsctlError<ServiceErrorCode>('ERR_WEBHOOK_DISABLED', `webhook ${id} is disabled`, {
    hint: 'enable it first: PATCH it with {"enabled": true}',
  });
}

async function tellAudit(tx: Queries, { now }: Service, hook: Webhook, actor: Origin, detail: object): Promise<void> {
  const { id: entity, operatorKey: operator, accountKey: account } = hook;
  await recordAudit(tx, {
    at: now(),
    actor,
    action: 'webhook.replay',
    entity,
    operator,
    account,
    detail: { ...detail },
  });
}
