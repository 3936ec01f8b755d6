import { EVERYONE, revoke } from '../../claims/account/revocation.js';
import { NatsctlError } from '../../claims/errors.js';
import { unknownFields } from '../../claims/jwt/decode.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import type { AccountClaims } from '../../claims/types.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import { findAccount } from '../accounts/find-account.js';
import { saveAccount } from '../accounts/save-account.js';
import { signAccount } from '../accounts/sign-account.js';
import type { Actor, AuditRecord } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import { newestIssue } from '../ledger/newest-issue.js';
import { censusBefore, issuedUntil, seeClosed } from '../link/closing.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { recordServers, type ServerTook, tookBy } from './record-servers.js';
import { recordedRevocations } from './recorded.js';
import { revocationUnknown } from './unknown.js';

export interface Revoked {
  account: string;
  user: string;
  /** Unix seconds: JWTs of the user issued at or before it are void. */
  revokedAt: number;
  /** Of the account JWT that says so. */
  jti: string;
  /** Whether this service made the user. Users made elsewhere need not be known to be revoked. */
  known: boolean;
  announced: ServerAnswer[];
  /** What each server made of it; filled where the revocation is what was asked for. */
  servers?: ServerTook[];
}

export interface RevocationRequest {
  /** A user key, or `*` for every user. */
  user: string;
  /** Unix seconds; absent = now, or the issue of the newest JWT known where that is later. */
  at?: number;
}

/** How long an answer waits for the servers; the announcement itself goes on until each of them has it. */
const ANNOUNCE_WAIT_MS = 2_000;

export async function revokeUser(
  service: Service,
  accountId: string,
  request: RevocationRequest,
  actor: Actor,
): Promise<Revoked> {
  const isRehearsal = typeof actor !== 'string' && actor.rehearsal !== undefined;
  const user = userOrEveryone(request.user);
  const meant = { account: decodePublicKey(accountId, 'account').text, ...(user !== EVERYONE && { user }) };
  const before = isRehearsal ? [] : await censusBefore(service.links, meant);
  const revoked = await change(service, actor, (tx) => revokeIn(service, tx, accountId, request, actor));
  const answers = await announced(service, actor, revoked.account, revoked.jti);
  if (isRehearsal) return { ...revoked, announced: answers, servers: [] };
  const closing = await seeClosed(service.links, meant, before, issuedUntil(revoked.revokedAt));
  const servers = tookBy(answers, closing, service.now());
  await recordServers(service, revoked, servers);
  return { ...revoked, announced: answers, servers };
}

/** The revocation itself, as a part of a change. */
export async function revokeIn(
  service: Service,
  tx: Queries,
  accountId: string,
  { user, at }: RevocationRequest,
  actor: Actor,
): Promise<Omit<Revoked, 'announced'>> {
  const key = userOrEveryone(user);
  const { known, newestIat } = await knownUser(tx, accountId, key);
  const wanted = at ?? Math.max(service.now(), newestIat);
  const why = { actor, action: 'revocation.add', user: key } as const;
  const { account, jti, claims } = await changeRevocations(service, tx, accountId, why, (before) => ({
    ...before,
    nats: { ...before.nats, revocations: revoke(before.nats.revocations, key, wanted) },
  }));
  return { account, user: key, revokedAt: claims.nats.revocations.get(key) ?? 0, jti, known };
}

/**
 * Takes a revocation back: JWTs of the user that are still valid work again. That of everyone has taken the place of those it
 * covered; they come back with it, or whoever was revoked for a reason of his own would be let in.
 */
export async function removeRevocation(
  service: Service,
  accountId: string,
  user: string,
  actor: Actor,
): Promise<Omit<Revoked, 'revokedAt' | 'known'>> {
  const key = userOrEveryone(user);
  const { account, jti } = await change(service, actor, async (tx) => {
    const disabledAt = await disabledSince(tx, accountId, key);
    const single = key === EVERYONE ? await recordedRevocations(tx, accountId) : new Map<string, number>();
    return changeRevocations(service, tx, accountId, { actor, action: 'revocation.remove', user: key }, (claims) => {
      let revocations = new Map(claims.nats.revocations);
      if (!revocations.delete(key)) {
        throw revocationUnknown(claims.sub, key);
      }
      if (disabledAt !== null) {
        // What came on top of it goes, and what disables it stays: that ends when the user is enabled.
        if ((claims.nats.revocations.get(key) ?? 0) <= disabledAt) throw userDisabled(key);
        revocations.set(key, disabledAt);
      }
      for (const [other, at] of single) revocations = revoke(revocations, other, at);
      return { ...claims, nats: { ...claims.nats, revocations } };
    });
  });
  return { account, user: key, jti, announced: await announced(service, actor, account, jti) };
}

/**
 * Puts the revocation of one user back to what it was, an earlier one or none, as a part of a change: what that one covered
 * stays void.
 */
export async function restoreIn(
  service: Service,
  tx: Queries,
  accountId: string,
  user: string,
  earlier: number | null,
  actor: Actor,
): Promise<{ account: string; jti: string }> {
  const why = { actor, action: 'revocation.remove', user } as const;
  return changeRevocations(service, tx, accountId, why, (claims) => {
    const revocations = new Map(claims.nats.revocations);
    revocations.delete(user);
    if (earlier !== null) revocations.set(user, earlier);
    return { ...claims, nats: { ...claims.nats, revocations } };
  });
}

/** What the servers answer in time; nothing where nothing was changed. */
export async function announced(service: Service, actor: Actor, account: string, jti: string): Promise<ServerAnswer[]> {
  if (typeof actor !== 'string' && actor.rehearsal) return [];
  return service.links.announce(account, jti, ANNOUNCE_WAIT_MS);
}

interface RevocationChange {
  actor: Actor;
  action: AuditRecord['action'];
  user: string;
}

async function changeRevocations(
  service: Service,
  tx: Queries,
  accountId: string,
  { actor, action, user }: RevocationChange,
  edit: (claims: AccountClaims) => AccountClaims,
): Promise<{ account: string; jti: string; claims: AccountClaims }> {
  const stored = await findAccount(tx, accountId);
  const before = readStored('account', stored);
  const claims = edit(before.claims);
  const operator = await servedOperator(tx, stored.operatorKey);
  const account = await signAccount(service, tx, operator, claims, Number(stored.iat));
  // Fields of a newer NATS than ours are not in the model that is signed: the audit says which ones went.
  const lost = unknownFields(before);
  const until = claims.nats.revocations.get(user);
  // Taken back in part: what is left of it counts from here on (service/revocations/recorded.ts).
  const left = action === 'revocation.remove' && until !== undefined && { revoked: [{ user, at: until }] };
  const detail = { user, at: until, ...left, ...(lost.length > 0 && { lost }) };
  const { jti } = await saveAccount(tx, { account, stored, at: service.now(), actor, action, detail });
  return { account: stored.key, jti, claims: account.claims };
}

export function userOrEveryone(user: string): string {
  return user === EVERYONE ? EVERYONE : decodePublicKey(user, 'user').text;
}

/** Until when the JWTs of a disabled user are void; null for any other. */
async function disabledSince(tx: Queries, accountId: string, key: string): Promise<number | null> {
  const accountKey = decodePublicKey(accountId, 'account').text;
  const user = await tx.user.findFirst({ where: { key, accountKey }, select: { disabledAt: true } });
  return user?.disabledAt == null ? null : Number(user.disabledAt);
}

/** It would be listed as disabled, and could connect. */
function userDisabled(key: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_USER_DISABLED', `the user ${key} is disabled`, {
    hint: `enable it, which takes its revocation back: POST /api/v1/users/${key}/enable`,
  });
}

export async function knownUser(
  tx: Queries,
  accountId: string,
  user: string,
): Promise<{ known: boolean; newestIat: number }> {
  const accountKey = decodePublicKey(accountId, 'account').text;
  const newestIat = await newestIssue(tx, accountKey, user);
  return { known: user === EVERYONE || newestIat > 0, newestIat };
}
