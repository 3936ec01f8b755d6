import { revoke } from '../../claims/account/revocation.js';
import type { AccountClaims, UserClaims } from '../../claims/types.js';
import { commitBatch, newBatch, putAccount, putUser } from '../change/batch.js';
import { cliError } from '../errors.js';
import { signChecked } from '../sign.js';
import { accountSigner, givenKey, operatorSigner, refuseLostSigner } from '../signer.js';
import { findSeed } from '../store/keystore.js';
import { findAccount, readOperator } from '../store/store.js';
import { findUser } from '../store/users.js';
import { credsWrite } from '../store/writes.js';
import { afterRevocations, refuseRevokedKey, refuseVoidUser } from '../user/revoked.js';
import { changing, type Workspace } from '../workspace.js';
import { mentions } from './mentions.js';
import type { RotateOptions } from './options.js';
import { type Rotated, rotated } from './rotated.js';

/** Gives a user a new key with the same claims; the old one is revoked, unless that is not wanted. */
export function rotateUserKey(
  workspace: Workspace,
  target: { account: string; user: string },
  wanted: RotateOptions,
): Promise<Rotated> {
  return changing(workspace, async () => {
    const { store, keystore, now } = workspace;
    const account = await findAccount(store, target.account);
    const user = await findUser(store, account.name, target.user);
    const before = account.jwt.claims;
    const { claims } = user.jwt;
    refuseVoidUser(before, account.name, claims, now);
    refuseLostSigner(before, user.name, claims.iss, undefined);
    const { publicKey, seed } = await givenKey(wanted.newKey, 'user');
    if (publicKey === claims.sub) {
      throw cliError('ERR_SIGNING_KEY_TAKEN', `${publicKey} is the key of user ${user.name} already`, {
        details: { key: publicKey },
      });
    }
    refuseRevokedKey(before, account.name, publicKey, now);
    const operator = (await readOperator(store)).claims;
    const strict = operator.nats.strict_signing_key_usage === true;
    const { signer } = await accountSigner(workspace, before, { key: claims.iss, strict });
    const after = await signChecked<UserClaims>({ ...claims, sub: publicKey }, signer, {
      now,
      after: afterRevocations(before, claims.iat),
    });

    const batch = newBatch();
    const changed = withNewUserKey(before, claims, publicKey, wanted.keepOld ? null : now);
    if (changed !== before) {
      const choice = { key: wanted.key, previous: before.iss, own: account.jwt };
      const by = await operatorSigner(workspace, operator, choice);
      putAccount(batch, store, account.name, before, await signChecked(changed, by, { now, after: before.iat }));
    }
    const held = seed ?? (await findSeed(keystore, publicKey));
    const names = { account: account.name, user: user.name };
    await putUser(batch, workspace, names, claims, after, held);
    // Creds of the old key would be found under the user's name, and be void.
    if (!held) batch.writes.push(credsWrite(keystore, { operator: store.name, ...names }, null));
    await commitBatch(workspace, batch, { seeds: [seed], dryRun: wanted.dryRun });
    return rotated(workspace, {
      kind: 'user',
      name: user.name,
      account: account.name,
      oldKey: claims.sub,
      key: publicKey,
      keptOld: wanted.keepOld,
      batch,
      warnings: await mentions(workspace, batch, claims.sub),
      hasSeed: seed !== null,
      dryRun: wanted.dryRun === true,
    });
  });
}

/** The account with the old key revoked, and the new one where the old one answered for the account's auth callout. */
function withNewUserKey(account: AccountClaims, user: UserClaims, key: string, now: number | null): AccountClaims {
  const { authorization, revocations } = account.nats;
  const isAuthUser = authorization.auth_users.includes(user.sub);
  if (!isAuthUser && now === null) return account;
  const auth_users = authorization.auth_users.map((one) => (one === user.sub ? key : one));
  return {
    ...account,
    nats: {
      ...account.nats,
      authorization: { ...authorization, auth_users },
      // A JWT issued by a clock ahead of ours must be covered too.
      revocations: now === null ? revocations : revoke(revocations, user.sub, Math.max(now, user.iat)),
    },
  };
}
