import type { Socket } from 'node:net';
import type { CloseReason } from '../connection/faults.js';
import { plainAddress } from './address.js';
import type { Receiver, TlsState, Transport } from './transport.js';

/** A TCP connection, or TLS over one. */
export class SocketTransport implements Transport {
  readonly type = 'STANDARD';
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly tls: TlsState | null;
  readonly #socket: Socket;
  #receiver: Receiver | null = null;

  constructor(socket: Socket, tls: TlsState | null = null) {
    this.#socket = socket;
    this.tls = tls;
    this.remoteAddress = plainAddress(socket.remoteAddress);
    this.remotePort = socket.remotePort ?? 0;
    socket.on('error', (error) => this.#receiver?.failed('Read Error', error));
    socket.on('close', () => this.#receiver?.gone());
  }

  open(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  /** Says nothing more: the socket serves another transport, TLS, from now on. */
  release(): void {
    this.#receiver = null;
  }

  read(): void {
    const receiver = this.#receiver as Receiver;
    this.#socket.on('data', (chunk: Buffer) => receiver.received(chunk));
    this.#socket.resume();
  }

  write(chunks: readonly Buffer[], done?: (error?: Error | null) => void): void {
    const socket = this.#socket;
    const last = chunks.length - 1;
    if (last < 0) return;
    if (last > 0) socket.cork();
    for (let i = 0; i < last; i++) socket.write(chunks[i] as Buffer);
    socket.write(chunks[last] as Buffer, done);
    if (last > 0) socket.uncork();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(_reason: CloseReason): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
