import { isRevoked } from '../../claims/account/revocation.js';
import { NatsctlError } from '../../claims/errors.js';
import type { Signer } from '../../claims/keys/signer.js';
import type { AccountClaims } from '../../claims/types.js';
import type { User } from '../../prisma/generated/client.js';
import { type Actor, claimsJson } from '../audit/audit.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { type IssuingAccount, issueUser } from '../users/issue-user.js';

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

/** Signs the users of a key that goes with the one that comes: the same claims, the same expiry. */
export async function reissueUsers(
  service: Service,
  tx: Queries,
  { issuing, signer, users }: { issuing: IssuingAccount; signer: Signer; users: UserOfKey[] },
  actor: Actor,
): Promise<void> {
  for (const stored of users) {
    const { claims } = readStored('user', stored);
    await issueUser(service, tx, {
      ...{ issuing, claims, role: stored.role, stored, listed: true, signer, actor },
      action: 'user.reissue',
    });
  }
}
