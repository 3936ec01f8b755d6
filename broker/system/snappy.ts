/** Stream identifier of the framing format (google/snappy framing_format.txt). */
const IDENTIFIER = Buffer.from([0xff, 0x06, 0x00, 0x00, ...Buffer.from('sNaPpY')]);
const UNCOMPRESSED = 0x01;
/** The most a chunk may hold. */
const CHUNK_BYTES = 65_536;

/**
 * Bytes as a snappy stream of uncompressed chunks: what every reader of the format takes. Who wants it smaller asks for gzip,
 * which Node has.
 */
export function snappyFrames(bytes: Buffer): Buffer {
  const parts: Buffer[] = [IDENTIFIER];
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    const chunk = bytes.subarray(start, start + CHUNK_BYTES);
    const head = Buffer.alloc(8);
    head.writeUInt8(UNCOMPRESSED, 0);
    head.writeUIntLE(chunk.length + 4, 1, 3);
    head.writeUInt32LE(masked(crc32c(chunk)), 4);
    parts.push(head, chunk);
  }
  return Buffer.concat(parts);
}

/** As the framing format asks for, so that a checksum of data that holds checksums is no trouble. */
function masked(checksum: number): number {
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}

/** Castagnoli's polynomial, reversed. */
const POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

function crc32c(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ (TABLE[(value ^ byte) & 0xff] as number);
  return (value ^ 0xffffffff) >>> 0;
}
