import { compileMappings } from '../mapping/mapping.js';
import type { AccountClaims } from '../types.js';

/** One of the ways a mapping can take a message. */
export interface Destination {
  /** Null = dropped. */
  subject: string | null;
  percent: number;
}

/**
 * Where the mappings of an account take a subject, as many ways as there are. Weights are whole percents, so a hundred draws
 * are all draws. A destination with `random(n)` stands for all its numbers.
 *
 * @param cluster name of the server's cluster, where its own lists are to be looked at
 */
export function destinations({ nats }: AccountClaims, subject: string, cluster?: string): Destination[] {
  // Servers skip a mapping they cannot read.
  const mappings = compileMappings(nats.mappings, { onFault: () => {} });
  const found = new Map<string | null, number>();
  for (let percent = 0; percent < 100; percent++) {
    const to = mappings.apply(subject, { random: () => percent / 100 + 0.005, ...(cluster && { cluster }) });
    found.set(to, (found.get(to) ?? 0) + 1);
  }
  return [...found].map(([to, percent]) => ({ subject: to, percent })).sort((a, b) => b.percent - a.percent);
}
