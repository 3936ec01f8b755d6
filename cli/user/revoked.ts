import { EVERYONE, isRevoked } from '../../claims/account/revocation.js';
import type { AccountClaims, UserClaims } from '../../claims/types.js';
import { cliError } from '../errors.js';

/** Seconds that a burst of changes, each a second later than the one before, may run ahead of the clock. */
const AHEAD_SECONDS = 60;

/** A new JWT would be newer than the revocation and bring the key back. */
export function refuseRevokedKey(
  { nats: { revocations } }: AccountClaims,
  account: string,
  key: string,
  now: number,
): void {
  if (!revocations.has(key) && (revocations.get(EVERYONE) ?? 0) <= now + AHEAD_SECONDS) return;
  throw revoked(account, key, 'use a new key');
}

/** As above, but for a user whose JWT is newer than its revocation: that one was brought back before. */
export function refuseRevokedUser(
  { nats: { revocations } }: AccountClaims,
  account: string,
  { sub, iat }: UserClaims,
  now: number,
): void {
  const valid = (revocations.get(sub) ?? -1) < iat;
  if (valid && (revocations.get(EVERYONE) ?? 0) <= now + AHEAD_SECONDS) return;
  throw revoked(account, sub, 'make a new user in its place with `natsctl user create`');
}

/**
 * As above, and also for a user that was revoked with everyone: to bring that one back is an edit's to do, which says so, and
 * not a side effect of a new name or of creds for an hour.
 */
export function refuseVoidUser(account: AccountClaims, name: string, user: UserClaims, now: number): void {
  refuseRevokedUser(account, name, user, now);
  if (!isRevoked(account.nats.revocations, user.sub, user.iat)) return;
  throw revoked(name, user.sub, 'everyone was revoked: bring it back with `natsctl user edit`, or make a new user');
}

/** A JWT must be later than a revocation of everyone, or it would be void from the start. */
export function afterRevocations({ nats: { revocations } }: AccountClaims, replaced = 0): number {
  return Math.max(replaced, revocations.get(EVERYONE) ?? 0);
}

function revoked(account: string, key: string, hint: string): Error {
  return cliError('ERR_USER_REVOKED', `the user key ${key} is revoked in account ${account}`, {
    hint,
    details: { user: key, account },
  });
}
