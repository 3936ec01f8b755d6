/**
 * Changing an entity of the store, the one way it is done: read it under the lock, let `edit` make the claims that are wanted,
 * judge and sign them later than what they replace, write. With `dryRun` everything but the writing.
 */
import type { Unsigned } from '../../claims/jwt/encode.js';
import { NO_LIMIT, noLimits } from '../../claims/jwt/new.js';
import type { Seed } from '../../claims/keys/seed.js';
import { hasNothingOfItsOwn } from '../../claims/trust/user.js';
import type { AccountClaims, Decoded, OperatorClaims, UserClaims, UserData, UserScope } from '../../claims/types.js';
import { validateScopedUser } from '../../claims/validate/scoped-user.js';
import { refuseErrors, signChecked } from '../sign.js';
import { accountSigner, operatorSelfSigner, operatorSigner, refuseLostSigner } from '../signer.js';
import { findSeed, writeCreds, writeSeed } from '../store/keystore.js';
import { readOperator, type StoredAccount, writeAccount, writeOperator } from '../store/store.js';
import { findUser, type StoredUser, writeUser } from '../store/users.js';
import { afterRevocations, refuseRevokedUser } from '../user/revoked.js';
import { changing, chooseAccount, type Workspace } from '../workspace.js';
import { type ChangeableClaims, type Difference, differences } from './difference.js';

export interface ChangeOptions {
  /** The value of `--private-key`. */
  key?: string | undefined;
  /** Judge and show, write nothing. */
  dryRun?: boolean | undefined;
  /** Keys that the new claims name: stored before them. */
  seeds?: (Seed | null)[] | undefined;
}

export interface Change<C extends ChangeableClaims> {
  before: C;
  after: C;
  /** Empty: nothing was to be changed, and nothing was written. */
  differences: Difference[];
  dryRun: boolean;
}

/** Gets the claims to change as its own: in place or as a copy. */
type Edit<C, Entity> = (claims: C, entity: Entity) => Unsigned<C> | Promise<Unsigned<C>>;

export function changeOperator(
  workspace: Workspace,
  options: ChangeOptions,
  edit: Edit<OperatorClaims, Workspace>,
): Promise<Change<OperatorClaims>> {
  return changing(workspace, async () => {
    const { claims } = await readOperator(workspace.store);
    const wanted = await edit(structuredClone(claims), workspace);
    // One of the keys that the new claims name: the one before may be taken away by them.
    const signer = await operatorSelfSigner(workspace, wanted, { key: options.key, previous: claims.iss });
    const after = await signChecked<OperatorClaims>(wanted, signer, at(workspace, claims));
    return settle(workspace, 'operator', claims, after.claims, options, () =>
      writeOperator(workspace.store, after.token),
    );
  });
}

export function changeAccount(
  workspace: Workspace,
  nameOrKey: string | undefined,
  options: ChangeOptions,
  edit: Edit<AccountClaims, StoredAccount>,
): Promise<Change<AccountClaims>> {
  return changing(workspace, async () => {
    const account = await chooseAccount(workspace, nameOrKey);
    const { claims } = account.jwt;
    const operator = (await readOperator(workspace.store)).claims;
    const own = { claims };
    const signer = await operatorSigner(workspace, operator, { key: options.key, previous: claims.iss, own });
    const after = await signChecked<AccountClaims>(
      await edit(structuredClone(claims), account),
      signer,
      at(workspace, claims),
    );
    return settle(workspace, 'account', claims, after.claims, options, () =>
      writeAccount(workspace.store, account.name, after.token),
    );
  });
}

/** A user about to be changed, with what its account says of it. */
export interface ChangingUser extends StoredUser {
  accountClaims: AccountClaims;
  /** Of the scoped signing key that will sign: then the template says what the user may do, and its JWT says nothing. */
  scope: UserScope | null;
}

/**
 * Signed by the key that signed before, also where that is a role's, unless another is given. The user's creds are written
 * again where its seed is here.
 */
export function changeUser(
  workspace: Workspace,
  wanted: { user: string; account?: string | undefined },
  options: ChangeOptions,
  edit: Edit<UserClaims, ChangingUser>,
): Promise<Change<UserClaims>> {
  return changing(workspace, async () => {
    const { store } = workspace;
    const account = await chooseAccount(workspace, wanted.account);
    const accountClaims = account.jwt.claims;
    const user = await findUser(store, account.name, wanted.user);
    const { claims } = user.jwt;
    const strict = (await readOperator(store)).claims.nats.strict_signing_key_usage === true;
    refuseLostSigner(accountClaims, user.name, claims.iss, options.key);
    const ofRole = accountClaims.nats.signing_keys.get(claims.iss) ? claims.iss : undefined;
    const choice = { key: options.key ?? ofRole, previous: claims.iss, strict };
    const { signer, scope } = await accountSigner(workspace, accountClaims, choice);
    const fitting = fitToSigner(structuredClone(claims), accountClaims.sub, signer.publicKey, scope);
    const edited = await edit(fitting, { ...user, accountClaims, scope });
    if (scope) refuseErrors(user.name, validateScopedUser(edited, accountClaims, scope));
    refuseRevokedUser(accountClaims, account.name, claims, workspace.now);
    const times = { now: workspace.now, after: afterRevocations(accountClaims, claims.iat) };
    const after = await signChecked<UserClaims>(edited, signer, times);
    return settle(workspace, 'user', claims, after.claims, options, () =>
      writeUserAndCreds(workspace, account.name, user.name, after),
    );
  });
}

/** @returns path of the creds, or null where the user's seed is not here */
export async function writeUserAndCreds(
  { store, keystore }: Workspace,
  account: string,
  user: string,
  { claims, token }: Decoded<UserClaims>,
): Promise<string | null> {
  await writeUser(store, account, user, token);
  const seed = await findSeed(keystore, claims.sub);
  return seed ? writeCreds(keystore, { operator: store.name, account, user }, token, seed) : null;
}

/**
 * What a JWT must say depends on who signs it: a signing key signs for an account it names; a user of a role holds nothing
 * of its own, not even that it is unlimited.
 */
function fitToSigner(claims: UserClaims, account: string, signer: string, scope: UserScope | null): UserClaims {
  const { issuer_account: _before, ...data } = claims.nats;
  const nats: UserData = signer === account ? data : { ...data, issuer_account: account };
  if (scope === null) return { ...claims, nats: hasNothingOfItsOwn(nats) ? { ...nats, ...noLimits() } : nats };
  const { subs, data: bytes, payload } = nats;
  const without = { ...nats, subs: 0, data: 0, payload: 0 };
  const unlimited = subs === NO_LIMIT && bytes === NO_LIMIT && payload === NO_LIMIT;
  return { ...claims, nats: unlimited && hasNothingOfItsOwn(without) ? without : nats };
}

function at({ now }: Workspace, replaced: ChangeableClaims): { now: number; after: number } {
  return { now, after: replaced.iat };
}

async function settle<C extends ChangeableClaims>(
  { keystore }: Workspace,
  kind: 'operator' | 'account' | 'user',
  before: C,
  after: C,
  { key, dryRun = false, seeds = [] }: ChangeOptions,
  write: () => Promise<unknown>,
): Promise<Change<C>> {
  const found = differences(kind, before, after);
  // Another signer is a change only where it was asked for.
  if (key !== undefined && before.iss !== after.iss) {
    found.unshift({ path: '/iss', before: before.iss, after: after.iss });
  }
  if (found.length > 0 && !dryRun) {
    for (const seed of seeds) if (seed) await writeSeed(keystore, seed);
    await write();
  }
  return { before, after, differences: found, dryRun };
}
