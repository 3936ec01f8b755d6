import type { ConnectionOptions, NatsConnection } from '@nats-io/nats-core';
import type { Seed } from '../../claims/keys/seed.js';
import { withoutPassword } from '../../resolver/url.js';
import { cliError, usageError } from '../errors.js';
import { connectionFault } from './fault.js';
import { checkUsable, type TlsChoice, tlsSettings } from './tls.js';

const CONNECT_TIMEOUT_MS = 5_000;

export interface Login {
  token: string;
  seed: Seed;
}

/** Connects to one of the servers, over TCP or (ws, wss) over WebSocket. Faults have the codes of the CLI. */
export async function connectTo(
  servers: string[],
  { token, seed }: Login,
  options: { reconnect: boolean; tls?: TlsChoice | undefined },
): Promise<NatsConnection> {
  const overWebSocket = servers.filter((one) => /^wss?:/i.test(one)).length;
  if (overWebSocket > 0 && overWebSocket < servers.length) {
    throw usageError(
      'addresses with ws:// or wss:// do not mix with others',
      `given: ${servers.map(withoutPassword).join(', ')}`,
    );
  }
  // Loaded here, so that no other command pays for it.
  const { jwtAuthenticator, wsconnect } = await import('@nats-io/nats-core');
  const settings: ConnectionOptions = {
    servers,
    authenticator: jwtAuthenticator(token, new TextEncoder().encode(seed.reveal())),
    name: 'natsctl',
    reconnect: options.reconnect,
    timeout: CONNECT_TIMEOUT_MS,
  };
  if (overWebSocket > 0) refuseWithoutWebSocket(options.tls);
  else {
    const tls = await tlsSettings(options.tls ?? {}, servers);
    if (tls !== undefined) {
      checkUsable(tls);
      settings.tls = tls;
    }
  }
  try {
    if (overWebSocket > 0) return await wsconnect(settings);
    const { connect } = await import('@nats-io/transport-node');
    return await connect(settings);
  } catch (error) {
    throw connectionFault(error, servers);
  }
}

/** Node's own WebSocket is used: from Node 22 on, and it takes no certificates of its own. */
function refuseWithoutWebSocket(tls: TlsChoice = {}): void {
  if (!('WebSocket' in globalThis)) {
    throw cliError('ERR_URL_INVALID', `ws:// and wss:// need Node 22 or later; this is ${process.version}`, {
      hint: 'use a nats:// address, or NODE_OPTIONS=--experimental-websocket',
    });
  }
  const given = (['tls-first', 'ca-cert', 'client-cert', 'client-key', 'tls-curves'] as const).find((name) => {
    const value = tls[name];
    return Array.isArray(value) ? value.length > 0 : Boolean(value);
  });
  if (given === undefined) return;
  throw usageError(`--${given} does not go with ws:// and wss://`, 'set NODE_EXTRA_CA_CERTS, or use a tls:// address');
}
