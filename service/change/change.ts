import type { Actor } from '../audit/audit.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';

/** A change as it would be: what the audit would say of it. */
export interface Rehearsal {
  readonly changes: { action: string; entity: string; before: string | null; after: string | null }[];
}

class Rehearsed extends Error {
  constructor(readonly result: unknown) {
    super('a rehearsal is never committed');
  }
}

/**
 * Runs a change as one transaction and announces it. A rehearsal (`dryRun`) runs the same code on the same rows, and then
 * everything is rolled back: what it tells is what would happen, and nothing has.
 */
export async function change<T>(
  { store, links }: Service,
  actor: Actor,
  work: (tx: Queries) => Promise<T>,
): Promise<T> {
  if (!isRehearsal(actor)) {
    const result = await store.transaction(work);
    links.wake();
    return result;
  }
  try {
    return await store.transaction(async (tx): Promise<never> => {
      throw new Rehearsed(await work(tx));
    });
  } catch (error) {
    if (error instanceof Rehearsed) return error.result as T;
    throw error;
  }
}

/** Whether a change is only tried. */
export function isRehearsal(actor: Actor): boolean {
  return typeof actor !== 'string' && actor.rehearsal !== undefined;
}
