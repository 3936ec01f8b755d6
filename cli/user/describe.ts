import { isRevoked } from '../../claims/account/revocation.js';
import { payloadOf } from '../payload.js';
import { exists } from '../store/atomic.js';
import { credsFile } from '../store/keystore.js';
import { isDamaged } from '../store/store.js';
import { findUser, listUsers } from '../store/users.js';
import { chooseAccount, type Workspace } from '../workspace.js';

export interface UserSummary {
  name: string;
  publicKey: string | null;
  role: string | null;
  expires: number;
  revoked: boolean;
  /** Path of the creds file, where there is one. */
  creds: string | null;
  problem?: string;
}

export async function listUserSummaries(workspace: Workspace, nameOrKey: string | undefined) {
  const account = await chooseAccount(workspace, nameOrKey);
  const { claims } = account.jwt;
  const users = await Promise.all(
    (await listUsers(workspace.store, account.name)).map(async (user): Promise<UserSummary> => {
      const creds = await credsOf(workspace, account.name, user.name);
      if (isDamaged(user)) {
        const { message } = user.problem;
        return { name: user.name, publicKey: null, role: null, expires: 0, revoked: false, creds, problem: message };
      }
      const jwt = user.jwt.claims;
      return {
        name: user.name,
        publicKey: jwt.sub,
        role: claims.nats.signing_keys.get(jwt.iss)?.role ?? null,
        expires: jwt.exp ?? 0,
        revoked: isRevoked(claims.nats.revocations, jwt.sub, jwt.iat),
        creds,
      };
    }),
  );
  return { account: account.name, accountKey: claims.sub, users };
}

export async function describeUser(workspace: Workspace, wanted: { user: string; account?: string | undefined }) {
  const account = await chooseAccount(workspace, wanted.account);
  const { nats } = account.jwt.claims;
  const user = await findUser(workspace.store, account.name, wanted.user);
  const { claims, token } = user.jwt;
  return {
    name: user.name,
    publicKey: claims.sub,
    account: account.name,
    accountKey: account.jwt.claims.sub,
    issuer: claims.iss,
    issuedAt: claims.iat,
    expires: claims.exp ?? 0,
    role: nats.signing_keys.get(claims.iss)?.role ?? null,
    revoked: isRevoked(nats.revocations, claims.sub, claims.iat),
    bearer: claims.nats.bearer_token === true,
    tags: claims.nats.tags ?? [],
    creds: await credsOf(workspace, account.name, user.name),
    claims: payloadOf(token),
    token,
  };
}

async function credsOf({ store, keystore }: Workspace, account: string, user: string): Promise<string | null> {
  const file = credsFile(keystore, store.name, account, user);
  return (await exists(file)) ? file : null;
}
