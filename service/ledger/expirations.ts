/** What ends when: JWTs that are in force, and access tokens. */
import type { AccessToken, IssuedJwt } from '../../prisma/generated/client.js';
import { type Caller, reach, within as withinTokens } from '../auth/rights.js';
import type { Service } from '../service.js';
import { within } from './list-issued.js';
import { LEDGER_KINDS, type LedgerKind } from './record-issued.js';
import { scanPage } from './scan-page.js';
import { standings } from './standing.js';

export const EXPIRING_KINDS = [...LEDGER_KINDS, 'token'] as const;

export interface Expiring {
  kind: LedgerKind | 'token';
  /** Public key, or the id of an access token. */
  id: string;
  name: string;
  operator: string | null;
  account: string | null;
  jti: string | null;
  /** Unix seconds. */
  expires: number;
}

export interface ExpiringFilter {
  kind?: LedgerKind | 'token';
  /** Unix seconds. */
  before?: number;
}

/** In this order where two end in the same second: JWTs by their number, then tokens by their id. */
type Row = { exp: bigint; jwt: IssuedJwt } | { exp: bigint; token: AccessToken };

export async function listExpiring(
  { store: { db }, now }: Service,
  caller: Caller,
  { kind, before }: ExpiringFilter,
  page: { limit: number; after?: string },
): Promise<{ items: Expiring[]; next?: string }> {
  const at = now();
  const until = before !== undefined && { lt: BigInt(before) };
  const jwts = async (after: Cursor | null, take: number): Promise<Row[]> => {
    if (kind === 'token') return [];
    const rows = await db.issuedJwt.findMany({
      where: {
        AND: [
          within(reach(caller, 'read')),
          { supersededAt: null, exp: { gte: BigInt(at), ...until }, ...(kind !== undefined && { kind }) },
          after
            ? { OR: [{ exp: { gt: after.exp } }, ...(after.seq === null ? [] : [sameSecond(after.exp, after.seq)])] }
            : {},
        ],
      },
      orderBy: [{ exp: 'asc' }, { seq: 'asc' }],
      take,
    });
    return rows.flatMap((jwt) => (jwt.exp === null ? [] : { exp: jwt.exp, jwt }));
  };
  // As GET /tokens: of them only who may manage knows.
  const tokens = async (after: Cursor | null, take: number): Promise<Row[]> => {
    if (kind !== undefined && kind !== 'token') return [];
    const rows = await db.accessToken.findMany({
      where: {
        AND: [
          withinTokens(reach(caller, 'manage'), 'operatorKey', 'accountKey'),
          { revokedAt: null, expiresAt: { gt: BigInt(at), ...until } },
          after ? { OR: [{ expiresAt: { gt: after.exp } }, { expiresAt: after.exp, hash: { gt: after.hash } }] } : {},
        ],
      },
      orderBy: [{ expiresAt: 'asc' }, { hash: 'asc' }],
      take,
    });
    return rows.flatMap((token) => (token.expiresAt === null ? [] : { exp: token.expiresAt, token }));
  };
  return scanPage<Row, Expiring>(page, {
    async read(text, take) {
      const after = text === undefined ? null : parseCursor(text);
      const rows = [...(await jwts(after, take)), ...(await tokens(after, take))];
      // Each of the two is sorted, and the sort is stable.
      return rows.sort((a, b) => Number(a.exp - b.exp)).slice(0, take);
    },
    async pick(rows) {
      const held = rows.flatMap((row) => ('jwt' in row ? row.jwt : []));
      const judged = await standings(db, held, at);
      const active = new Set(held.filter((_, n) => judged[n]?.status === 'active').map(({ seq }) => seq));
      return rows.map((row) => ('jwt' in row && !active.has(row.jwt.seq) ? null : expiring(row)));
    },
    cursor: (row) => ('jwt' in row ? `${row.exp}.${row.jwt.seq}` : `${row.exp}..${row.token.hash}`),
  });
}

interface Cursor {
  exp: bigint;
  /** Of the JWT before; null after a token, when all JWTs of that second were told. */
  seq: number | null;
  /** Of the token before. */
  hash: string;
}

function parseCursor(text: string): Cursor {
  const [exp = '0', seq = '', hash = ''] = text.split('.');
  return { exp: BigInt(exp), seq: seq === '' ? null : Number(seq), hash };
}

function sameSecond(exp: bigint, seq: number) {
  return { exp, seq: { gt: seq } };
}

function expiring(row: Row): Expiring {
  const expires = Number(row.exp);
  if ('token' in row) {
    const { hash, name, operatorKey, accountKey } = row.token;
    return { kind: 'token', id: hash, name, operator: operatorKey, account: accountKey, jti: null, expires };
  }
  const { kind, subject, name, operatorKey, accountKey, jti } = row.jwt;
  return { kind: kind as LedgerKind, id: subject, name, operator: operatorKey, account: accountKey, jti, expires };
}
