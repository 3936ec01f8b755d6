import path from 'node:path';
import { formatCreds } from '../../claims/creds.js';
import type { Decoded, UserClaims } from '../../claims/types.js';
import { validateScopedUser } from '../../claims/validate/scoped-user.js';
import { cliError } from '../errors.js';
import { refuseErrors, signChecked } from '../sign.js';
import { accountSigner } from '../signer.js';
import { writeFileAtomic } from '../store/atomic.js';
import { readSeed } from '../store/keystore.js';
import { readOperator, type StoredAccount } from '../store/store.js';
import { findUser, type StoredUser } from '../store/users.js';
import { chooseAccount, type Workspace } from '../workspace.js';
import { refuseVoidUser } from './revoked.js';

export interface WantedCreds {
  user: string;
  account?: string | undefined;
  /** Unix seconds: creds of a JWT made for them alone, which ends then. */
  expires?: number | undefined;
}

/** A user's creds made from the stored JWT and seed, so that they are never older than the JWT. */
export async function makeCreds(workspace: Workspace, wanted: WantedCreds) {
  const account = await chooseAccount(workspace, wanted.account);
  const user = await findUser(workspace.store, account.name, wanted.user);
  const seed = await readSeed(workspace.keystore, user.jwt.claims.sub, `user ${user.name}`);
  const jwt = wanted.expires ? await shortLived(workspace, account, user, wanted.expires) : user.jwt;
  return {
    name: user.name,
    publicKey: user.jwt.claims.sub,
    account: account.name,
    expires: jwt.claims.exp ?? 0,
    text: formatCreds(jwt.token, seed),
  };
}

/** A fresh JWT of the user that ends soon, signed by the key that signed the stored one. It is kept nowhere. */
async function shortLived(
  workspace: Workspace,
  { name, jwt }: StoredAccount,
  user: StoredUser,
  expires: number,
): Promise<Decoded<UserClaims>> {
  const { claims } = user.jwt;
  if (expires <= workspace.now) {
    throw cliError('ERR_TIME_INVALID', 'the creds would be expired at once', {
      hint: 'give a time to come: --expires 1h',
    });
  }
  if (claims.exp && claims.exp < expires) {
    const until = new Date(claims.exp * 1000).toISOString();
    throw cliError('ERR_TIME_INVALID', `the user ${user.name} itself ends before that, at ${until}`, {
      hint: 'give an earlier time, or a later expiry to the user',
    });
  }
  refuseVoidUser(jwt.claims, name, claims, workspace.now);
  const strict = (await readOperator(workspace.store)).claims.nats.strict_signing_key_usage === true;
  const { signer, scope } = await accountSigner(workspace, jwt.claims, { key: claims.iss, strict });
  const wanted = { ...claims, exp: expires };
  if (scope) refuseErrors(user.name, validateScopedUser(wanted, jwt.claims, scope));
  // As old as the stored JWT at least, and no newer than now: a revocation takes both of these in, since it knows no other JWT.
  return signChecked<UserClaims>(wanted, signer, { now: workspace.now, after: claims.iat - 1 });
}

/** Writes a private file that must not exist, unless forced. @returns its absolute path */
export async function writeNewFile(file: string, data: string | Uint8Array, force: boolean): Promise<string> {
  const target = path.resolve(file);
  if (await writeFileAtomic(target, data, { exclusive: !force })) return target;
  throw cliError('ERR_FILE_EXISTS', `${target} exists`, {
    hint: 'add --force to replace it',
    details: { file: target },
  });
}
