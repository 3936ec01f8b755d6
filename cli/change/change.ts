/**
 * Changing an entity of the store, the one way it is done: read it under the lock, let `edit` make the claims that are wanted,
 * judge and sign them later than what they replace, write. With `dryRun` everything but the writing.
 */
import type { Unsigned } from '../../claims/jwt/encode.js';
import type { AccountClaims, OperatorClaims, UserClaims } from '../../claims/types.js';
import { signChecked } from '../sign.js';
import { accountSigner, operatorSelfSigner, operatorSigner } from '../signer.js';
import { findSeed, writeCreds } from '../store/keystore.js';
import { readOperator, type StoredAccount, writeAccount, writeOperator } from '../store/store.js';
import { findUser, type StoredUser, writeUser } from '../store/users.js';
import { changing, chooseAccount, type Workspace } from '../workspace.js';
import { type ChangeableClaims, type Difference, differences } from './difference.js';

export interface ChangeOptions {
  /** The value of `--private-key`. */
  key?: string | undefined;
  /** Judge and show, write nothing. */
  dryRun?: boolean | undefined;
}

export interface Change<C extends ChangeableClaims> {
  before: C;
  after: C;
  /** Empty: nothing was to be changed, and nothing was written. */
  differences: Difference[];
  dryRun: boolean;
}

type Edit<C, Entity> = (claims: C, entity: Entity) => Unsigned<C> | Promise<Unsigned<C>>;

export function changeOperator(
  workspace: Workspace,
  options: ChangeOptions,
  edit: Edit<OperatorClaims, Workspace>,
): Promise<Change<OperatorClaims>> {
  return changing(workspace, async () => {
    const { claims } = await readOperator(workspace.store);
    const signer = await operatorSelfSigner(workspace, claims, { key: options.key, previous: claims.iss });
    const after = await signChecked<OperatorClaims>(await edit(claims, workspace), signer, at(workspace, claims));
    return settle('operator', claims, after.claims, options, () => writeOperator(workspace.store, after.token));
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
    const signer = await operatorSigner(workspace, operator, { key: options.key, previous: claims.iss });
    const after = await signChecked<AccountClaims>(await edit(claims, account), signer, at(workspace, claims));
    return settle('account', claims, after.claims, options, () =>
      writeAccount(workspace.store, account.name, after.token),
    );
  });
}

/** The user's creds are written again where its seed is here. */
export function changeUser(
  workspace: Workspace,
  wanted: { user: string; account?: string | undefined },
  options: ChangeOptions,
  edit: Edit<UserClaims, StoredUser>,
): Promise<Change<UserClaims>> {
  return changing(workspace, async () => {
    const { store, keystore } = workspace;
    const account = await chooseAccount(workspace, wanted.account);
    const user = await findUser(store, account.name, wanted.user);
    const { claims } = user.jwt;
    const strict = (await readOperator(store)).claims.nats.strict_signing_key_usage === true;
    const choice = { key: options.key, previous: claims.iss, strict };
    const { signer } = await accountSigner(workspace, account.jwt.claims, choice);
    const after = await signChecked<UserClaims>(await edit(claims, user), signer, at(workspace, claims));
    return settle('user', claims, after.claims, options, async () => {
      await writeUser(store, account.name, user.name, after.token);
      const seed = await findSeed(keystore, claims.sub);
      const names = { operator: store.name, account: account.name, user: user.name };
      if (seed) await writeCreds(keystore, names, after.token, seed);
    });
  });
}

function at({ now }: Workspace, replaced: ChangeableClaims): { now: number; after: number } {
  return { now, after: replaced.iat };
}

async function settle<C extends ChangeableClaims>(
  kind: 'operator' | 'account' | 'user',
  before: C,
  after: C,
  { dryRun = false }: ChangeOptions,
  write: () => Promise<unknown>,
): Promise<Change<C>> {
  const change = { before, after, differences: differences(kind, before, after), dryRun };
  if (change.differences.length > 0 && !dryRun) await write();
  return change;
}
