/**
 * Deletes an account. What is left is a tombstone (table deleted_account): every server that still has the account would
 * otherwise hand it back. Its servers are told by the outbox (service/link/announce-deletion.ts) until each has let it go.
 */
import { EVERYONE } from '../../claims/account/revocation.js';
import { NatsctlError } from '../../claims/errors.js';
import { payloadJson, type Unsigned } from '../../claims/jwt/encode.js';
import { newAccount } from '../../claims/jwt/new.js';
import type { AccountClaims, OperatorClaims } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import { type Actor, claimsJson, recordAudit } from '../audit/audit.js';
import { change } from '../change/change.js';
import { withRest } from '../custody/sign-elsewhere.js';
import type { ServiceErrorCode } from '../errors.js';
import { requireMatch } from '../http/entity-tag.js';
import { endInLedger, recordIssued } from '../ledger/record-issued.js';
import type { JetStreamUse } from '../link/jetstream.js';
import { linksOf } from '../link/scope.js';
import { heldOperatorSigner, type ServedOperator, servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import { noteChanged } from '../store/changed-accounts.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { findAccount } from './find-account.js';
import { type Hold, importersOf, jetStreamOf, usersOf } from './in-use.js';
import { signAccount } from './sign-account.js';

export interface AccountDeletion {
  id: string;
  /** Also where users, other accounts or JetStream still need it. */
  forced: boolean;
  actor: Actor;
  /** ETag of what was read; nothing else is deleted then. */
  ifMatch?: string | undefined;
  /** The signed request, where it came over NATS. */
  request?: string;
}

export interface DeletedAccount {
  account: string;
  name: string;
  /** Unix seconds. */
  deletedAt: number;
  /** Users made here that went with it. */
  users: number;
  /** No JWT of the account issued until then is taken any more (unix seconds). */
  refusedUntil: number;
}

/** How long an answer waits for the servers; telling them goes on until each of them has done it. */
const ANNOUNCE_WAIT_MS = 2_000;

export async function deleteAccount(
  service: Service,
  deletion: AccountDeletion,
): Promise<DeletedAccount & { announced: ServerAnswer[] }> {
  const deleted = await removeAccount(service, deletion);
  if (typeof deletion.actor !== 'string' && deletion.actor.rehearsal) return { ...deleted, announced: [] };
  const announced = await service.links.announceDeletion(deleted.account, deleted.refusedUntil, ANNOUNCE_WAIT_MS);
  return { ...deleted, announced };
}

/** As `deleteAccount`, without waiting for what servers say. */
export async function removeAccount(service: Service, deletion: AccountDeletion): Promise<DeletedAccount> {
  const { id, forced, actor, ifMatch, request } = deletion;
  const { key } = await findAccount(service.store.db, id);
  const use = forced ? null : await service.links.jetStreamUse(key);
  return change(service, actor, async (tx) => {
    const stored = await findAccount(tx, key);
    if (ifMatch !== undefined) requireMatch(ifMatch, stored);
    const operator = await servedOperator(tx, stored.operatorKey);
    refuseSystem(service, operator.claims, stored);
    if (use) refuseInUse(stored, await holdsOf(tx, stored, use, service.now()));
    const rest = {
      method: 'DELETE',
      url: `/api/v1/accounts/${key}${forced ? '?force=true' : ''}`,
      headers: {},
    } as const;
    const closing = await withRest(rest, () => closingJwt(service, tx, operator, stored, { request, actor }));
    const at = service.now();
    const refusedUntil = Math.max(closing?.iat ?? 0, Number(stored.iat), at);
    noteChanged(tx, key);
    await tx.pendingAccount.deleteMany({ where: { key } });
    await tx.activation.deleteMany({ where: { exporterKey: key } });
    await tx.activationRequest.deleteMany({ where: { exporterKey: key, operatorKey: stored.operatorKey } });
    const { count: users } = await tx.user.deleteMany({ where: { accountKey: key } });
    const { count: keys } = await tx.sealedKey.deleteMany({ where: { owner: key } });
    await tx.account.delete({ where: { key } });
    await endInLedger(tx, key, at);
    await tx.deletedAccount.create({
      data: {
        key,
        operatorKey: stored.operatorKey,
        name: stored.name,
        jwt: closing?.token ?? null,
        request: request ?? null,
        iat: BigInt(refusedUntil),
        deletedAt: BigInt(at),
      },
    });
    const links = await linksOf(tx, stored.operatorKey);
    const rows = links.map((link) => ({ linkId: link.id, accountKey: key, state: 'pending', updatedAt: BigInt(at) }));
    if (rows.length > 0) await tx.deletion.createMany({ data: rows });
    await recordAudit(tx, {
      at,
      actor,
      action: 'account.delete',
      entity: key,
      operator: stored.operatorKey,
      account: key,
      before: claimsJson(stored.jwt),
      beforeJti: stored.jti,
      detail: { name: stored.name, users, keys, forced },
    });
    return { account: key, name: stored.name, deletedAt: at, users, refusedUntil };
  });
}

/** nats-server lets nobody delete its system account either: without it no server can be told anything. */
function refuseSystem({ links }: Service, operator: OperatorClaims, { key, name }: Account): void {
  if (operator.nats.system_account !== key && !links.systemAccounts().includes(key)) return;
  throw new NatsctlError<ServiceErrorCode>('ERR_ACCOUNT_SYSTEM', `${name} (${key}) is the system account`, {
    hint: 'name another system account in the operator JWT first',
    details: { account: key },
  });
}

async function holdsOf(tx: Queries, stored: Account, use: JetStreamUse, now: number): Promise<Hold[]> {
  const { claims } = readStored('account', stored);
  return [
    ...(await usersOf(tx, claims, now)),
    ...(await importersOf(tx, stored.operatorKey, stored.key)),
    ...jetStreamOf(claims, use),
  ];
}

function refuseInUse({ key, name }: Account, holds: Hold[]): void {
  const [first] = holds;
  if (!first) return;
  const more = holds.length > 1 ? ` (and ${holds.length - 1} more)` : '';
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_ACCOUNT_IN_USE',
    `the account ${name} (${key}) is in use: ${first.message}${more}`,
    {
      hint: 'see to these first, or delete it all the same with ?force=true',
      details: { account: key, issues: holds },
    },
  );
}

/**
 * The last JWT of the account: no connection is let in, everybody is revoked, nothing is shared or stored. A nats-server with a URL or
 * memory resolver knows no deletion, and a full one may refuse it; this they all take. Where no key is here, it is the stored
 * one if that was signed elsewhere for this; where the request was signed elsewhere too, there is none.
 */
async function closingJwt(
  service: Service,
  tx: Queries,
  operator: ServedOperator,
  stored: Account,
  { request, actor }: Pick<AccountDeletion, 'request' | 'actor'>,
): Promise<{ token: string; iat: number } | null> {
  if (!(await heldOperatorSigner(tx, service.custody, operator.claims))) {
    if (isClosed(stored)) return { token: stored.jwt, iat: Number(stored.iat) };
    if (request !== undefined) return null;
  }
  const claims = closed(stored, Math.max(service.now(), Number(stored.iat)));
  const { token, claims: signed } = await signAccount(service, tx, operator, claims, Number(stored.iat));
  const issued = {
    claims: signed,
    token,
    operator: stored.operatorKey,
    origin: 'issued',
    actor,
    at: service.now(),
  } as const;
  recordIssued(tx, { kind: 'account', ...issued });
  return { token, iat: signed.iat };
}

function closed({ key, name }: Account, revokedAt: number): Unsigned<AccountClaims> {
  const claims = newAccount(key, name);
  claims.nats.limits.conn = 0;
  claims.nats.limits.leaf = 0;
  claims.nats.revocations.set(EVERYONE, revokedAt);
  return claims;
}

function isClosed(stored: Account): boolean {
  const { claims } = readStored('account', stored);
  const payload = (of: Unsigned<AccountClaims>) => payloadJson('account', { ...of, iss: '', iat: 0, jti: '' });
  return payload(claims) === payload(closed(stored, claims.nats.revocations.get(EVERYONE) ?? 0));
}
