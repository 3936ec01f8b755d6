/** Accounts in flight to a service at once: enough to hide the round trip, few enough for a small service. */
export const MAX_IN_FLIGHT = 8;

/** Maps in order with at most `limit` running. The first throw ends it; give `run` a result for faults that must not. */
export async function mapBounded<T, R>(
  items: readonly T[],
  run: (item: T) => Promise<R>,
  limit: number = MAX_IN_FLIGHT,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await run(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
