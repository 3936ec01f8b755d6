import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { NatsctlError } from '../../../claims/errors.js';
import { codeOf } from '../../log.js';
import type { BrokerErrorCode } from '../../options.js';
import type { TlsState } from '../transport.js';
import { isPinned } from './pinned.js';
import { Rate } from './rate.js';
import type { TlsSettings } from './settings.js';

export interface Secured {
  readonly socket: TLSSocket;
  readonly state: TlsState;
}

type Finish = (secured: TLSSocket | null, why: string) => void;

/**
 * Does the server's side of TLS on connections that were accepted elsewhere: a NATS client starts it after INFO. A `tls.Server` that
 * does not listen does the work, since only it verifies certificates; it is given a connection and tells of it when it is done.
 */
export class TlsAcceptor {
  readonly settings: TlsSettings;
  /** Handshakes that may begin now (`connection_rate_limit`). */
  readonly rate: Rate;
  readonly #server: Server;
  readonly #waiting = new Map<string, Finish>();

  constructor(settings: TlsSettings) {
    this.settings = settings;
    this.rate = new Rate(settings.rateLimit);
    this.#server = createServer(settings.node);
    this.#server.on('secureConnection', (socket) => {
      const finish = this.#waiting.get(keyOf(socket));
      if (finish === undefined) socket.destroy();
      else finish(socket, '');
    });
    this.#server.on('tlsClientError', (error, socket) => {
      // Without this one, an error that comes late would have nobody to hear it.
      socket.on('error', () => {});
      this.#waiting.get(keyOf(socket))?.(null, codeOf(error));
    });
  }

  /** @throws ERR_TLS_HANDSHAKE; the socket is destroyed then. */
  handshake(raw: Socket): Promise<Secured> {
    const key = keyOf(raw);
    return new Promise((resolve, reject) => {
      const finish: Finish = (socket, why) => {
        if (!this.#waiting.delete(key)) return;
        clearTimeout(timer);
        raw.off('close', gone);
        const state = socket === null ? null : stateOf(socket, this.settings.verify);
        if (socket !== null && state !== null && isPinned(state.peerCertificate, this.settings.pinned)) {
          resolve({ socket, state });
          return;
        }
        socket?.destroy();
        raw.destroy();
        reject(failed(socket === null ? why : 'the certificate of the client is not a pinned one'));
      };
      const gone = (): void => finish(null, 'the client left');
      const timer = setTimeout(() => finish(null, 'timeout'), this.settings.timeoutMs);
      if (raw.destroyed || this.#waiting.has(key)) {
        clearTimeout(timer);
        raw.destroy();
        reject(failed('the client left'));
        return;
      }
      this.#waiting.set(key, finish);
      raw.once('close', gone);
      this.#server.emit('connection', raw);
    });
  }
}

function failed(why: string): NatsctlError<BrokerErrorCode> {
  return new NatsctlError('ERR_TLS_HANDSHAKE', why);
}

/** The two ends of a connection: TLS on top of it has the same. */
function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

/** Null where a certificate is needed and none is there, as might be in a session that was resumed. */
function stateOf(socket: TLSSocket, verify: boolean): TlsState | null {
  const peerCertificate = verify ? (socket.getPeerX509Certificate() ?? null) : null;
  if (verify && (peerCertificate === null || !socket.authorized)) return null;
  return {
    version: (socket.getProtocol() ?? '').replace('TLSv', ''),
    cipher: socket.getCipher().standardName,
    peerCertificate,
  };
}
