import { NatsctlError } from '../../claims/errors.js';
import { newAccount } from '../../claims/jwt/new.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import { checkEntityName } from '../../claims/names.js';
import type { AccountLimits } from '../../claims/types.js';
import type { Account } from '../../prisma/generated/client.js';
import type { Actor } from '../audit/audit.js';
import { change } from '../change/change.js';
import type { RemoteKey } from '../custody/custody.js';
import { requireHeld } from '../custody/sign-elsewhere.js';
import type { TransitReference } from '../custody/vault/transit-signer.js';
import type { ServiceErrorCode } from '../errors.js';
import { namedOperator, operatorSigner } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import type { Queries } from '../store/open.js';
import { saveAccount } from './save-account.js';
import { signAccount } from './sign-account.js';

export interface NewAccount {
  name: string;
  /** Whose account; may be left out where one operator is served. */
  operator?: string;
  /** Of a key kept elsewhere. Without it the service makes the account's key and a signing key, and keeps both. */
  publicKey?: string;
  /** Keys in Transit, which sign there and never come here; a signing key becomes one of the account's. */
  remoteKey?: { identity?: TransitReference; signing?: TransitReference };
  description?: string;
  limits?: Partial<Omit<AccountLimits, 'tiered_limits'>>;
}

/** Makes an account signed by the operator's key in custody. */
export async function createAccount(service: Service, wanted: NewAccount, actor: Actor): Promise<Account> {
  const name = checkEntityName(wanted.name, 'account');
  const keys = await keysFor(service, wanted);
  try {
    return await change(service, actor, (tx) => create(service, tx, { ...wanted, name }, keys, actor));
  } finally {
    keys.identity?.wipe();
    keys.signing?.wipe();
  }
}

interface AccountKeys {
  key: string;
  /** Made here. */
  identity: Seed | null;
  signing: Seed | null;
  /** In Transit. */
  remoteIdentity: RemoteKey | null;
  remoteSigning: RemoteKey | null;
}

async function keysFor({ custody }: Service, { publicKey, remoteKey = {} }: NewAccount): Promise<AccountKeys> {
  if (publicKey !== undefined && remoteKey.identity) {
    throw new NatsctlError<ServiceErrorCode>('ERR_REQUEST_INVALID', 'an account has one identity key', {
      hint: 'give either publicKey or remoteKey.identity',
    });
  }
  const remoteIdentity = remoteKey.identity ? await custody.findRemote('account', remoteKey.identity) : null;
  const remoteSigning = remoteKey.signing ? await custody.findRemote('account-signing', remoteKey.signing) : null;
  if (remoteIdentity && remoteIdentity.publicKey === remoteSigning?.publicKey) {
    throw new NatsctlError<ServiceErrorCode>('ERR_REMOTE_KEY', 'one key is not both identity and signing key', {
      hint: 'name two keys, or the identity alone',
    });
  }
  const identity = publicKey === undefined && !remoteIdentity ? Seed.generate('account') : null;
  const signing = identity && !remoteSigning ? Seed.generate('account') : null;
  const key = identity?.publicKey ?? remoteIdentity?.publicKey ?? decodePublicKey(publicKey ?? '', 'account').text;
  return { key, identity, signing, remoteIdentity, remoteSigning };
}

async function create(
  service: Service,
  tx: Queries,
  wanted: NewAccount,
  { key, identity, signing, remoteIdentity, remoteSigning }: AccountKeys,
  actor: Actor,
): Promise<Account> {
  const { custody } = service;
  if (await tx.account.findUnique({ where: { key } })) {
    throw new NatsctlError<ServiceErrorCode>('ERR_ACCOUNT_EXISTS', `the account ${key} exists already`, {
      hint: 'push changes of it, or make one with a new key',
    });
  }
  const claims = newAccount(key, wanted.name);
  if (wanted.description !== undefined) claims.nats.description = wanted.description;
  Object.assign(claims.nats.limits, wanted.limits);
  for (const one of [signing, remoteSigning]) if (one) claims.nats.signing_keys.set(one.publicKey, null);
  const operator = await namedOperator(tx, wanted.operator);
  if (identity) requireHeld(await operatorSigner(tx, custody, operator.claims));
  // One that was deleted may be made anew; its JWTs from before stay refused.
  const deleted = await tx.deletedAccount.findUnique({ where: { key }, select: { iat: true } });
  const account = await signAccount(service, tx, operator, claims, deleted ? Number(deleted.iat) : undefined);
  const at = service.now();
  const remote = remoteIdentity ?? remoteSigning;
  // One in Transit signs for others too, whoever made the other one; service/revocations/prove-expired.ts relies on it.
  const detail = { name: wanted.name, keys: remote ? 'in Transit' : identity ? 'in custody' : 'elsewhere' };
  const row = await saveAccount(tx, { account, stored: null, at, actor, action: 'account.create', detail });
  // After the account: whose it is decides what may be kept.
  if (identity) await custody.keep(tx, 'account', key, identity, at);
  if (signing) await custody.keep(tx, 'account-signing', key, signing, at);
  for (const one of [remoteIdentity, remoteSigning]) if (one) await custody.keepRemote(tx, key, one, at);
  return row;
}
