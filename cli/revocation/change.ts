import { EVERYONE, isRevoked, revoke } from '../../claims/account/revocation.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import { type ChangeOptions, changeAccount } from '../change/change.js';
import type { ChangeReport } from '../change/report.js';
import { changeResult } from '../change/show.js';
import { cliError } from '../errors.js';
import { withoutDamaged } from '../store/store.js';
import { listUsers, readUser } from '../store/users.js';
import { chooseAccount, type Workspace } from '../workspace.js';
import { findTarget } from './target.js';

export interface RevocationChanged extends ChangeReport {
  account: string;
  accountKey: string;
  /** User key or `*`. */
  user: string;
  name: string | null;
  /** Unix seconds: JWTs issued until then are void; for one taken back, were. */
  revokedAt: number;
}

/** Makes a user's JWTs issued until now, or until `at`, void. */
export async function addRevocation(
  workspace: Workspace,
  wanted: { account?: string | undefined; user: string; unlisted: boolean; at?: number | undefined },
  options: ChangeOptions,
): Promise<RevocationChanged> {
  let shown = { account: '', user: wanted.user, name: null as string | null, revokedAt: 0 };
  const change = await changeAccount(workspace, wanted.account, options, async (claims, account) => {
    const target = await findTarget(workspace, account.name, wanted);
    const at = wanted.at ?? Math.max(workspace.now, target.issuedAt);
    const revocations = revoke(claims.nats.revocations, target.user, at);
    const { user, name } = target;
    shown = { account: account.name, user, name, revokedAt: revocations.get(user) ?? at };
    return { ...claims, nats: { ...claims.nats, revocations } };
  });
  return { ...shown, accountKey: change.before.sub, ...changeResult(change), warnings: [] };
}

/** Takes a revocation back: JWTs that it made void count again. */
export async function deleteRevocation(
  workspace: Workspace,
  wanted: { account?: string | undefined; user: string },
  options: ChangeOptions,
): Promise<RevocationChanged> {
  let shown = { account: '', user: wanted.user, name: null as string | null, revokedAt: 0 };
  const warnings: string[] = [];
  const change = await changeAccount(workspace, wanted.account, options, async (claims, account) => {
    const { key, name } = await userKey(workspace, account.name, wanted.user);
    const revokedAt = claims.nats.revocations.get(key);
    if (revokedAt === undefined) {
      const covered = isRevoked(claims.nats.revocations, key, 0);
      throw cliError('ERR_REVOCATION_UNKNOWN', `account ${account.name} does not revoke ${wanted.user}`, {
        hint: covered ? "every user is revoked: `natsctl revocation delete '*'`" : 'see `natsctl revocation list`',
        details: { account: account.name, user: key },
      });
    }
    shown = { account: account.name, user: key, name, revokedAt };
    const revocations = new Map(claims.nats.revocations);
    revocations.delete(key);
    if (isRevoked(revocations, key, revokedAt)) warnings.push("the revocation of every user ('*') still covers it");
    else warnings.push('a service that holds the revocation refuses an account without it, unless an admin forces it');
    return { ...claims, nats: { ...claims.nats, revocations } };
  });
  return { ...shown, accountKey: change.before.sub, ...changeResult(change), warnings };
}

export async function listRevocations(workspace: Workspace, nameOrKey: string | undefined) {
  const account = await chooseAccount(workspace, nameOrKey);
  const { claims } = account.jwt;
  const users = withoutDamaged(await listUsers(workspace.store, account.name));
  const revocations = [...claims.nats.revocations].map(([user, revokedAt]) => {
    const known = users.find((one) => one.jwt.claims.sub === user);
    return {
      user,
      name: known?.name ?? null,
      revokedAt,
      /** Whether the JWT that this store has of the user is void by any revocation; null where it has none. */
      current: known ? isRevoked(claims.nats.revocations, user, known.jwt.claims.iat) : null,
    };
  });
  return { account: account.name, accountKey: claims.sub, revocations };
}

async function userKey(
  { store }: Workspace,
  account: string,
  user: string,
): Promise<{ key: string; name: string | null }> {
  if (user === EVERYONE) return { key: user, name: null };
  if (!isPublicKey(user, 'user')) return { key: (await readUser(store, account, user)).jwt.claims.sub, name: user };
  const known = withoutDamaged(await listUsers(store, account)).find((one) => one.jwt.claims.sub === user);
  return { key: user, name: known?.name ?? null };
}
