export interface PageFlags {
  limit: number;
  after?: string | undefined;
}

export interface Listed<Item> {
  items: Item[];
  /** What --after takes for those that follow; null where none do. */
  next: string | null;
}

/** As many as were asked for: a page may hold fewer, also none, and more follow all the same. */
export async function readPages<Item>(
  { limit, after }: PageFlags,
  page: (query: { limit: number; after: string | undefined }) => Promise<{ answer: Listed<Item> }>,
): Promise<Listed<Item>> {
  const items: Item[] = [];
  let next = after ?? null;
  do {
    const { answer } = await page({ limit: limit - items.length, after: next ?? undefined });
    items.push(...answer.items);
    next = answer.next;
  } while (next !== null && items.length < limit);
  return { items, next };
}
