import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';

export function revocationUnknown(account: string, user: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_REVOCATION_UNKNOWN', `the account ${account} has no revocation of ${user}`);
}
