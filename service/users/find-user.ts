import { NatsctlError } from '../../claims/errors.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Queries } from '../store/open.js';

/** The user of an id that came from outside, with the operator of its account. */
export async function findUser(tx: Queries, id: string) {
  const key = decodePublicKey(id, 'user').text;
  const row = await tx.user.findUnique({ where: { key }, include: { account: { select: { operatorKey: true } } } });
  if (!row) throw userUnknown(key);
  return row;
}

export function userUnknown(key: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_USER_UNKNOWN', `this service did not make the user ${key}`);
}
