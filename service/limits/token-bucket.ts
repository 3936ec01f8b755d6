/**
 * Token buckets: a caller may do `burst` things at once and `perSecond` in the long run. Memory is bounded: of more callers
 * than `maxKeys`, those seen longest ago are forgotten, which gives them a full bucket again.
 */
export interface Buckets {
  /** Takes one; nothing is taken where none is left. */
  take(key: string): Taken;
  /** What is left, without taking. */
  look(key: string): Taken;
}

export interface Taken {
  ok: boolean;
  remaining: number;
  /** Seconds until one more is there (0 when one is), and until the bucket is full. */
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
  const told = (level: number, ok: boolean): Taken => ({
    ok,
    remaining: Math.floor(level),
    retryAfter: level >= 1 ? 0 : Math.ceil((1 - level) / perSecond),
    fullIn: Math.ceil((burst - level) / perSecond),
  });

  return {
    take(key) {
      const at = clock();
      const level = levelOf(key, at);
      const ok = level >= 1;
      const left = ok ? level - 1 : level;
      // Put in anew, the key is the youngest; the first one of the map is the oldest.
      buckets.delete(key);
      buckets.set(key, { level: left, at });
      if (buckets.size > maxKeys) buckets.delete(buckets.keys().next().value as string);
      return told(left, ok);
    },
    look(key) {
      const level = levelOf(key, clock());
      return told(level, level >= 1);
    },
  };
}
