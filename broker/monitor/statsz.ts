import { availableParallelism } from 'node:os';
import type { Broker } from '../broker.js';
import { trafficOf } from '../traffic.js';
import { clientsOnly, subscriptionCount } from './varz.js';

/** nats-server's ServerStats, as in the STATSZ event and the answer to a PING. */
export function statsz(broker: Broker): object {
  const { monitor } = broker;
  const traffic = trafficOf(broker.connections.values(), broker.endedTraffic);
  const sent = { msgs: traffic.messagesOut, bytes: traffic.bytesOut };
  const received = { msgs: traffic.messagesIn, bytes: traffic.bytesIn };
  let active = 0;
  for (const { connections } of broker.accounts.all()) if (connections.size > 0) active++;
  return {
    start: new Date(broker.started).toISOString(),
    mem: process.memoryUsage.rss(),
    cores: availableParallelism(),
    cpu: monitor.cpuPercent(),
    connections: broker.connections.size,
    total_connections: broker.totalConnections,
    active_accounts: active,
    subscriptions: subscriptionCount(broker),
    sent,
    sent_to_clients: sent,
    received,
    received_from_clients: received,
    slow_consumers: monitor.slowConsumers,
    slow_consumer_stats: monitor.slowConsumers === 0 ? undefined : clientsOnly(monitor.slowConsumers),
    stale_connections: monitor.staleConnections || undefined,
    stale_connection_stats: monitor.staleConnections === 0 ? undefined : clientsOnly(monitor.staleConnections),
    stalled_clients: broker.stalls || undefined,
    active_servers: 1,
    gomaxprocs: 1,
  };
}
