import { effectivePermissions, hasPermissions } from '../../claims/permission/defaults.js';
import { type CompiledPermissions, compilePermissions } from '../../claims/permission/permission.js';
import type { Permissions } from '../../claims/types.js';
import { CALLOUT_SUBJECT } from '../auth/callout/subject.js';
import type { Principal } from '../auth/principal.js';
import { toWire } from '../protocol/text.js';
import type { Account } from './account.js';

/** Null when everything is allowed, which spares the question on every message. */
export function compileOnWire(permissions: Permissions): CompiledPermissions | null {
  if (!hasPermissions(permissions)) return null;
  const list = (entries: string[]): string[] => entries.map(toWire);
  return compilePermissions({
    pub: { allow: list(permissions.pub.allow), deny: list(permissions.pub.deny) },
    sub: { allow: list(permissions.sub.allow), deny: list(permissions.sub.deny) },
    ...(permissions.resp === undefined ? {} : { resp: permissions.resp }),
  });
}

/** What holds for a user in its account: its own, or the account's defaults when it has none at all. */
export function permissionsOf(user: Principal, account: Account): Permissions {
  return withoutCallout(effectivePermissions(user.limits, account.verified.claims.nats.default_permissions), account);
}

/** Members of a callout account may not ask its service themselves (nats-server mergeDenyPermissions). */
export function withoutCallout(permissions: Permissions, { verified }: Account): Permissions {
  if (verified.claims.nats.authorization.auth_users.length === 0) return permissions;
  const { pub } = permissions;
  if (pub.deny.includes(CALLOUT_SUBJECT)) return permissions;
  return { ...permissions, pub: { allow: pub.allow, deny: [...pub.deny, CALLOUT_SUBJECT] } };
}

export function hasOwnPermissions(user: Principal): boolean {
  return hasPermissions(user.limits);
}
