import { EVERYONE } from '../../claims/account/revocation.js';
import { NatsctlError } from '../../claims/errors.js';
import type { AccountClaims } from '../../claims/types.js';
import type { User } from '../../prisma/generated/client.js';
import type { ServiceErrorCode } from '../errors.js';
import { recordedRevocations } from '../revocations/recorded.js';
import type { Queries } from '../store/open.js';

/**
 * The revocation of this one user, whether the account's JWT names it or that of everyone has taken its place; undefined where
 * there is none.
 */
export async function ownRevocation(tx: Queries, account: AccountClaims, key: string) {
  return revocationOf(account, key, await recordedRevocations(tx, account.sub));
}

function revocationOf({ nats }: AccountClaims, key: string, recorded: ReadonlyMap<string, number>): number | undefined {
  const [told, named] = [recorded.get(key), nats.revocations.get(key)];
  return told === undefined ? named : Math.max(told, named ?? told);
}

/**
 * Of a key that is new here: a JWT for it would be newer than its revocation and bring it back; that takes a decision of its own.
 *
 * @param recorded of the account (service/revocations/recorded.ts)
 */
export function refuseRevokedKey(
  account: AccountClaims,
  key: string,
  recorded: ReadonlyMap<string, number>,
  now: number,
): void {
  refuseWhileEveryoneIs(account, key, now);
  if (revocationOf(account, key, recorded) !== undefined) throw keyRevoked(account, key);
}

/**
 * Of a user whose JWT is to be replaced. What was revoked are earlier JWTs, or this one with everybody else's: then a new one
 * is what its holder waits for. But not where it was revoked itself.
 */
export async function refuseRevokedUser(
  tx: Queries,
  account: AccountClaims,
  { key, iat, disabledAt }: User,
  now: number,
  /** Its own revocation where that is a part of this change already. */
  ours: number | null = null,
): Promise<void> {
  if (disabledAt !== null) {
    throw new NatsctlError<ServiceErrorCode>('ERR_USER_DISABLED', `the user ${key} is disabled`, {
      hint: `enable it first: POST /api/v1/users/${key}/enable`,
    });
  }
  refuseWhileEveryoneIs(account, key, now);
  const revokedAt = await ownRevocation(tx, account, key);
  if (revokedAt !== undefined && revokedAt >= Number(iat) && revokedAt !== ours) throw keyRevoked(account, key);
}

/** A revocation of everyone up to a time to come holds for whoever is issued until then. */
export function refuseWhileEveryoneIs(account: AccountClaims, key: string, now: number): void {
  const everyone = account.nats.revocations.get(EVERYONE);
  if (everyone !== undefined && everyone > now) throw keyRevoked(account, key);
}

export function keyRevoked(account: AccountClaims, key: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError(
    'ERR_USER_REVOKED',
    `the user key ${key} is revoked in account ${account.name ?? account.sub}`,
    {
      hint: 'use a new key, or remove the revocation first',
      details: { account: account.sub },
    },
  );
}
