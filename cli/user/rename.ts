import type { Unsigned } from '../../claims/jwt/encode.js';
import { checkEntityName } from '../../claims/names.js';
import type { AccountClaims, UserClaims } from '../../claims/types.js';
import { validateScopedUser } from '../../claims/validate/scoped-user.js';
import type { Renamed } from '../account/rename.js';
import type { ChangeOptions } from '../change/change.js';
import { differences } from '../change/difference.js';
import { refuseErrors, signChecked } from '../sign.js';
import { accountSigner, refuseLostSigner } from '../signer.js';
import { findSeed, keepCreds, refuseOtherUserCreds, removeRenamedCreds } from '../store/keystore.js';
import { readOperator } from '../store/store.js';
import { findUser, refuseTakenUserBut, renameUserFile } from '../store/users.js';
import { changing, chooseAccount, type Workspace } from '../workspace.js';
import { afterRevocations, refuseVoidUser } from './revoked.js';

export interface RenamedUser extends Renamed {
  account: string;
  /** Path of the new creds file; null where the user's key is not here. */
  creds: string | null;
}

/** Names a user anew: its JWT is signed again by the key that signed it, its creds are written under the new name. */
export function renameUserTo(
  workspace: Workspace,
  wanted: { user: string; account?: string | undefined; to: string },
  { key, dryRun = false }: ChangeOptions,
): Promise<RenamedUser> {
  checkEntityName(wanted.to, 'user');
  return changing(workspace, async () => {
    const { store, keystore } = workspace;
    const account = await chooseAccount(workspace, wanted.account);
    const user = await findUser(store, account.name, wanted.user);
    const { to } = wanted;
    await refuseTakenUserBut(store, account.name, user.name, to);
    const before = user.jwt.claims;
    refuseVoidUser(account.jwt.claims, account.name, before, workspace.now);
    await refuseOtherUserCreds(keystore, { operator: store.name, account: account.name }, user.name, to);
    refuseLostSigner(account.jwt.claims, user.name, before.iss, key);
    const { claims, token, warnings } = await renamedToken(workspace, account.jwt.claims, before, to, key);
    const changes = differences('user', before, claims);
    const result: RenamedUser = {
      account: account.name,
      from: user.name,
      to,
      publicKey: before.sub,
      creds: null,
      changed: changes.length > 0 || user.name !== to,
      differences: changes,
      dryRun,
      warnings,
    };
    if (dryRun || !result.changed) return result;
    await renameUserFile(store, account.name, user.name, to, token);
    const names = { operator: store.name, account: account.name, user: to };
    const seed = await findSeed(keystore, before.sub);
    if (seed) result.creds = await keepCreds(keystore, names, token, seed);
    // Where there is no seed, the old creds file is the one place that has it: it stays.
    if (seed) await removeRenamedCreds(keystore, { ...names, user: user.name }, to);
    return result;
  });
}

async function renamedToken(
  workspace: Workspace,
  account: AccountClaims,
  before: UserClaims,
  name: string,
  key: string | undefined,
) {
  const strict = (await readOperator(workspace.store)).claims.nats.strict_signing_key_usage === true;
  // A user of a role stays one: nobody else's signature would do for claims that are empty.
  const scoped = Boolean(account.nats.signing_keys.get(before.iss));
  const choice = { key: key ?? (scoped ? before.iss : undefined), previous: before.iss, strict };
  const { signer, scope } = await accountSigner(workspace, account, choice);
  const unsigned: Unsigned<UserClaims> = { ...before, name, nats: { ...before.nats } };
  if (signer.publicKey === account.sub) delete unsigned.nats.issuer_account;
  else unsigned.nats.issuer_account = account.sub;
  const issues = scope ? validateScopedUser(unsigned, account, scope) : [];
  refuseErrors(name, issues);
  const signed = await signChecked<UserClaims>(unsigned, signer, {
    now: workspace.now,
    after: afterRevocations(account, before.iat),
  });
  return { ...signed, warnings: issues.map((issue) => issue.message) };
}
