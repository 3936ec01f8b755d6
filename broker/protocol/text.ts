/**
 * Subjects, queues and sids are bytes on the wire. Inside the broker they are strings with one character a byte (latin1), so
 * that no byte sequence is altered or confused with another, and no UTF-8 decoding is paid for. Text of a JWT, which is
 * Unicode, becomes such a byte string once, when its account or user is installed. For ASCII both are the same string.
 */
export function toWire(unicode: string): string {
  for (let i = 0; i < unicode.length; i++) {
    if (unicode.charCodeAt(i) > 0x7f) return Buffer.from(unicode, 'utf8').toString('latin1');
  }
  return unicode;
}

/** A byte string as the person who wrote it saw it. */
export function fromWire(wire: string): string {
  for (let i = 0; i < wire.length; i++) {
    if (wire.charCodeAt(i) > 0x7f) return Buffer.from(wire, 'latin1').toString('utf8');
  }
  return wire;
}

/** The bytes of a byte string. */
export function wireBytes(wire: string): Buffer {
  return Buffer.from(wire, 'latin1');
}
