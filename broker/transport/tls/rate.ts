const SECOND_MS = 1_000;

/** So many a second, counted from the first of each second (nats-server rateCounter). */
export class Rate {
  readonly #limit: number;
  #count = 0;
  #end = 0;

  /** 0 = unlimited. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  allows(now = Date.now()): boolean {
    if (this.#limit === 0) return true;
    if (now >= this.#end) {
      this.#count = 0;
      this.#end = now + SECOND_MS;
    }
    return this.#count++ < this.#limit;
  }
}
