import type { Account } from '../account/account.js';
import type { Broker } from '../broker.js';
import { trafficOf } from '../traffic.js';
import type { AccountStatzOptions } from './options.js';

/** nats-server's DataStats; of an account also by kind of connection, of which there is one here. */
export interface DataStats {
  msgs: number;
  bytes: number;
}

interface AccountDataStats extends DataStats {
  gateways: DataStats;
  routes: DataStats;
  leafs: DataStats;
}

/** nats-server's AccountStat. */
export interface AccountStat {
  acc: string;
  name: string;
  conns: number;
  leafnodes: number;
  total_conns: number;
  num_subscriptions: number;
  sent: AccountDataStats;
  received: AccountDataStats;
  slow_consumers: number;
}

export function accountStat(account: Account): AccountStat {
  const traffic = trafficOf(account.connections, account.endedTraffic);
  return {
    acc: account.id,
    name: account.name || account.id,
    conns: account.connections.size,
    leafnodes: 0,
    total_conns: account.connections.size,
    num_subscriptions: account.inserts - account.removes,
    sent: clientsOnly(traffic.messagesOut, traffic.bytesOut),
    received: clientsOnly(traffic.messagesIn, traffic.bytesIn),
    slow_consumers: account.slowConsumers,
  };
}

function clientsOnly(msgs: number, bytes: number): AccountDataStats {
  const none = { msgs: 0, bytes: 0 };
  return { msgs, bytes, gateways: none, routes: none, leafs: none };
}

interface AccountStatz {
  server_id: string;
  now: string;
  account_statz: AccountStat[];
}

/** nats-server's AccountStatz: of accounts in use, or of all in memory. */
export function accountStatz(broker: Broker, options: AccountStatzOptions): AccountStatz {
  const asked = options.accounts.length === 0 ? broker.accounts.all() : namedIn(broker, options.accounts);
  const account_statz: AccountStat[] = [];
  for (const account of asked) {
    if (options.include_unused || account.connections.size > 0) account_statz.push(accountStat(account));
  }
  return { server_id: broker.serverId, now: new Date().toISOString(), account_statz };
}

function* namedIn(broker: Broker, names: readonly string[]): Iterable<Account> {
  for (const name of new Set(names)) {
    const account = broker.accounts.get(name);
    if (account !== undefined) yield account;
  }
}
