/**
 * Token buckets: a caller may do `burst` things at once and `perSecond` in the long run. Memory is bounded: of more callers
 * than `maxKeys`, those seen longest ago are forgotten, which gives them a full bucket again.
 */
export interface Buckets {
  /** Takes one, or as many as what is done costs; nothing is taken where less is left. What costs more than there ever is costs all. */
  take(key: string, cost?: number): Taken;
  /** What is left, without taking. */
  look(key: string): Taken;
}

export interface Taken {
  ok: boolean;
  remaining: number;
  /** Seconds until one more is there (0 when one is), or what was refused; and until the bucket is full. */
  retryAfter: number;
  fullIn: number;
}

export interface BucketOptions {
  perSecond: number;
  burst: number;
  maxKeys?: number;
  /** Milliseconds that never go back. */
  clock?: () => number;
}

/** Some 100 bytes each. */
const MAX_KEYS = 10_000;

export function tokenBuckets({
  perSecond,
  burst,
  maxKeys = MAX_KEYS,
  clock = () => performance.now(),
}: BucketOptions): Buckets {
  const buckets = new Map<string, { level: number; at: number }>();

  const levelOf = (key: string, at: number): number => {
    const bucket = buckets.get(key);
    return bucket ? Math.min(burst, bucket.level + ((at - bucket.at) / 1_000) * perSecond) : burst;
  };
  const told = (level: number, ok: boolean, cost = 1): Taken => ({
    ok,
    remaining: Math.floor(level),
    retryAfter: level >= cost ? 0 : Math.ceil((cost - level) / perSecond),
    fullIn: Math.ceil((burst - level) / perSecond),
  });

  return {
    take(key, wanted = 1) {
      const at = clock();
      const level = levelOf(key, at);
      const cost = Math.min(wanted, burst);
      const ok = level >= cost;
      const left = ok ? level - cost : level;
      // Put in anew, the key is the youngest; the first one of the map is the oldest.
      buckets.delete(key);
      buckets.set(key, { level: left, at });
      if (buckets.size > maxKeys) buckets.delete(buckets.keys().next().value as string);
      return ok ? told(left, ok) : told(left, ok, cost);
    },
    look(key) {
      const level = levelOf(key, clock());
      return told(level, level >= 1);
    },
  };
}
