import { entranceOf } from '../auth/entrance.js';
import type { Info } from '../protocol/writer.js';
import type { Connection } from './connection.js';

/** INFO for one client: at accept, and again, with its account, after the PONG to its first PING. */
export function infoFor(connection: Connection, connected: boolean): Info {
  const { broker, account, offer } = connection;
  const entrance = entranceOf(connection, broker.auth);
  const info: Omit<Info, 'xkey'> = {
    server_id: broker.serverId,
    server_name: broker.serverName,
    version: broker.version,
    proto: 1,
    // Clients show it; there is no other field for what the server runs on.
    go: `node${process.versions.node}`,
    host: offer.host,
    port: offer.port,
    headers: !broker.limits.noHeaderSupport,
    ...((connected ? entrance.required : entrance.announced) && { auth_required: true }),
    ...(offer.tlsRequired && { tls_required: true }),
    ...(offer.tlsVerify && { tls_verify: true }),
    ...(offer.tlsAvailable && { tls_available: true }),
    max_payload: connection.maxPayload,
    client_id: connection.id,
    ...((connected || !connection.behindProxy) && { client_ip: connection.remoteAddress }),
  };
  const ldm = broker.lameDuck && { ldm: true as const };
  const xkey = broker.curveKey.publicKey;
  if (!connected || account === null) {
    return { ...info, ...(broker.auth.nonce && { nonce: connection.nonce }), ...ldm, xkey };
  }
  return {
    ...info,
    ...ldm,
    connect_info: true,
    remote_account: account.id,
    ...(account.isSystem && { acc_is_sys: true }),
    xkey,
  };
}
