/** Advisory locks are numbers that every program of a database shares: ours have `nats` as their first half. */
export const ADVISORY_CLASS = 0x6e617473;
export const ADVISORY = { service: 1, writer: 2 } as const;

/** Taken for the rest of a transaction. */
export function advisoryLock(lock: number): string {
  return `SELECT pg_advisory_xact_lock(${ADVISORY_CLASS}, ${lock})`;
}
