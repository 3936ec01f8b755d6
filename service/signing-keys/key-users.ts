import { isRevoked } from '../../claims/account/revocation.js';
import { NatsctlError } from '../../claims/errors.js';
import type { Signer } from '../../claims/keys/signer.js';
import type { AccountClaims } from '../../claims/types.js';
import { Prisma, type User } from '../../prisma/generated/client.js';
import { type Actor, claimsJson } from '../audit/audit.js';
import type { ServiceErrorCode } from '../errors.js';
import { putIssued } from '../ledger/record-issued.js';
import type { Service } from '../service.js';
import { putAppended } from '../store/appended.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { turn, turns } from '../turn.js';
import { type IssuingAccount, recordUser, signUser, termsOf, type UserIssue } from '../users/issue-user.js';
import type { Presigned } from './presign.js';

export type UserOfKey = User & { jwt: string };

/** Named one by one in a refusal up to here. */
const MAX_NAMED = 20;

/** Users read, and users written, with one statement. */
const PAGE = 500;

/** Users made here that a key signed and that it still lets in. */
export async function usersOfKey(
  tx: Queries,
  { sub, nats }: AccountClaims,
  key: string,
  now: number,
): Promise<UserOfKey[]> {
  const alive = { accountKey: sub, jwt: { not: null }, OR: [{ exp: null }, { exp: { gt: BigInt(now) } }] };
  const found: UserOfKey[] = [];
  // In the order of their names, for which there is an index.
  for (let after = ''; ; ) {
    const where = { ...alive, nameFold: { gt: after } };
    const rows = await tx.user.findMany({ where, orderBy: { nameFold: 'asc' }, take: PAGE });
    const isLetIn = ({ key: user, iat }: User) => !isRevoked(nats.revocations, user, Number(iat));
    found.push(...rows.filter((row): row is UserOfKey => signedBy(row, key) && isLetIn(row)));
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) break;
    after = last.nameFold;
    await turn();
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function signedBy(row: User, key: string): row is UserOfKey {
  return row.jwt !== null && (JSON.parse(claimsJson(row.jwt)) as { iss?: unknown }).iss === key;
}

/** @throws NatsctlError ERR_SIGNING_KEY_IN_USE, with the users that would be shut out */
export function refuseKeyInUse(publicKey: string, users: UserOfKey[]): void {
  const [first] = users;
  if (!first) return;
  const more = users.length > 1 ? ` (and ${users.length - 1} more)` : '';
  const issues = users.slice(0, MAX_NAMED).map(({ key, name }) => ({
    path: `/users/${key}`,
    message: `user ${name} would lose access`,
  }));
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_SIGNING_KEY_IN_USE',
    `without ${publicKey} the user ${first.name} loses access${more}`,
    { hint: 'issue them anew with another key first, or do it all the same with ?force=true', details: { issues } },
  );
}

/** Users of a key that goes, to be signed by the one that comes: the same claims, the same expiry. */
export interface Reissue {
  /** With the new key. */
  issuing: IssuingAccount;
  signer: Signer;
  users: UserOfKey[];
  actor: Actor;
}

export function withClaims({ issuing, actor }: Reissue, stored: UserOfKey): UserIssue {
  const { claims } = readStored('user', stored);
  return { ...reissueOf(issuing, actor, stored), claims };
}

function reissueOf(issuing: IssuingAccount, actor: Actor, stored: UserOfKey) {
  return { issuing, role: stored.role, stored, listed: true, actor, action: 'user.reissue' as const };
}

export async function reissueUsers(
  service: Service,
  tx: Queries,
  reissue: Reissue,
  presigned: Presigned | null,
): Promise<void> {
  const { issuing, signer, users, actor } = reissue;
  const untilTurn = turns();
  const terms = termsOf(service, tx, issuing);
  for (let from = 0; from < users.length; from += PAGE) {
    const signed: User[] = [];
    for (const stored of users.slice(from, from + PAGE)) {
      await untilTurn();
      const held = await terms.all(stored.role, signer);
      const issued = presigned?.(stored, held.rules) ?? (await signUser(service, held, withClaims(reissue, stored)));
      await recordUser(service, tx, reissueOf(issuing, actor, stored), issued);
      signed.push(issued.user);
    }
    await replaceJwts(tx, signed);
    // Not all at the end: what waits to be written is as much as all of the users.
    await putAppended(tx);
    await putIssued(tx);
  }
}

/** What a new JWT changes of a user whose name and role stay. */
async function replaceJwts(tx: Queries, users: readonly User[]): Promise<void> {
  const rows = users.map(({ key, jwt, iat, exp, version }) => Prisma.sql`(${key}, ${jwt}, ${iat}, ${exp}, ${version})`);
  await tx.$executeRaw`UPDATE "user" SET "jwt" = "new"."column2", "iat" = CAST("new"."column3" AS BIGINT),
    "exp" = CAST("new"."column4" AS BIGINT), "version" = CAST("new"."column5" AS INTEGER),
    "disabled_at" = NULL, "prior_revocation" = NULL
    FROM (VALUES ${Prisma.join(rows)}) AS "new" WHERE "user"."key" = "new"."column1"`;
}
