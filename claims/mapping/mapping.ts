import { NatsctlError } from '../errors.js';
import { matches } from '../subject/match.js';
import { isValidSubject, tokenize } from '../subject/subject.js';
import { compileTransform, type Transform } from '../subject/transform.js';
import type { WeightedMapping } from '../types.js';

export type MappingErrorCode = 'ERR_MAPPING_INVALID';

/** Account mappings, compiled: where a published subject goes. */
export interface Mappings {
  /**
   * The subject a message to `subject` is published to: itself where no mapping speaks of it, null where the mapping drops
   * the message. `random` draws from [0, 1); `cluster` is the name of this server's cluster.
   */
  apply(subject: string, context: { random: () => number; cluster?: string }): string | null;
}

/**
 * Compiles `mappings` of an account. Where sources overlap the most specific one speaks: the first token in which they
 * differ decides, text before `*` before `>`. (nats-server takes them in the order of a Go map, so one account can behave
 * differently on two servers.) Each destination gets its weight in percent; what is left of 100 stays with the original
 * subject, unless the source is itself listed as a destination: then it is dropped, to inject loss. A list for the
 * server's cluster goes before the general one.
 *
 * @throws ERR_MAPPING_INVALID; with `onFault` the mapping at fault is left out instead, as nats-server does
 */
export function compileMappings(
  mappings: ReadonlyMap<string, WeightedMapping[]>,
  options: { onFault?: (fault: NatsctlError<MappingErrorCode>) => void } = {},
): Mappings {
  const literal = new Map<string, Destinations>();
  const wildcard: { source: string; destinations: Destinations }[] = [];
  for (const [source, list] of mappings) {
    const compiled = compileSource(source, list);
    if (compiled instanceof NatsctlError) {
      if (options.onFault === undefined) throw compiled;
      options.onFault(compiled);
    } else if (tokenize(source).some((token) => token === '*' || token === '>')) {
      wildcard.push({ source, destinations: compiled });
    } else {
      literal.set(source, compiled);
    }
  }
  wildcard.sort((a, b) => compareSpecificity(a.source, b.source));

  return {
    apply(subject, { random, cluster }) {
      const destinations =
        literal.get(subject) ?? wildcard.find(({ source }) => matches(source, subject))?.destinations;
      if (destinations === undefined) return subject;
      const list = (cluster && destinations.byCluster.get(cluster)) || destinations.general;
      return choose(list, random)?.apply(subject, random) ?? null;
    },
  };
}

interface Destinations {
  general: Share[];
  byCluster: Map<string, Share[]>;
}

interface Share {
  transform: Pick<Transform, 'apply'>;
  /** Percent. */
  weight: number;
}

const UNCHANGED: Share['transform'] = { apply: (subject) => subject };

function choose(list: Share[], random: () => number): Share['transform'] | null {
  const only = list[0];
  if (list.length === 1 && only?.weight === 100) return only.transform;
  let point = Math.floor(random() * 100);
  for (const { transform, weight } of list) {
    if (point < weight) return transform;
    point -= weight;
  }
  return null;
}

function compileSource(source: string, list: WeightedMapping[]): Destinations | NatsctlError<MappingErrorCode> {
  if (!isValidSubject(source)) return invalidMapping(source, 'the source is not a valid subject');
  const named = new Set<string>();
  const general: Share[] = [];
  const byCluster = new Map<string, Share[]>();
  for (const { subject, weight = 100, cluster = '' } of list) {
    if (named.has(subject)) return invalidMapping(source, `${JSON.stringify(subject)} is there twice`);
    named.add(subject);
    if (!Number.isSafeInteger(weight) || weight < 0 || weight > 100) {
      return invalidMapping(source, `the weight ${weight} of ${JSON.stringify(subject)} is not a percentage`);
    }
    let shares = general;
    if (cluster !== '') {
      shares = byCluster.get(cluster) ?? [];
      byCluster.set(cluster, shares);
    }
    try {
      // A weight of 0 is how Go reads an absent one.
      shares.push({ transform: compileTransform(source, subject), weight: weight || 100 });
    } catch (error) {
      if (!(error instanceof NatsctlError)) throw error;
      return invalidMapping(source, error.message, error);
    }
  }
  for (const shares of [general, ...byCluster.values()]) {
    const total = shares.reduce((sum, share) => sum + share.weight, 0);
    if (total > 100) return invalidMapping(source, `its weights add up to ${total}, more than 100`);
    if (total < 100 && !named.has(source)) {
      shares.push({ transform: UNCHANGED, weight: 100 - total });
    }
  }
  return { general, byCluster };
}

/** Text before `*` before `>`, by the first token that differs; then by name, so that the order is always the same. */
function compareSpecificity(a: string, b: string): number {
  const left = tokenize(a);
  const right = tokenize(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = breadth(left[i]) - breadth(right[i]);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : 1;
}

function breadth(token: string | undefined): number {
  if (token === '>') return 2;
  return token === '*' ? 1 : 0;
}

function invalidMapping(source: string, why: string, cause?: unknown): NatsctlError<MappingErrorCode> {
  return new NatsctlError('ERR_MAPPING_INVALID', `mapping of ${JSON.stringify(source)} is not valid: ${why}`, {
    details: { source },
    cause,
  });
}
