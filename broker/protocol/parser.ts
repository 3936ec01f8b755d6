import { MAX_CONTROL_LINE, MAX_PAYLOAD } from '../limits.js';
import { parsePublication, parseSubscribe, parseUnsubscribe, type Subscribe, type Unsubscribe } from './arguments.js';
import { assemble, canonicalTail } from './assembly.js';
import { Publication } from './operation.js';
import { hasArguments, readVerb, VERB_LENGTH, Verb } from './verb.js';

/** Why a peer's bytes end its connection. What the peer is told of each stands in connection/faults.ts. */
export type Fault =
  /** Not an operation a client may send, or its framing is broken. */
  | 'protocol'
  /** A known operation with arguments that do not parse. */
  | 'arguments'
  | 'control-line'
  | 'payload'
  /** Something other than CONNECT came first. */
  | 'unauthenticated';

export interface Operations {
  publish(publication: Publication): void;
  connect(json: Buffer): void;
  subscribe(operation: Subscribe): void;
  unsubscribe(operation: Unsubscribe): void;
  ping(): void;
  pong(): void;
  info(json: Buffer): void;
  /** `-ERR` from the peer. */
  peerError(text: Buffer): void;
  fault(fault: Fault, detail: string): void;
  /** An operation came before CONNECT: true where that is legal. What follows may wait (`pause`). */
  admit?(): boolean;
}

const LF = 10;
const CR = 13;
const SPACE = 32;

type State = 'running' | 'paused' | 'stopped';

/**
 * The client protocol of NATS as a push parser: bytes in, operations out, the same whatever the points at which the stream
 * was cut. The fast path (`run`, a complete PUB in the buffer) makes no string and no object; everything else goes through
 * `line`, which is written to be read. nats-server's own rules are cited as P1 to P14 of its parser tests.
 */
export class Parser {
  /** CONNECT was accepted: until then nothing else is legal (P12). */
  authenticated = false;
  /** Both sides agreed on headers: only then HPUB is legal (P8). */
  headers = false;
  maxPayload = MAX_PAYLOAD;
  /** Of the arguments, and of the blanks before them. */
  readonly #maxControlLine: number;
  /** Bytes of an unfinished line worth keeping: both of its parts are bounded. */
  readonly #maxCarry: number;

  readonly #to: Operations;
  readonly #publication = new Publication();
  #state: State = 'running';
  /** Start of a line whose end has not come. */
  #carry: Buffer | null = null;
  /** Received while paused. */
  #held: Buffer | null = null;
  /** The verb whose line is skipped up to its LF (P1). */
  #skipping: Verb | 0 = 0;
  /** A publication whose body has not come whole: line and body, filled up to `#filled`. */
  #partial: Buffer | null = null;
  #filled = 0;

  constructor(to: Operations, maxControlLine = MAX_CONTROL_LINE) {
    this.#to = to;
    this.#maxControlLine = maxControlLine;
    this.#maxCarry = 2 * maxControlLine + 16;
  }

  /** Keeps what comes from now on until `resume`. */
  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#run(held, 0);
  }

  /** Forgets everything; later bytes are ignored. */
  stop(): void {
    this.#state = 'stopped';
    this.#carry = null;
    this.#held = null;
    this.#partial = null;
  }

  feed(chunk: Buffer): void {
    if (this.#state === 'running') this.#run(chunk, 0);
    else if (this.#state === 'paused') this.#hold(chunk);
  }

  #hold(rest: Buffer): void {
    this.#held = this.#held === null ? rest : Buffer.concat([this.#held, rest]);
  }

  #fault(fault: Fault, detail: string): void {
    this.stop();
    this.#to.fault(fault, detail);
  }

  #run(chunk: Buffer, from: number): void {
    const end = chunk.length;
    let at = from;
    while (at < end) {
      if (this.#state !== 'running') {
        if (this.#state === 'paused') this.#hold(chunk.subarray(at));
        return;
      }
      if (this.#partial !== null) at = this.#fill(this.#partial, chunk, at);
      else if (this.#skipping !== 0) at = this.#skip(chunk, at);
      else if (this.#carry !== null) at = this.#continueLine(this.#carry, chunk, at);
      else {
        const next = this.authenticated ? this.#fastPublish(chunk, at, end) : -1;
        at = next === -1 ? this.#line(chunk, at, end, chunk, -1) : next;
      }
    }
  }

  /**
   * A complete, plainly written `PUB subject [reply] size CRLF payload CRLF`: the operation that matters for throughput.
   * Returns -1 for anything else, having changed nothing. Costs one pass over the control line and nothing of the payload.
   */
  #fastPublish(buf: Buffer, at: number, end: number): number {
    if (
      (buf[at] as number) !== 80 ||
      (buf[at + 1] as number) !== 85 ||
      (buf[at + 2] as number) !== 66 ||
      (buf[at + 3] as number) !== SPACE
    ) {
      return -1;
    }
    const subjectStart = at + 4;
    let i = subjectStart;
    let hash = 0;
    // Reading past the end gives undefined, which compares false: every loop here ends there.
    for (let byte = buf[i] as number; byte > SPACE; byte = buf[++i] as number) hash = (Math.imul(hash, 31) + byte) | 0;
    const subjectEnd = i;
    if (subjectEnd === subjectStart || buf[i] !== SPACE) return -1;
    let start = ++i;
    let size = 0;
    for (let byte = buf[i] as number; byte >= 48 && byte <= 57; byte = buf[++i] as number) size = size * 10 + byte - 48;
    let replyStart = start;
    let replyEnd = start;
    if (buf[i] !== CR) {
      while ((buf[i] as number) > SPACE) i++;
      if (i === start || buf[i] !== SPACE) return -1;
      replyStart = start;
      replyEnd = i;
      start = ++i;
      size = 0;
      for (let byte = buf[i] as number; byte >= 48 && byte <= 57; byte = buf[++i] as number)
        size = size * 10 + byte - 48;
    }
    const digits = i - start;
    if (digits === 0 || digits > 9 || buf[i] !== CR || buf[i + 1] !== LF) return -1;
    const body = i + 2;
    const tail = body + size;
    if (size > this.maxPayload || tail + 2 > end || i - subjectStart > this.#maxControlLine) return -1;
    if (buf[tail] !== CR || buf[tail + 1] !== LF) return -1;
    const publication = this.#publication;
    publication.buf = buf;
    publication.subjectStart = subjectStart;
    publication.subjectEnd = subjectEnd;
    publication.hash = hash;
    publication.replyStart = replyStart;
    publication.replyEnd = replyEnd;
    publication.tailStart = start;
    publication.tailEnd = tail + 2;
    publication.bodyStart = body;
    publication.headerSize = -1;
    publication.size = size;
    this.#to.publish(publication);
    return tail + 2;
  }

  /** Appends to an unfinished line and tries again. */
  #continueLine(carry: Buffer, chunk: Buffer, at: number): number {
    const lf = chunk.indexOf(LF, at);
    const take = Math.min(lf === -1 ? chunk.length : lf + 1, at + this.#maxCarry - carry.length);
    const line = Buffer.concat([carry, chunk.subarray(at, take)]);
    this.#carry = null;
    return this.#line(line, 0, line.length, chunk, take);
  }

  /**
   * Reads the line that starts at `at`. `body` is the chunk whose bytes follow the line, from `bodyAt` on, or -1 where line
   * and body stand in one chunk. Returns how far the chunk is used up.
   */
  #line(buf: Buffer, at: number, end: number, body: Buffer, bodyAt: number): number {
    const used = bodyAt === -1 ? end : bodyAt;
    if (!this.authenticated && buf[at] !== 0x43 && buf[at] !== 0x63) {
      if (this.#to.admit?.() !== true) {
        this.#fault('unauthenticated', 'an operation came before CONNECT');
        return used;
      }
      // A line begins in one chunk only until it is looked at here, so nothing of it stands in `carry`.
      if (this.#state !== 'running') return at;
    }
    const verb = readVerb(buf, at, end);
    if (verb === Verb.Unknown) {
      this.#fault('protocol', 'unknown operation');
      return used;
    }
    if (verb === Verb.Incomplete) {
      this.#carry = Buffer.from(buf.subarray(at, end));
      return used;
    }
    const verbEnd = at + (VERB_LENGTH[verb] as number);
    if (!hasArguments(verb)) {
      this.#skipping = verb;
      // In a line of its own there is nothing behind it but the rest of the line.
      return bodyAt === -1 ? verbEnd : this.#skipCarried(buf, verbEnd, used);
    }
    let start = verbEnd;
    if (start < end && buf[start] !== SPACE && buf[start] !== 9) {
      this.#fault('protocol', 'no blank after the operation');
      return used;
    }
    while (start < end && (buf[start] === SPACE || buf[start] === 9)) start++;
    const lf = buf.indexOf(LF, start);
    const complete = lf !== -1 && lf < end;
    let stop = complete ? lf : end;
    if (stop > start && buf[stop - 1] === CR) stop--;
    if (stop - start > this.#maxControlLine || start - verbEnd > this.#maxControlLine) {
      this.#fault('control-line', `more than ${this.#maxControlLine} bytes`);
      return used;
    }
    if (!complete) {
      this.#carry = Buffer.from(buf.subarray(at, end));
      return used;
    }
    const afterLine = bodyAt === -1 ? lf + 1 : bodyAt;
    if (verb === Verb.Pub || verb === Verb.Hpub) {
      return this.#publish(verb, buf, start, stop, lf + 1, body, afterLine);
    }
    this.#dispatch(verb, buf, start, stop);
    return afterLine;
  }

  #dispatch(verb: Verb, buf: Buffer, start: number, stop: number): void {
    switch (verb) {
      case Verb.Connect:
        this.#to.connect(buf.subarray(start, stop));
        return;
      case Verb.Sub: {
        const operation = parseSubscribe(buf, start, stop);
        if (operation === null) this.#fault('arguments', 'SUB');
        else this.#to.subscribe(operation);
        return;
      }
      case Verb.Unsub: {
        const operation = parseUnsubscribe(buf, start, stop);
        if (operation === null) this.#fault('arguments', 'UNSUB');
        else this.#to.unsubscribe(operation);
        return;
      }
      case Verb.Info:
        this.#to.info(buf.subarray(start, stop));
        return;
      default:
        this.#to.peerError(buf.subarray(start, stop));
    }
  }

  #publish(
    verb: Verb,
    line: Buffer,
    start: number,
    stop: number,
    lineEnd: number,
    chunk: Buffer,
    bodyAt: number,
  ): number {
    const publication = this.#publication;
    if (verb === Verb.Hpub && !this.headers) {
      this.#fault('arguments', 'HPUB without headers agreed');
      return bodyAt;
    }
    if (!parsePublication(publication, verb === Verb.Hpub, line, start, stop)) {
      this.#fault('arguments', verb === Verb.Hpub ? 'HPUB' : 'PUB');
      return bodyAt;
    }
    if (publication.size > this.maxPayload) {
      this.#fault('payload', `${publication.size} bytes, allowed are ${this.maxPayload}`);
      return bodyAt;
    }
    if (line === chunk && canonicalTail(publication, lineEnd)) {
      const bodyEnd = lineEnd + publication.size;
      if (bodyEnd + 2 <= chunk.length) {
        publication.bodyStart = lineEnd;
        publication.tailEnd = bodyEnd + 2;
        this.#deliver(publication);
        return bodyEnd + 2;
      }
    }
    // The body comes in pieces, or the line must be rewritten for the tail to be what subscribers get: collect both in a
    // buffer of their own, which is the one copy of the payload that the parser makes.
    const partial = assemble(publication, line, stop);
    this.#partial = partial;
    this.#filled = publication.bodyStart;
    return bodyAt < chunk.length ? this.#fill(partial, chunk, bodyAt) : bodyAt;
  }

  #fill(partial: Buffer, chunk: Buffer, at: number): number {
    const count = Math.min(partial.length - this.#filled, chunk.length - at);
    partial.set(chunk.subarray(at, at + count), this.#filled);
    this.#filled += count;
    const bodyEnd = partial.length - 2;
    if (this.#filled > bodyEnd && partial[bodyEnd] !== CR) {
      this.#fault('protocol', 'no CRLF after the payload');
    } else if (this.#filled === partial.length) {
      this.#partial = null;
      this.#deliver(this.#publication);
    }
    return at + count;
  }

  #deliver(publication: Publication): void {
    const { buf, tailEnd } = publication;
    if (buf[tailEnd - 2] !== CR || buf[tailEnd - 1] !== LF) this.#fault('protocol', 'no CRLF after the payload');
    else this.#to.publish(publication);
  }

  #skip(chunk: Buffer, at: number): number {
    const lf = chunk.indexOf(LF, at);
    if (lf === -1) return chunk.length;
    this.#endSkip();
    return lf + 1;
  }

  #skipCarried(line: Buffer, at: number, used: number): number {
    if (line.indexOf(LF, at) !== -1) this.#endSkip();
    return used;
  }

  #endSkip(): void {
    const verb = this.#skipping;
    this.#skipping = 0;
    if (verb === Verb.Ping) this.#to.ping();
    else if (verb === Verb.Pong) this.#to.pong();
  }
}
