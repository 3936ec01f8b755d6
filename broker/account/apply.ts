import { isDeepStrictEqual } from 'node:util';
import { isRevoked } from '../../claims/account/revocation.js';
import type { CompiledPermissions } from '../../claims/permission/permission.js';
import type { VerifiedAccount } from '../../claims/trust/account.js';
import { scopeOfKey } from '../../claims/trust/user.js';
import type { Principal } from '../auth/principal.js';
import type { BrokerLimits } from '../broker.js';
import type { Connection } from '../connection/connection.js';
import type { Logger } from '../log.js';
import { quoted } from '../protocol/writer.js';
import { atTime, unixNow } from '../timer.js';
import type { Account } from './account.js';
import { connectionLimits } from './limits.js';
import { compileMapping } from './mapping.js';
import { compileOnWire, hasOwnPermissions, withoutCallout } from './permissions.js';

/**
 * Makes `verified` the claims of the account and its live connections comply, in nats-server's order of effects. Only the
 * connections that a difference concerns are touched. Imports and exports are the registry's: they involve other accounts.
 */
export function applyClaims(
  account: Account,
  verified: VerifiedAccount,
  { limits, clusterName, log }: { limits: BrokerLimits; clusterName: string; log: Logger },
): void {
  const before = account.verified;
  account.verified = verified;
  account.updatedAt = Date.now();
  account.expired = false;
  account.cancelExpiry();
  const { exp } = verified.claims;
  account.cancelExpiry = exp ? atTime(exp, () => expireAccount(account)) : () => {};
  account.mapping = compileMapping(account, clusterName, log);
  const defaultsChanged = !isDeepStrictEqual(
    before.claims.nats.default_permissions,
    verified.claims.nats.default_permissions,
  );
  // Also the first time, when before and after are the same.
  account.defaultPermissions = compileOnWire(withoutCallout(verified.claims.nats.default_permissions, account));
  account.routesChanged();
  closeExcess(account);
  for (const connection of [...account.connections]) {
    const { user } = connection;
    if (user === null || connection.closed) continue;
    if (!maintain(connection, account, user, before)) continue;
    applyLimits(connection, account, user, limits);
    if (defaultsChanged && !hasOwnPermissions(user))
      replacePermissions(connection, account, account.defaultPermissions);
  }
}

export function expireAccount(account: Account): void {
  account.expired = true;
  for (const connection of [...account.connections]) {
    connection.close('Authentication Expired', 'Account Authentication Expired');
  }
}

/** Connections stand in order of arrival: the newest beyond the limit leave. */
function closeExcess(account: Account): void {
  const { conn } = account.verified.claims.nats.limits;
  if (conn < 0) return;
  for (const connection of [...account.connections].slice(conn)) {
    connection.close('Maximum Account Connections Exceeded', 'maximum account active connections exceeded');
  }
}

/** Closes a connection whose user the new claims no longer admit; true when it may stay. */
function maintain(connection: Connection, account: Account, user: Principal, before: VerifiedAccount): boolean {
  const { verified } = user;
  if (verified === null) return true;
  const { nats } = account.verified.claims;
  if (user.limits.bearer_token === true && nats.limits.disallow_bearer) {
    connection.close('Authentication Failure', 'Authorization Violation');
    return false;
  }
  if (isRevoked(nats.revocations, verified.claims.sub, verified.claims.iat)) {
    connection.close('Credentials Revoked', 'User Authentication Revoked');
    return false;
  }
  const scope = scopeOfKey(user.issuer, account.verified);
  if (scope === undefined || !isDeepStrictEqual(scopeOfKey(user.issuer, before), scope)) {
    // Without a word: the client connects again and gets what the key allows now, or is refused.
    connection.close('Authentication Failure');
    return false;
  }
  return true;
}

function applyLimits(connection: Connection, account: Account, user: Principal, server: BrokerLimits): void {
  const limits = connectionLimits(server, account, user);
  connection.setLimits(limits);
  // Only beyond the limit: nats-server also closes a connection that sits exactly at it.
  if (limits.subscriptions >= 0 && connection.subscriptions.size > limits.subscriptions) {
    connection.close('Maximum Subscriptions Exceeded', 'maximum subscriptions exceeded');
  }
}

/** New permissions for a connected user: subscriptions they forbid end. */
export function replacePermissions(
  connection: Connection,
  account: Account,
  permissions: CompiledPermissions | null,
): void {
  if (connection.closed) return;
  connection.setPermissions(permissions);
  for (const subscription of [...connection.subscriptions.values()]) {
    const { subject, sid } = subscription;
    const queue = subscription.queue === '' ? undefined : subscription.queue;
    if (permissions !== null && !permissions.canSubscribe(subject, queue)) {
      const group = queue === undefined ? '' : ` using queue ${quoted(queue)}`;
      connection.endSubscription(subscription);
      connection.sendError(`Permissions Violation for Subscription to ${quoted(subject)}${group} (sid ${quoted(sid)})`);
    } else {
      subscription.filter = permissions?.deliveryFilter(subject, queue) ?? null;
    }
  }
  account.routesChanged();
}

/** True when the account's own time has passed, whether or not its timer has fired. */
export function isExpired(account: Account): boolean {
  const { exp } = account.verified.claims;
  return account.expired || (exp !== undefined && exp > 0 && exp <= unixNow());
}
