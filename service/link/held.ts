/** What the service holds of one operator, in the form nats-server's full resolvers compare and exchange (`dirstore.go`). */
import { createHash } from 'node:crypto';
import type { Store } from '../store/open.js';
import { readStored } from '../store/read-stored.js';

interface Held {
  key: string;
  jwt: string;
}

/** Rows read at once; between two pages other requests have their turn. */
const PAGE = 256;

/** Accounts whose JWT has not expired: an expired one is neither packed nor listed. */
export async function* heldAccounts(store: Store, operatorKey: string, now: number): AsyncGenerator<Held[]> {
  let after = '';
  for (;;) {
    const rows = await store.db.account.findMany({
      where: { operatorKey, key: { gt: after } },
      orderBy: { key: 'asc' },
      take: PAGE,
      select: { key: true, jwt: true },
    });
    yield rows.filter(({ jwt }) => !hasExpired(jwt, now));
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.key;
  }
}

/** SHA-256 of every JWT, XORed: the same in any order, and another one as soon as any of them differs. */
export async function packHash(store: Store, operatorKey: string, now: number): Promise<Buffer> {
  const all = Buffer.alloc(32);
  for await (const page of heldAccounts(store, operatorKey, now)) {
    for (const { jwt } of page) {
      const one = createHash('sha256').update(jwt).digest();
      for (let at = 0; at < all.length; at++) all[at] = (all[at] ?? 0) ^ (one[at] ?? 0);
    }
  }
  return all;
}

/** The stored JWT of an account, verified; null where it is not held, or has expired. */
export async function heldAccount(store: Store, operatorKey: string, key: string, now: number): Promise<string | null> {
  const row = await store.db.account.findUnique({ where: { key, operatorKey }, select: { key: true, jwt: true } });
  return row && !hasExpired(row.jwt, now) ? readStored('account', row).token : null;
}

/** Read without verifying: who sends the token does that. Damage is found there, and reported. */
function hasExpired(jwt: string, now: number): boolean {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined;
    return typeof exp === 'number' && exp > 0 && exp <= now;
  } catch {
    return false;
  }
}
