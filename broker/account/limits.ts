import type { Principal } from '../auth/principal.js';
import type { BrokerLimits } from '../broker.js';
import type { Account } from './account.js';

/**
 * The smallest of limits of which -1 (or anything negative) means none. Numbers go up to 2^53-1 and are compared as they
 * are: nats-server's narrowing to 32 bits made large limits negative (358cdc443). 0 is a limit: nothing is allowed.
 */
export function tightest(...limits: number[]): number {
  let least = -1;
  for (const limit of limits) if (limit >= 0 && (least < 0 || limit < least)) least = limit;
  return least;
}

export function connectionLimits(
  server: BrokerLimits,
  account: Account,
  user: Principal,
): { payload: number; subscriptions: number } {
  const { limits } = account.verified.claims.nats;
  return {
    payload: tightest(server.maxPayload, limits.payload, user.limits.payload),
    subscriptions: tightest(server.maxSubscriptions, limits.subs, user.limits.subs),
  };
}

export function isFull(account: Account): boolean {
  const { conn } = account.verified.claims.nats.limits;
  return conn >= 0 && account.connections.size >= conn;
}
