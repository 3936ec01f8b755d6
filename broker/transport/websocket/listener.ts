import { createServer as createHttpServer, type IncomingMessage, STATUS_CODES } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { Broker } from '../../broker.js';
import { MAX_CONTROL_LINE, MAX_INFLATED_BEFORE_CONNECT, MAX_UPGRADE_BYTES } from '../../limits.js';
import { codeOf, printable } from '../../log.js';
import { plainAddress } from '../address.js';
import { register } from '../admit.js';
import { TlsAcceptor } from '../tls/acceptor.js';
import type { Offer, TlsState } from '../transport.js';
import { cookieCredentials } from './cookies.js';
import type { WebSocketSettings } from './settings.js';
import { frameSizes, WebSocketTransport } from './transport.js';
import { type Accepted, judgeUpgrade, type Refused, refusal } from './upgrade.js';

/** Takes WebSocket clients in on a port of their own: TLS, the HTTP request that asks for the upgrade, then frames. */
export class WebSocketListener {
  readonly server: Server;
  /** Known once listening. */
  offer: Offer;
  readonly #broker: Broker;
  readonly #nextId: () => number;
  #settings: WebSocketSettings;
  #tls: TlsAcceptor | null;
  readonly #http = createHttpServer({ maxHeaderSize: MAX_UPGRADE_BYTES });
  /** Accepted, and not upgraded yet: each has its time. */
  readonly #waiting = new Map<Socket, NodeJS.Timeout>();
  readonly #secured = new WeakMap<object, { raw: Socket; state: TlsState }>();

  constructor(broker: Broker, settings: WebSocketSettings, tlsVerify: boolean, nextId: () => number) {
    this.#broker = broker;
    this.#nextId = nextId;
    this.#settings = settings;
    this.#tls = acceptorOf(settings);
    const secure = this.#tls !== null;
    this.offer = { host: settings.host, port: settings.port, tlsRequired: secure, tlsAvailable: secure, tlsVerify };
    this.server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#http.on('upgrade', (request, socket: Socket, head: Buffer) => this.#upgrade(request, socket, head));
    this.#http.on('request', (request, response) => {
      const refused = this.#judge(request) as Refused;
      const { head, body } = refusal(refused);
      this.#log(request.socket, refused.why);
      response.writeHead(refused.status, head).end(body);
    });
  }

  get scheme(): 'ws' | 'wss' {
    return this.offer.tlsRequired ? 'wss' : 'ws';
  }

  /** Of use to connections from now on. */
  reload(settings: WebSocketSettings): void {
    this.#settings = settings;
    this.#tls = acceptorOf(settings);
  }

  /** Ends those that wait for their upgrade. */
  stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.#waiting.keys()) socket.destroy();
    return closed;
  }

  #accept(socket: Socket): void {
    const { connections, limits } = this.#broker;
    // More than connections there may be cannot wait to become one.
    if (this.#waiting.size > limits.maxConnections - Math.min(connections.size, limits.maxConnections)) {
      socket.destroy();
      return;
    }
    const timer = setTimeout(() => socket.destroy(), this.#settings.handshakeTimeoutMs);
    this.#waiting.set(socket, timer);
    socket.on('error', () => {});
    socket.on('close', () => this.#waited(socket));
    if (this.#tls === null) {
      this.#http.emit('connection', socket);
      return;
    }
    this.#tls.handshake(socket).then(
      (secured) => {
        this.#secured.set(secured.socket, { raw: socket, state: secured.state });
        secured.socket.on('error', () => {});
        this.#http.emit('connection', secured.socket);
      },
      (error: unknown) => this.#log(socket, `TLS handshake failed: ${error instanceof Error ? error.message : ''}`),
    );
  }

  #waited(socket: Socket): void {
    clearTimeout(this.#waiting.get(socket));
    this.#waiting.delete(socket);
  }

  #judge(request: IncomingMessage): Refused | Accepted {
    return judgeUpgrade(request, this.#tls !== null, this.#settings);
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    try {
      this.#take(request, socket, head);
    } catch (error) {
      this.#broker.log.error({ code: codeOf(error) }, 'websocket upgrade failed');
      socket.destroy();
    }
  }

  #take(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const verdict = this.#judge(request);
    if ('status' in verdict) {
      this.#log(socket, verdict.why);
      socket.end(rawRefusal(verdict));
      return;
    }
    if (head.length > 0 || verdict.leafNode) {
      this.#log(
        socket,
        head.length > 0 ? 'client sent data before handshake is complete' : 'leaf nodes are not served',
      );
      if (head.length > 0) socket.destroy();
      else socket.end(verdict.answer);
      return;
    }
    const secured = this.#secured.get(socket);
    this.#waited(secured?.raw ?? socket);
    socket.write(verdict.answer);
    this.#serve(request, socket, secured?.state ?? null, verdict.compression);
  }

  #serve(request: IncomingMessage, socket: Socket, tls: TlsState | null, compression: boolean): void {
    const { headers } = request;
    const transport = new WebSocketTransport(socket, {
      tls,
      compression,
      ...frameSizes(headers['user-agent'] ?? ''),
      messageLimit: () => (connection?.open ? connection.maxPayload + MAX_CONTROL_LINE : MAX_INFLATED_BEFORE_CONNECT),
    });
    const connection = register(this.#broker, transport, this.#nextId(), this.offer);
    if (connection === null) return;
    connection.cookies = cookieCredentials(headers.cookie, this.#settings.cookies);
    connection.guard(() => {
      connection.greet();
      connection.serve();
    });
  }

  #log(socket: Socket, why: string): void {
    const ip = plainAddress(socket.remoteAddress);
    this.#broker.log.warn({ ip, why: printable(why) }, 'websocket handshake error');
  }
}

function acceptorOf({ tls }: WebSocketSettings): TlsAcceptor | null {
  return tls === null ? null : new TlsAcceptor(tls);
}

/** The same answer where Node's HTTP has let go of the socket. */
function rawRefusal(refused: Refused): string {
  const { head, body } = refusal(refused);
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
  const first = `HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status]}`;
  return [first, ...lines, `Date: ${new Date().toUTCString()}`, '', body].join('\r\n');
}
