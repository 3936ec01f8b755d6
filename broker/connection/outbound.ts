import { STALL_SHARE } from '../limits.js';
import type { Transport } from '../transport/transport.js';

/** Bytes that are copied together before they are written; small enough to be cheap for a connection that gets little. */
const BLOCK_BYTES = 32 * 1024;
/** From here on a payload is passed on by reference instead of copied. Its chunk is at most four times as large. */
const REFERENCE_BYTES = 16 * 1024;
/** Chunks of one write, about 2 MiB: so the write deadline judges a bounded amount. */
const MAX_WRITE_CHUNKS = 64;
/** Blocks kept for reuse by all connections. */
const MAX_SPARE_BLOCKS = 256;

const spare: Buffer[] = [];
const NONE = Buffer.alloc(0);

function takeBlock(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
}

function giveBlock(block: Buffer): void {
  if (block.length === BLOCK_BYTES && spare.length < MAX_SPARE_BLOCKS) spare.push(block);
}

/**
 * What a connection still owes its peer. Messages of one event-loop turn are copied one behind the other into blocks, and
 * leave in one `writev`; while a write is under way the next ones gather. `pending` counts every byte that the kernel has
 * not taken, so that a peer that does not read is noticed (`onOverflow`) and those who publish to it can be held back.
 */
export class Outbound {
  /** The block being filled. `deliver` writes into it directly; `used` is its own to move. */
  block: Buffer = NONE;
  used = 0;
  /** More than its share is owed: publishers should be held back for a moment. */
  congested = false;

  #transport: Transport;
  readonly #maxPending: number;
  readonly #onOverflow: () => void;
  readonly #schedule: () => void;
  #scheduled = false;
  #full: Buffer[] = [];
  #fullBytes = 0;
  /** For each of `#full` its block, to be used again once written; null for a referenced payload, which is not ours. */
  #owners: (Buffer | null)[] = [];
  #writing = 0;
  #writingSince = 0;
  #closed = false;

  constructor(
    transport: Transport,
    options: {
      maxPending: number;
      /** More than `maxPending` is owed. */
      onOverflow: () => void;
      /** Asks for a `flush` at the end of this event-loop turn. */
      schedule: () => void;
    },
  ) {
    this.#transport = transport;
    this.#maxPending = options.maxPending;
    this.#onOverflow = options.onOverflow;
    this.#schedule = options.schedule;
  }

  get pending(): number {
    return this.#fullBytes + this.used + this.#writing;
  }

  /** Since when a write has been waiting for the peer, 0 when none is. */
  get writingSince(): number {
    return this.#writing === 0 ? 0 : this.#writingSince;
  }

  /** Makes room for `count` more bytes in `block`; false when nothing more may be written. */
  reserve(count: number): boolean {
    if (this.#closed) return false;
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#schedule();
    }
    if (this.used + count <= this.block.length) return true;
    return this.#nextBlock(count);
  }

  #nextBlock(count: number): boolean {
    this.#push();
    if (!this.#allows(count)) return false;
    // The kernel can work while the rest of this turn is computed.
    if (this.#writing === 0) this.flush();
    this.block = count > BLOCK_BYTES ? Buffer.allocUnsafeSlow(count) : takeBlock();
    this.used = 0;
    return true;
  }

  #allows(count: number): boolean {
    const pending = this.pending + count;
    this.congested = pending > this.#maxPending * STALL_SHARE;
    if (pending <= this.#maxPending) return true;
    this.#onOverflow();
    return false;
  }

  #push(): void {
    if (this.used > 0) {
      this.#full.push(this.used === this.block.length ? this.block : this.block.subarray(0, this.used));
      this.#fullBytes += this.used;
      this.#owners.push(this.block);
    } else {
      giveBlock(this.block);
    }
    this.block = NONE;
    this.used = 0;
  }

  /** Appends bytes: copied when few, referenced when many. They must not change afterwards. */
  append(bytes: Buffer, start = 0, end = bytes.length): boolean {
    const count = end - start;
    if (count < REFERENCE_BYTES) {
      if (!this.reserve(count)) return false;
      copyInto(this.block, this.used, bytes, start, end);
      this.used += count;
      return true;
    }
    if (!this.reserve(0)) return false;
    this.#push();
    this.#full.push(bytes.subarray(start, end));
    this.#owners.push(null);
    this.#fullBytes += count;
    return this.#allows(0);
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#closed || this.#writing > 0) return;
    this.#push();
    if (this.#full.length === 0) return;
    const chunks = this.#full;
    const owners = this.#owners;
    this.#full = chunks.length > MAX_WRITE_CHUNKS ? chunks.splice(MAX_WRITE_CHUNKS) : [];
    this.#owners = owners.length > MAX_WRITE_CHUNKS ? owners.splice(MAX_WRITE_CHUNKS) : [];
    let bytes = 0;
    for (const chunk of chunks) bytes += chunk.length;
    this.#writing = bytes;
    this.#writingSince = Date.now();
    this.#fullBytes -= bytes;
    const done = (error?: Error | null): void => {
      this.#writing = 0;
      for (const block of owners) if (block !== null) giveBlock(block);
      this.congested = this.pending > this.#maxPending * STALL_SHARE;
      if (!error && (this.#fullBytes > 0 || this.used > 0)) this.flush();
    };
    this.#transport.write(chunks, done);
  }

  /** What is written from now on goes by another way. */
  moveTo(transport: Transport): void {
    this.#transport = transport;
  }

  /** Hands what is owed to the transport, which takes nothing more afterwards. */
  close(): void {
    if (this.#closed) return;
    this.#push();
    this.#closed = true;
    this.#transport.write(this.#full);
    this.#full = [];
    this.#owners = [];
    this.#fullBytes = 0;
  }

  /** Drops what is owed: a slow consumer gets no final flush. */
  discard(): void {
    this.#closed = true;
    this.#full = [];
    this.#owners = [];
    this.#fullBytes = 0;
    this.used = 0;
    this.block = NONE;
  }
}

/** Below this a loop beats the native copy (measured: they meet near 48 bytes), and most messages are that small. */
const LOOP_BYTES = 64;

export function copyInto(to: Buffer, at: number, from: Buffer, start: number, end: number): void {
  if (end - start > LOOP_BYTES) {
    from.copy(to, at, start, end);
    return;
  }
  for (let i = start, o = at; i < end; i++, o++) to[o] = from[i] as number;
}
