import { decodeAs } from '../../claims/jwt/decode.js';
import { CACHE_SWEEP_MS, FETCH_TIMEOUT_MS } from '../limits.js';
import { codeOf, type Logger } from '../log.js';
import { openDirectory } from './directory.js';
import type { AccountSource } from './source.js';
import { takeTurns } from './turns.js';

/** `full`: all accounts of the operators, exchanged with other full resolvers. `cache`: those that were used here lately. */
export interface DirectoryResolver {
  type: 'full' | 'cache';
  dir: string;
  /** An operator key may have accounts deleted. Default false. */
  allowDelete?: boolean;
  /** Deleted accounts' files are removed instead of renamed to `.jwt.deleted`. Default false. */
  hardDelete?: boolean;
  /** Between two exchanges of a full resolver with others. Default 1 min. */
  intervalMs?: number;
  /** Most accounts. Default: any number, 1000 for a cache. */
  limit?: number;
  /** Of a cache: how long an account stays that is not used. Default: for good. */
  ttlMs?: number;
  /** One lookup of an account elsewhere. Default 1.9 s. */
  timeoutMs?: number;
  /** Account JWTs that are stored at start where they are newer than what is there. */
  preload?: readonly string[];
}

const CACHE_LIMIT = 1_000;

export async function directorySource(resolver: DirectoryResolver, log: Logger): Promise<AccountSource> {
  const isCache = resolver.type === 'cache';
  const { timeoutMs = FETCH_TIMEOUT_MS } = resolver;
  const removes = isCache || (resolver.allowDelete === true && resolver.hardDelete === true);
  const store = await openDirectory({
    dir: resolver.dir,
    limit: resolver.limit ?? (isCache ? CACHE_LIMIT : 0),
    evicts: isCache,
    ttl: isCache ? Math.ceil((resolver.ttlMs ?? 0) / 1_000) : 0,
    deletes: removes ? 'removes' : resolver.allowDelete ? 'renames' : 'never',
    log,
  });
  for (const token of resolver.preload ?? []) {
    const { claims } = decodeAs('account', token);
    const held = await store.read(claims.sub);
    if (held === null || decodeAs('account', held).claims.iat < claims.iat) await store.keep(claims.sub, token);
  }
  const inTurn = takeTurns();
  let lookup: (id: string, timeoutMs: number) => Promise<string | null> = async () => null;
  const sweep = setInterval(() => {
    store
      .expire()
      .catch((error: unknown) => log.error({ code: codeOf(error) }, 'accounts not used lately not removed'));
  }, CACHE_SWEEP_MS).unref();
  return {
    kind: resolver.type,
    probe: async () => {},
    async fetch(id) {
      return (await store.read(id)) ?? (await inTurn(() => lookup(id, timeoutMs)));
    },
    store,
    askElsewhere(how) {
      lookup = how;
    },
    close: () => clearInterval(sweep),
  };
}
