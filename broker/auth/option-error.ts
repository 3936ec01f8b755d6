import { NatsctlError } from '../../claims/errors.js';
import { MAX_BCRYPT_COST } from '../limits.js';
import type { BrokerErrorCode } from '../options.js';
import { bcryptCost, isBcrypt } from './bcrypt.js';

export function optionError(message: string): NatsctlError<BrokerErrorCode> {
  return new NatsctlError('ERR_BROKER_OPTIONS', message, { hint: 'correct the configuration of users and accounts' });
}

/** A bcrypt hash that no password can meet, or that costs too much to check, is found at the start. */
export function checkSecret(secret: string, what: string): void {
  if (!isBcrypt(secret)) return;
  const cost = bcryptCost(secret);
  if (cost === null) throw optionError(`${what} begins as a bcrypt hash and is none`);
  if (cost > MAX_BCRYPT_COST) throw optionError(`${what} has bcrypt cost ${cost}; at most ${MAX_BCRYPT_COST} is taken`);
}
