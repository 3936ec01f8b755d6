import { availableParallelism } from 'node:os';
import type { Broker } from '../broker.js';
import { trafficOf } from '../traffic.js';
import { claimsPayload } from './claims-payload.js';
import { uptimeText } from './duration.js';

/** nats-server's default for the handshake, shown whether or not there is TLS. */
const TLS_TIMEOUT_S = 2;

/** nats-server's Varz, in its order. What has no counterpart here (cluster, leaf nodes, JetStream) is empty, as where it is off. */
export function varz(broker: Broker): object {
  const { limits, monitor } = broker;
  const now = Date.now();
  const started = new Date(broker.started).toISOString();
  const traffic = trafficOf(broker.connections.values(), broker.endedTraffic);
  return {
    server_id: broker.serverId,
    server_name: broker.serverName,
    version: broker.version,
    proto: 1,
    go: `node${process.versions.node}`,
    host: broker.host,
    port: broker.port,
    auth_required: broker.auth.standard.announced || undefined,
    max_connections: limits.maxConnections,
    max_subscriptions: limits.maxSubscriptions > 0 ? limits.maxSubscriptions : undefined,
    ping_interval: limits.pingIntervalMs * 1e6,
    ping_max: limits.maxPingsOut,
    http_host: monitor.http.host,
    http_port: monitor.http.httpPort,
    http_base_path: monitor.http.basePath,
    https_port: monitor.http.httpsPort,
    auth_timeout: limits.authTimeoutMs / 1000,
    max_control_line: limits.maxControlLine,
    max_payload: limits.maxPayload,
    max_pending: limits.maxPending,
    cluster: broker.clusterName === '' ? {} : { name: broker.clusterName },
    gateway: {},
    leaf: {},
    mqtt: {},
    websocket: {},
    jetstream: {},
    tls_timeout: TLS_TIMEOUT_S,
    write_deadline: limits.writeDeadlineMs * 1e6,
    start: started,
    now: new Date(now).toISOString(),
    uptime: uptimeText(now - broker.started),
    mem: process.memoryUsage.rss(),
    cores: availableParallelism(),
    // One thread does the work.
    gomaxprocs: 1,
    cpu: monitor.cpuPercent(),
    connections: broker.connections.size,
    total_connections: broker.totalConnections,
    routes: 0,
    remotes: 0,
    leafnodes: 0,
    in_msgs: traffic.messagesIn,
    in_bytes: traffic.bytesIn,
    in_client_msgs: traffic.messagesIn,
    in_client_bytes: traffic.bytesIn,
    out_msgs: traffic.messagesOut,
    out_bytes: traffic.bytesOut,
    out_client_msgs: traffic.messagesOut,
    out_client_bytes: traffic.bytesOut,
    slow_consumers: monitor.slowConsumers,
    stale_connections: monitor.staleConnections,
    stalled_clients: broker.stalls,
    subscriptions: subscriptionCount(broker),
    http_req_stats: Object.fromEntries([...monitor.requests].sort(([a], [b]) => (a < b ? -1 : 1))),
    config_load_time: started,
    config_digest: '',
    tags: broker.tags.length > 0 ? broker.tags : undefined,
    metadata: Object.keys(broker.metadata).length > 0 ? broker.metadata : undefined,
    trusted_operators_jwt: broker.operatorTokens.length > 0 ? broker.operatorTokens : undefined,
    trusted_operators_claim: broker.operatorTokens.length > 0 ? broker.operatorTokens.map(claimsPayload) : undefined,
    system_account: broker.accounts.systemAccount?.id,
    pinned_account_fails: broker.pinnedAccountFails || undefined,
    slow_consumer_stats: clientsOnly(monitor.slowConsumers),
    stale_connection_stats: clientsOnly(monitor.staleConnections),
    // Nothing here waits for a disk.
    disk_io_wait_stats: { waiters: 0, waits: 0, wait_time: 0, max_wait_time: 0 },
  };
}

/** nats-server's SlowConsumersStats and StaleConnectionStats. */
export function clientsOnly(clients: number): object {
  return { clients, routes: 0, gateways: 0, leafs: 0 };
}

/** Of connections; the broker's own are not among them. */
export function subscriptionCount(broker: Broker): number {
  let count = 0;
  for (const { subscriptions } of broker.connections.values()) count += subscriptions.size;
  return count;
}
