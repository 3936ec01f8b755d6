import type { Account } from '../account/account.js';

/** nats-server's SublistStats, of the subscriptions of connections. */
export interface SublistStats {
  num_subscriptions: number;
  num_cache: number;
  num_inserts: number;
  num_removes: number;
  num_matches: number;
  cache_hit_rate: number;
  max_fanout: number;
  avg_fanout: number;
}

/** Of several accounts together. */
export function sublistStats(accounts: Iterable<Account>): SublistStats {
  let subscriptions = 0;
  let inserts = 0;
  let removes = 0;
  let lookups = 0;
  let hits = 0;
  let routes = 0;
  let fanout = 0;
  let widest = 0;
  for (const account of accounts) {
    subscriptions += account.inserts - account.removes;
    inserts += account.inserts;
    removes += account.removes;
    lookups += account.routes.lookups;
    hits += account.routes.hits;
    for (const { own } of account.routes.all()) {
      routes++;
      const receivers = own === null ? 0 : own.plain.length + own.groups.length;
      fanout += receivers;
      widest = Math.max(widest, receivers);
    }
  }
  return {
    num_subscriptions: subscriptions,
    num_cache: routes,
    num_inserts: inserts,
    num_removes: removes,
    num_matches: lookups,
    cache_hit_rate: lookups === 0 ? 0 : hits / lookups,
    max_fanout: widest,
    avg_fanout: routes === 0 ? 0 : fanout / routes,
  };
}
