import type { Store } from '../store/open.js';
import { turn } from '../turn.js';

export interface Expiry {
  operator: string;
  /** Unix seconds. */
  exp: number;
}

const BATCH = 500;
/** All JWTs are read for the answer: so often at most, and only after something has changed. */
const KEEP_MS = 60_000;

/** Of each operator: when the first of its JWTs ends that is held here. Those that do not end say nothing. */
export function soonestExpiry(store: Store): () => Promise<Expiry[]> {
  let kept: { at: number; head: number; found: Promise<Expiry[]> } | undefined;
  return async () => {
    const last = await store.db.auditEntry.findFirst({ orderBy: { seq: 'desc' }, select: { seq: true } });
    const head = last?.seq ?? 0;
    const at = performance.now();
    if (kept && (kept.head === head || at - kept.at < KEEP_MS)) return kept.found;
    const found = read(store);
    kept = { at, head, found };
    // A fault is told to this caller; the next one reads again.
    found.catch(() => {
      kept = undefined;
    });
    return found;
  };
}

async function read({ db }: Store): Promise<Expiry[]> {
  const soonest = new Map<string, number>();
  const note = (operator: string, jwt: string) => {
    const exp = expiryOf(jwt);
    if (exp !== null) soonest.set(operator, Math.min(exp, soonest.get(operator) ?? exp));
  };
  for (const { key, jwt } of await db.operator.findMany({ select: { key: true, jwt: true } })) note(key, jwt);
  for (let after = ''; ; ) {
    const rows = await db.account.findMany({
      where: { key: { gt: after } },
      orderBy: { key: 'asc' },
      take: BATCH,
      select: { key: true, operatorKey: true, jwt: true },
    });
    for (const { operatorKey, jwt } of rows) note(operatorKey, jwt);
    const last = rows.at(-1);
    if (!last || rows.length < BATCH) break;
    after = last.key;
    await turn();
  }
  return [...soonest].map(([operator, exp]) => ({ operator, exp }));
}

/** Of a JWT that was verified when it was stored; one that has been damaged since is told by whoever serves it. */
function expiryOf(jwt: string): number | null {
  try {
    const { exp } = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8')) as { exp?: unknown };
    return typeof exp === 'number' && exp > 0 ? exp : null;
  } catch {
    return null;
  }
}
