/** Who would miss an account: told before it is deleted, each with a pointer to what holds it. */
import { isRevoked } from '../../claims/account/revocation.js';
import type { AccountClaims } from '../../claims/types.js';
import type { JetStreamUse } from '../link/jetstream.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';

export interface Hold {
  path: string;
  message: string;
}

/** Named one by one up to here; the rest is counted. */
const MAX_NAMED = 20;
const PAGE = 256;

/** Users made here whose JWT still lets them in. */
export async function usersOf(tx: Queries, { sub, nats }: AccountClaims, now: number): Promise<Hold[]> {
  const rows = await tx.user.findMany({
    where: { accountKey: sub, OR: [{ exp: null }, { exp: { gt: BigInt(now) } }] },
    orderBy: { key: 'asc' },
    select: { key: true, name: true, iat: true },
  });
  const live = rows.filter(({ key, iat }) => !isRevoked(nats.revocations, key, Number(iat)));
  return named(
    live,
    ({ key, name }) => ({ path: `/users/${key}`, message: `user ${name} can still connect` }),
    'users',
  );
}

/** Accounts of the same operator with an import from it. */
export async function importersOf(tx: Queries, operatorKey: string, account: string): Promise<Hold[]> {
  const importers: { key: string; name: string }[] = [];
  for (let after = ''; ; ) {
    const rows = await tx.account.findMany({
      where: { operatorKey, key: { gt: after } },
      orderBy: { key: 'asc' },
      take: PAGE,
      select: { key: true, name: true, jwt: true },
    });
    importers.push(...rows.filter((row) => row.key !== account && importsFrom(row, account)));
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) break;
    after = last.key;
  }
  const told = ({ key, name }: { key: string; name: string }) => ({
    path: `/accounts/${key}`,
    message: `account ${name} imports from it`,
  });
  return named(importers, told, 'accounts that import from it');
}

/** JetStream that is on for it, unless every server was asked and none of them stores anything. */
export function jetStreamOf({ nats }: AccountClaims, use: JetStreamUse): Hold[] {
  const tiers = [nats.limits, ...nats.limits.tiered_limits.values()];
  const on = tiers.some(({ mem_storage, disk_storage }) => mem_storage !== 0 || disk_storage !== 0);
  const path = '/nats/limits';
  if (use.streams > 0 || use.bytes > 0) {
    return [{ path, message: `JetStream stores ${use.bytes} bytes in ${use.streams} streams for it` }];
  }
  if (!on || (use.servers > 0 && use.unasked === 0)) return [];
  return [{ path, message: 'JetStream is on for it, and not every server could be asked what it stores' }];
}

function named<T>(found: T[], hold: (one: T) => Hold, what: string): Hold[] {
  const more = found.length - MAX_NAMED;
  const holds = found.slice(0, MAX_NAMED).map(hold);
  return more > 0 ? [...holds, { path: '', message: `and ${more} more ${what}` }] : holds;
}

/** Most accounts import nothing from this one: their JWTs are not verified to find that out. */
function importsFrom(row: { key: string; jwt: string }, account: string): boolean {
  const payload = Buffer.from(row.jwt.split('.')[1] ?? '', 'base64url');
  if (!payload.includes(account)) return false;
  return readStored('account', row).claims.nats.imports.some((one) => one.account === account);
}
