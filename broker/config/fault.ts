import { NatsctlError } from '../../claims/errors.js';
import type { BrokerErrorCode } from '../options.js';
import type { Place } from './value.js';

/** A configuration that cannot be used, in nats-server's words where it has some. */
export function configFault(message: string, hint?: string): NatsctlError<BrokerErrorCode> {
  return new NatsctlError('ERR_BROKER_CONFIG', message, hint === undefined ? {} : { hint });
}

/** `file:line:column` (nats-server configErr.Source). */
export function at({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}
