import { newAccount } from '../../claims/jwt/new.js';
import { Seed } from '../../claims/keys/seed.js';
import { checkEntityName } from '../../claims/names.js';
import { signChecked } from '../sign.js';
import { operatorSigner } from '../signer.js';
import { writeSeed } from '../store/keystore.js';
import { addAccount, readOperator, refuseTakenAccount } from '../store/store.js';
import { changing, selectContext, type Workspace } from '../workspace.js';

export interface NewAccount {
  name: string;
  /** Make a signing key for its users' JWTs; undefined = where the operator requires signing keys. */
  signingKey?: boolean | undefined;
  expiry?: number | undefined;
  tags?: string[] | undefined;
  description?: string | undefined;
  /** The value of `--private-key`. */
  key?: string | undefined;
}

export interface CreatedAccount {
  name: string;
  publicKey: string;
  operator: string;
  issuer: string;
  signingKeys: string[];
  expires: number;
}

export async function createAccount(workspace: Workspace, wanted: NewAccount): Promise<CreatedAccount> {
  checkEntityName(wanted.name, 'account');
  const created = await changing(workspace, () => create(workspace, wanted));
  await selectContext(workspace.paths, { operator: workspace.store.name, account: created.name }, workspace.now);
  return created;
}

async function create(workspace: Workspace, wanted: NewAccount): Promise<CreatedAccount> {
  const { store, keystore, now } = workspace;
  await refuseTakenAccount(store, wanted.name);
  const operator = (await readOperator(store)).claims;
  const identity = Seed.generate('account');
  const claims = newAccount(identity.publicKey, wanted.name);
  const signer = await operatorSigner(workspace, operator, { key: wanted.key, own: { claims, seed: identity } });

  const wantsKey = wanted.signingKey ?? operator.nats.strict_signing_key_usage === true;
  const signing = wantsKey ? Seed.generate('account') : null;
  if (signing) claims.nats.signing_keys.set(signing.publicKey, null);
  if (wanted.expiry) claims.exp = wanted.expiry;
  if (wanted.tags && wanted.tags.length > 0) claims.nats.tags = wanted.tags;
  if (wanted.description) claims.nats.description = wanted.description;
  const jwt = await signChecked(claims, signer, { now });

  // Keys first: an account whose key is not stored could never be used.
  await writeSeed(keystore, identity);
  if (signing) await writeSeed(keystore, signing);
  await addAccount(store, wanted.name, jwt.token);
  return {
    name: wanted.name,
    publicKey: identity.publicKey,
    operator: store.name,
    issuer: jwt.claims.iss,
    signingKeys: [...jwt.claims.nats.signing_keys.keys()],
    expires: jwt.claims.exp ?? 0,
  };
}
