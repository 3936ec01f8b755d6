import type { Webhook, WebhookDelivery } from '../../prisma/generated/client.js';
import type { Service } from '../service.js';
import { disableWebhook } from './disable-webhook.js';
import { eventMessage, type Outcome, post } from './post.js';
import { delayAfter, restAfter } from './schedule.js';
import { hasGoneQuiet, wants } from './webhook.js';

export type Sending = Pick<Service, 'store' | 'custody' | 'outbound' | 'now'>;

/**
 * One attempt, and the record of it. A crash between both leaves the delivery as it was: it is sent again, under the same id.
 *
 * @returns seconds for which the receiver wants to be left alone
 */
export async function deliver(
  sending: Sending,
  hook: Webhook,
  delivery: WebhookDelivery,
  signal: AbortSignal,
): Promise<number> {
  const { db } = sending.store;
  const entry = await db.auditEntry.findUnique({ where: { seq: delivery.seq } });
  // What a hook may see is looked at with every attempt; what it does not want any more is not sent either.
  if (!entry || !wants(hook, entry)) {
    await db.webhookDelivery.deleteMany({ where: { id: delivery.id } });
    return 0;
  }
  const outcome = await post(sending, hook, eventMessage(delivery.id, entry), signal);
  await record(sending, hook, delivery, outcome);
  return outcome.ok ? 0 : restAfter(outcome.status, outcome.retryAfter);
}

async function record({ store, now }: Sending, hook: Webhook, delivery: WebhookDelivery, outcome: Outcome) {
  const { ok, status, durationMs, error, body, retryAfter } = outcome;
  const at = now();
  const attempts = delivery.attempts + 1;
  const delay = ok ? null : delayAfter(attempts, retryAfter);
  // Not where it was removed meanwhile, with its hook, or made due anew: a replay is one more attempt than this. What was given up
  // with its hook is not due again because it failed.
  const { id, nextAt } = delivery;
  await store.db.webhookDelivery.updateMany({
    where: { id, attempts: delivery.attempts, nextAt, ...(!ok && { state: 'pending' }) },
    data: {
      state: ok ? 'delivered' : delay === null ? 'failed' : 'pending',
      attempts,
      ...(delay !== null && { nextAt: BigInt(at + delay) }),
      lastAt: BigInt(at),
      responseStatus: status ?? null,
      durationMs,
      error: error ?? null,
      responseBody: body ?? null,
    },
  });
  if (ok) {
    if (hook.failingSince !== null) await setFailingSince(store, hook, null);
    return;
  }
  // 410 Gone: "it's no longer interested in receiving webhooks".
  const reason = status === 410 ? 'gone' : hasGoneQuiet(hook, at) ? 'failing' : null;
  if (reason) await store.transaction((tx) => disableWebhook(tx, hook, reason, at));
  else if (hook.failingSince === null) await setFailingSince(store, hook, BigInt(at));
}

/** Unless the hook was changed since it was called: what it leads to then has not failed yet. */
async function setFailingSince({ db }: Sending['store'], { id, version }: Webhook, failingSince: bigint | null) {
  await db.webhook.updateMany({ where: { id, version }, data: { failingSince } });
}
