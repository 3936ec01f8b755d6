import { randomBytes } from 'node:crypto';
import { matches } from '../../claims/subject/match.js';
import type { ResponseType } from '../../claims/types.js';
import type { Account } from '../account/account.js';
import { MAX_PENDING_RESPONSES, RESPONSE_SWEEP_MS } from '../limits.js';
import { type Failure, reportFailure, type Tracking } from './latency.js';

/** A request that crossed into this account and may still be answered. */
export interface PendingResponse {
  /** Where the responder answers: `_R_.…` in its own account. */
  readonly subject: string;
  /** Where the answer goes. */
  readonly requester: Account;
  readonly reply: string;
  readonly type: ResponseType;
  readonly thresholdMs: number;
  /** Set while it is measured and nothing was told of it. */
  tracking: Tracking | null;
  /** Of the request or its latest answer, in ms. */
  seen: number;
}

export const SERVICE_REPLY = '_R_.';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** A third account sees no reply subject it could guess: 62^16 is about 2^95. */
const PREFIX_LENGTH = 6;
const SUFFIX_LENGTH = 10;

/** Patterns that every awaited reply is compared with. */
const MAX_PATTERNS = 16;

function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length * 2)) {
      // 248 = 4 * 62: every digit equally likely.
      if (byte < 248 && text.length < length) text += DIGITS[byte % 62];
    }
  }
  return text;
}

/**
 * The requests of one account that cross an import: those that came in and wait for an answer, and the replies it waits for
 * itself. An entry ends with its answer (Singleton), an empty answer (Stream, Chunked), silence longer than the export's
 * threshold, or the loss of all interest in the reply.
 */
export class Responses {
  readonly #account: Account;
  readonly #prefix = `${SERVICE_REPLY}${randomText(PREFIX_LENGTH)}.`;
  /** Where nats-server names the server that measures. */
  readonly #trackedSuffix = `.${randomText(8)}.T`;
  readonly #pending = new Map<string, PendingResponse>();
  /** Of this account as requester: reply -> where it is waited for. */
  readonly #awaited = new Map<string, Map<PendingResponse, Responses>>();
  #timer: NodeJS.Timeout | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #sweptAt = 0;

  constructor(account: Account) {
    this.#account = account;
  }

  get size(): number {
    return this.#pending.size;
  }

  get(subject: string): PendingResponse | undefined {
    const pending = this.#pending.get(subject);
    if (pending === undefined || pending.seen + pending.thresholdMs > Date.now()) return pending;
    this.remove(pending, 'Service Timeout');
    return undefined;
  }

  /** Registers a request of `requester` and gives the subject for its answer. */
  expect(
    requester: Account,
    reply: string,
    type: ResponseType,
    thresholdMs: number,
    tracking: Tracking | null = null,
  ): PendingResponse {
    if (this.#pending.size >= MAX_PENDING_RESPONSES) this.#evict();
    const subject = this.#prefix + randomText(SUFFIX_LENGTH) + (tracking === null ? '' : this.#trackedSuffix);
    const pending: PendingResponse = { subject, requester, reply, type, thresholdMs, tracking, seen: Date.now() };
    this.#pending.set(subject, pending);
    responsesOf(requester).#await(reply, this, pending);
    this.#arm(pending.seen + thresholdMs);
    return pending;
  }

  /** The oldest go, many at once: finding the first entry of a map costs as much as entries were deleted before it. */
  #evict(): void {
    let count = MAX_PENDING_RESPONSES / 64;
    for (const oldest of this.#pending.values()) {
      if (count-- === 0) return;
      this.remove(oldest, 'Service Timeout');
    }
  }

  /** `failure` says why, for whoever measures it, when there was no answer. */
  remove(pending: PendingResponse, failure: Failure): void {
    if (!this.#pending.delete(pending.subject)) return;
    const { responses } = pending.requester;
    if (responses !== null) responses.#forget(pending);
    const { tracking } = pending;
    pending.tracking = null;
    if (tracking !== null) reportFailure(tracking, failure);
  }

  #await(reply: string, responder: Responses, pending: PendingResponse): void {
    const waiting = this.#awaited.get(reply);
    if (waiting === undefined) this.#awaited.set(reply, new Map([[pending, responder]]));
    else waiting.set(pending, responder);
  }

  #forget(pending: PendingResponse): void {
    const waiting = this.#awaited.get(pending.reply);
    if (waiting === undefined) return;
    waiting.delete(pending);
    if (waiting.size === 0) this.#awaited.delete(pending.reply);
  }

  /** Subscriptions to `patterns` of this account ended: nobody may be left for some replies. */
  interestLost(patterns: readonly string[]): void {
    if (this.#awaited.size === 0) return;
    const wild = patterns.filter((pattern) => /[*>]/.test(pattern));
    for (const pattern of patterns) this.#checkInterest(pattern);
    // Many patterns against many replies would take too long: then every reply is looked at once.
    const all = wild.length > MAX_PATTERNS;
    for (const reply of wild.length === 0 ? [] : this.#awaited.keys()) {
      if (all || wild.some((pattern) => matches(pattern, reply))) this.#checkInterest(reply);
    }
  }

  #checkInterest(reply: string): void {
    const waiting = this.#awaited.get(reply);
    if (waiting === undefined) return;
    const { plain, groups } = this.#account.interest.match(reply);
    if (plain.length > 0 || groups.size > 0 || this.#pending.has(reply)) return;
    for (const [pending, responder] of [...waiting]) responder.remove(pending, 'Request Timeout');
  }

  #arm(wanted: number): void {
    const at = Math.max(wanted, this.#sweptAt + RESPONSE_SWEEP_MS);
    if (at >= this.#timerAt) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => this.#sweep(), Math.min(Math.max(at - Date.now(), 1), 0x7fffffff));
    this.#timer.unref();
  }

  #sweep(): void {
    this.#timer = null;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = Date.now();
    this.#sweptAt = now;
    let next = Number.POSITIVE_INFINITY;
    for (const pending of this.#pending.values()) {
      const end = pending.seen + pending.thresholdMs;
      if (end <= now) this.remove(pending, 'Service Timeout');
      else next = Math.min(next, end);
    }
    if (next !== Number.POSITIVE_INFINITY) this.#arm(next);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#pending.clear();
    this.#awaited.clear();
  }
}

export function responsesOf(account: Account): Responses {
  account.responses ??= new Responses(account);
  return account.responses;
}
