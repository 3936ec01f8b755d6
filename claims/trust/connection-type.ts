import { CONNECTION_TYPES, type ConnectionType, type UserPermissionLimits } from '../types.js';
import { trustError } from './errors.js';

/**
 * Refuses a connection of a type the user may not use. No list = any type. Types this version does not know are passed over, but a list
 * of only such types allows nothing: it was meant to limit.
 *
 * @throws NatsctlError ERR_USER_CONNECTION_TYPE
 */
export function checkConnectionType(
  limits: Pick<UserPermissionLimits, 'allowed_connection_types'>,
  type: ConnectionType,
): void {
  const allowed = limits.allowed_connection_types;
  if (allowed.length === 0 || allowed.some((name) => name.toUpperCase() === type)) return;
  throw trustError(
    'ERR_USER_CONNECTION_TYPE',
    `a connection of type ${type} is not one of those the user may use: ${allowed.slice(0, 10).join(', ')}`,
  );
}

/** True for a type this version knows, in any letter case. */
export function isConnectionType(name: string): boolean {
  return (CONNECTION_TYPES as readonly string[]).includes(name.toUpperCase());
}
