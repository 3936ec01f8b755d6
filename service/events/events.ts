import { EventEmitter } from 'node:events';
import type { AuditEntry } from '../../prisma/generated/client.js';
import { type Caller, reach, within } from '../auth/rights.js';
import type { Store } from '../store/open.js';

/** What a follower is told of a change: the audit's entry without who made it, which takes a right of its own. */
export interface ServiceEvent {
  /** Of the audit entry: grows by one with every change of the service. */
  seq: number;
  type: string;
  /** Unix seconds. */
  at: number;
  entity: string;
  operator: string | null;
  account: string | null;
  jti: string | null;
}

export interface Events {
  /** Events after `seq` that the caller may see, as they come, until `signal`. */
  follow(caller: Caller, seq: number, signal: AbortSignal): AsyncGenerator<ServiceEvent[]>;
  /** The number of the newest event. */
  head(): Promise<number>;
}

const BATCH = 500;

/** Every change is an event, read from the audit itself: what was written there is told once and in order, also after a crash. */
export function openEvents(store: Store): Events {
  const changes = new EventEmitter().setMaxListeners(0);
  store.afterCommit(() => changes.emit('change'));
  return {
    async head() {
      const last = await store.db.auditEntry.findFirst({ orderBy: { seq: 'desc' }, select: { seq: true } });
      return last?.seq ?? 0;
    },
    async *follow(caller, seq, signal) {
      const seen = within(reach(caller, 'read'), 'operatorKey', 'accountKey');
      let from = seq;
      while (!signal.aborted) {
        // Listening begins before reading, or a change between the two would be told only with the next one.
        const more = nextChange(changes, signal);
        const rows = await store.db.auditEntry.findMany({
          where: { ...seen, seq: { gt: from } },
          orderBy: { seq: 'asc' },
          take: BATCH,
        });
        const last = rows.at(-1);
        if (last) {
          from = last.seq;
          yield rows.map(eventOf);
        }
        if (rows.length < BATCH) await more;
      }
    },
  };
}

function nextChange(changes: EventEmitter, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      changes.off('change', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    changes.once('change', done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

export function eventOf({ seq, action, at, entity, operatorKey, accountKey, afterJti }: AuditEntry): ServiceEvent {
  return { seq, type: action, at: Number(at), entity, operator: operatorKey, account: accountKey, jti: afterJti };
}
