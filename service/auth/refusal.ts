import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';

/** @param cause what whoever runs the service is told of it, in the log */
export function tokenRefused(why: string, cause?: NatsctlError<ServiceErrorCode>): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_AUTH_TOKEN_INVALID', `the access token is refused: ${why}`, {
    hint: 'use a token of this service, such as the one in admin.token of its data folder',
    cause,
  });
}
