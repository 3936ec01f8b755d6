/**
 * One PUB or HPUB as offsets into the bytes received: nothing is copied and no string is made. The parser reuses a single
 * instance, so what outlives the call copies what it needs.
 */
export class Publication {
  buf: Buffer = EMPTY;
  subjectStart = 0;
  subjectEnd = 0;
  /** Of the subject's bytes, see `hashBytes`. */
  hash = 0;
  /** Equal to replyEnd when there is no reply. */
  replyStart = 0;
  replyEnd = 0;
  /**
   * From the first digit of the sizes to the end of the final CRLF: `5\r\nhello\r\n` or `12 17\r\n<header>hello\r\n`. It goes
   * out to a subscriber as it came in, in one copy.
   */
  tailStart = 0;
  tailEnd = 0;
  /** First byte of header or payload. */
  bodyStart = 0;
  /** Bytes of the header block, -1 for a PUB. */
  headerSize = -1;
  /** Header and payload together. */
  size = 0;
}

const EMPTY = Buffer.alloc(0);

/** The hash that `Publication.hash` holds. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
  return hash;
}

/** A publication that the broker makes itself: responses, service imports, stripped headers. */
export function makePublication(
  subject: string,
  reply: string,
  header: Buffer | null,
  payload: Uint8Array,
): Publication {
  const headerSize = header === null ? -1 : header.length;
  const size = Math.max(headerSize, 0) + payload.length;
  const sizes = header === null ? `${size}\r\n` : `${headerSize} ${size}\r\n`;
  const line = `${subject}${reply}${sizes}`;
  const buf = Buffer.allocUnsafe(line.length + size + 2);
  buf.write(line, 0, 'latin1');
  const publication = new Publication();
  publication.buf = buf;
  publication.subjectEnd = subject.length;
  publication.hash = hashBytes(buf, 0, subject.length);
  publication.replyStart = subject.length;
  publication.replyEnd = subject.length + reply.length;
  publication.tailStart = publication.replyEnd;
  publication.bodyStart = line.length;
  publication.headerSize = headerSize;
  publication.size = size;
  let at = line.length;
  if (header !== null) {
    buf.set(header, at);
    at += header.length;
  }
  buf.set(payload, at);
  buf[buf.length - 2] = 13;
  buf[buf.length - 1] = 10;
  publication.tailEnd = buf.length;
  return publication;
}

export function headerOf(publication: Publication): Buffer | null {
  if (publication.headerSize < 0) return null;
  return publication.buf.subarray(publication.bodyStart, publication.bodyStart + publication.headerSize);
}

/** Payload without its header block. */
export function payloadOf(publication: Publication): Buffer {
  const start = publication.bodyStart + Math.max(publication.headerSize, 0);
  return publication.buf.subarray(start, publication.bodyStart + publication.size);
}

export function subjectOf(publication: Publication): string {
  return publication.buf.toString('latin1', publication.subjectStart, publication.subjectEnd);
}

export function replyOf(publication: Publication): string {
  return publication.buf.toString('latin1', publication.replyStart, publication.replyEnd);
}
