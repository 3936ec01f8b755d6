/**
 * Revokes what a user has as a part of a change that gives it something newer. Where the account is signed elsewhere, the
 * revocation is pushed first, and the change made again after it. By then the user is revoked, and who may not lift a revocation
 * must not lift that of anybody else: the second request shows by a proof of this service which one is its own.
 */
import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import type { User } from '../../prisma/generated/client.js';
import type { Actor } from '../audit/audit.js';
import { type Send, withRest } from '../custody/sign-elsewhere.js';
import type { ServiceErrorCode } from '../errors.js';
import { heldOperatorSigner, servedOperator } from '../operators/served-operator.js';
import { revokeIn } from '../revocations/revoke-user.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { type IssuedUser, type IssuingAccount, issuingAccount } from './issue-user.js';
import { ownRevocation } from './revoked.js';

export interface Revocation {
  issuing: IssuingAccount;
  revocation: { account: string; jti: string };
}

/** Until when this very change has revoked the user already; null where it has not, whoever else may have. */
export async function revokedForThis(
  { cursors }: Service,
  tx: Queries,
  { row, account }: IssuingAccount,
  user: User,
  proof: string | undefined,
): Promise<number | null> {
  if (proof === undefined || (await ownRevocation(tx, account.claims, user.key)) !== Number(user.iat)) return null;
  try {
    return Number(cursors.open(proof, proofOf(row.key, user)));
  } catch (error) {
    if (isNatsctlError(error, 'ERR_CURSOR_INVALID')) return null;
    throw error;
  }
}

/** Revokes the JWTs of a user issued until its stored one, and reads the account anew. */
export async function revokeOlder(
  service: Service,
  tx: Queries,
  user: User,
  /** What was asked for, to be asked again with that proof. */
  again: (proof: string) => Send,
  actor: Actor,
): Promise<Revocation> {
  const { key, accountKey } = user;
  const iat = Number(user.iat);
  const revoke = () => revokeIn(service, tx, accountKey, { user: key, at: iat }, actor);
  if (await isHeld(service, tx, accountKey)) return read(service, tx, await revoke());
  // From the next second on, no revocation by somebody else could be taken for this one.
  if (iat >= service.now()) throw justIssued(key);
  const proof = service.cursors.seal(String(iat), proofOf(accountKey, user));
  return read(service, tx, await withRest(again(proof), revoke));
}

/** Revokes whatever a key may have that another one takes the place of. */
export async function revokeReplaced(service: Service, tx: Queries, user: User, actor: Actor): Promise<Revocation> {
  if (await isHeld(service, tx, user.accountKey)) {
    return read(service, tx, await revokeIn(service, tx, user.accountKey, { user: user.key }, actor));
  }
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_ROTATION_ELSEWHERE',
    `the key of user ${user.name} goes by a revocation, which is signed elsewhere, before another one can come`,
    { hint: 'delete the user, then make it anew with the other key: each answer tells what to sign' },
  );
}

/** Where the new JWT is signed elsewhere, what came before it is revoked once that was done. */
export function thenRevoked(
  { key, accountKey, iat }: User,
  revoked: 'until' | 'all' | null,
  work: () => Promise<IssuedUser>,
): Promise<IssuedUser> {
  if (revoked === null) return work();
  const url = `/api/v1/accounts/${accountKey}/revocations`;
  const body = { user: key, ...(revoked === 'until' && { at: Number(iat) }) };
  return withRest({ method: 'POST', url, headers: { 'content-type': 'application/json' }, body }, work);
}

async function isHeld({ custody }: Service, tx: Queries, accountKey: string): Promise<boolean> {
  const { operatorKey } = await tx.account.findUniqueOrThrow({
    where: { key: accountKey },
    select: { operatorKey: true },
  });
  const operator = await servedOperator(tx, operatorKey);
  return (await heldOperatorSigner(tx, custody, operator.claims)) !== null;
}

async function read(
  service: Service,
  tx: Queries,
  { account, jti }: { account: string; jti: string },
): Promise<Revocation> {
  return { issuing: await issuingAccount(service, tx, account), revocation: { account, jti } };
}

/** Of this JWT of the user: the next one is another change. */
function proofOf(account: string, { key, version, iat }: User): string {
  return JSON.stringify(['revoke-older', account, key, version, Number(iat)]);
}

function justIssued(key: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_USER_JUST_ISSUED', `the JWT of user ${key} is of this very second`, {
    hint: 'ask again in a second',
  });
}
