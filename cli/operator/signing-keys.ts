import { decodePublicKey } from '../../claims/keys/nkey.js';
import type { AccountClaims, Decoded, OperatorClaims } from '../../claims/types.js';
import { type ChangeOptions, changeOperator } from '../change/change.js';
import { type ChangeResult, changeResult } from '../change/show.js';
import { cliError } from '../errors.js';
import { signChecked } from '../sign.js';
import { givenKey, operatorSigner } from '../signer.js';
import { holdsSeed, keyFile } from '../store/keystore.js';
import { listAccounts, readOperator, type StoredAccount, withoutDamaged, writeAccount } from '../store/store.js';
import type { Workspace } from '../workspace.js';

export interface OperatorSigningKey {
  key: string;
  /** Whether its private half is in this keystore. */
  stored: boolean;
  /** Names of the accounts it signed. */
  accounts: string[];
}

export async function listOperatorSigningKeys(workspace: Workspace) {
  const { claims } = await readOperator(workspace.store);
  const accounts = withoutDamaged(await listAccounts(workspace.store));
  const described = async (key: string): Promise<OperatorSigningKey> => ({
    key,
    stored: await holdsSeed(workspace.keystore, key),
    accounts: accounts.filter(({ jwt }) => jwt.claims.iss === key).map(({ name }) => name),
  });
  return {
    operator: workspace.store.name,
    required: claims.nats.strict_signing_key_usage === true,
    identity: await described(claims.sub),
    signingKeys: await Promise.all(claims.nats.signing_keys.map(described)),
  };
}

export interface AddedSigningKey extends ChangeResult {
  operator: string;
  key: string;
  /** File of the private key, where it is (or would be) kept here. */
  file: string | null;
}

/** @param given a public key, seed or file; undefined to make one */
export async function addOperatorSigningKey(
  workspace: Workspace,
  given: string | undefined,
  options: ChangeOptions = {},
): Promise<AddedSigningKey> {
  const { publicKey, seed } = await givenKey(given, 'operator');
  const change = await changeOperator(workspace, { ...options, seeds: [seed] }, (claims) => {
    if (publicKey === claims.sub || claims.nats.signing_keys.includes(publicKey)) {
      throw cliError('ERR_SIGNING_KEY_TAKEN', `${publicKey} is a key of operator ${workspace.store.name} already`, {
        details: { key: publicKey },
      });
    }
    return { ...claims, nats: { ...claims.nats, signing_keys: [...claims.nats.signing_keys, publicKey] } };
  });
  const kept = seed !== null || (await holdsSeed(workspace.keystore, publicKey));
  const file = kept ? keyFile(workspace.keystore, publicKey) : null;
  return { operator: workspace.store.name, key: publicKey, file, ...changeResult(change) };
}

export interface RemovedSigningKey extends ChangeResult {
  operator: string;
  key: string;
  /** Signed anew by another key, because the removed one had signed them: they must be pushed. */
  accounts: string[];
}

/** Accounts that the key signed are signed anew, before the operator stops naming it: at no moment is one without a valid signer. */
export async function removeOperatorSigningKey(
  workspace: Workspace,
  key: string,
  options: ChangeOptions = {},
): Promise<RemovedSigningKey> {
  decodePublicKey(key, 'operator');
  const { store } = workspace;
  let accounts: string[] = [];
  const change = await changeOperator(workspace, options, async (claims) => {
    const left = withoutKey(claims, key, store.name);
    const signed = withoutDamaged(await listAccounts(store)).filter(({ jwt }) => jwt.claims.iss === key);
    accounts = signed.map(({ name }) => name);
    if (signed.length > 0) {
      const tokens = await signAnew(workspace, signed, left);
      if (!options.dryRun) for (const { name, jwt } of tokens) await writeAccount(store, name, jwt.token);
    }
    return left;
  });
  return { operator: store.name, key, accounts, ...changeResult(change) };
}

function withoutKey(claims: OperatorClaims, key: string, name: string): OperatorClaims {
  const keys = claims.nats.signing_keys;
  if (!keys.includes(key)) {
    throw cliError('ERR_SIGNING_KEY_UNKNOWN', `${key} is no signing key of operator ${name}`, {
      hint: keys.length > 0 ? `its signing keys: ${keys.join(', ')}` : 'it has none',
      details: { key },
    });
  }
  if (keys.length === 1 && claims.nats.strict_signing_key_usage) {
    throw cliError('ERR_SIGNING_KEYS_REQUIRED', `operator ${name} requires signing keys, and this is its last one`, {
      hint: 'add another one first, or run `natsctl operator edit --no-require-signing-keys`',
      details: { key },
    });
  }
  return { ...claims, nats: { ...claims.nats, signing_keys: keys.filter((one) => one !== key) } };
}

async function signAnew(
  workspace: Workspace,
  accounts: StoredAccount[],
  operator: OperatorClaims,
): Promise<{ name: string; jwt: Decoded<AccountClaims> }[]> {
  const signer = await operatorSigner(workspace, operator);
  const tokens: { name: string; jwt: Decoded<AccountClaims> }[] = [];
  for (const { name, jwt } of accounts) {
    const times = { now: workspace.now, after: jwt.claims.iat };
    tokens.push({ name, jwt: await signChecked<AccountClaims>(jwt.claims, signer, times) });
  }
  return tokens;
}
