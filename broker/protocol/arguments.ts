import { MAX_SIZE_DIGITS } from '../limits.js';
import { hashBytes, type Publication } from './operation.js';

export interface Subscribe {
  subject: string;
  /** Empty for a plain subscription. */
  queue: string;
  sid: string;
}

export interface Unsubscribe {
  sid: string;
  /** Messages after which the subscription ends, counted from its start; 0 or less = now. */
  max: number;
}

/** `subject [queue] sid`, null when that is not what it says (P5, P9). */
export function parseSubscribe(buf: Buffer, start: number, stop: number): Subscribe | null {
  const tokens = split(buf, start, stop, 4);
  const [subject = '', second = '', third] = tokens;
  if (tokens.length === 2) return { subject, queue: '', sid: second };
  if (tokens.length === 3) return { subject, queue: second, sid: third as string };
  return null;
}

/** `sid [max]` (P10). A max that is no number means now, as at nats-server. */
export function parseUnsubscribe(buf: Buffer, start: number, stop: number): Unsubscribe | null {
  const tokens = split(buf, start, stop, 3);
  const [sid = '', max] = tokens;
  if (tokens.length === 1) return { sid, max: -1 };
  if (tokens.length === 2) return { sid, max: digits(max as string) };
  return null;
}

/**
 * `subject [reply] size` or `subject [reply] header-size total-size` into the offsets of `into` (P7). False when the count
 * of arguments is wrong or a size is not one.
 */
export function parsePublication(
  into: Publication,
  headers: boolean,
  buf: Buffer,
  start: number,
  stop: number,
): boolean {
  const sizes = headers ? 2 : 1;
  const edges = tokenEdges(buf, start, stop, sizes + 3);
  const count = edges.length / 2;
  if (count !== sizes + 1 && count !== sizes + 2) return false;
  const firstSize = count - sizes;
  into.buf = buf;
  into.subjectStart = edges[0] as number;
  into.subjectEnd = edges[1] as number;
  into.hash = hashBytes(buf, into.subjectStart, into.subjectEnd);
  into.replyStart = firstSize === 2 ? (edges[2] as number) : into.subjectEnd;
  into.replyEnd = firstSize === 2 ? (edges[3] as number) : into.subjectEnd;
  into.tailStart = edges[firstSize * 2] as number;
  const first = sizeAt(buf, edges, firstSize);
  const total = headers ? sizeAt(buf, edges, firstSize + 1) : first;
  if (first < 0 || total < 0 || first > total) return false;
  into.headerSize = headers ? first : -1;
  if (headers && first === 0) {
    // No header at all: subscribers get a plain MSG, as from nats-server.
    into.headerSize = -1;
    into.tailStart = edges[(firstSize + 1) * 2] as number;
  }
  into.size = total;
  return true;
}

function sizeAt(buf: Buffer, edges: number[], token: number): number {
  return digits(buf.toString('latin1', edges[token * 2], edges[token * 2 + 1]));
}

function digits(text: string): number {
  return text.length <= MAX_SIZE_DIGITS && /^[0-9]+$/.test(text) ? Number(text) : -1;
}

/** Start and end of each token, at most `most` of them. */
function tokenEdges(buf: Buffer, start: number, stop: number, most: number): number[] {
  const edges: number[] = [];
  let i = start;
  while (edges.length < most * 2) {
    while (i < stop && isBlank(buf[i] as number)) i++;
    if (i >= stop) break;
    edges.push(i);
    while (i < stop && !isBlank(buf[i] as number)) i++;
    edges.push(i);
  }
  return edges;
}

function split(buf: Buffer, start: number, stop: number, most: number): string[] {
  const edges = tokenEdges(buf, start, stop, most);
  const tokens: string[] = [];
  for (let i = 0; i < edges.length; i += 2) tokens.push(buf.toString('latin1', edges[i], edges[i + 1]));
  return tokens;
}

// A CR inside a line would be passed on to subscribers and end their line early.
function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 13;
}
