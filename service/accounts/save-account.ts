import { NatsctlError } from '../../claims/errors.js';
import type { VerifiedAccount } from '../../claims/trust/account.js';
import type { AccountClaims } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import { type Actor, type AuditRecord, claimsJson, recordAudit } from '../audit/audit.js';
import type { ServiceErrorCode } from '../errors.js';
import { recordIssued } from '../ledger/record-issued.js';
import { linksOf } from '../link/scope.js';
import { noteChanged } from '../store/changed-accounts.js';
import { insertUnlessThere } from '../store/insert-rows.js';
import type { Queries } from '../store/open.js';
import { carryRoles } from '../users/carry-roles.js';
import { accountJti } from './jti.js';

export interface Change {
  account: VerifiedAccount;
  /** What is replaced; null for a new account. */
  stored: Account | null;
  /** Whether a new account is known to have been deleted before; absent where the caller did not look. */
  tombstone?: boolean;
  /** Unix seconds. */
  at: number;
  actor: Actor;
  action: AuditRecord['action'];
  detail?: Record<string, unknown>;
  /** Signed elsewhere; absent = signed here. */
  pushed?: boolean;
  /** The link it came over: its servers were told as this service was. */
  link?: string;
}

/** Stores an account JWT: the row, its audit entry and its announcements, all in the caller's transaction. */
export async function saveAccount(tx: Queries, change: Change): Promise<Account> {
  const { account, stored, tombstone = true, at, actor, action, detail, link } = change;
  const { claims, token, operator } = account;
  const name = claims.name ?? claims.sub;
  const jti = accountJti(account);
  const data = { name, nameFold: foldName(name), jwt: token, jti, iat: BigInt(claims.iat), updatedAt: BigInt(at) };
  const row = stored
    ? await replaceRow(tx, stored, data)
    : await addRow(tx, { ...data, key: claims.sub, operatorKey: operator.sub, createdAt: BigInt(at), version: 1 });
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
  if (stored) await carryRoles(tx, stored, claims, { at, actor });
  const origin = change.pushed ? 'pushed' : 'issued';
  recordIssued(tx, { kind: 'account', claims, token, operator: operator.sub, origin, actor, at });
  await noteImports(tx, claims, stored !== null);
  // What was deleted and is made anew has no tombstone any more, and no server is told to delete it.
  if (!stored && tombstone) await tx.deletedAccount.deleteMany({ where: { key: claims.sub } });
  await announceLater(tx, row, at, link);
  return row;
}

/** Not an upsert, which asks again what the caller has read. */
async function replaceRow(tx: Queries, stored: Account, data: Omit<Account, Lasting>): Promise<Account> {
  const { key, operatorKey, nameFold } = stored;
  if (nameFold !== data.nameFold) await checkNameFree(tx, operatorKey, key, data.name);
  noteChanged(tx, key);
  return tx.account.update({ where: { key }, data: { ...data, version: { increment: 1 } } });
}

type Lasting = 'key' | 'operatorKey' | 'version' | 'createdAt';

/** Whether the name is free is told by the row itself: one that has no place is not written, and no change is noted of it. */
async function addRow(tx: Queries, row: Account): Promise<Account> {
  const { key, operatorKey, name } = row;
  if (!(await insertUnlessThere(tx, 'account', row))) {
    await checkNameFree(tx, operatorKey, key, name);
    throw new Error(`the account ${key} is there, and was taken for a new one`);
  }
  noteChanged(tx, key);
  return row;
}

/** Who imports from whom, kept beside the JWT: most accounts import nothing, and most changes are of something else. */
async function noteImports(tx: Queries, { sub, nats }: AccountClaims, known: boolean): Promise<void> {
  const exporters = new Set(nats.imports.map(({ account }) => account));
  const rows = known ? await tx.accountImport.findMany({ where: { importerKey: sub } }) : [];
  const gone = rows.filter(({ exporterKey }) => !exporters.delete(exporterKey)).map(({ exporterKey }) => exporterKey);
  if (gone.length > 0) {
    await tx.accountImport.deleteMany({ where: { importerKey: sub, exporterKey: { in: gone } } });
  }
  const added = [...exporters].map((exporterKey) => ({ exporterKey, importerKey: sub }));
  if (added.length > 0) await tx.accountImport.createMany({ data: added });
}

/**
 * One row for each link: the newest JWT is what there is to announce, however many came before it. To the link it came
 * `from` there is nothing to say; which of its servers took it is found when they are compared (service/link/drift.ts).
 */
export async function announceLater(
  tx: Queries,
  { key: accountKey, operatorKey, jti }: Pick<Account, 'key' | 'operatorKey' | 'jti'>,
  at: number,
  from?: string,
): Promise<void> {
  for (const { id: linkId } of await linksIn(tx, operatorKey)) {
    const state = linkId === from ? 'acked' : 'pending';
    const data = { jti, state, attempts: 0, answers: '[]', updatedAt: BigInt(at) };
    await tx.announcement.upsert({
      where: { linkId_accountKey: { linkId, accountKey } },
      create: { ...data, linkId, accountKey },
      update: data,
    });
  }
}

const links = new WeakMap<Queries, Map<string, Promise<{ id: string }[]>>>();

/** Read once for a group of pushes: a link is attached in a transaction that saves no account. */
function linksIn(tx: Queries, operatorKey: string): Promise<{ id: string }[]> {
  const read = links.get(tx) ?? new Map<string, Promise<{ id: string }[]>>();
  links.set(tx, read);
  const known = read.get(operatorKey) ?? linksOf(tx, operatorKey);
  read.set(operatorKey, known);
  return known;
}

/** Names differing only in letter case are one folder on many file systems (nsc files accounts by name). */
async function checkNameFree(tx: Queries, operatorKey: string, key: string, name: string): Promise<void> {
  const nameFold = foldName(name);
  const holder = await tx.account.findUnique({
    where: { operatorKey_nameFold: { operatorKey, nameFold } },
    select: { key: true, name: true },
  });
  if (!holder || holder.key === key) return;
  // Whose it is is not told: an admin of one account may rename it, and who has the key of another can read its JWT.
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_ACCOUNT_NAME_TAKEN',
    `the name ${JSON.stringify(name)} is taken by another account`,
    {
      hint: 'choose another name; letter case makes no difference',
      details: { account: key, holder: holder.key, name },
    },
  );
}

export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
