/** What a push must not do, whoever signed it. The rule of ARCHITECTURE.md ("two writers never undo each other") is this file. */
import { lostRevocations } from '../../claims/account/revocation.js';
import { NatsctlError } from '../../claims/errors.js';
import { checkEntityName } from '../../claims/names.js';
import type { VerifiedAccount } from '../../claims/trust/account.js';
import type { AccountClaims } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Push } from './push-account.js';

/** Seconds an `iat` may lie in the future: a revocation "now" must cover what is pushed now. */
const MAX_CLOCK_SKEW_SECONDS = 60;

/** What the rules look at. */
export interface Case {
  readonly push: Push;
  readonly account: Pick<VerifiedAccount, 'claims' | 'operator'>;
  readonly jti: string;
  readonly stored: Account | null;
  /** The claims of `stored`. */
  readonly before: AccountClaims | null;
  /** Unix seconds; 0 where it was never deleted. */
  readonly deletedUntil: number;
  readonly now: number;
}

/** In this order, each either passes (nothing) or throws. The JWT itself has been verified before the first one. */
const RULES: readonly ((judged: Case) => void)[] = [
  refuseOtherId,
  refuseDeleted,
  refuseOtherOperator,
  refuseFuture,
  refuseUnfitName,
  refuseBrokenPrecondition,
  refuseOlder,
  refuseSameJti,
  refuseDroppedRevocations,
];

/** @throws NatsctlError of the first rule that is broken */
export function judgePush(judged: Case): void {
  for (const rule of RULES) rule(judged);
}

function refuseOtherId({ push, account: { claims } }: Case): void {
  if (claims.sub === push.id) return;
  throw refusal(
    'ERR_PUSH_ID_MISMATCH',
    `pub keys don't match: the JWT is of ${claims.sub}, not of ${push.id}`,
    'post it under its own id',
  );
}

/** A server that was away when the account was deleted still has it, and would bring it back for all. */
function refuseDeleted({ account: { claims }, deletedUntil }: Case): void {
  if (claims.iat > deletedUntil) return;
  throw refusal(
    'ERR_ACCOUNT_DELETED',
    `${label(claims)} was deleted, and this JWT was issued before that`,
    'to have the account again, sign it anew and push that',
  );
}

/** An account does not change hands: what one operator's users and keys belong to, no other operator's signature takes over. */
function refuseOtherOperator({ account: { claims, operator }, stored }: Case): void {
  if (!stored || stored.operatorKey === operator.sub) return;
  throw refusal(
    'ERR_PUSH_OPERATOR',
    `${label(claims)} belongs to another operator of this service`,
    'push it to the operator that made it, or use a new account key',
  );
}

/** The service itself signs one second later than what it replaces, so a burst of its changes may run ahead of the clock. */
function refuseFuture({ account: { claims }, stored, now }: Case): void {
  const newest = Math.max(now, Number(stored?.iat ?? 0));
  if (claims.iat <= newest + MAX_CLOCK_SKEW_SECONDS) return;
  const ahead = claims.iat - now;
  throw refusal(
    'ERR_PUSH_IN_FUTURE',
    `the JWT of ${label(claims)} was issued ${ahead} s in the future`,
    'set the clock of the machine that signed it',
  );
}

/** A name becomes a file name in every store that pulls it. An account that has one already keeps it. */
function refuseUnfitName({ account: { claims }, stored }: Case): void {
  if (claims.name !== undefined && claims.name !== stored?.name) checkEntityName(claims.name, 'account');
}

function refuseBrokenPrecondition({ push: { precondition }, account: { claims }, stored }: Case): void {
  if (precondition.kind === 'none') return;
  if (precondition.kind === 'absent') {
    if (!stored) return;
    throw refusal(
      'ERR_PUSH_PRECONDITION',
      `the service holds a JWT of ${label(claims)} that this store has not seen`,
      PULL,
    );
  }
  if (stored && (precondition.etags === '*' || precondition.etags.includes(stored.jti))) return;
  if (stored)
    throw refusal(
      'ERR_PUSH_PRECONDITION',
      `${label(claims)} was changed on the service since this store last pulled`,
      PULL,
    );
  throw refusal(
    'ERR_PUSH_PRECONDITION',
    `the service does not hold ${label(claims)} any more`,
    'push it as a new account: without If-Match',
  );
}

function refuseOlder({ push: { precondition }, account: { claims }, stored }: Case): void {
  if (!stored || precondition.kind !== 'none' || Number(stored.iat) <= claims.iat) return;
  throw refusal('ERR_PUSH_OLDER', `the service holds a newer JWT of ${label(claims)}`, PULL);
}

/**
 * The jti is the version's name: two different JWTs of one name would let a push pass for being made from the other. NATS
 * libraries hash the registered claims alone (jwt v2 `ClaimsData`), so two changes signed by one key in one second have the same.
 */
function refuseSameJti({ account: { claims }, jti, stored }: Case): void {
  if (stored?.jti !== jti) return;
  throw refusal(
    'ERR_PUSH_JTI',
    `the JWT of ${label(claims)} has the jti of the stored one and other contents: it was signed in the same second`,
    PULL,
  );
}

function refuseDroppedRevocations({ push, account: { claims }, before }: Case): void {
  if (!before || push.forced) return;
  const { users, activations } = lostRevocations(before, claims);
  const dropped = [...users, ...activations];
  if (dropped.length === 0) return;
  const keys = dropped.map(({ user }) => user);
  const shown = keys.slice(0, 3).join(', ') + (users.length > 3 ? ` and ${users.length - 3} more` : '');
  const [what, whom] = users.length > 0 ? ['revocations', 'users'] : ['revocations of activations', 'accounts'];
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_PUSH_REVOCATION_DROPPED',
    `the JWT of ${label(claims)} lacks ${what} that the service holds (${shown}): it would let those ${whom} back in`,
    { hint: PULL, details: { account: claims.sub, dropped } },
  );
}

const PULL = 'pull first: run `natsctl pull`, then push again (with nsc: `nsc pull`)';

function refusal(code: ServiceErrorCode, message: string, hint: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError(code, message, { hint });
}

function label({ name, sub }: { name?: string; sub: string }): string {
  return name === undefined ? `account ${sub}` : `account ${name} (${sub})`;
}
