import type { Webhook } from '../../prisma/generated/client.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { messageId, type Subject, wants } from './webhook.js';

type Hook = Pick<Webhook, 'id' | 'operatorKey' | 'accountKey' | 'types' | 'cursor'>;
type Entry = Subject & { seq: number };

export interface Expanded {
  /** Hooks that have something to send. */
  hooks: string[];
  /** There is more to look at. */
  more: boolean;
}

const BATCH = 500;

/**
 * Makes deliveries of audit entries, in their order. A hook's cursor moves in the transaction that writes its deliveries, so none is
 * lost or made twice; how far entries were read that no hook wants is remembered here alone, and read again after a start.
 */
export function expander({ store, now }: Pick<Service, 'store' | 'now'>): () => Promise<Expanded> {
  /** Read up to here since the hook's cursor stood there: another cursor (a replay, a new hook) or other types are a new beginning. */
  let read = new Map<string, { cursor: number; types: string; upTo: number }>();
  return async () => {
    const { db } = store;
    const select = { id: true, operatorKey: true, accountKey: true, types: true, cursor: true } as const;
    const hooks: Hook[] = await db.webhook.findMany({ where: { state: 'enabled' }, select });
    const fromOf = (hook: Hook): number => {
      const known = read.get(hook.id);
      return known?.cursor === hook.cursor && known.types === hook.types ? known.upTo : hook.cursor;
    };
    if (hooks.length === 0) return { hooks: [], more: false };
    const entries = await entriesAfter(db, Math.min(...hooks.map(fromOf)));
    const last = entries.at(-1)?.seq;
    if (last === undefined) return { hooks: [], more: false };
    const upTo = new Map(hooks.map((hook) => [hook.id, { ...hook, upTo: Math.max(fromOf(hook), last) }]));
    const found = hooks
      .map((hook) => ({ hook, wanted: entries.filter((entry) => entry.seq > fromOf(hook) && wants(hook, entry)) }))
      // A cursor that fell far behind is moved without a delivery, so that no start and no edit has much to read.
      .filter(({ hook, wanted }) => wanted.length > 0 || last - hook.cursor >= BATCH);
    if (found.length > 0) {
      await store.transaction(async (tx) => {
        for (const { hook, wanted } of found) await write(tx, hook, wanted, last, now());
      });
      for (const { hook } of found) upTo.delete(hook.id);
    }
    read = upTo;
    return { hooks: found.map(({ hook }) => hook.id), more: entries.length === BATCH };
  };
}

function entriesAfter(tx: Queries, seq: number): Promise<Entry[]> {
  const select = { seq: true, action: true, operatorKey: true, accountKey: true } as const;
  return tx.auditEntry.findMany({ where: { seq: { gt: seq } }, orderBy: { seq: 'asc' }, take: BATCH, select });
}

/**
 * Makes deliveries of all that happened before a change of what a hook wants. It is told of those by what it wanted then, and of
 * nothing that it only wants from now on.
 */
export async function settle(tx: Queries, hook: Hook, now: number): Promise<void> {
  for (let { cursor } = hook; ; ) {
    const entries = await entriesAfter(tx, cursor);
    const last = entries.at(-1)?.seq;
    if (last === undefined) return;
    const wanted = entries.filter((entry) => wants(hook, entry));
    await write(tx, { ...hook, cursor }, wanted, last, now);
    cursor = last;
  }
}

/** A delivery as if it had never been tried. */
export function anew(now: number) {
  return { state: 'pending', attempts: 0, nextAt: BigInt(now), error: null };
}

async function write(tx: Queries, hook: Hook, entries: Entry[], last: number, now: number): Promise<void> {
  const { id, cursor, types } = hook;
  const moved = await tx.webhook.updateMany({ where: { id, cursor, types, state: 'enabled' }, data: { cursor: last } });
  // Changed since it was read: whoever changed it wakes this again.
  if (moved.count === 0 || entries.length === 0) return;
  // A replay comes by deliveries that are there: all of a batch become due together, so they are sent in the order of events.
  const where = { webhookId: id, seq: { gte: entries[0]?.seq ?? last, lte: last } };
  const there = new Set((await tx.webhookDelivery.findMany({ where, select: { seq: true } })).map(({ seq }) => seq));
  if (there.size > 0) await tx.webhookDelivery.updateMany({ where, data: anew(now) });
  await tx.webhookDelivery.createMany({
    data: entries
      .filter(({ seq }) => !there.has(seq))
      .map(({ seq, action }) => ({
        id: messageId(id, seq),
        webhookId: id,
        seq,
        type: action,
        state: 'pending',
        nextAt: BigInt(now),
        createdAt: BigInt(now),
      })),
  });
}
