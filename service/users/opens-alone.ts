import type { User } from '../../prisma/generated/client.js';
import { findAccount } from '../accounts/find-account.js';
import type { Queries } from '../store/open.js';
import { readStored } from '../store/read-stored.js';
import { claimsOf } from './replace-jwt.js';

/** Whether the JWT of a user connects without its key, by itself or by its role: to show it is to give access then. */
export async function opensAlone(tx: Queries, user: User): Promise<boolean> {
  if (user.jwt === null) return false;
  const { iss, nats } = claimsOf(user);
  const account = readStored('account', await findAccount(tx, user.accountKey)).claims;
  return (account.nats.signing_keys.get(iss)?.template ?? nats).bearer_token === true;
}
