import { NatsctlError } from '../../claims/errors.js';
import { newAccount } from '../../claims/jwt/new.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import { checkEntityName } from '../../claims/names.js';
import type { AccountLimits } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import { namedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import { saveAccount } from './save-account.js';
import { signAccount } from './sign-account.js';

export interface NewAccount {
  name: string;
  /** Whose account; may be left out where one operator is served. */
  operator?: string;
  /** Of a key kept elsewhere. Without it the service makes the account's key and a signing key, and keeps both. */
  publicKey?: string;
  description?: string;
  limits?: Partial<Omit<AccountLimits, 'tiered_limits'>>;
}

/** Makes an account signed by the operator's key in custody. */
export async function createAccount(service: Service, wanted: NewAccount, actor: Actor): Promise<Account> {
  const name = checkEntityName(wanted.name, 'account');
  const identity = wanted.publicKey === undefined ? Seed.generate('account') : null;
  const signingKey = identity && Seed.generate('account');
  const key = identity?.publicKey ?? decodePublicKey(wanted.publicKey ?? '', 'account').text;
  const row = await change(service, actor, async (tx) => {
    if (await tx.account.findUnique({ where: { key } })) {
      throw new NatsctlError<ServiceErrorCode>('ERR_ACCOUNT_EXISTS', `the account ${key} exists already`, {
        hint: 'push changes of it, or make one with a new key',
      });
    }
    const claims = newAccount(key, name);
    if (wanted.description !== undefined) claims.nats.description = wanted.description;
    Object.assign(claims.nats.limits, wanted.limits);
    if (signingKey) claims.nats.signing_keys.set(signingKey.publicKey, null);
    const operator = await namedOperator(tx, wanted.operator);
    // One that was deleted may be made anew; its JWTs from before stay refused.
    const deleted = await tx.deletedAccount.findUnique({ where: { key }, select: { iat: true } });
    const account = await signAccount(service, tx, operator, claims, deleted ? Number(deleted.iat) : undefined);
    const at = service.now();
    if (identity) await service.custody.keep(tx, 'account', key, identity, at);
    if (signingKey) await service.custody.keep(tx, 'account-signing', key, signingKey, at);
    const detail = { name, keys: identity ? 'in custody' : 'elsewhere' };
    return saveAccount(tx, { account, stored: null, at, actor, action: 'account.create', detail });
  });
  identity?.wipe();
  signingKey?.wipe();
  return row;
}
