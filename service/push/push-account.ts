/**
 * A push: an account JWT signed elsewhere asks to take the place of the stored one. The rule of ARCHITECTURE.md ("two writers
 * never undo each other") is this file. The rules are read and the JWT is written in one transaction, so nothing comes between them.
 */

import { droppedRevocations, lostRevocations } from '../../claims/account/revocation.js';
import { NatsctlError } from '../../claims/errors.js';
import { decodeAs, unknownFields } from '../../claims/jwt/decode.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { checkEntityName } from '../../claims/names.js';
import { type VerifiedAccount, verifyAccount } from '../../claims/trust/account.js';
import type { TrustedOperators } from '../../claims/trust/operators.js';
import type { AccountClaims, Decoded } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import { accountJti } from '../accounts/jti.js';
import { saveAccount } from '../accounts/save-account.js';
import type { Actor } from '../audit/audit.js';
import type { Scope } from '../auth/rights.js';
import type { ServiceErrorCode } from '../errors.js';
import { namedOperator, servedOperators } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { type CrossCheck, crossChecks } from './cross-checks.js';
import type { Precondition } from './precondition.js';
import { isStoredAlready, mayResign, resign } from './resign.js';

export interface Push {
  /** The account the sender names; must be the token's own. */
  id: string;
  token: string;
  precondition: Precondition;
  /** Whether revocations may be dropped: only for a caller with an admin token who says so. */
  forced: boolean;
  /** The caller, where it is known by an access token. */
  actor?: Actor;
  /** Throws where who pushes may not do that here. A new account is its operator's to have. */
  allow?(scope: Scope): void;
  /** Where it came over NATS: the link whose servers were told by the sender already. */
  link?: string;
}

export interface PushOutcome {
  status: 'created' | 'updated' | 'unchanged';
  account: string;
  jti: string;
  warnings: CrossCheck[];
}

/** Seconds an `iat` may lie in the future: a revocation "now" must cover what is pushed now. */
const MAX_CLOCK_SKEW_SECONDS = 60;

/** What the rules look at. */
interface Case {
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

export async function pushAccount(service: Service, push: Push): Promise<PushOutcome> {
  const id = decodePublicKey(push.id, 'account').text;
  const decoded = decodeAs('account', push.token);
  const pushed = await service.store.grouped({
    account: id,
    read: (tx) => readHeld(tx, id),
    write: (tx, held) => store(service, tx, { ...push, id }, decoded, held),
  });
  if (pushed.status !== 'unchanged') service.links.wake();
  const { status, account, before, resigned } = pushed;
  const warnings = await crossChecks(service, account, { before, nameImporters: !resigned });
  return { status, account: id, jti: accountJti(account), warnings };
}

interface Pushed {
  status: PushOutcome['status'];
  account: VerifiedAccount;
  /** What was there before, where it can be read. */
  before: AccountClaims | null;
  resigned: boolean;
}

/** What the service has of an account. */
interface Held {
  stored: Account | null;
  deleted: { iat: bigint } | null;
}

async function readHeld(tx: Queries, key: string): Promise<Held> {
  const [stored, deleted] = await Promise.all([
    tx.account.findUnique({ where: { key } }),
    tx.deletedAccount.findUnique({ where: { key }, select: { iat: true } }),
  ]);
  return { stored, deleted };
}

async function store(
  service: Service,
  tx: Queries,
  push: Push,
  decoded: Decoded<AccountClaims>,
  { stored, deleted }: Held,
): Promise<Pushed> {
  const now = service.now();
  const before = stored && storedClaims(stored, push.forced);
  const trusted = await operatorsIn(tx);
  // A JWT that its account signed names no operator: it is that of the account, or the only one.
  const resigner =
    service.policy.resignSelfSigned && mayResign(decoded.claims, before)
      ? await namedOperator(tx, stored?.operatorKey)
      : null;
  const resigned = resigner !== null;
  const judged = resigner
    ? { ...decoded, operator: resigner.claims, strict: false }
    : verifyAccount(decoded, trusted, { now });
  push.allow?.({ operator: judged.operator.sub, account: stored ? push.id : null });
  const jti = accountJti(judged);
  // A push that was already applied succeeds again, whatever it was made from (RFC 9110, 13.1.1): its answer may have been lost.
  if (stored && before && (stored.jwt === push.token || (resigned && isStoredAlready(decoded.claims, before)))) {
    const account = verifyAccount(readStored('account', stored), trusted, { now });
    return { status: 'unchanged', account, before, resigned };
  }
  const deletedUntil = Number(deleted?.iat ?? 0);
  for (const rule of RULES) rule({ push, account: judged, jti, stored, before, deletedUntil, now });
  const account = resigner ? await resign(service, tx, resigner, { claims: decoded.claims, before }) : judged;
  const actor = push.actor ?? `signer:${decoded.claims.iss}`;
  const action = stored ? 'account.update' : 'account.create';
  const lost = resigned ? unknownFields(decoded) : [];
  const detail = {
    ...auditDetail(push, account, before),
    ...(resigned && { signedBy: decoded.claims.iss }),
    ...(lost.length > 0 && { lost }),
  };
  const origin = { pushed: !resigned, ...(push.link !== undefined && { link: push.link }) };
  await saveAccount(tx, { account, stored, tombstone: deleted !== null, at: now, actor, action, detail, ...origin });
  return { status: stored ? 'updated' : 'created', account, before, resigned };
}

const operators = new WeakMap<Queries, Promise<TrustedOperators>>();

/** Read once for a group of pushes: none of them changes an operator. */
function operatorsIn(tx: Queries): Promise<TrustedOperators> {
  const known = operators.get(tx) ?? servedOperators(tx);
  operators.set(tx, known);
  return known;
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

function auditDetail(
  { forced, link }: Push,
  { claims }: VerifiedAccount,
  before: AccountClaims | null,
): Record<string, unknown> {
  const [held, holds] = [before?.nats.revocations ?? new Map<string, number>(), claims.nats.revocations];
  const added = droppedRevocations(holds, held);
  const dropped = droppedRevocations(held, holds);
  return {
    name: claims.name,
    issuer: claims.iss,
    ...(link !== undefined && { link }),
    ...(added.length > 0 && { revoked: added }),
    ...(dropped.length > 0 && { restored: dropped, forced }),
  };
}

/** A forced push is also the way out when the stored JWT is damaged: nothing can be read of that one. */
function storedClaims(stored: Account, evenDamaged: boolean): AccountClaims | null {
  try {
    return readStored('account', stored).claims;
  } catch (error) {
    if (evenDamaged) return null;
    throw error;
  }
}

const PULL = 'pull first: run `natsctl pull`, then push again (with nsc: `nsc pull`)';

function refusal(code: ServiceErrorCode, message: string, hint: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError(code, message, { hint });
}

function label({ name, sub }: { name?: string; sub: string }): string {
  return name === undefined ? `account ${sub}` : `account ${name} (${sub})`;
}
