import { isNatsctlError } from '../../claims/errors.js';
import { judgeImport } from '../../claims/explain/import.js';
import { makeRealm, type Realm } from '../../claims/explain/realm.js';
import type { AccountClaims, Decoded } from '../../claims/types.js';
import { accountUnknown } from '../accounts/find-account.js';
import { type Caller, hasRight } from '../auth/rights.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { turns } from '../turn.js';

/** More than any account has to do with, and bounded: an explanation is one request of many. */
const MAX_ACCOUNTS = 500;

export interface Neighbourhood {
  realm: Realm;
  mayRead(account: string): boolean;
}

/**
 * An account with those it has to do with: who it imports from and whom these import from in turn, and who imports from it. Of those
 * the caller may not read, only exporters that let a readable account have what it imports are there at all: any of its clients
 * could find that out. Whether there are others the answer does not tell.
 */
export async function neighbourhood(
  db: Queries,
  caller: Caller,
  { account, operator: operatorKey, now }: { account: string; operator: string; now: number },
): Promise<Neighbourhood> {
  const operator = await servedOperator(db, operatorKey);
  const rows = await reachable(db, account, operatorKey);
  const jwts = [...rows.values()];
  const mayRead = (key: string) => rows.has(key) && hasRight(caller, 'read', { operator: operatorKey, account: key });
  const whole = makeRealm(operator.trusted, jwts, now, accountUnknown);
  const open = new Set<string>();
  const turn = turns();
  for (const { claims } of jwts.filter(({ claims: { sub } }) => mayRead(sub))) {
    for (const claim of claims.nats.imports) {
      await turn();
      if (!open.has(claim.account) && judgeImport(claims, claim, whole).works) open.add(claim.account);
    }
  }
  const shown = jwts.filter(({ claims: { sub } }) => mayRead(sub) || open.has(sub));
  return { realm: makeRealm(operator.trusted, shown, now, accountUnknown), mayRead };
}

async function reachable(db: Queries, account: string, operatorKey: string) {
  const found = new Map<string, Decoded<AccountClaims>>();
  const importers = await db.accountImport.findMany({
    where: { exporterKey: account },
    orderBy: { importerKey: 'asc' },
    take: MAX_ACCOUNTS / 2,
  });
  let next = new Set([account, ...importers.map(({ importerKey }) => importerKey)]);
  while (next.size > 0 && found.size < MAX_ACCOUNTS) {
    const keys = [...next].slice(0, MAX_ACCOUNTS - found.size);
    next = new Set();
    for (const row of await db.account.findMany({ where: { key: { in: keys }, operatorKey } })) {
      const jwt = readable(row);
      if (jwt === null) continue;
      found.set(row.key, jwt);
      for (const { account: exporter } of jwt.claims.nats.imports) next.add(exporter);
    }
    for (const key of found.keys()) next.delete(key);
  }
  return found;
}

/** One that is damaged is told of where it is asked for, not here. */
function readable(row: { key: string; jwt: string }): Decoded<AccountClaims> | null {
  try {
    return readStored('account', row);
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return null;
  }
}
