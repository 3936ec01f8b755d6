import { isDeepStrictEqual } from 'node:util';
import { isRevoked } from '../../claims/account/revocation.js';
import type { Seed } from '../../claims/keys/seed.js';
import { seedSigner } from '../../claims/keys/signer.js';
import type { AccountClaims, Import, OperatorClaims, UserClaims, UserScope } from '../../claims/types.js';
import { type Batch, commitBatch, newBatch, putAccount, putUser } from '../change/batch.js';
import type { ChangeOptions } from '../change/change.js';
import type { Difference } from '../change/difference.js';
import type { ChangeResult } from '../change/show.js';
import { cliError } from '../errors.js';
import { remadeActivation } from '../rotate/activations.js';
import { signChecked } from '../sign.js';
import { givenKey, operatorSigner } from '../signer.js';
import { keyFile, readSeed } from '../store/keystore.js';
import { isDamaged, listAccounts, readOperator, type StoredAccount, withoutDamaged } from '../store/store.js';
import { listUsers } from '../store/users.js';
import { changing, chooseAccount, type Workspace } from '../workspace.js';
import { activationSigner, activationsSignedBy, type SignedActivation } from './signed-activations.js';
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
  /** Accounts that import by an activation of the old key: the new one signed it anew. */
  importers: { name: string; publicKey: string; differences: Difference[] }[];
  /** Imports of accounts of this store whose activations the old key signed, and which could not be made again. */
  activations: SignedActivation[];
}

/** Puts a new key in the place of a signing key, with its role, and signs its users anew: all of it, or nothing. */
export function rotateAccountSigningKey(
  workspace: Workspace,
  nameOrKey: string | undefined,
  wanted: { key: string; newKey?: string | undefined },
  options: ChangeOptions = {},
): Promise<RotatedSigningKey> {
  return changing(workspace, async () => {
    const { store, keystore, now } = workspace;
    const { publicKey, seed } = await givenKey(wanted.newKey, 'account');
    const signing = seed ?? (await readSeed(keystore, publicKey, 'the new signing key'));
    const account = await chooseAccount(workspace, nameOrKey);
    const { name } = account;
    const { claims } = account.jwt;
    const { key: oldKey, scope } = findSigningKey(claims, name, wanted.key);
    const held = claims.nats.signing_keys.get(publicKey);
    if ([oldKey, claims.sub].includes(publicKey) || (held !== undefined && !sameRole(held, scope))) {
      throw cliError('ERR_SIGNING_KEY_TAKEN', `${publicKey} is a key of account ${name} already`, {
        hint: 'leave --new-key out to have one made',
        details: { key: publicKey },
      });
    }
    const both = withKey(claims, publicKey, scope && { ...scope, key: publicKey });
    const signing_keys = new Map([...both.nats.signing_keys].filter(([key]) => key !== oldKey));
    const changed = { ...both, nats: { ...both.nats, signing_keys } };
    const operator = (await readOperator(store)).claims;
    const choice = { key: options.key, previous: claims.iss, own: { claims: changed } };
    const signer = await operatorSigner(workspace, operator, choice);
    const batch = newBatch();
    const after = await signChecked<AccountClaims>(changed, signer, { now, after: claims.iat });
    putAccount(batch, store, name, claims, after);
    const left = await putUsers(batch, workspace, account, oldKey, signing);
    const activations = await putImporters(batch, workspace, operator, account, {
      oldKey,
      signing,
      key: options.key,
    });
    await commitBatch(workspace, batch, { seeds: [seed], dryRun: options.dryRun });
    const dryRun = options.dryRun === true;
    return {
      account: name,
      role: scope?.role ?? null,
      oldKey,
      key: publicKey,
      file: keyFile(keystore, publicKey),
      users: batch.changes
        .filter(({ kind }) => kind === 'user')
        .map((user) => ({ name: user.name, publicKey: user.publicKey, creds: dryRun ? null : user.creds })),
      left,
      importers: batch.changes
        .slice(1)
        .filter(({ kind }) => kind === 'account')
        .map((one) => ({ name: one.name, publicKey: one.publicKey, differences: one.differences })),
      activations,
      changed: true,
      dryRun,
      differences: batch.changes[0]?.differences ?? [],
    };
  });
}

async function putUsers(
  batch: Batch,
  workspace: Workspace,
  { name, jwt }: StoredAccount,
  oldKey: string,
  signing: Seed,
): Promise<RotatedSigningKey['left']> {
  const left: RotatedSigningKey['left'] = [];
  for (const user of await listUsers(workspace.store, name)) {
    if (isDamaged(user)) left.push({ name: user.name, reason: 'unreadable' });
    else if (user.jwt.claims.iss === oldKey) {
      const { claims } = user.jwt;
      if (isRevoked(jwt.claims.nats.revocations, claims.sub, claims.iat)) {
        left.push({ name: user.name, reason: 'revoked' });
        continue;
      }
      const times = { now: workspace.now, after: claims.iat };
      const after = await signChecked<UserClaims>(claims, seedSigner(signing), times);
      await putUser(batch, workspace, { account: name, user: user.name }, claims, after);
    }
  }
  return left;
}

/** @returns what needs an activation of somebody else */
async function putImporters(
  batch: Batch,
  workspace: Workspace,
  operator: OperatorClaims,
  exporter: StoredAccount,
  { oldKey, signing, key }: { oldKey: string; signing: Seed; key?: string | undefined },
): Promise<SignedActivation[]> {
  const { store, now } = workspace;
  const before = exporter.jwt.claims;
  const party = { before, key: before.sub, replaced: { key: oldKey, seed: signing } };
  const left: SignedActivation[] = [];
  for (const importer of withoutDamaged(await listAccounts(store))) {
    const { name, jwt } = importer;
    if (activationsSignedBy([importer], oldKey).length === 0) continue;
    const imports: Import[] = [];
    for (const one of jwt.claims.nats.imports) {
      const ends = activationSigner(one.token) === oldKey;
      // Of its own the account has none (servers refuse that); one of another account is none of this key's.
      const again = ends && one.account === before.sub && jwt.claims.sub !== before.sub;
      const token = again
        ? await remadeActivation(workspace, one, { before: jwt.claims, key: jwt.claims.sub }, party)
        : null;
      if (ends && token === null) left.push({ account: name, subject: one.subject });
      imports.push(token === null ? one : { ...one, token });
    }
    if (imports.every((one, at) => one === jwt.claims.nats.imports[at])) continue;
    const wanted = { ...jwt.claims, nats: { ...jwt.claims.nats, imports } };
    const signer = await operatorSigner(workspace, operator, { key, previous: jwt.claims.iss, own: jwt });
    const times = { now, after: jwt.claims.iat };
    putAccount(batch, store, name, jwt.claims, await signChecked<AccountClaims>(wanted, signer, times));
  }
  return left;
}

function sameRole(held: UserScope | null, wanted: UserScope | null): boolean {
  if (held === null || wanted === null) return held === wanted;
  return isDeepStrictEqual({ ...held, key: '' }, { ...wanted, key: '' });
}
