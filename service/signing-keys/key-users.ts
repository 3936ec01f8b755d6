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
import { turns } from '../turn.js';
import { type IssuingAccount, recordUser, signUser, termsOf, type UserIssue } from '../users/issue-user.js';

type UserOfKey = User & { jwt: string };

/** Named one by one in a refusal up to here. */
const MAX_NAMED = 20;

/** Users made here that a key signed and that it still lets in. */
export async function usersOfKey(
  tx: Queries,
  { sub, nats }: AccountClaims,
  key: string,
  now: number,
): Promise<UserOfKey[]> {
  const rows = await tx.user.findMany({
    where: { accountKey: sub, jwt: { not: null }, OR: [{ exp: null }, { exp: { gt: BigInt(now) } }] },
    orderBy: { key: 'asc' },
  });
  return rows.filter((row): row is UserOfKey => {
    if (row.jwt === null || isRevoked(nats.revocations, row.key, Number(row.iat))) return false;
    return (JSON.parse(claimsJson(row.jwt)) as { iss?: unknown }).iss === key;
  });
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

/** Users signed before they are written: a few statements for all of them. */
const PAGE = 500;

/** Signs the users of a key that goes with the one that comes: the same claims, the same expiry. */
export async function reissueUsers(
  service: Service,
  tx: Queries,
  { issuing, signer, users }: { issuing: IssuingAccount; signer: Signer; users: UserOfKey[] },
  actor: Actor,
): Promise<void> {
  const turn = turns();
  const terms = termsOf(service, tx, issuing);
  for (let from = 0; from < users.length; from += PAGE) {
    const signed: User[] = [];
    for (const stored of users.slice(from, from + PAGE)) {
      await turn();
      const { role } = stored;
      const { claims } = readStored('user', stored);
      const issue: UserIssue = { issuing, claims, role, stored, listed: true, actor, action: 'user.reissue' };
      const issued = await signUser(service, await terms.all(role, signer), issue);
      await recordUser(service, tx, issue, issued);
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
