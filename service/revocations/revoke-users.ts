import { EVERYONE, revoke } from '../../claims/account/revocation.js';
import { unknownFields } from '../../claims/jwt/decode.js';
import type { ServerAnswer } from '../../resolver/claims-answer.js';
import { findAccount } from '../accounts/find-account.js';
import { saveAccount } from '../accounts/save-account.js';
import { signAccount } from '../accounts/sign-account.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import { eachItem } from '../change/each-item.js';
import { servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import { readStored } from '../store/read-stored.js';
import { announced, knownUser, type RevocationRequest, userOrEveryone } from './revoke-user.js';

export interface RevokedUsers {
  account: string;
  /** Of the account JWT that says so. */
  jti: string;
  items: { user: string; revokedAt: number; known: boolean }[];
  announced: ServerAnswer[];
}

/** Revokes several users in one JWT of the account: each JWT is a second later than the one before, so a series of them would run ahead. */
export async function revokeUsers(
  service: Service,
  accountId: string,
  requests: readonly RevocationRequest[],
  actor: Actor,
): Promise<RevokedUsers> {
  const revoked = await change(service, actor, async (tx) => {
    const stored = await findAccount(tx, accountId);
    const before = readStored('account', stored);
    const wanted = await eachItem('revocations', requests, async ({ user, at }) => {
      const key = userOrEveryone(user);
      const { known, newestIat } = await knownUser(tx, stored.key, key);
      return { user: key, at: at ?? Math.max(service.now(), newestIat), known };
    });
    let { revocations } = before.claims.nats;
    for (const { user, at } of wanted) revocations = revoke(revocations, user, at);
    const claims = { ...before.claims, nats: { ...before.claims.nats, revocations } };
    const operator = await servedOperator(tx, stored.operatorKey);
    const account = await signAccount(service, tx, operator, claims, Number(stored.iat));
    const lost = unknownFields(before);
    const detail = { revoked: wanted.map(({ user, at }) => ({ user, at })), ...(lost.length > 0 && { lost }) };
    const { jti } = await saveAccount(tx, {
      account,
      stored,
      at: service.now(),
      actor,
      action: 'revocation.add',
      detail,
    });
    const held = account.claims.nats.revocations;
    const items = wanted.map(({ user, known }) => ({
      user,
      // One that a revocation of everyone has swallowed holds by that.
      revokedAt: held.get(user) ?? held.get(EVERYONE) ?? 0,
      known,
    }));
    return { account: stored.key, jti, items };
  });
  return { ...revoked, announced: await announced(service, actor, revoked.account, revoked.jti) };
}
