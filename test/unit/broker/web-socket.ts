import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { inflateRawSync } from 'node:zlib';

export interface Frame {
  final: boolean;
  compressed: boolean;
  opcode: number;
  payload: Buffer;
}

const DEADLINE_MS = 5_000;

/** A masked frame, as a client sends it. */
export function frame(
  payload: Buffer | string,
  { opcode = 2, final = true, rsv = 0, masked = true, length = -1 } = {},
): Buffer {
  const body = Buffer.from(payload as string);
  const size = length === -1 ? body.length : length;
  const first = (final ? 0x80 : 0) | (rsv << 4) | opcode;
  const mask = masked ? 0x80 : 0;
  const head =
    size < 126
      ? Buffer.of(first, mask | size)
      : size < 65_536
        ? Buffer.of(first, mask | 126, size >> 8, size & 255)
        : Buffer.concat([Buffer.of(first, mask | 127), bigEndian(size)]);
  if (!masked) return Buffer.concat([head, body]);
  const key = randomBytes(4);
  for (let i = 0; i < body.length; i++) body[i] = (body[i] as number) ^ (key[i % 4] as number);
  return Buffer.concat([head, key, body]);
}

function bigEndian(size: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(size));
  return bytes;
}

/** A WebSocket client that can send any bytes, before the upgrade and after it. */
export class WebSocketClient {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #changed: () => void = () => {};
  /** What the messages held, one behind the other. */
  text = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#changed();
    });
    const end = (): void => {
      this.#ended = true;
      this.#changed();
    };
    socket.on('close', end).on('end', end).on('error', end);
  }

  static dial(port: number, socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })): WebSocketClient {
    return new WebSocketClient(socket);
  }

  /** Asks for the upgrade; the head of the answer. */
  async upgrade(headers: Record<string, string> = {}, line = 'GET / HTTP/1.1'): Promise<string> {
    const all = {
      Host: 'localhost',
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      'Sec-WebSocket-Version': '13',
      ...headers,
    };
    const lines = Object.entries(all).filter(([, value]) => value !== '');
    this.send(`${line}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
    return this.#take((bytes) => {
      const at = bytes.indexOf('\r\n\r\n');
      return at === -1 ? null : { length: at + 4, value: bytes.subarray(0, at).toString('latin1') };
    });
  }

  send(bytes: Buffer | string): void {
    this.#socket.write(bytes);
  }

  /** NATS protocol in one message. */
  say(text: string): void {
    this.send(frame(text));
  }

  nextFrame(): Promise<Frame> {
    return this.#take((bytes) => {
      if (bytes.length < 2) return null;
      const [first = 0, second = 0] = bytes;
      let at = 2;
      let size = second & 127;
      if (size === 126) {
        if (bytes.length < 4) return null;
        size = bytes.readUInt16BE(2);
        at = 4;
      } else if (size === 127) {
        if (bytes.length < 10) return null;
        size = Number(bytes.readBigUInt64BE(2));
        at = 10;
      }
      if (bytes.length < at + size) return null;
      const payload = Buffer.from(bytes.subarray(at, at + size));
      const value = { final: (first & 128) !== 0, compressed: (first & 64) !== 0, opcode: first & 15, payload };
      return { length: at + size, value };
    });
  }

  /** Everything up to and with `text`, over messages. */
  async until(text: string): Promise<string> {
    for (;;) {
      const at = this.text.indexOf(text);
      if (at !== -1) {
        const taken = this.text.slice(0, at + text.length);
        this.text = this.text.slice(at + text.length);
        return taken;
      }
      const { opcode, payload, compressed } = await this.nextFrame();
      if (opcode === 8) throw new Error(`closed: ${payload.subarray(0, 2).toString('hex')}`);
      if (opcode > 2) continue;
      const bytes = compressed
        ? inflateRawSync(Buffer.concat([payload, Buffer.of(0, 0, 255, 255)]), { finishFlush: 2 })
        : payload;
      this.text += bytes.toString('latin1');
    }
  }

  /** Status of the frame that ends it; null where the connection just ended. */
  async closeStatus(): Promise<number | null> {
    for (;;) {
      const next = await this.nextFrame().catch(() => null);
      if (next === null) return null;
      if (next.opcode === 8) return next.payload.length < 2 ? 0 : next.payload.readUInt16BE(0);
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #take<T>(read: (bytes: Buffer) => { length: number; value: T } | null): Promise<T> {
    for (;;) {
      const found = read(this.#received);
      if (found !== null) {
        this.#received = this.#received.subarray(found.length);
        return found.value;
      }
      if (this.#ended) throw new Error(`ended: ${this.#received.toString('latin1').slice(0, 300)}`);
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('nothing more came')), DEADLINE_MS);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
