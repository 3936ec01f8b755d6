import { createServer } from 'node:net';
import { NatsctlError } from '../../claims/errors.js';
import type { Broker } from '../broker.js';
import type { BrokerErrorCode, BrokerOptions } from '../options.js';
import { hostPort, splitHostPort } from './address.js';
import { admit, type ClientListener } from './admit.js';
import { listen } from './listen.js';
import { TlsAcceptor } from './tls/acceptor.js';
import { isPinned } from './tls/pinned.js';
import { type TlsSettings, tlsSettings } from './tls/settings.js';
import { WebSocketListener } from './websocket/listener.js';
import { type WebSocketSettings, webSocketSettings } from './websocket/settings.js';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 4222;

/** What is listened on, judged before anything is opened. */
export interface ListenSettings {
  readonly host: string;
  /** -1 = any free one. */
  readonly port: number;
  readonly advertised: string | undefined;
  readonly tls: TlsSettings | null;
  readonly allowNonTls: boolean;
  readonly proxyProtocol: boolean;
  readonly webSocket: WebSocketSettings | null;
}

/** @throws ERR_BROKER_OPTIONS, ERR_BROKER_TLS, ERR_BROKER_WEBSOCKET */
export function listenSettings(options: BrokerOptions): ListenSettings {
  const { host = DEFAULT_HOST, port = DEFAULT_PORT, clientAdvertise: advertised } = options;
  const bad = (message: string, hint: string): NatsctlError<BrokerErrorCode> =>
    new NatsctlError('ERR_BROKER_OPTIONS', message, { hint });
  if (!Number.isInteger(port) || port < -1 || port === 0 || port > 65_535) {
    throw bad(`port ${port} is no port`, 'give a port from 1 to 65535, or -1 for a free one');
  }
  if (advertised !== undefined && splitHostPort(advertised, DEFAULT_PORT) === null) {
    throw bad('clientAdvertise names no host and port', 'give host or host:port, IPv6 in brackets');
  }
  return {
    host,
    port,
    advertised,
    tls: options.tls === undefined ? null : tlsSettings(options.tls, 'tls'),
    allowNonTls: options.allowNonTls === true,
    proxyProtocol: options.proxyProtocol === true,
    webSocket: webSocketSettings(options, host),
  };
}

/** The ports that clients come in by. */
export interface Listeners {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly webSocketUrl: string | null;
  /** Certificates, and what else can change while listening, for connections from now on; one whose certificate is no longer pinned ends. */
  reload(settings: ListenSettings): void;
  /** No more connections; resolves when those that are there have ended. */
  stop(): Promise<void>;
}

/** @throws ERR_PORT_IN_USE, ERR_LISTEN, with nothing left open. */
export async function openListeners(broker: Broker, settings: ListenSettings): Promise<Listeners> {
  let lastId = 0;
  const nextId = (): number => ++lastId;
  const { host } = settings;
  const { webSocket } = settings;
  const server = createServer({ noDelay: true }, (socket) => admit(broker, clients, socket, nextId()));
  // The clients' port opens last: whoever waits for it finds the other one open.
  const webSockets =
    webSocket === null ? null : new WebSocketListener(broker, webSocket, settings.tls?.verify === true, nextId);
  if (webSockets !== null) {
    const port = await listen(webSockets.server, webSockets.offer.host, webSockets.offer.port);
    webSockets.offer = { ...webSockets.offer, port };
  }
  let clients = clientListener(settings, settings.port);
  let port: number;
  try {
    port = await listen(server, host, settings.port);
  } catch (error) {
    await webSockets?.stop();
    throw error;
  }
  clients = clientListener(settings, port);
  return {
    host,
    port,
    url: `nats://${hostPort(host, port)}`,
    webSocketUrl:
      webSockets === null ? null : `${webSockets.scheme}://${hostPort(webSockets.offer.host, webSockets.offer.port)}`,
    reload(changed) {
      clients = clientListener(changed, port);
      if (changed.webSocket !== null) webSockets?.reload(changed.webSocket);
      endUnpinned(broker, changed);
    },
    async stop() {
      await Promise.all([new Promise<void>((resolve) => server.close(() => resolve())), webSockets?.stop()]);
    },
  };
}

function clientListener(settings: ListenSettings, port: number): ClientListener {
  const { tls, allowNonTls, proxyProtocol, advertised, host } = settings;
  const shown = advertised === undefined ? { host, port } : (splitHostPort(advertised, port) ?? { host, port });
  return {
    offer: {
      ...shown,
      tlsRequired: tls !== null && !allowNonTls,
      tlsAvailable: tls !== null && allowNonTls,
      tlsVerify: tls?.verify === true,
    },
    tls: tls === null ? null : new TlsAcceptor(tls),
    allowNonTls,
    proxyProtocol,
  };
}

/** Those whose certificate the changed list does not name (nats-server reloads `pinned_certs` so). */
function endUnpinned(broker: Broker, { tls, webSocket }: ListenSettings): void {
  for (const connection of [...broker.connections.values()]) {
    const pinned = connection.type === 'WEBSOCKET' ? webSocket?.tls?.pinned : tls?.pinned;
    if (connection.tls !== null && !isPinned(connection.peerCertificate, pinned ?? null)) {
      connection.close('TLS Handshake Failure');
    }
  }
}
