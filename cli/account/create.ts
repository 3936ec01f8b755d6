import { newAccount } from '../../claims/jwt/new.js';
import { Seed } from '../../claims/keys/seed.js';
import { checkEntityName } from '../../claims/names.js';
import { cliError } from '../errors.js';
import { editPermissions, type PermissionEdit } from '../permission/edit.js';
import { signChecked } from '../sign.js';
import { givenKey, operatorSigner } from '../signer.js';
import { writeSeed } from '../store/keystore.js';
import { addAccount, findAccountByKey, type OperatorStore, readOperator, refuseTakenAccount } from '../store/store.js';
import { changing, selectContext, type Workspace } from '../workspace.js';

export interface NewAccount {
  name: string;
  /** Make a signing key for its users' JWTs; undefined = where the operator requires signing keys. */
  signingKey?: boolean | undefined;
  /** Its identity: a public key whose seed is kept elsewhere, a seed, or a file with one. Undefined = a new one. */
  identity?: string | undefined;
  /** What users may do who have no permissions of their own. */
  defaultPermissions?: PermissionEdit | undefined;
  /** Unix seconds, 0 or undefined for no bound. */
  start?: number | undefined;
  expiry?: number | undefined;
  tags?: string[] | undefined;
  description?: string | undefined;
  /** The value of `--private-key`. */
  key?: string | undefined;
  /** Judge and sign, write nothing. */
  dryRun?: boolean | undefined;
}

export interface CreatedAccount {
  name: string;
  publicKey: string;
  operator: string;
  issuer: string;
  signingKeys: string[];
  expires: number;
  /** Nothing was written; keys that were made do not last. */
  dryRun: boolean;
}

export async function createAccount(workspace: Workspace, wanted: NewAccount): Promise<CreatedAccount> {
  checkEntityName(wanted.name, 'account');
  const created = await changing(workspace, () => create(workspace, wanted));
  if (created.dryRun) return created;
  await selectContext(workspace.paths, { operator: workspace.store.name, account: created.name }, workspace.now);
  return created;
}

async function create(workspace: Workspace, wanted: NewAccount): Promise<CreatedAccount> {
  const { store, keystore, now } = workspace;
  await refuseTakenAccount(store, wanted.name);
  const operator = (await readOperator(store)).claims;
  const identity = await givenKey(wanted.identity, 'account');
  await refuseTakenAccountKey(store, identity.publicKey);
  const claims = newAccount(identity.publicKey, wanted.name);
  const own = { claims, ...(identity.seed && { seed: identity.seed }) };
  const signer = await operatorSigner(workspace, operator, { key: wanted.key, own });

  const wantsKey = wanted.signingKey ?? operator.nats.strict_signing_key_usage === true;
  const signing = wantsKey ? Seed.generate('account') : null;
  if (signing) claims.nats.signing_keys.set(signing.publicKey, null);
  if (wanted.defaultPermissions) {
    claims.nats.default_permissions = editPermissions(claims.nats.default_permissions, wanted.defaultPermissions);
  }
  if (wanted.start) claims.nbf = wanted.start;
  if (wanted.expiry) claims.exp = wanted.expiry;
  if (wanted.tags && wanted.tags.length > 0) claims.nats.tags = wanted.tags;
  if (wanted.description) claims.nats.description = wanted.description;
  const jwt = await signChecked(claims, signer, { now });

  if (!wanted.dryRun) {
    // Keys first: an account whose key is not stored could never be used.
    if (identity.seed) await writeSeed(keystore, identity.seed);
    if (signing) await writeSeed(keystore, signing);
    await addAccount(store, wanted.name, jwt.token);
  }
  return {
    name: wanted.name,
    publicKey: identity.publicKey,
    operator: store.name,
    issuer: jwt.claims.iss,
    signingKeys: [...jwt.claims.nats.signing_keys.keys()],
    expires: jwt.claims.exp ?? 0,
    dryRun: wanted.dryRun === true,
  };
}

async function refuseTakenAccountKey(store: OperatorStore, key: string): Promise<void> {
  const taken = await findAccountByKey(store, key);
  if (taken === undefined) return;
  throw cliError('ERR_SIGNING_KEY_TAKEN', `${key} is the account ${taken.name} already`, {
    hint: 'every account has a key of its own: leave --public-key out to have one made',
    details: { account: taken.name },
  });
}
