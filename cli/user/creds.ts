import path from 'node:path';
import { formatCreds } from '../../claims/creds.js';
import { cliError } from '../errors.js';
import { writeFileAtomic } from '../store/atomic.js';
import { readSeed } from '../store/keystore.js';
import { findUser } from '../store/users.js';
import { chooseAccount, type Workspace } from '../workspace.js';

/** A user's creds made from the stored JWT and seed, so that they are never older than the JWT. */
export async function makeCreds(workspace: Workspace, wanted: { user: string; account?: string | undefined }) {
  const account = await chooseAccount(workspace, wanted.account);
  const user = await findUser(workspace.store, account.name, wanted.user);
  const seed = await readSeed(workspace.keystore, user.jwt.claims.sub, `user ${user.name}`);
  return {
    name: user.name,
    publicKey: user.jwt.claims.sub,
    account: account.name,
    text: formatCreds(user.jwt.token, seed),
  };
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
