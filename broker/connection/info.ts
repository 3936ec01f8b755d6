import type { Info } from '../protocol/writer.js';
import type { Connection } from './connection.js';

/** INFO for one client: at accept, and again, with its account, after the PONG to its first PING. */
export function infoFor(connection: Connection, connected: boolean): Info {
  const { broker, account, offer } = connection;
  const info: Info = {
    server_id: broker.serverId,
    server_name: broker.serverName,
    version: broker.version,
    proto: 1,
    // Clients show it; there is no other field for what the server runs on.
    go: `node${process.versions.node}`,
    host: offer.host,
    port: offer.port,
    headers: true,
    auth_required: true,
    ...(offer.tlsRequired ? { tls_required: true as const } : {}),
    ...(offer.tlsVerify ? { tls_verify: true as const } : {}),
    ...(offer.tlsAvailable ? { tls_available: true as const } : {}),
    max_payload: connection.maxPayload,
    client_id: connection.id,
    ...(connected || !connection.behindProxy ? { client_ip: connection.remoteAddress } : {}),
    nonce: connection.nonce,
  };
  if (!connected || account === null) return info;
  return {
    ...info,
    connect_info: true,
    remote_account: account.id,
    ...(account.isSystem ? { acc_is_sys: true as const } : {}),
  };
}
