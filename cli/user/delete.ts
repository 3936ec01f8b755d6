import { revoke } from '../../claims/account/revocation.js';
import type { AccountClaims } from '../../claims/types.js';
import type { ChangeOptions } from '../change/change.js';
import { type Difference, differences } from '../change/difference.js';
import { removeUnusedKeys } from '../delete/keys.js';
import { signChecked } from '../sign.js';
import { operatorSigner } from '../signer.js';
import { exists } from '../store/atomic.js';
import { credsFile, removeCreds } from '../store/keystore.js';
import { readOperator, writeAccount } from '../store/store.js';
import { findUser, removeUser, type StoredUser } from '../store/users.js';
import { changing, chooseAccount, type Workspace } from '../workspace.js';

export interface UnwantedUsers {
  /** Names or public keys. */
  users: string[];
  account?: string | undefined;
  /** Make the JWTs they hold void: without it their creds go on working wherever they are. */
  revoke: boolean;
  removeKeys: boolean;
  keepCreds: boolean;
}

export interface DeletedUser {
  name: string;
  publicKey: string;
  /** Unix seconds; null where it was not revoked. */
  revokedAt: number | null;
  /** Path of the creds file that went with it. */
  creds: string | null;
}

export interface DeletedUsers {
  account: string;
  accountKey: string;
  users: DeletedUser[];
  /** Private keys that went, and those that something else refers to. */
  keys: { removed: string[]; kept: string[] };
  /** Of the account, claim by claim. */
  differences: Difference[];
  changed: boolean;
  dryRun: boolean;
}

/** Deletes users of an account: first all are revoked in one token, then their files go. */
export function deleteUsers(
  workspace: Workspace,
  wanted: UnwantedUsers,
  options: ChangeOptions,
): Promise<DeletedUsers> {
  return changing(workspace, async () => {
    const { store, keystore } = workspace;
    const account = await chooseAccount(workspace, wanted.account);
    const { claims } = account.jwt;
    const users = new Map<string, StoredUser>();
    for (const one of wanted.users) {
      const user = await findUser(store, account.name, one);
      users.set(user.name, user);
    }
    const gone = [...users.values()];
    const revoked = wanted.revoke ? await revokedAccount(workspace, claims, gone, options.key) : null;
    const result: DeletedUsers = {
      account: account.name,
      accountKey: claims.sub,
      users: [],
      keys: { removed: [], kept: [] },
      differences: revoked ? differences('account', claims, revoked.claims) : [],
      changed: true,
      dryRun: options.dryRun === true,
    };
    if (revoked && result.differences.length > 0 && !result.dryRun) {
      await writeAccount(store, account.name, revoked.token);
    }
    for (const { name, jwt } of gone) {
      const names = { operator: store.name, account: account.name, user: name };
      const revokedAt =
        revoked?.claims.nats.revocations.get(jwt.claims.sub) ?? revoked?.claims.nats.revocations.get('*');
      const creds = wanted.keepCreds ? null : await credsToGo(keystore, names, result.dryRun);
      if (!result.dryRun) await removeUser(store, account.name, name);
      result.users.push({ name, publicKey: jwt.claims.sub, revokedAt: revokedAt ?? null, creds });
    }
    if (wanted.removeKeys && !result.dryRun) {
      result.keys = await removeUnusedKeys(
        workspace,
        gone.map((one) => one.jwt.claims.sub),
      );
    }
    return result;
  });
}

async function credsToGo(
  keystore: string,
  names: { operator: string; account: string; user: string },
  dryRun: boolean,
): Promise<string | null> {
  if (!dryRun) return removeCreds(keystore, names);
  const file = credsFile(keystore, names.operator, names.account, names.user);
  return (await exists(file)) ? file : null;
}

async function revokedAccount(workspace: Workspace, claims: AccountClaims, users: StoredUser[], key?: string) {
  const { store, now } = workspace;
  const operator = (await readOperator(store)).claims;
  const signer = await operatorSigner(workspace, operator, { key, previous: claims.iss, own: { claims } });
  let revocations = claims.nats.revocations;
  for (const { jwt } of users) {
    // A JWT issued by a clock ahead of ours must be covered too.
    revocations = revoke(revocations, jwt.claims.sub, Math.max(now, jwt.claims.iat));
  }
  const wanted = { ...claims, nats: { ...claims.nats, revocations } };
  return signChecked<AccountClaims>(wanted, signer, { now, after: claims.iat });
}
