import { NatsctlError } from '../../claims/errors.js';
import type { VerifiedAccount } from '../../claims/trust/account.js';
import type { Account } from '../../prisma/generated/client.js';
import { type Actor, type AuditRecord, claimsJson, recordAudit } from '../audit/audit.js';
import type { ServiceErrorCode } from '../errors.js';
import { linksOf } from '../link/scope.js';
import type { Queries } from '../store/open.js';
import { accountJti } from './jti.js';

export interface Change {
  account: VerifiedAccount;
  /** What is replaced; null for a new account. */
  stored: Account | null;
  /** Unix seconds. */
  at: number;
  actor: Actor;
  action: AuditRecord['action'];
  detail?: Record<string, unknown>;
  /** The link it came over: its servers were told as this service was. */
  link?: string;
}

/** Stores an account JWT: the row, its audit entry and its announcements, all in the caller's transaction. */
export async function saveAccount(tx: Queries, change: Change): Promise<Account> {
  const { account, stored, at, actor, action, detail, link } = change;
  const { claims, token, operator } = account;
  const name = claims.name ?? claims.sub;
  const jti = accountJti(account);
  await checkNameFree(tx, operator.sub, claims.sub, name);
  const data = { name, nameFold: foldName(name), jwt: token, jti, iat: BigInt(claims.iat), updatedAt: BigInt(at) };
  const row = await tx.account.upsert({
    where: { key: claims.sub },
    create: { ...data, key: claims.sub, operatorKey: operator.sub, createdAt: BigInt(at) },
    update: { ...data, version: { increment: 1 } },
  });
  await recordAudit(tx, {
    at,
    actor,
    action,
    entity: claims.sub,
    operator: operator.sub,
    account: claims.sub,
    beforeJti: stored?.jti ?? null,
    afterJti: jti,
    before: stored && claimsJson(stored.jwt),
    after: claimsJson(token),
    ...(detail && { detail }),
  });
  // What was deleted and is made anew has no tombstone any more, and no server is told to delete it.
  if (!stored) await tx.deletedAccount.deleteMany({ where: { key: claims.sub } });
  const links = await linksOf(tx, operator.sub);
  await announceLater(tx, links, { accountKey: claims.sub, jti, at, from: link });
  return row;
}

/**
 * One row for each link: the newest JWT is what there is to announce, however many came before it. To the link it came
 * over there is nothing to say; which of its servers took it is found when they are compared (service/link/drift.ts).
 */
async function announceLater(
  tx: Queries,
  links: { id: string }[],
  { accountKey, jti, at, from }: { accountKey: string; jti: string; at: number; from: string | undefined },
): Promise<void> {
  for (const { id: linkId } of links) {
    const state = linkId === from ? 'acked' : 'pending';
    const data = { jti, state, attempts: 0, answers: '[]', updatedAt: BigInt(at) };
    await tx.announcement.upsert({
      where: { linkId_accountKey: { linkId, accountKey } },
      create: { ...data, linkId, accountKey },
      update: data,
    });
  }
}

/** Names differing only in letter case are one folder on many file systems (nsc files accounts by name). */
async function checkNameFree(tx: Queries, operatorKey: string, key: string, name: string): Promise<void> {
  const nameFold = foldName(name);
  const holder = await tx.account.findUnique({ where: { operatorKey_nameFold: { operatorKey, nameFold } } });
  if (!holder || holder.key === key) return;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_ACCOUNT_NAME_TAKEN',
    `the name ${JSON.stringify(name)} is taken by the account ${holder.name} (${holder.key})`,
    {
      hint: 'choose another name; letter case makes no difference',
      details: { account: key, holder: holder.key, name },
    },
  );
}

export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
