import { isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import type { CloseReason } from '../../connection/faults.js';
import { BROWSER_FRAME_BYTES, COMPRESS_FROM_BYTES } from '../../limits.js';
import { codeOf } from '../../log.js';
import { plainAddress } from '../address.js';
import type { Receiver, TlsState, Transport } from '../transport.js';
import { closeStatus, INVALID_PAYLOAD, PROTOCOL_ERROR, TOO_BIG } from './close-status.js';
import { deflate, inflate, Pieces } from './compression.js';
import { closeFrame, type FrameEvents, FrameReader, frameHead } from './frames.js';

export interface WebSocketTerms {
  readonly tls: TlsState | null;
  /** permessage-deflate was agreed on. */
  readonly compression: boolean;
  /** Browsers do better with small frames; but Safari cannot put compressed ones together (nats-server wsUpgrade). */
  readonly maxFrame: number | null;
  readonly maxCompressedFrame: number | null;
  /** Most that one compressed message may hold now. */
  messageLimit(): number;
}

/** What a user agent says of how frames should be cut. */
export function frameSizes(userAgent: string): Pick<WebSocketTerms, 'maxFrame' | 'maxCompressedFrame'> {
  if (!userAgent.startsWith('Mozilla/')) return { maxFrame: null, maxCompressedFrame: null };
  const isSafari = userAgent.includes('Version/') && userAgent.includes('Safari/');
  return { maxFrame: BROWSER_FRAME_BYTES, maxCompressedFrame: isSafari ? null : BROWSER_FRAME_BYTES };
}

/** Frames of a WebSocket, taken as one stream of bytes in either direction. */
export class WebSocketTransport implements Transport, FrameEvents {
  readonly type = 'WEBSOCKET';
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly tls: TlsState | null;
  readonly #socket: Socket;
  readonly #terms: WebSocketTerms;
  readonly #frames: FrameReader;
  readonly #pieces = new Pieces();
  #receiver: Receiver | null = null;
  /** Says more of the end than the reason of the connection does. */
  #farewell: Buffer | null = null;
  /** A PONG is being written; the PING that came meanwhile is answered after it, and only the last one (RFC 6455, section 5.5.3). */
  #ponging = false;
  #lastPing: Buffer | null = null;

  constructor(socket: Socket, terms: WebSocketTerms) {
    this.#socket = socket;
    this.#terms = terms;
    this.tls = terms.tls;
    this.remoteAddress = plainAddress(socket.remoteAddress);
    this.remotePort = socket.remotePort ?? 0;
    this.#frames = new FrameReader(this, terms.compression);
    socket.on('error', (error) => this.#receiver?.failed('Read Error', error));
    socket.on('close', () => this.#receiver?.gone());
  }

  open(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  read(): void {
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.resume();
  }

  #read(chunk: Buffer): void {
    try {
      this.#frames.feed(chunk);
    } catch (error) {
      this.#frames.stop();
      this.#receiver?.failed('Internal Error', error);
    }
  }

  // What the frames hold.

  data(bytes: Buffer): void {
    this.#receiver?.received(bytes);
  }

  compressed(bytes: Buffer, last: boolean): void {
    const limit = this.#terms.messageLimit();
    if (this.#pieces.length + bytes.length > limit) {
      this.#refuse('Maximum Message Payload Exceeded', TOO_BIG, 'compressed message too big');
      return;
    }
    this.#pieces.add(bytes);
    if (!last) return;
    const message = this.#pieces.take();
    let inflated: Buffer;
    try {
      inflated = inflate(message, limit);
    } catch (error) {
      if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') {
        this.#refuse('Maximum Message Payload Exceeded', TOO_BIG, 'compressed message too big');
      } else {
        this.#refuse('Read Error', PROTOCOL_ERROR, 'compressed message is not valid deflate');
      }
      return;
    }
    if (inflated.length > 0) this.#receiver?.received(inflated);
  }

  ping(payload: Buffer): void {
    if (this.#ponging) {
      this.#lastPing = payload;
      return;
    }
    this.#ponging = true;
    this.#socket.write(Buffer.concat([frameHead('pong', payload.length), payload]), () => {
      this.#ponging = false;
      const next = this.#lastPing;
      this.#lastPing = null;
      if (next !== null && this.#socket.writable) this.ping(next);
    });
  }

  closed(status: number, body: Buffer): void {
    const isText = isUtf8(body);
    this.#farewell = isText
      ? closeFrame(status, body)
      : closeFrame(INVALID_PAYLOAD, 'invalid utf8 body in close frame');
    this.#receiver?.ended('Client Closed', `close frame ${status}`);
  }

  fault(why: string): void {
    this.#refuse('Read Error', PROTOCOL_ERROR, why);
  }

  #refuse(reason: CloseReason, status: number, why: string): void {
    this.#frames.stop();
    this.#farewell = closeFrame(status, why);
    this.#receiver?.ended(reason, why);
  }

  // What the connection asks for.

  write(chunks: readonly Buffer[], done?: (error?: Error | null) => void): void {
    let total = 0;
    for (const chunk of chunks) total += chunk.length;
    if (total === 0) return;
    const { compression, maxFrame, maxCompressedFrame } = this.#terms;
    if (compression && total > COMPRESS_FROM_BYTES) {
      const message = deflate(Buffer.concat(chunks, total));
      this.#writeAll(cut(message, maxCompressedFrame), done);
    } else if (maxFrame === null || total <= maxFrame) {
      this.#writeAll([frameHead('binary', total), ...chunks], done);
    } else {
      this.#writeAll(cutPlain(chunks, maxFrame), done);
    }
  }

  #writeAll(buffers: readonly Buffer[], done?: (error?: Error | null) => void): void {
    const socket = this.#socket;
    const last = buffers.length - 1;
    socket.cork();
    for (let i = 0; i < last; i++) socket.write(buffers[i] as Buffer);
    socket.write(buffers[last] as Buffer, done);
    socket.uncork();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(reason: CloseReason): void {
    this.#frames.stop();
    this.#socket.end(this.#farewell ?? closeFrame(closeStatus(reason), reason));
  }

  destroy(): void {
    this.#frames.stop();
    this.#socket.destroy();
  }
}

/** A compressed message in frames of at most so many bytes: the first says that it is compressed, the last that it ends. */
function cut(message: Buffer, max: number | null): Buffer[] {
  const size = max ?? message.length;
  const frames: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    const first = at === 0;
    const final = at + size >= message.length;
    frames.push(frameHead(first ? 'binary' : 'continuation', part.length, { final, compressed: first }), part);
  }
  return frames;
}

/** Each frame is a message of its own, as nats-server sends them. */
function cutPlain(chunks: readonly Buffer[], max: number): Buffer[] {
  const frames: Buffer[] = [];
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += max) {
      const part = chunk.subarray(at, at + max);
      frames.push(frameHead('binary', part.length), part);
    }
  }
  return frames;
}
