import { turn } from '../turn.js';

/** A page of rows that are judged one by one: what fits is kept, and what does not has been looked at all the same. */
export interface Scan<Row, Item> {
  /** At most `take` rows after a cursor, in order. */
  read(after: string | undefined, take: number): Promise<Row[]>;
  /** What is to be shown of each row; null = nothing. */
  pick(rows: Row[]): Promise<(Item | null)[]>;
  cursor(row: Row): string;
}

/** Rows looked at for one answer: a page may have fewer items than its limit and still be followed by others. */
const MAX_SCANNED = 5_000;
const MIN_BATCH = 100;
const MAX_BATCH = 250;

export async function scanPage<Row, Item>(
  { limit, after }: { limit: number; after?: string },
  { read, pick, cursor }: Scan<Row, Item>,
  maxScanned = MAX_SCANNED,
): Promise<{ items: Item[]; next?: string }> {
  const items: Item[] = [];
  const batch = Math.min(Math.max(limit + 1, MIN_BATCH), MAX_BATCH);
  for (let from = after, scanned = 0; ; ) {
    const rows = await read(from, batch);
    const picked = await pick(rows.slice(0, batch));
    for (const [at, row] of rows.entries()) {
      from = cursor(row);
      const item = picked[at] ?? null;
      if (item !== null) items.push(item);
      if (items.length < limit) continue;
      const more = at + 1 < rows.length || rows.length === batch;
      return { items, ...(more && { next: from }) };
    }
    if (rows.length < batch) return { items };
    scanned += rows.length;
    if (scanned >= maxScanned && from !== undefined) return { items, next: from };
    await turn();
  }
}
