/**
 * The ledger of JWTs: written in the transaction that stores or gives out the JWT, at its end and for all of them at once, since pushes
 * share transactions. Whoever signs or takes a JWT calls `recordIssued`.
 */
import { createHash } from 'node:crypto';
import { activationHash } from '../../claims/activation-hash.js';
import type { ClaimsByKind } from '../../claims/types.js';
import type { Prisma } from '../../prisma/generated/client.js';
import { accountJti } from '../accounts/jti.js';
import { type Actor, claimsJson } from '../audit/audit.js';
import { insertRows } from '../store/insert-rows.js';
import type { Queries, Store } from '../store/open.js';
import { turn } from '../turn.js';

export const LEDGER_KINDS = ['operator', 'account', 'user', 'activation'] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

/** Signed here, signed elsewhere and taken, or here before there was a ledger. */
export const ORIGINS = ['issued', 'pushed', 'found'] as const;

interface Told {
  token: string;
  /** Whose it is. */
  operator: string;
  /** Of a user, or the exporter of an activation. */
  account?: string;
  origin: (typeof ORIGINS)[number];
  actor: Actor | null;
  /** Unix seconds. */
  at: number;
}
export type Issued = { [K in LedgerKind]: Told & { kind: K; claims: ClaimsByKind[K] } }[LedgerKind];
export type LedgerRow = Prisma.IssuedJwtCreateManyInput;

const pending = new WeakMap<Queries, Map<string, LedgerRow>>();

/** Rows of one statement: SQLite takes 32,766 parameters. */
export const LEDGER_CHUNK = 500;

/** Has the JWT written to the ledger at the end of the transaction. What was there of the same entity is superseded by it. */
export function recordIssued(tx: Queries, issued: Issued): void {
  const rows = pending.get(tx) ?? new Map<string, LedgerRow>();
  pending.set(tx, rows);
  const row = ledgerRow(issued);
  // Put in anew: the last one of an entity is the one in force.
  rows.delete(row.hash);
  rows.set(row.hash, row);
}

export function keepsLedger(store: Store): void {
  store.beforeCommit(putIssued);
}

/** Writes what was recorded so far: at the end of every transaction, and before that by one that issues very many. */
export async function putIssued(tx: Queries): Promise<void> {
  const rows = [...(pending.get(tx)?.values() ?? [])];
  pending.delete(tx);
  const newest = new Map(rows.map(({ entity, hash }) => [entity, hash]));
  for (let from = 0; from < rows.length; from += LEDGER_CHUNK) {
    if (from > 0) await turn();
    await write(tx, rows.slice(from, from + LEDGER_CHUNK), newest);
  }
}

async function write(tx: Queries, rows: LedgerRow[], newest: Map<string, string>): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const supersededAt = first.recordedAt;
  await tx.issuedJwt.updateMany({
    where: { entity: { in: rows.map(({ entity }) => entity) }, supersededAt: null },
    data: { supersededAt },
  });
  const inForce = ({ entity, hash }: { entity: string; hash: string }) => newest.get(entity) === hash;
  const known = await tx.issuedJwt.findMany({
    where: { hash: { in: rows.map(({ hash }) => hash) } },
    select: { hash: true, entity: true },
  });
  // A JWT of an earlier day was pushed again, by force.
  const again = known.filter(inForce).map(({ hash }) => hash);
  if (again.length > 0) {
    await tx.issuedJwt.updateMany({ where: { hash: { in: again } }, data: { supersededAt: null } });
  }
  const there = new Set(known.map(({ hash }) => hash));
  const data = rows
    .filter(({ hash }) => !there.has(hash))
    .map((row) => (inForce(row) ? row : { ...row, supersededAt: row.recordedAt }));
  await insertRows(tx, 'issued_jwt', data);
}

/** A deleted account and its users: nothing of it is in force any more. */
export async function endInLedger(tx: Queries, accountKey: string, at: number): Promise<void> {
  const data = { supersededAt: BigInt(at) };
  await tx.issuedJwt.updateMany({ where: { accountKey, supersededAt: null }, data });
}

export function ledgerRow(issued: Issued): LedgerRow {
  const { kind, claims, token, operator, origin, actor, at } = issued;
  const account = kind === 'account' ? claims.sub : (issued.account ?? null);
  const who = typeof actor === 'string' ? { actor } : actor;
  const { iat, nbf, exp } = claims;
  return {
    hash: tokenHash(token),
    kind,
    entity: entityOf(issued),
    subject: claims.sub,
    jti: accountJti({ claims, token }),
    operatorKey: operator,
    accountKey: account,
    issuer: claims.iss,
    name: claims.name ?? '',
    iat: BigInt(iat),
    nbf: nbf ? BigInt(nbf) : null,
    exp: exp ? BigInt(exp) : null,
    origin,
    issuedBy: who?.actor ?? null,
    requestId: who?.requestId ?? null,
    recordedAt: BigInt(at),
    claims: kind === 'user' || kind === 'activation' ? claimsJson(token) : null,
    warnedWithin: exp ? BigInt(exp - iat) : null,
  };
}

export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The ledger's name for a user of an account: a key may be a user of several. */
export function userEntity(account: string, user: string): string {
  return `${account}/${user}`;
}

function entityOf({ kind, claims, account = '' }: Issued): string {
  if (kind === 'user') return userEntity(account, claims.sub);
  return kind === 'activation' ? activationHash(claims) : claims.sub;
}
