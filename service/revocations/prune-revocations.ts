import { unknownFields } from '../../claims/jwt/decode.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import { findAccount } from '../accounts/find-account.js';
import { saveAccount } from '../accounts/save-account.js';
import { signAccount } from '../accounts/sign-account.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { type JudgedRevocation, judgeRevocations } from './prove-expired.js';
import { announced } from './revoke-user.js';

export interface Pruned {
  account: string;
  /** Of the account JWT, which is the one from before where nothing went. */
  jti: string;
  revocations: JudgedRevocation[];
}

/** Takes revocations out of an account that cover nothing any more, so that its JWT does not grow for good. */
export async function pruneRevocations(
  service: Service,
  accountId: string,
  actor: Actor,
): Promise<Pruned & { announced: ServerAnswer[] }> {
  const pruned = await change(service, actor, (tx) => pruneIn(service, tx, accountId, actor));
  const changed = pruned.revocations.some(({ kept }) => kept === null);
  return { ...pruned, announced: changed ? await announced(service, actor, pruned.account, pruned.jti) : [] };
}

/**
 * The audit's own record of revocations is left as it is: a key that was revoked once is not given a new JWT by the service, pruned or not.
 * A copy of the account that still has them may be pushed, and so may one that does not.
 */
export async function pruneIn(service: Service, tx: Queries, accountId: string, actor: Actor): Promise<Pruned> {
  const stored = await findAccount(tx, accountId);
  const held = readStored('account', stored);
  const judged = await judgeRevocations(tx, held.claims, service.now());
  const gone = judged.filter(({ kept }) => kept === null).map(({ user, at }) => ({ user, at }));
  if (gone.length === 0) return { account: stored.key, jti: stored.jti, revocations: judged };
  const { iss, iat, jti: _jti, ...claims } = held.claims;
  const revocations = new Map(claims.nats.revocations);
  for (const { user } of gone) revocations.delete(user);
  const operator = await servedOperator(tx, stored.operatorKey);
  const unsigned = { ...claims, nats: { ...claims.nats, revocations } };
  const account = await signAccount(service, tx, operator, unsigned, Number(stored.iat));
  const lost = unknownFields(held);
  const detail = { pruned: gone, ...(lost.length > 0 && { lost }) };
  const at = service.now();
  const { jti } = await saveAccount(tx, { account, stored, at, actor, action: 'revocation.prune', detail });
  return { account: stored.key, jti, revocations: judged };
}
