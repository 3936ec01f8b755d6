/**
 * Sends events to webhooks. Each hook has a line of its own: one request at a time, so that events come in order where all goes
 * well, and no slow receiver holds another; with as many hooks as there may be, connections are bounded too. An event that
 * failed waits for its next attempt and is overtaken meanwhile. All of it stands in the database: what a stop or a crash cuts
 * off is sent after the next start.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Webhook, WebhookDelivery } from '../../prisma/generated/client.js';
import { deliver, type Sending } from './deliver.js';
import { expander } from './expand.js';

export interface Webhooks {
  /** A hook was changed, or has something to send again. */
  wake(webhook: string): void;
  /** Lets requests under way end, for so long at most. */
  close(graceMs: number): Promise<void>;
}

interface Line {
  working: Promise<void> | null;
  again: boolean;
  /** The receiver is left alone until then (unix seconds). */
  restUntil: number;
  timer?: NodeJS.Timeout | undefined;
}

/** Changes that come together are looked at together. */
const GATHER_MS = 20;
const AFTER_FAULT_MS = 30_000;
const MAX_TIMER_MS = 3_600_000;
const PRUNE_EVERY_MS = 3_600_000;
const LOG_SECONDS = 7 * 24 * 3_600;

export async function openWebhooks(sending: Sending, log: FastifyBaseLogger): Promise<Webhooks> {
  const { store, now } = sending;
  const lines = new Map<string, Line>();
  const expand = expander(sending);
  const stopping = new AbortController();
  // Every request under way listens.
  setMaxListeners(0, stopping.signal);
  let stopped = false;
  let expanding: Promise<void> | null = null;
  let again = false;
  let retry: NodeJS.Timeout | undefined;

  const look = (): void => {
    again = true;
    if (expanding || stopped) return;
    expanding = expandAll()
      .catch((error: unknown) => {
        again = false;
        if (stopped) return;
        log.error({ err: error }, 'events cannot be read for webhooks; trying again');
        clearTimeout(retry);
        retry = setTimeout(look, AFTER_FAULT_MS);
      })
      .finally(() => {
        expanding = null;
        if (again) look();
      });
  };
  const expandAll = async () => {
    while (again && !stopped) {
      again = false;
      await sleep(GATHER_MS);
      const { hooks, more } = await expand();
      for (const hook of hooks) send(hook);
      again ||= more;
    }
  };

  const send = (id: string): void => {
    const line = lines.get(id) ?? { working: null, again: false, restUntil: 0 };
    lines.set(id, line);
    line.again = true;
    if (line.working || stopped) return;
    line.working = workOff(id, line)
      .catch((error: unknown) => {
        if (stopped) return;
        log.error({ err: error, webhook: id }, 'a webhook cannot be sent to; trying again');
        later(id, line, AFTER_FAULT_MS);
      })
      .finally(() => {
        line.working = null;
        if (line.again) send(id);
      });
  };
  const workOff = async (id: string, line: Line) => {
    while (!stopped) {
      line.again = false;
      const hook = await store.db.webhook.findUnique({ where: { id } });
      if (hook?.state !== 'enabled') {
        clearTimeout(line.timer);
        lines.delete(id);
        return;
      }
      const next = await nextOf(hook);
      if (!next) return;
      const wait = Math.max(Number(next.nextAt), line.restUntil) - now();
      if (wait > 0) return later(id, line, wait * 1_000);
      const rest = await deliver(sending, hook, next, stopping.signal);
      if (rest > 0) line.restUntil = now() + rest;
    }
  };
  /** What is due, events that were never sent first; else what is due next. */
  const nextOf = async ({ id }: Webhook): Promise<WebhookDelivery | null> => {
    const where = { webhookId: id, state: 'pending' };
    const due = { ...where, nextAt: { lte: BigInt(now()) } };
    const table = store.db.webhookDelivery;
    const fresh = await table.findFirst({ where: { ...due, attempts: 0 }, orderBy: { seq: 'asc' } });
    return fresh ?? table.findFirst({ where, orderBy: [{ nextAt: 'asc' }, { seq: 'asc' }] });
  };
  const later = (id: string, line: Line, ms: number): void => {
    clearTimeout(line.timer);
    if (!stopped) line.timer = setTimeout(() => send(id), Math.min(ms, MAX_TIMER_MS));
  };

  const prune = async () => {
    const createdAt = { lt: BigInt(now() - LOG_SECONDS) };
    await store.db.webhookDelivery.deleteMany({ where: { state: { not: 'pending' }, createdAt } });
  };
  const pruning = setInterval(() => {
    prune().catch((error: unknown) => log.warn({ err: error }, 'the log of webhooks cannot be shortened'));
  }, PRUNE_EVERY_MS).unref();

  store.afterCommit(look);
  await prune();
  for (const { id } of await store.db.webhook.findMany({ where: { state: 'enabled' }, select: { id: true } })) send(id);
  look();
  return {
    wake(id) {
      look();
      send(id);
    },
    async close(graceMs) {
      stopped = true;
      clearInterval(pruning);
      clearTimeout(retry);
      for (const { timer } of lines.values()) clearTimeout(timer);
      const patience = setTimeout(() => stopping.abort(new Error('the service ends')), graceMs);
      await Promise.all([expanding, ...[...lines.values()].map(({ working }) => working)]);
      clearTimeout(patience);
    },
  };
}
