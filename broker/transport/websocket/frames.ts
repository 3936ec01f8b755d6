/** Reads the frames of a client (RFC 6455, section 5). What it checks is what nats-server checks (websocket.go wsReadLoop). */

export interface FrameEvents {
  /** Bytes of messages, text or binary: NATS is a stream over them, so where a message ends says nothing. */
  data(bytes: Buffer): void;
  /** The next bytes of a compressed message; `last` ends it. */
  compressed(bytes: Buffer, last: boolean): void;
  ping(payload: Buffer): void;
  /** `status` is 1005 where the peer gave none. */
  closed(status: number, body: Buffer): void;
  fault(why: string): void;
}

const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

const FINAL = 0x80;
const COMPRESSED = 0x40;
const RESERVED = 0x30;
const MASKED = 0x80;
const MAX_CONTROL_BYTES = 125;
export const NO_STATUS = 1005;

export class FrameReader {
  readonly #to: FrameEvents;
  readonly #compression: boolean;
  /** Head of a frame while it is read: two bytes, up to eight of length, four of mask. */
  readonly #head = Buffer.alloc(14);
  #headFilled = 0;
  #headLength = 2;
  /** Bytes of the payload still to come. */
  #remaining = 0;
  #inPayload = false;
  readonly #mask = new Uint8Array(4);
  #maskAt = 0;
  #opcode = 0;
  #final = true;
  /** A message was begun and not ended. */
  #open = false;
  #openCompressed = false;
  #control = Buffer.alloc(0);
  #controlFilled = 0;
  #stopped = false;

  constructor(to: FrameEvents, compression: boolean) {
    this.#to = to;
    this.#compression = compression;
  }

  /** The bytes are unmasked where they stand: they must be the caller's to give. */
  feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      if (this.#inPayload) at = this.#readPayload(chunk, at);
      else at = this.#readHead(chunk, at);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  #fault(why: string): void {
    this.#stopped = true;
    this.#to.fault(why);
  }

  #readHead(chunk: Buffer, at: number): number {
    const take = Math.min(this.#headLength - this.#headFilled, chunk.length - at);
    chunk.copy(this.#head, this.#headFilled, at, at + take);
    this.#headFilled += take;
    if (this.#headFilled < this.#headLength) return at + take;
    if (this.#headLength === 2) this.#beginHead();
    else this.#beginPayload();
    return at + take;
  }

  /** Its first two bytes say how long the head is, and whether the frame may stand here. */
  #beginHead(): void {
    const first = this.#head[0] as number;
    const second = this.#head[1] as number;
    const why = this.#headFault(first, second);
    if (why !== null) {
      this.#fault(why);
      return;
    }
    const opcode = first & 0x0f;
    const length = second & 0x7f;
    this.#opcode = opcode;
    this.#final = (first & FINAL) !== 0;
    if (opcode < CLOSE) this.#open = !this.#final;
    if (opcode === TEXT || opcode === BINARY) this.#openCompressed = (first & COMPRESSED) !== 0;
    this.#headLength = 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + 4;
  }

  #headFault(first: number, second: number): string | null {
    const opcode = first & 0x0f;
    const compressed = (first & COMPRESSED) !== 0;
    if ((first & RESERVED) !== 0) return 'RSV2 and RSV3 must be clear';
    if (compressed && !this.#compression) {
      return 'compressed frame received without negotiated permessage-deflate';
    }
    if ((second & MASKED) === 0) return 'mask bit missing';
    if (opcode === CLOSE || opcode === PING || opcode === PONG) {
      if ((second & 0x7f) > MAX_CONTROL_BYTES) {
        return `control frame length bigger than maximum allowed of ${MAX_CONTROL_BYTES} bytes`;
      }
      if ((first & FINAL) === 0) return 'control frame does not have final bit set';
      return compressed ? 'control frame must not be compressed' : null;
    }
    if (opcode === TEXT || opcode === BINARY) {
      return this.#open ? 'new message started before final frame for previous message was received' : null;
    }
    if (opcode !== CONTINUATION) return `unknown opcode ${opcode}`;
    // Of a compressed message only the first frame says so.
    return !this.#open || compressed ? 'invalid continuation frame' : null;
  }

  #beginPayload(): void {
    const head = this.#head;
    const short = (head[1] as number) & 0x7f;
    let length = short;
    if (short === 126) length = head.readUInt16BE(2);
    else if (short === 127) {
      // Nothing that is counted in more than 53 bits will ever be received (CVE-2026-27889).
      const value = head.readBigUInt64BE(2);
      if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
        this.#fault('invalid 64-bit payload length');
        return;
      }
      length = Number(value);
    }
    head.copy(this.#mask, 0, this.#headLength - 4, this.#headLength);
    this.#maskAt = 0;
    this.#headFilled = 0;
    this.#headLength = 2;
    this.#remaining = length;
    this.#inPayload = true;
    if (this.#opcode >= CLOSE) {
      this.#control = Buffer.alloc(length);
      this.#controlFilled = 0;
    }
    if (length === 0) this.#endPayload(head.subarray(0, 0));
  }

  #readPayload(chunk: Buffer, at: number): number {
    const take = Math.min(this.#remaining, chunk.length - at);
    const bytes = chunk.subarray(at, at + take);
    unmask(bytes, this.#mask, this.#maskAt);
    this.#maskAt = (this.#maskAt + take) & 3;
    this.#remaining -= take;
    if (this.#opcode >= CLOSE) {
      bytes.copy(this.#control, this.#controlFilled);
      this.#controlFilled += take;
      if (this.#remaining === 0) this.#endPayload(bytes);
    } else if (this.#remaining === 0) this.#endPayload(bytes);
    else if (this.#openCompressed) this.#to.compressed(bytes, false);
    else this.#to.data(bytes);
    return at + take;
  }

  /** `bytes` are the last of the frame, already unmasked. */
  #endPayload(bytes: Buffer): void {
    this.#inPayload = false;
    if (this.#opcode >= CLOSE) this.#endControl();
    else if (this.#openCompressed) this.#to.compressed(bytes, this.#final);
    else if (bytes.length > 0) this.#to.data(bytes);
  }

  #endControl(): void {
    const payload = this.#control;
    if (this.#opcode === PING) this.#to.ping(payload);
    if (this.#opcode !== CLOSE) return;
    const status = payload.length < 2 ? NO_STATUS : payload.readUInt16BE(0);
    if (payload.length === 1) {
      this.#fault('close frame payload cannot be 1 byte');
      return;
    }
    if (payload.length > 0 && !mayBeSent(status)) {
      this.#fault(`invalid close status code ${status}`);
      return;
    }
    this.#stopped = true;
    this.#to.closed(status, payload.subarray(2));
  }
}

/** Statuses that a close frame may carry (RFC 6455, section 7.4; nats-server wsIsValidCloseStatus). */
function mayBeSent(status: number): boolean {
  if (status < 1000 || status >= 5000) return false;
  return !(status >= 1004 && status <= 1006) && !(status >= 1015 && status <= 2999);
}

/** From here on it is done by words: below, the view would cost more. */
const BY_WORDS = 64;

/** In place. `at` says which byte of the mask is the first one's. */
export function unmask(bytes: Buffer, mask: Uint8Array, at: number): void {
  const { length } = bytes;
  let i = 0;
  if (length >= BY_WORDS) {
    const odd = (4 - (bytes.byteOffset & 3)) & 3;
    for (; i < odd; i++) bytes[i] = (bytes[i] as number) ^ (mask[(at + i) & 3] as number);
    const key = new Uint8Array(4);
    for (let k = 0; k < 4; k++) key[k] = mask[(at + i + k) & 3] as number;
    const [word] = new Uint32Array(key.buffer) as unknown as [number];
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + i, (length - i) >> 2);
    for (let w = 0; w < words.length; w++) words[w] = (words[w] as number) ^ word;
    i += words.length << 2;
  }
  for (; i < length; i++) bytes[i] = (bytes[i] as number) ^ (mask[(at + i) & 3] as number);
}

/** Head of a frame from the server, which does not mask. */
export function frameHead(
  opcode: 'continuation' | 'binary' | 'close' | 'pong',
  length: number,
  { final = true, compressed = false } = {},
): Buffer {
  const code = { continuation: CONTINUATION, binary: BINARY, close: CLOSE, pong: PONG }[opcode];
  const first = code | (final ? FINAL : 0) | (compressed ? COMPRESSED : 0);
  if (length <= MAX_CONTROL_BYTES) return Buffer.from([first, length]);
  if (length <= 0xffff) return Buffer.from([first, 126, length >> 8, length & 0xff]);
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

/** A whole close frame; a text that does not fit is cut (nats-server wsCreateCloseMessage). */
export function closeFrame(status: number, text: string | Buffer): Buffer {
  if (status === NO_STATUS) return frameHead('close', 0);
  let body = Buffer.from(text as string);
  const most = MAX_CONTROL_BYTES - 2;
  if (body.length > most) body = Buffer.concat([body.subarray(0, most - 3), Buffer.from('...')]);
  const code = Buffer.from([status >> 8, status & 0xff]);
  return Buffer.concat([frameHead('close', 2 + body.length), code, body]);
}
