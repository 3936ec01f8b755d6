import { NatsctlError } from '../../claims/errors.js';
import { type Actor, recordAudit } from '../audit/audit.js';
import type { ServiceErrorCode } from '../errors.js';
import { inParts } from '../store/in-parts.js';
import type { Queries, Store } from '../store/open.js';
import type { Oidc } from './oidc/oidc.js';
import { tokenRefused } from './refusal.js';
import { type Caller, type Grant, ROLES } from './rights.js';
import { looksLikeServiceToken, makeServiceToken, serviceTokenHash } from './service-token.js';
import type { Sessions } from './sessions.js';

export interface NewToken extends Grant {
  name: string;
  /** Unix seconds; absent = never. */
  expires?: number;
  /** Id of the service token that it is made with. */
  madeWith?: string | undefined;
}

/** A service token as far as it is told of. */
export interface NamedToken {
  id: string;
  name: string;
}

export interface AccessTokens {
  /** Makes a service token. The text is given here once and kept nowhere. */
  issue(tx: Queries, token: NewToken, actor: Actor): Promise<{ id: string; token: string }>;
  /** Who holds a token: a service token, one that a sign-in gave, or one of an identity provider. */
  verify(token: string): Promise<Caller>;
  revoke(tx: Queries, id: string, actor: Actor): Promise<void>;
  /** Tokens in force that were made with this one, with one of those, and so on. */
  descendants(tx: Queries, id: string): Promise<NamedToken[]>;
}

/** A token's last use is written down at most this often: a database write for each request would be its main cost. */
const LAST_USE_SECONDS = 60;
/** Identity providers put some 200 groups into a token; anything beyond is refused unread. */
const MAX_TOKEN_CHARACTERS = 12_288;

/** Access tokens of the REST API. Service tokens are random and known to the database by their hash alone. */
export function openTokens(store: Store, sessions: Sessions, now: () => number, oidc?: Oidc): AccessTokens {
  return {
    async issue(tx, { name, role, operator = null, account = null, expires, madeWith }, actor) {
      const at = now();
      if (madeWith !== undefined) await requireInForce(tx, madeWith, at);
      if (expires !== undefined && expires <= at) throw alreadyOver();
      const token = makeServiceToken();
      const hash = serviceTokenHash(token);
      if (hash === null) throw new Error('a token of ours has not its own form');
      const expiresAt = expires === undefined ? null : BigInt(expires);
      const createdBy = typeof actor === 'string' ? actor : actor.actor;
      await tx.accessToken.create({
        data: {
          hash,
          name,
          role,
          createdAt: BigInt(at),
          expiresAt,
          operatorKey: operator,
          accountKey: account,
          createdBy,
          madeWith: madeWith ?? null,
        },
      });
      const detail = { name, role, expires };
      await recordAudit(tx, { at, actor, action: 'token.create', entity: hash, operator, account, detail });
      return { id: hash, token };
    },

    async verify(token) {
      if (token.length > MAX_TOKEN_CHARACTERS) throw tokenRefused('it is too long');
      if (looksLikeServiceToken(token)) return verifyServiceToken(store, token, now());
      return (await oidc?.verify(token)) ?? sessions.verify(token);
    },

    async revoke(tx, id, actor) {
      const row = await tx.accessToken.findUnique({ where: { hash: id } });
      if (!row) throw tokenUnknown(id);
      if (row.revokedAt !== null) return;
      const at = now();
      const { name, operatorKey: operator, accountKey: account } = row;
      await tx.accessToken.update({ where: { hash: id }, data: { revokedAt: BigInt(at) } });
      await recordAudit(tx, { at, actor, action: 'token.revoke', entity: id, operator, account, detail: { name } });
    },

    async descendants(tx, id) {
      const at = BigInt(now());
      const found: NamedToken[] = [];
      // Those of one that is revoked already are looked at too.
      const seen = new Set([id]);
      for (let makers = [id]; makers.length > 0; ) {
        const made = await inParts(makers, (part) =>
          tx.accessToken.findMany({
            where: { madeWith: { in: part } },
            orderBy: { hash: 'asc' },
          }),
        );
        makers = [];
        for (const { hash, name, revokedAt, expiresAt } of made) {
          if (seen.has(hash)) continue;
          seen.add(hash);
          makers.push(hash);
          if (revokedAt === null && (expiresAt === null || expiresAt > at)) found.push({ id: hash, name });
        }
      }
      return found;
    },
  };
}

/** It may have been revoked since the request began: what is made now would not be found with what it had made. */
async function requireInForce(tx: Queries, id: string, now: number): Promise<void> {
  const maker = await tx.accessToken.findUnique({ where: { hash: id } });
  if (!maker || maker.revokedAt !== null) throw tokenRefused('it was revoked');
  if (maker.expiresAt !== null && maker.expiresAt <= BigInt(now)) throw tokenRefused('it has expired');
}

async function verifyServiceToken(store: Store, token: string, now: number): Promise<Caller> {
  const hash = serviceTokenHash(token);
  const row = hash === null ? null : await store.db.accessToken.findUnique({ where: { hash } });
  if (!row) throw tokenRefused('it is not one of this service');
  if (row.revokedAt !== null) throw tokenRefused('it was revoked');
  if (row.expiresAt !== null && row.expiresAt <= BigInt(now)) throw tokenRefused('it has expired');
  const role = ROLES.find((known) => known === row.role);
  if (!role) throw tokenRefused('its role is unknown');
  if (row.lastUsedAt === null || row.lastUsedAt + BigInt(LAST_USE_SECONDS) <= BigInt(now)) {
    await store.db.accessToken.update({ where: { hash: row.hash }, data: { lastUsedAt: BigInt(now) } });
  }
  return {
    actor: `token:${row.name}`,
    grants: [{ role, operator: row.operatorKey, account: row.accountKey }],
    ...(row.expiresAt !== null && { expires: Number(row.expiresAt) }),
    tokenId: row.hash,
  };
}

function alreadyOver(): NatsctlError<ServiceErrorCode> {
  const message = 'lies in the past';
  return new NatsctlError('ERR_REQUEST_INVALID', 'the token would have ended already', {
    hint: '`expires` is a time in unix seconds; without it the token does not end',
    details: { issues: [{ code: 'past', level: 'error', path: '/expires', message }] },
  });
}

export function tokenUnknown(id: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_TOKEN_UNKNOWN', `there is no access token ${id}`);
}
