import type { Broker } from '../broker.js';
import { MonitoringError } from './options.js';

/** What nats-server answers when it stands alone, without routes, gateways, leaf nodes and JetStream. */

export function routez(broker: Broker): object {
  return { server_id: broker.serverId, server_name: broker.serverName, now: now(), num_routes: 0, routes: [] };
}

export function gatewayz(broker: Broker): object {
  return { server_id: broker.serverId, now: now(), outbound_gateways: {}, inbound_gateways: {} };
}

export function leafz(broker: Broker): object {
  return { server_id: broker.serverId, now: now(), leafnodes: 0, leafs: [] };
}

export function jsz(broker: Broker): object {
  return {
    memory: 0,
    storage: 0,
    reserved_memory: 0,
    reserved_storage: 0,
    accounts: 0,
    ha_assets: 0,
    api: { level: 0, total: 0, errors: 0 },
    server_id: broker.serverId,
    now: now(),
    disabled: true,
    config: { max_memory: 0, max_storage: 0 },
    streams: 0,
    consumers: 0,
    messages: 0,
    bytes: 0,
    total: 0,
  };
}

/** @throws MonitoringError always */
export function accountJsz(): never {
  throw new MonitoringError('jetstream not enabled');
}

/** Messages are delivered in the turn in which they come: there are no queues between parts of the broker. */
export function ipqueuesz(): object {
  return {};
}

function now(): string {
  return new Date().toISOString();
}
