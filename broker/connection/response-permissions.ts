import { MAX_RESPONSE_PERMISSIONS } from '../limits.js';

/** nats-server prunes at most once a second. */
const PRUNE_INTERVAL_MS = 1_000;

/**
 * The replies a connection may publish to because it was sent a request (`resp` in its permissions): each so often and so
 * long, keyed by the exact reply subject.
 */
export class ResponsePermissions {
  readonly #max: number;
  readonly #ttlMs: number;
  readonly #open = new Map<string, { since: number; used: number }>();
  #pruned = Number.NEGATIVE_INFINITY;

  /** `max` messages, -1 = unlimited; `ttlNs` nanoseconds, -1 = forever. */
  constructor(max: number, ttlNs: number) {
    this.#max = max;
    this.#ttlMs = ttlNs < 0 ? Number.POSITIVE_INFINITY : ttlNs / 1e6;
  }

  permit(reply: string): void {
    const now = performance.now();
    if (this.#open.size >= MAX_RESPONSE_PERMISSIONS) this.#prune(now);
    this.#open.delete(reply);
    this.#open.set(reply, { since: now, used: 0 });
  }

  /** True when one more message may be published there; it is counted. */
  use(reply: string): boolean {
    const open = this.#open.get(reply);
    if (open === undefined) return false;
    if (performance.now() - open.since > this.#ttlMs) {
      this.#open.delete(reply);
      return false;
    }
    open.used++;
    if (this.#max >= 0 && open.used >= this.#max) this.#open.delete(reply);
    return true;
  }

  /** Drops what has expired; when nothing has, the oldest, so that the bound holds whatever the limits are. */
  #prune(now: number): void {
    if (now - this.#pruned >= PRUNE_INTERVAL_MS) {
      this.#pruned = now;
      for (const [reply, open] of this.#open) if (now - open.since > this.#ttlMs) this.#open.delete(reply);
    }
    for (const reply of this.#open.keys()) {
      if (this.#open.size < MAX_RESPONSE_PERMISSIONS) return;
      this.#open.delete(reply);
    }
  }
}
