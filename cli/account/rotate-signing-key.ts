import { isDeepStrictEqual } from 'node:util';
import { isRevoked } from '../../claims/account/revocation.js';
import { seedSigner } from '../../claims/keys/signer.js';
import type { AccountClaims, Decoded, UserClaims, UserScope } from '../../claims/types.js';
import { type ChangeOptions, changeAccount, writeUserAndCreds } from '../change/change.js';
import { type ChangeResult, changeResult } from '../change/show.js';
import { cliError } from '../errors.js';
import { signChecked } from '../sign.js';
import { givenKey, operatorSigner } from '../signer.js';
import { keyFile, readSeed, writeSeed } from '../store/keystore.js';
import { isDamaged, listAccounts, readOperator, withoutDamaged, writeAccount } from '../store/store.js';
import { listUsers, type StoredUser } from '../store/users.js';
import type { Workspace } from '../workspace.js';
import { activationsSignedBy, type SignedActivation } from './signed-activations.js';
import { findSigningKey, withKey } from './signing-keys.js';

export interface RotatedSigningKey extends ChangeResult {
  account: string;
  role: string | null;
  oldKey: string;
  key: string;
  /** File of the new private key. */
  file: string;
  /** Signed anew; `creds` is the file written, null where the user's private key is not here. */
  users: { name: string; publicKey: string; creds: string | null }[];
  /** Not signed anew: revoked users, which a new JWT would let in again, and those that cannot be read. */
  left: { name: string; reason: 'revoked' | 'unreadable' }[];
  /** Imports of accounts of this store whose activations the old key signed: they need new ones. */
  activations: SignedActivation[];
}

/**
 * Puts a new key in the place of a signing key, with its role, and signs its users anew. Done in three steps, each of which
 * leaves a store that works: the account names both keys, the users change over, the account names the new key only. One that
 * was stopped halfway is ended by naming the old key and the new one.
 */
export async function rotateAccountSigningKey(
  workspace: Workspace,
  nameOrKey: string | undefined,
  wanted: { key: string; newKey?: string | undefined },
  options: ChangeOptions = {},
): Promise<RotatedSigningKey> {
  const { store, keystore } = workspace;
  const { publicKey, seed } = await givenKey(wanted.newKey, 'account');
  const signing = seed ?? (await readSeed(keystore, publicKey, 'the new signing key'));
  const rotated = { account: '', role: null as string | null, oldKey: '' };
  const users: RotatedSigningKey['users'] = [];
  const left: RotatedSigningKey['left'] = [];
  let activations: SignedActivation[] = [];

  const change = await changeAccount(workspace, nameOrKey, { ...options, seeds: [seed] }, async (claims, account) => {
    const { key: oldKey, scope } = findSigningKey(claims, account.name, wanted.key);
    Object.assign(rotated, { account: account.name, role: scope?.role ?? null, oldKey });
    const held = claims.nats.signing_keys.get(publicKey);
    if ([oldKey, claims.sub].includes(publicKey) || (held !== undefined && !sameRole(held, scope))) {
      throw cliError('ERR_SIGNING_KEY_TAKEN', `${publicKey} is a key of account ${account.name} already`, {
        hint: 'leave --new-key out to have one made',
        details: { key: publicKey },
      });
    }
    activations = activationsSignedBy(withoutDamaged(await listAccounts(store)), oldKey);
    const both = withKey(claims, publicKey, scope && { ...scope, key: publicKey });
    const tokens: { user: StoredUser; jwt: Decoded<UserClaims> }[] = [];
    for (const user of await listUsers(store, account.name)) {
      if (isDamaged(user)) left.push({ name: user.name, reason: 'unreadable' });
      else if (user.jwt.claims.iss === oldKey) {
        if (isRevoked(claims.nats.revocations, user.jwt.claims.sub, user.jwt.claims.iat)) {
          left.push({ name: user.name, reason: 'revoked' });
          continue;
        }
        const times = { now: workspace.now, after: user.jwt.claims.iat };
        tokens.push({ user, jwt: await signChecked<UserClaims>(user.jwt.claims, seedSigner(signing), times) });
      }
    }
    if (!options.dryRun && tokens.length > 0) {
      if (seed) await writeSeed(keystore, seed);
      await writeBoth(workspace, account.name, claims, both, options.key);
    }
    for (const { user, jwt } of tokens) {
      const creds = options.dryRun ? null : await writeUserAndCreds(workspace, account.name, user.name, jwt);
      users.push({ name: user.name, publicKey: jwt.claims.sub, creds });
    }
    const signing_keys = new Map([...both.nats.signing_keys].filter(([key]) => key !== oldKey));
    return { ...both, nats: { ...both.nats, signing_keys } };
  });
  const file = keyFile(keystore, publicKey);
  return { ...rotated, key: publicKey, file, users, left, activations, ...changeResult(change) };
}

function sameRole(held: UserScope | null, wanted: UserScope | null): boolean {
  if (held === null || wanted === null) return held === wanted;
  return isDeepStrictEqual({ ...held, key: '' }, { ...wanted, key: '' });
}

async function writeBoth(
  workspace: Workspace,
  name: string,
  before: AccountClaims,
  both: AccountClaims,
  key: string | undefined,
): Promise<void> {
  const operator = (await readOperator(workspace.store)).claims;
  const signer = await operatorSigner(workspace, operator, { key, previous: before.iss, own: { claims: both } });
  const times = { now: workspace.now, after: before.iat };
  const { token } = await signChecked<AccountClaims>(both, signer, times);
  await writeAccount(workspace.store, name, token);
}
