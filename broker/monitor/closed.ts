import type { Connection } from '../connection/connection.js';
import type { CloseReason } from '../connection/faults.js';
import { MAX_CLOSED_BYTES, MAX_CLOSED_SUBSCRIPTIONS } from '../limits.js';
import { type ConnInfo, connInfo, type SubDetail, subDetail } from './conn-info.js';
import { identityOf, type ShownIdentity } from './identity.js';

/** What is left of a connection: nothing of it that would keep its socket or buffers. */
export interface ClosedConnection {
  readonly info: ConnInfo;
  readonly started: number;
  readonly stopped: number;
  readonly lastActivity: number;
  readonly rttNs: number;
  readonly identity: ShownIdentity;
  /** Empty for one that never was authenticated. */
  readonly account: string;
  readonly subscriptions: readonly SubDetail[];
}

/** What an entry costs beside its texts, generously. */
const ENTRY_BYTES = 1_024;
const SUBSCRIPTION_BYTES = 128;

/** The connections that ended last, bounded in number and in memory: the oldest leave first. */
export class ClosedConnections {
  readonly #max: number;
  readonly #maxBytes: number;
  /** By connection id, in order of their end. */
  readonly #entries = new Map<number, { closed: ClosedConnection; bytes: number }>();
  #bytes = 0;

  constructor(max: number, maxBytes = MAX_CLOSED_BYTES) {
    this.#max = max;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  add(connection: Connection, reason: CloseReason): void {
    if (this.#max === 0) return;
    const closed = remember(connection, reason);
    const bytes = sizeOf(closed);
    this.#entries.set(closed.info.cid, { closed, bytes });
    this.#bytes += bytes;
    while (this.#entries.size > this.#max || this.#bytes > this.#maxBytes) this.#dropOldest();
  }

  #dropOldest(): void {
    const [oldest] = this.#entries;
    if (oldest === undefined) return;
    this.#entries.delete(oldest[0]);
    this.#bytes -= oldest[1].bytes;
  }

  get(cid: number): ClosedConnection | undefined {
    return this.#entries.get(cid)?.closed;
  }

  *[Symbol.iterator](): IterableIterator<ClosedConnection> {
    for (const { closed } of this.#entries.values()) yield closed;
  }
}

function remember(connection: Connection, reason: CloseReason): ClosedConnection {
  const stopped = Date.now();
  const subscriptions: SubDetail[] = [];
  for (const each of connection.subscriptions.values()) {
    if (subscriptions.length === MAX_CLOSED_SUBSCRIPTIONS) break;
    subscriptions.push(subDetail(each, connection.id));
  }
  return {
    info: connInfo(connection, stopped, reason),
    started: connection.started,
    stopped,
    lastActivity: connection.lastActivity,
    rttNs: connection.rttNs,
    identity: identityOf(connection),
    account: connection.account?.id ?? '',
    subscriptions,
  };
}

/** Two bytes a character at the most. */
function sizeOf({ info, identity, subscriptions }: ClosedConnection): number {
  const texts = [info.name, info.lang, info.version, identity.token, ...(identity.tags ?? [])];
  let characters = 0;
  for (const text of texts) characters += text?.length ?? 0;
  for (const { subject, qgroup, sid } of subscriptions) {
    characters += subject.length + (qgroup?.length ?? 0) + sid.length;
  }
  return ENTRY_BYTES + subscriptions.length * SUBSCRIPTION_BYTES + 2 * characters;
}
