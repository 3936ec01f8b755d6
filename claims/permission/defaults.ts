import type { Permissions } from '../types.js';

/**
 * The permissions that hold for a user: its own, or, when it has no entry of any sort, the account's default ones. A single
 * own entry switches the defaults off altogether.
 */
export function effectivePermissions(own: Permissions, defaults: Permissions): Permissions {
  return hasPermissions(own) ? own : defaults;
}

/** True when any list has an entry or responses are allowed. */
export function hasPermissions(permissions: Permissions): boolean {
  const { pub, sub, resp } = permissions;
  return (
    pub.allow.length > 0 || pub.deny.length > 0 || sub.allow.length > 0 || sub.deny.length > 0 || resp !== undefined
  );
}
