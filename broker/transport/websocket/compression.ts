import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

/** What permessage-deflate leaves out at the end of a message (RFC 7692, section 7.2.1), and a last block, so that inflating ends. */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff]);
const OMITTED = 4;

/** A whole message compressed on its own: neither side keeps a window between messages (no_context_takeover). */
export function deflate(message: Buffer): Buffer {
  const bytes = deflateRawSync(message, { level: constants.Z_BEST_SPEED, finishFlush: constants.Z_SYNC_FLUSH });
  return bytes.subarray(0, bytes.length - OMITTED);
}

/**
 * What a compressed message holds; inflating stops at `limit` bytes (CVE-2026-27571).
 * @throws ERR_BUFFER_TOO_LARGE beyond the limit, zlib's errors for what is no deflate.
 */
export function inflate(message: Buffer, limit: number): Buffer {
  return inflateRawSync(Buffer.concat([message, TAIL]), { maxOutputLength: limit });
}

/** Pieces of a compressed message, copied into one buffer that doubles: so that many tiny ones cost no more than their bytes. */
export class Pieces {
  #buffer = Buffer.alloc(0);
  #filled = 0;

  get length(): number {
    return this.#filled;
  }

  add(bytes: Buffer): void {
    const needed = this.#filled + bytes.length;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#buffer.length));
      this.#buffer.copy(grown, 0, 0, this.#filled);
      this.#buffer = grown;
    }
    bytes.copy(this.#buffer, this.#filled);
    this.#filled = needed;
  }

  take(): Buffer {
    const whole = this.#buffer.subarray(0, this.#filled);
    this.#buffer = Buffer.alloc(0);
    this.#filled = 0;
    return whole;
  }
}
