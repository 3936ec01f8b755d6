import { gzip } from 'node:zlib';
import { fieldOf } from '../protocol/header.js';
import { snappyFrames } from './snappy.js';

interface Encoded {
  body: Buffer;
  header: Buffer | null;
}

/**
 * Encodes an answer as its request accepts it (nats-server getAcceptEncoding: any mention counts, snappy first). The callback
 * comes at once, but for gzip.
 */
export function encodeFor(requestHeader: Buffer | null, body: Buffer, done: (encoded: Encoded) => void): void {
  const accepted = requestHeader === null ? '' : (fieldOf(requestHeader, 'Accept-Encoding') ?? '').toLowerCase();
  const identity = { body, header: encodingHeader('identity') };
  if (accepted === '') {
    done({ body, header: null });
  } else if (accepted.includes('snappy') || accepted.includes('s2')) {
    done({ body: snappyFrames(body), header: encodingHeader('snappy') });
  } else if (accepted.includes('gzip')) {
    gzip(body, (error, packed) => done(error ? identity : { body: packed, header: encodingHeader('gzip') }));
  } else {
    done(identity);
  }
}

function encodingHeader(name: string): Buffer {
  return Buffer.from(`NATS/1.0\r\nContent-Encoding: ${name}\r\n\r\n`);
}
