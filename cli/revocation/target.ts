import { EVERYONE } from '../../claims/account/revocation.js';
import { decodePublicKey, isPublicKey } from '../../claims/keys/nkey.js';
import { cliError } from '../errors.js';
import { withoutDamaged } from '../store/store.js';
import { listUsers, readUser } from '../store/users.js';
import type { Workspace } from '../workspace.js';

export interface RevocationTarget {
  user: string;
  name: string | null;
  /** Newest JWT of it that this store has seen. */
  issuedAt: number;
}

export async function findTarget(
  workspace: Workspace,
  account: string,
  wanted: { user: string; unlisted: boolean },
): Promise<RevocationTarget> {
  const { user } = wanted;
  if (!isPublicKey(user) && user !== EVERYONE) {
    const { name, jwt } = await readUser(workspace.store, account, user);
    return { user: jwt.claims.sub, name, issuedAt: jwt.claims.iat };
  }
  if (user !== EVERYONE) decodePublicKey(user, 'user');
  const users = withoutDamaged(await listUsers(workspace.store, account));
  const known = user === EVERYONE ? users : users.filter((one) => one.jwt.claims.sub === user);
  if (known.length === 0 && user !== EVERYONE && !wanted.unlisted) {
    throw cliError('ERR_USER_UNKNOWN', `this store has never seen the user ${user} in account ${account}`, {
      hint: 'check the key; to revoke it all the same, add --unlisted',
      details: { user, account },
    });
  }
  return {
    user,
    name: user === EVERYONE ? null : (known[0]?.name ?? null),
    issuedAt: Math.max(0, ...known.map((one) => one.jwt.claims.iat)),
  };
}
