import type { UserPermissionLimits } from '../types.js';
import { trustError } from './errors.js';

/** Refuses a user that must come through a trusted proxy and did not. @throws NatsctlError ERR_USER_PROXY */
export function checkProxy(limits: Pick<UserPermissionLimits, 'proxy_required'>, throughTrustedProxy: boolean): void {
  if (limits.proxy_required === true && !throughTrustedProxy) {
    throw trustError('ERR_USER_PROXY', 'the user may connect only through a trusted proxy');
  }
}
