import type { Socket } from 'node:net';
import type { Broker } from '../broker.js';
import { Connection } from '../connection/connection.js';
import { PROXY_TIMEOUT_MS } from '../limits.js';
import { codeOf, printable, stackOf } from '../log.js';
import { gather } from './gather.js';
import { parseProxyHeader } from './proxy-header.js';
import { SocketTransport } from './socket.js';
import type { TlsAcceptor } from './tls/acceptor.js';
import type { Offer, Transport } from './transport.js';

/** How the listener of NATS clients takes them in. */
export interface ClientListener {
  readonly offer: Offer;
  /** Null = no TLS. */
  readonly tls: TlsAcceptor | null;
  readonly allowNonTls: boolean;
  readonly proxyProtocol: boolean;
}

/** The first byte of a TLS record that begins a handshake. */
const TLS_HANDSHAKE = 0x16;

/**
 * A connection for what was accepted, counted from now on; null when there is none to be had. `greet` sends its INFO: even one
 * too many gets it first (nats-server createClientEx).
 */
export function register(broker: Broker, transport: Transport, id: number, offer: Offer): Connection | null {
  try {
    const connection = new Connection(broker, transport, id, offer);
    const full = broker.connections.size >= broker.limits.maxConnections;
    broker.connections.set(id, connection);
    if (!full) return connection;
    broker.log.warn({ limit: broker.limits.maxConnections }, 'maximum connections exceeded');
    connection.greet();
    connection.close('Maximum Connections Exceeded', 'maximum connections exceeded');
  } catch (error) {
    // The peer may be gone before it is looked at.
    broker.log.error({ code: codeOf(error), stack: stackOf(error) }, 'connection not set up');
    transport.destroy();
  }
  return null;
}

/** Takes a TCP connection in: INFO, PROXY header, TLS, in the order that the listener asks for. */
export function admit(broker: Broker, listener: ClientListener, socket: Socket, id: number): void {
  const transport = new SocketTransport(socket);
  const connection = register(broker, transport, id, listener.offer);
  if (connection === null) return;
  connection.behindProxy = listener.proxyProtocol;
  if (listener.tls === null && !listener.proxyProtocol) {
    connection.guard(() => {
      connection.greet();
      connection.serve();
    });
    return;
  }
  shakeHands(connection, listener, socket, transport).catch((error: unknown) => connection.broken(error));
}

/** nats-server createClientEx, in its order. */
async function shakeHands(
  connection: Connection,
  listener: ClientListener,
  socket: Socket,
  plain: SocketTransport,
): Promise<void> {
  const { tls, proxyProtocol } = listener;
  const early = tls !== null && (await startsEarly(socket, tls));
  if (connection.closed) return;
  if (early) connection.offer = { ...connection.offer, tlsRequired: true };
  else connection.greet();
  if (proxyProtocol && !(await readProxyHeader(connection, socket))) return;
  const encrypt = tls !== null && (early || !listener.allowNonTls || (await beginsTls(socket, tls)));
  if (connection.closed) return;
  if (encrypt && !(await upgrade(connection, tls, socket, plain))) return;
  connection.guard(() => {
    if (early) {
      connection.tlsFirst = true;
      connection.greet();
    }
    connection.serve();
  });
}

/** TLS before INFO: always, or when the client begins with it within the time that it is given. */
async function startsEarly(socket: Socket, { settings: { handshakeFirst } }: TlsAcceptor): Promise<boolean> {
  if (typeof handshakeFirst === 'boolean') return handshakeFirst;
  return (await gather(socket, handshakeFirst, () => ({ taken: 0 }))) !== null;
}

/** Where clients may go without TLS: what the first byte says. Silence is no TLS. */
async function beginsTls(socket: Socket, { settings: { timeoutMs } }: TlsAcceptor): Promise<boolean> {
  const first = await gather(socket, timeoutMs, (bytes) => ({ taken: 0, byte: bytes[0] }));
  return first?.byte === TLS_HANDSHAKE;
}

/** False when the connection was ended. */
async function readProxyHeader(connection: Connection, socket: Socket): Promise<boolean> {
  const header = await gather(socket, PROXY_TIMEOUT_MS, parseProxyHeader);
  if (connection.closed) return false;
  if (header === null || header.kind === 'invalid') {
    const why = header === null ? 'it did not come in time' : header.why;
    connection.log.warn({ ip: connection.remoteAddress, why }, 'PROXY header refused');
    connection.close('Protocol Violation');
    return false;
  }
  if (header.kind === 'proxied' && header.source !== null) {
    connection.remoteAddress = header.source.address;
    connection.remotePort = header.source.port;
  }
  return true;
}

/** Goes on with TLS; false when the connection was ended. The client is told nothing: it waits for a handshake, not for text. */
async function upgrade(
  connection: Connection,
  tls: TlsAcceptor,
  socket: Socket,
  plain: SocketTransport,
): Promise<boolean> {
  if (!tls.rate.allows()) {
    connection.log.warn({ ip: connection.remoteAddress }, 'TLS handshakes are throttled');
    connection.close('Maximum Connections Exceeded', 'Connection throttling is active. Please try again later.');
    return false;
  }
  try {
    plain.release();
    const { socket: secured, state } = await tls.handshake(socket);
    connection.moveTo(new SocketTransport(secured, state));
    if (connection.closed) secured.destroy();
    return !connection.closed;
  } catch (error) {
    const why = printable(error instanceof Error ? error.message : '');
    connection.log.info({ code: codeOf(error), why, ip: connection.remoteAddress }, 'TLS handshake failed');
    connection.drop('TLS Handshake Failure');
    return false;
  }
}
