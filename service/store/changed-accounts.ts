import type { Queries } from './open.js';

const changed = new WeakMap<Queries, Set<string>>();

/** Whoever writes or deletes the row of an account says so: what is kept of it in memory ends with the transaction. */
export function noteChanged(tx: Queries, accountKey: string): void {
  const keys = changed.get(tx) ?? new Set();
  changed.set(tx, keys.add(accountKey));
}

/** The accounts that a transaction wrote. */
export function changedBy(tx: Queries): Iterable<string> {
  return changed.get(tx) ?? [];
}
