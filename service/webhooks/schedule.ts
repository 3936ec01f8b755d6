/** Seconds until the next attempt, after the first, the second ...: the schedule that Standard Webhooks gives as its example. */
const DELAYS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
const JITTER = 0.2;
const MAX_RETRY_AFTER = 86_400;
/** What a receiver under load is spared of every event, where it does not say for how long. */
const REST_SECONDS = 5;
const MAX_REST = 3_600;
/** "Throttle": too many requests, bad gateway, unavailable, gateway timeout. */
const UNDER_LOAD = [429, 502, 503, 504];

/** @param attempts made so far. Null: it was tried often enough */
export function delayAfter(attempts: number, retryAfter: number | undefined): number | null {
  const delay = DELAYS[attempts - 1];
  if (delay === undefined) return null;
  // More, never less: a receiver that was down is not asked by everybody at the same moment again.
  const spread = delay * (1 + Math.random() * JITTER);
  return Math.ceil(Math.max(spread, Math.min(retryAfter ?? 0, MAX_RETRY_AFTER)));
}

/** Seconds for which the hook as a whole is left alone; 0 = none. */
export function restAfter(status: number | undefined, retryAfter: number | undefined): number {
  if (status === undefined || !UNDER_LOAD.includes(status)) return 0;
  return Math.min(Math.max(retryAfter ?? 0, REST_SECONDS), MAX_REST);
}

/** Seconds of a Retry-After header (RFC 9110, 10.2.3: seconds or a date). */
export function retryAfterOf(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil(at / 1_000) - now);
}
