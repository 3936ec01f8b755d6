import type { Queries } from './open.js';

const changed = new WeakMap<Queries, string[]>();

/** Whoever writes or deletes the row of an account says so before: what is kept of it in memory ends with the transaction. */
export function noteChanged(tx: Queries, accountKey: string): void {
  const keys = changed.get(tx);
  if (keys === undefined) changed.set(tx, [accountKey]);
  else keys.push(accountKey);
}

/** The accounts that a transaction wrote; one that it wrote twice stands there twice. */
export function changedBy(tx: Queries): readonly string[] {
  return changed.get(tx) ?? [];
}

/** How many changes a transaction has noted. */
export function changesIn(tx: Queries): number {
  return changedBy(tx).length;
}
