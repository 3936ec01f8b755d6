import type { Publication } from './operation.js';

const CR = 13;
const SPACE = 32;

/**
 * A buffer for a publication whose bytes cannot be used where they came in, because the body comes in pieces or the line is
 * not written as it goes out. It starts with the line's parts; the body, from `bodyStart` on, is still to be filled in.
 */
export function assemble(publication: Publication, line: Buffer, stop: number): Buffer {
  const subject = line.subarray(publication.subjectStart, publication.subjectEnd);
  const reply = line.subarray(publication.replyStart, publication.replyEnd);
  const sizes = sizesOf(publication, line, stop);
  const head = subject.length + reply.length + sizes.length;
  const partial = Buffer.allocUnsafeSlow(head + publication.size + 2);
  partial.set(subject, 0);
  partial.set(reply, subject.length);
  partial.write(sizes, subject.length + reply.length, 'latin1');
  publication.buf = partial;
  publication.subjectStart = 0;
  publication.subjectEnd = subject.length;
  publication.replyStart = subject.length;
  publication.replyEnd = subject.length + reply.length;
  publication.tailStart = publication.replyEnd;
  publication.bodyStart = head;
  publication.tailEnd = partial.length;
  return partial;
}

/** The sizes are followed at once by CRLF and the body, so that the bytes received are the bytes to send. */
export function canonicalTail(publication: Publication, lineEnd: number): boolean {
  const { buf, tailStart } = publication;
  if (buf[lineEnd - 2] !== CR) return false;
  for (let i = tailStart, blanks = publication.headerSize < 0 ? 0 : 1; i < lineEnd - 2; i++) {
    const byte = buf[i] as number;
    if (byte >= 48 && byte <= 57) continue;
    if (byte !== SPACE || blanks-- === 0) return false;
  }
  return true;
}

/** The sizes as they were written, with one blank between and CRLF behind; a CR between them would end a subscriber's line. */
function sizesOf(publication: Publication, line: Buffer, stop: number): string {
  return `${line
    .toString('latin1', publication.tailStart, stop)
    .trim()
    .replace(/[ \t\r]+/, ' ')}\r\n`;
}
