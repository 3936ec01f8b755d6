/** CRC-16/XMODEM (polynomial 0x1021, start 0): the checksum at the end of every nkey, written little-endian. */
const TABLE = new Uint16Array(256);
for (let index = 0; index < 256; index++) {
  let crc = index << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) !== 0 ? (crc << 1) ^ 0x1021 : crc << 1;
  TABLE[index] = crc & 0xffff;
}

export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (let at = 0; at < bytes.length; at++) {
    crc = ((crc << 8) & 0xffff) ^ (TABLE[(crc >>> 8) ^ (bytes[at] as number)] as number);
  }
  return crc;
}
