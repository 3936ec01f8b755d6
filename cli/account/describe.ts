import type { AccountClaims } from '../../claims/types.js';
import { payloadOf } from '../payload.js';
import { readBaseToken } from '../store/base.js';
import { isDamaged, listAccounts, readOperator } from '../store/store.js';
import { listUserNames } from '../store/users.js';
import { chooseAccount, type Workspace } from '../workspace.js';

/** How an account stands to the service, as far as this store knows without asking it. */
export type SyncState = 'never pushed' | 'changed since' | 'pushed';

export interface AccountSummary {
  name: string;
  publicKey: string | null;
  users: number;
  system: boolean;
  expires: number;
  sync: SyncState | null;
  problem?: string;
}

export async function listAccountSummaries(workspace: Workspace): Promise<AccountSummary[]> {
  const { store } = workspace;
  const system = await systemAccountOf(workspace);
  return Promise.all(
    (await listAccounts(store)).map(async (account): Promise<AccountSummary> => {
      const { name } = account;
      const users = (await listUserNames(store, name)).length;
      if (isDamaged(account)) {
        return {
          name,
          publicKey: null,
          users,
          system: false,
          expires: 0,
          sync: null,
          problem: account.problem.message,
        };
      }
      const { claims, token } = account.jwt;
      return {
        name,
        publicKey: claims.sub,
        users,
        system: claims.sub === system,
        expires: claims.exp ?? 0,
        sync: await syncState(workspace, claims, token),
      };
    }),
  );
}

export async function describeAccount(workspace: Workspace, nameOrKey: string | undefined) {
  const account = await chooseAccount(workspace, nameOrKey);
  const { claims, token } = account.jwt;
  return {
    name: account.name,
    publicKey: claims.sub,
    operator: workspace.store.name,
    issuer: claims.iss,
    issuedAt: claims.iat,
    expires: claims.exp ?? 0,
    system: claims.sub === (await systemAccountOf(workspace)),
    signingKeys: [...claims.nats.signing_keys].map(([key, scope]) => ({ key, role: scope?.role ?? null })),
    exports: claims.nats.exports.length,
    imports: claims.nats.imports.length,
    revocations: claims.nats.revocations.size,
    tags: claims.nats.tags ?? [],
    description: claims.nats.description ?? '',
    users: await listUserNames(workspace.store, account.name),
    sync: await syncState(workspace, claims, token),
    claims: payloadOf(token),
    token,
  };
}

async function syncState({ store }: Workspace, claims: AccountClaims, token: string): Promise<SyncState> {
  const base = await readBaseToken(store, claims.sub);
  return base === null ? 'never pushed' : base === token ? 'pushed' : 'changed since';
}

/** A damaged operator token must not keep anyone from seeing the accounts. */
async function systemAccountOf({ store }: Workspace): Promise<string | undefined> {
  try {
    return (await readOperator(store)).claims.nats.system_account;
  } catch {
    return undefined;
  }
}
