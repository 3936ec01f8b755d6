import { EVERYONE, revoke } from '../../claims/account/revocation.js';
import { decodePublicKey, isPublicKey } from '../../claims/keys/nkey.js';
import { cliError } from '../errors.js';
import { signChecked } from '../sign.js';
import { operatorSigner } from '../signer.js';
import { readOperator, withoutDamaged, writeAccount } from '../store/store.js';
import { listUsers, readUser } from '../store/users.js';
import { changing, chooseAccount, type Workspace } from '../workspace.js';

export interface WantedRevocation {
  /** A name, a user key, or `*`. */
  user: string;
  account?: string | undefined;
  /** Revoke a key that this store has never seen. */
  unlisted: boolean;
  key?: string | undefined;
}

export interface Revoked {
  account: string;
  accountKey: string;
  /** User key or `*`. */
  user: string;
  name: string | null;
  /** Unix seconds: JWTs of this user issued until then are void. */
  revokedAt: number;
  /** False where an equal or later revocation was already there. */
  changed: boolean;
}

/** Writes a revocation into the account's JWT; it holds where that JWT is pushed. */
export function revokeUser(workspace: Workspace, wanted: WantedRevocation): Promise<Revoked> {
  return changing(workspace, async () => {
    const account = await chooseAccount(workspace, wanted.account);
    const { claims } = account.jwt;
    const target = await findTarget(workspace, account.name, wanted);
    // A JWT issued by a clock ahead of ours must be covered too.
    const at = Math.max(workspace.now, target.issuedAt);
    const before = claims.nats.revocations;
    const after = revoke(before, target.user, at);
    const revokedAt = after.get(target.user) ?? at;
    const result = { account: account.name, accountKey: claims.sub, user: target.user, name: target.name, revokedAt };
    if (sameRevocations(before, after)) return { ...result, changed: false };

    const operator = (await readOperator(workspace.store)).claims;
    const signer = await operatorSigner(workspace, operator, {
      key: wanted.key,
      previous: claims.iss,
      own: { claims },
    });
    const jwt = await signChecked({ ...claims, nats: { ...claims.nats, revocations: after } }, signer, {
      now: workspace.now,
      after: claims.iat,
    });
    await writeAccount(workspace.store, account.name, jwt.token);
    return { ...result, changed: true };
  });
}

export interface RevocationTarget {
  user: string;
  name: string | null;
  /** Newest JWT of it that this store has seen. */
  issuedAt: number;
}

export async function findTarget(
  workspace: Workspace,
  account: string,
  wanted: Pick<WantedRevocation, 'user' | 'unlisted'>,
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

function sameRevocations(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([user, at]) => b.get(user) === at);
}
