import { NatsctlError } from '../../claims/errors.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import type { Account } from '../../prisma/generated/client.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Queries } from '../store/open.js';

/** The stored account of an id that came from outside. */
export async function findAccount(tx: Queries, id: string): Promise<Account> {
  const key = decodePublicKey(id, 'account').text;
  const row = await tx.account.findUnique({ where: { key } });
  if (!row) throw accountUnknown(key);
  return row;
}

export function accountUnknown(key: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_ACCOUNT_UNKNOWN', `no matching account JWT: ${key} is not known to this service`, {
    hint: 'push it first (`natsctl push`)',
    details: { account: key },
  });
}
