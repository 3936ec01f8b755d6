import type { Connection } from '../connection/connection.js';
import type { ClosedConnection } from './closed.js';

/** A connection, open or ended, by what connz can be sorted by. */
export interface Candidate {
  readonly cid: number;
  readonly connection: Connection | null;
  readonly closed: ClosedConnection | null;
  readonly key: number | string;
}

interface Order {
  open(connection: Connection, now: number): number | string;
  closed(closed: ClosedConnection, now: number): number | string;
  /** Most are listed with the largest first. */
  readonly ascending?: true;
}

/** nats-server's sort options (monitor_sort_opts.go), in its directions. */
export const CONNZ_SORTS = {
  cid: { open: ({ id }) => id, closed: ({ info }) => info.cid, ascending: true },
  start: { open: ({ id }) => id, closed: ({ info }) => info.cid, ascending: true },
  subs: { open: ({ subscriptions }) => subscriptions.size, closed: ({ info }) => info.subscriptions },
  pending: { open: ({ out }) => out.pending, closed: ({ info }) => info.pending_bytes },
  msgs_to: { open: ({ messagesOut }) => messagesOut, closed: ({ info }) => info.out_msgs },
  msgs_from: { open: ({ messagesIn }) => messagesIn, closed: ({ info }) => info.in_msgs },
  bytes_to: { open: ({ bytesOut }) => bytesOut, closed: ({ info }) => info.out_bytes },
  bytes_from: { open: ({ bytesIn }) => bytesIn, closed: ({ info }) => info.in_bytes },
  last: { open: ({ lastActivity }) => lastActivity, closed: ({ lastActivity }) => lastActivity },
  idle: {
    open: ({ lastActivity }, now) => now - lastActivity,
    closed: ({ lastActivity }, now) => now - lastActivity,
  },
  uptime: {
    open: ({ started }, now) => now - started,
    closed: ({ started, stopped }) => stopped - started,
    ascending: true,
  },
  stop: { open: () => 0, closed: ({ stopped }) => stopped },
  reason: { open: () => '', closed: ({ info }) => info.reason ?? '', ascending: true },
  rtt: { open: ({ rttNs }) => rttNs, closed: ({ rttNs }) => rttNs },
} as const satisfies Record<string, Order>;

export type ConnzSort = keyof typeof CONNZ_SORTS;

export function isConnzSort(text: string): text is ConnzSort {
  return Object.hasOwn(CONNZ_SORTS, text);
}

export function candidates(
  sort: ConnzSort,
  open: Iterable<Connection>,
  closed: Iterable<ClosedConnection>,
  now: number,
): Candidate[] {
  const order: Order = CONNZ_SORTS[sort];
  const all: Candidate[] = [];
  for (const each of open) all.push({ cid: each.id, connection: each, closed: null, key: order.open(each, now) });
  for (const each of closed) {
    all.push({ cid: each.info.cid, connection: null, closed: each, key: order.closed(each, now) });
  }
  return all;
}

/** Equal ones by their id, so that pages do not overlap. */
export function sortCandidates(sort: ConnzSort, all: Candidate[]): Candidate[] {
  const order: Order = CONNZ_SORTS[sort];
  const direction = order.ascending === true ? 1 : -1;
  return all.sort((a, b) => {
    if (a.key < b.key) return -direction;
    if (a.key > b.key) return direction;
    return a.cid - b.cid;
  });
}
