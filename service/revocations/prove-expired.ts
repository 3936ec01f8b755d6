/**
 * May a revocation go? It may once every JWT that it voids has ended. A JWT that was signed elsewhere is in no ledger, so there is a proof
 * for accounts alone whose users only this service can have signed:
 *
 * - the account was made here after the ledger began, with keys made here;
 * - by the audit no signing key ever stood in its JWT that was not made here too;
 * - none of these keys is in Transit, which signs for others too, and none was ever given out or brought back.
 *
 * A database that was put back to an earlier day lacks what was issued after that: a restore begins the ledger anew.
 *
 * Then of each revocation: it was made here, of a user that was issued here, and every JWT that it covers is in the ledger and ended more
 * than an hour ago, since servers' clocks differ. Who pushes a revocation, or revokes a user that nobody here has heard of, may know of a
 * JWT that the ledger does not. One of a user that is still listed stays: it says that the user is disabled. One that lies in the future
 * covers what is yet to be signed. Where any of it is not certain, the revocation stays.
 *
 * A key that is added later is taken on with whatever it signed: that is for those who add it to know.
 */
import { EVERYONE, type Revocation } from '../../claims/account/revocation.js';
import type { AccountClaims } from '../../claims/types.js';
import type { Prisma } from '../../prisma/generated/client.js';
import { ledgerSince } from '../ledger/fill-ledger.js';
import { userEntity } from '../ledger/record-issued.js';
import { putAppended } from '../store/appended.js';
import type { Queries } from '../store/open.js';

export const KEPT_BECAUSE = [
  'signed-elsewhere',
  'revoked-elsewhere',
  'not-in-ledger',
  'user-listed',
  'not-ended',
  'in-future',
] as const;

export interface JudgedRevocation extends Revocation {
  /** Null where it covers nothing any more. */
  kept: (typeof KEPT_BECAUSE)[number] | null;
}

/** Seconds by which clocks of servers may be behind. */
const MARGIN = 3_600;
const PAGE = 200;

export async function judgeRevocations(tx: Queries, claims: AccountClaims, now: number): Promise<JudgedRevocation[]> {
  const revocations = [...claims.nats.revocations].map(([user, at]) => ({ user, at }));
  if (revocations.length === 0) return [];
  if (!(await onlySignedHere(tx, claims.sub))) return revocations.map((one) => ({ ...one, kept: 'signed-elsewhere' }));
  const here = await revokedHere(tx, claims.sub);
  const judged: JudgedRevocation[] = [];
  for (const one of revocations) {
    const madeHere = one.at <= (here.get(one.user) ?? Number.NEGATIVE_INFINITY);
    judged.push({ ...one, kept: madeHere ? await reasonToKeep(tx, claims.sub, one, now) : 'revoked-elsewhere' });
  }
  return judged;
}

/** By the audit: until when each user was revoked by this service itself, and not by a push (which names who signed it). */
async function revokedHere(tx: Queries, account: string): Promise<Map<string, number>> {
  const latest = new Map<string, number>();
  const entries = await tx.auditEntry.findMany({
    where: { entity: account, action: { in: REVOKING } },
    select: { action: true, detail: true },
  });
  for (const { action, detail } of entries) {
    const { user, at, revoked = [], issuer } = JSON.parse(detail) as RevokingDetail;
    if (issuer !== undefined) continue;
    const one = action !== 'revocation.remove' && user !== undefined && at !== undefined ? [{ user, at }] : [];
    for (const each of [...one, ...revoked]) latest.set(each.user, Math.max(each.at, latest.get(each.user) ?? each.at));
  }
  return latest;
}

const REVOKING = ['account.update', 'account.evacuate', 'revocation.add', 'revocation.remove'];

interface RevokingDetail {
  user?: string;
  at?: number;
  revoked?: Revocation[];
  /** Of a push. */
  issuer?: string;
}

async function reasonToKeep(
  tx: Queries,
  account: string,
  { user, at }: Revocation,
  now: number,
): Promise<JudgedRevocation['kept']> {
  if (at >= now) return 'in-future';
  if (user !== EVERYONE && (await tx.user.findUnique({ where: { key: user }, select: { key: true } }))) {
    return 'user-listed';
  }
  const of: Prisma.IssuedJwtWhereInput =
    user === EVERYONE ? { accountKey: account, kind: 'user' } : { entity: userEntity(account, user) };
  const alive = await tx.issuedJwt.findFirst({
    where: { ...of, iat: { lte: BigInt(at) }, OR: [{ exp: null }, { exp: { gte: BigInt(now - MARGIN) } }] },
    select: { seq: true },
  });
  if (alive) return 'not-ended';
  return user === EVERYONE || (await wasIssuedHere(tx, account, user)) ? null : 'not-in-ledger';
}

/** The audit knows it also where the ledger has let the entry go. */
async function wasIssuedHere(tx: Queries, account: string, user: string): Promise<boolean> {
  const inLedger = await tx.issuedJwt.findFirst({
    where: { entity: userEntity(account, user) },
    select: { seq: true },
  });
  if (inLedger) return true;
  const told = { entity: user, accountKey: account, after: { not: null } };
  return (await tx.auditEntry.findFirst({ where: told, select: { seq: true } })) !== null;
}

async function onlySignedHere(tx: Queries, account: string): Promise<boolean> {
  const since = await ledgerSince(tx);
  if (since === null) return false;
  await putAppended(tx);
  const made = await tx.auditEntry.findMany({ where: { entity: account, action: 'account.create' }, take: 2 });
  const [first, another] = made;
  if (!first || another || first.seq <= since || !first.after || !areMadeHere(first)) return false;
  const born = [account, ...signingKeys(first.after)];
  const added = await keysAdded(tx, account, new Set(born));
  return added !== null && (await neverLeft(tx, born, added));
}

function areMadeHere({ detail }: { detail: string }): boolean {
  return (JSON.parse(detail) as { keys?: string }).keys === 'in custody';
}

/** Signing keys that were made here later; null where another one ever stood in the account. */
async function keysAdded(tx: Queries, account: string, born: Set<string>): Promise<string[] | null> {
  const added = new Set<string>();
  for (let after = 0; ; ) {
    const rows = await tx.auditEntry.findMany({
      where: { entity: account, seq: { gt: after }, after: { not: null } },
      orderBy: { seq: 'asc' },
      take: PAGE,
      select: { seq: true, action: true, after: true, detail: true },
    });
    for (const row of rows) {
      const { signingKeyAdded, rotated = [] } = JSON.parse(row.detail) as {
        signingKeyAdded?: string;
        rotated?: { to: string }[];
      };
      if (signingKeyAdded !== undefined && areMadeHere(row)) added.add(signingKeyAdded);
      // An evacuation makes every key that it puts in.
      if (row.action === 'account.evacuate') for (const { to } of rotated) added.add(to);
      if (signingKeys(row.after ?? '').some((key) => !born.has(key) && !added.has(key))) return null;
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return [...added];
    after = last.seq;
  }
}

/** Given out, or brought here from elsewhere: a key that was made later was kept once, when it was made. */
async function neverLeft(tx: Queries, born: string[], added: string[]): Promise<boolean> {
  const keys = [...born, ...added];
  const remote = await tx.sealedKey.findFirst({ where: { publicKey: { in: keys }, kind: { notIn: LOCAL_KINDS } } });
  const moves = await tx.auditEntry.findMany({
    where: { entity: { in: keys }, action: { in: ['key.export', 'key.keep'] } },
    select: { action: true, entity: true },
  });
  const kept = new Set<string>();
  const moved = moves.some(({ action, entity }) => {
    if (action === 'key.export' || kept.has(entity) || !added.includes(entity)) return true;
    kept.add(entity);
    return false;
  });
  return !remote && !moved;
}

/** Kinds of keys whose seed is sealed here; one held elsewhere has another (service/custody/custody.ts). */
const LOCAL_KINDS = ['account', 'account-signing'];

/** Of account claims as they were signed: a key, or an object with the key and its role. */
function signingKeys(claims: string): string[] {
  const { nats } = JSON.parse(claims) as { nats?: { signing_keys?: (string | { key: string })[] } };
  return (nats?.signing_keys ?? []).map((key) => (typeof key === 'string' ? key : key.key));
}
