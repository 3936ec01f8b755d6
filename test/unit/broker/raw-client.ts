import { connect, type Socket } from 'node:net';
import { seedSigner } from '../../../claims/keys/signer.js';
import type { TestUser } from './world.js';

const DEADLINE_MS = 5_000;

/** A TCP client that can send any bytes and wait for any text. */
export class RawClient {
  readonly #socket: Socket;
  #received = '';
  #ended = false;
  #changed: () => void = () => {};
  /** The first line the server sent. */
  first = '';
  info: Record<string, unknown> = {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1');
      this.#changed();
    });
    const end = (): void => {
      this.#ended = true;
      this.#changed();
    };
    socket.on('close', end).on('end', end).on('error', end);
  }

  static async open(port: number): Promise<RawClient> {
    const client = new RawClient(connect({ port, host: '127.0.0.1', noDelay: true }));
    const line = await client.until('\r\n');
    client.first = line;
    if (line.startsWith('INFO ')) client.info = JSON.parse(line.slice(5)) as Record<string, unknown>;
    return client;
  }

  /** Connected and authenticated. */
  static async login(port: number, user: TestUser, options: object = {}): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.send(await client.connectLine(user, options));
    client.send('PING\r\n');
    await client.until('PONG\r\n');
    return client;
  }

  async connectLine(user: TestUser, options: object = {}): Promise<string> {
    const sig = Buffer.from(await seedSigner(user.seed).sign(Buffer.from(String(this.info.nonce)))).toString(
      'base64url',
    );
    const all = { verbose: false, pedantic: false, headers: true, jwt: user.token, sig, ...options };
    return `CONNECT ${JSON.stringify(all)}\r\n`;
  }

  send(text: string | Buffer): void {
    this.#socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** Everything up to and with `text`, which is taken away. */
  async until(text: string): Promise<string> {
    for (;;) {
      const at = this.#received.indexOf(text);
      if (at !== -1) {
        const taken = this.#received.slice(0, at + text.length);
        this.#received = this.#received.slice(at + text.length);
        return taken;
      }
      if (this.#ended)
        throw new Error(`closed while waiting for ${JSON.stringify(text)}: ${JSON.stringify(this.#received)}`);
      await this.#change(`waiting for ${JSON.stringify(text)}`);
    }
  }

  /** That many bytes. */
  async take(count: number): Promise<Buffer> {
    while (this.#received.length < count) {
      if (this.#ended) throw new Error(`closed while waiting for ${count} bytes`);
      await this.#change(`waiting for ${count} bytes`);
    }
    const taken = this.#received.slice(0, count);
    this.#received = this.#received.slice(count);
    return Buffer.from(taken, 'latin1');
  }

  /** What came until the peer closed. */
  async untilClosed(): Promise<string> {
    while (!this.#ended) await this.#change('waiting for the close');
    return this.#received;
  }

  /** What came until now: everything the server had to say before it answered a PING, but for the PING of its own after two seconds. */
  async soFar(): Promise<string> {
    this.send('PING\r\n');
    const text = await this.until('PONG\r\n');
    return text.slice(0, -6).replace(/^PING\r\n/gm, '');
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }

  #change(what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`timed out ${what}; so far ${JSON.stringify(this.#received.slice(0, 500))}`));
      }, DEADLINE_MS);
      this.#changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
