import type { UserPermissionLimits } from '../types.js';
import { trustError } from './errors.js';
import { contains, parseAddress, parseNetwork } from './ip.js';

/**
 * Refuses a connection from outside the user's networks. No list = from anywhere. `ip` is the peer's address as Node gives it: an IPv6
 * zone is passed over, IPv4 in IPv6 form counts as IPv4; what is no address at all is refused.
 *
 * @throws NatsctlError ERR_USER_SOURCE
 */
export function checkSource(limits: Pick<UserPermissionLimits, 'src'>, ip: string): void {
  if (limits.src.length === 0) return;
  const zone = ip.indexOf('%');
  const address = parseAddress(zone < 0 ? ip : ip.slice(0, zone));
  const allowed =
    address !== null &&
    limits.src.some((cidr) => {
      const network = parseNetwork(cidr);
      return network !== null && contains(network, address);
    });
  if (!allowed) throw trustError('ERR_USER_SOURCE', `the user may not connect from the address ${ip.slice(0, 60)}`);
}
