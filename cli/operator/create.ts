import { newAccount, newOperator, newUser } from '../../claims/jwt/new.js';
import { Seed } from '../../claims/keys/seed.js';
import { seedSigner } from '../../claims/keys/signer.js';
import { checkEntityName } from '../../claims/names.js';
import { unlockByQuestion } from '../sealed/unlock.js';
import { signChecked } from '../sign.js';
import { keepCreds, writeSeed } from '../store/keystore.js';
import type { StorePaths } from '../store/paths.js';
import { addOperator, refuseTakenOperator } from '../store/store.js';
import { changingStore, selectContext } from '../workspace.js';
import { systemAccountExports } from './system-exports.js';
import { accountServerUrl, serviceUrls } from './urls.js';

export interface NewOperator {
  name: string;
  /** Make an operator signing key, so that the identity key can be put away. */
  signingKey: boolean;
  /** Strict: accounts and users are signed by signing keys only. */
  requireSigningKeys: boolean;
  /** Where clients connect (`nats://...`). */
  serviceUrls: string[];
  /** Where accounts are pushed to and fetched from. */
  accountServerUrl?: string | undefined;
  /** Unix seconds; 0 or absent for no bound. */
  start?: number | undefined;
  expiry?: number | undefined;
  tags?: string[] | undefined;
  /** Judge and sign, write nothing. */
  dryRun?: boolean | undefined;
}

export interface CreatedOperator {
  name: string;
  publicKey: string;
  signingKeys: string[];
  systemAccount: { name: string; publicKey: string; user: { name: string; publicKey: string; creds: string | null } };
  serviceUrls: string[];
  accountServerUrl: string | null;
  strict: boolean;
  store: string;
  /** Nothing was written; the keys that were made do not last. */
  dryRun: boolean;
}

export const SYSTEM_ACCOUNT = 'SYS';
export const SYSTEM_USER = 'sys';

/**
 * Makes an operator with its system account and a user of it, as `nsc init` does. Keys are written first, then the whole folder
 * at once, then the creds file, which can be made again from the two before it.
 */
export async function createOperator(paths: StorePaths, wanted: NewOperator, now: number): Promise<CreatedOperator> {
  checkEntityName(wanted.name, 'operator');
  if (!wanted.dryRun) await unlockByQuestion(paths.keystore);
  const created = await changingStore(paths, () => create(paths, wanted, now));
  if (created.dryRun) return created;
  await selectContext(paths, { operator: created.name, account: SYSTEM_ACCOUNT }, now);
  return created;
}

async function create(paths: StorePaths, wanted: NewOperator, now: number): Promise<CreatedOperator> {
  await refuseTakenOperator(paths.storeRoot, wanted.name);
  const identity = Seed.generate('operator');
  const signing = wanted.signingKey || wanted.requireSigningKeys ? Seed.generate('operator') : null;
  const system = Seed.generate('account');
  const systemSigning = Seed.generate('account');
  const user = Seed.generate('user');

  const operatorClaims = newOperator(identity.publicKey, wanted.name);
  operatorClaims.nats.system_account = system.publicKey;
  operatorClaims.nats.operator_service_urls = serviceUrls(wanted.serviceUrls);
  if (signing) operatorClaims.nats.signing_keys = [signing.publicKey];
  if (wanted.requireSigningKeys) operatorClaims.nats.strict_signing_key_usage = true;
  if (wanted.accountServerUrl) operatorClaims.nats.account_server_url = accountServerUrl(wanted.accountServerUrl);
  if (wanted.start) operatorClaims.nbf = wanted.start;
  if (wanted.expiry) operatorClaims.exp = wanted.expiry;
  if (wanted.tags && wanted.tags.length > 0) operatorClaims.nats.tags = wanted.tags;
  const operator = await signChecked(operatorClaims, seedSigner(identity), { now });

  const accountClaims = newAccount(system.publicKey, SYSTEM_ACCOUNT);
  accountClaims.nats.signing_keys.set(systemSigning.publicKey, null);
  accountClaims.nats.exports = systemAccountExports();
  const account = await signChecked(accountClaims, seedSigner(signing ?? identity), { now });

  const userClaims = newUser(user.publicKey, SYSTEM_USER, { issuerAccount: system.publicKey });
  const userToken = await signChecked(userClaims, seedSigner(systemSigning), { now });

  let creds: string | null = null;
  if (!wanted.dryRun) {
    for (const seed of [identity, signing, system, systemSigning, user]) {
      if (seed) await writeSeed(paths.keystore, seed);
    }
    const users = [{ name: SYSTEM_USER, token: userToken.token }];
    await addOperator(paths.storeRoot, {
      name: wanted.name,
      token: operator.token,
      accounts: [{ name: SYSTEM_ACCOUNT, token: account.token, users }],
    });
    const names = { operator: wanted.name, account: SYSTEM_ACCOUNT, user: SYSTEM_USER };
    creds = await keepCreds(paths.keystore, names, userToken.token, user);
  }

  return {
    name: wanted.name,
    publicKey: identity.publicKey,
    signingKeys: operator.claims.nats.signing_keys,
    systemAccount: {
      name: SYSTEM_ACCOUNT,
      publicKey: system.publicKey,
      user: { name: SYSTEM_USER, publicKey: user.publicKey, creds },
    },
    serviceUrls: operator.claims.nats.operator_service_urls,
    accountServerUrl: operator.claims.nats.account_server_url ?? null,
    strict: wanted.requireSigningKeys,
    store: paths.storeRoot,
    dryRun: wanted.dryRun === true,
  };
}
