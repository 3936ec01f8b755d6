import { type Caller, requireRight } from '../auth/rights.js';
import type { ClaimsEdit } from './edit-claims.js';

/** Limits, and how long the account lives, are the operator's to give: an account's own admin changes neither. */
export function judgeLimits(caller: Caller): NonNullable<ClaimsEdit['judge']> {
  return (before, { claims }, { operatorKey }) => {
    const lives = (before.exp ?? 0) === (claims.exp ?? 0) && (before.nbf ?? 0) === (claims.nbf ?? 0);
    if (lives && written(before.nats.limits) === written(claims.nats.limits)) return;
    requireRight(caller, 'manage', { operator: operatorKey });
  };
}

/** Both were read from JWTs, so that their fields stand in the same order. */
function written(limits: object): string {
  return JSON.stringify(limits, (_key, value) => (value instanceof Map ? [...value].sort() : value));
}
