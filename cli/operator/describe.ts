import { payloadOf } from '../payload.js';
import { listAccountNames, listOperatorNames, openOperator, readOperator } from '../store/store.js';
import type { Workspace } from '../workspace.js';

export interface OperatorSummary {
  name: string;
  publicKey: string | null;
  accounts: number;
  managed: boolean;
  current: boolean;
  /** Why it cannot be read. */
  problem?: string;
}

export async function listOperators(root: string, current: string | undefined): Promise<OperatorSummary[]> {
  const names = await listOperatorNames(root);
  return Promise.all(
    names.map(async (name) => {
      const isCurrent = names.length === 1 || name === current;
      try {
        const store = await openOperator(root, name);
        const accounts = (await listAccountNames(store)).length;
        const jwt = await readOperator(store);
        return { name, publicKey: jwt.claims.sub, accounts, managed: store.managed, current: isCurrent };
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        return { name, publicKey: null, accounts: 0, managed: false, current: isCurrent, problem };
      }
    }),
  );
}

export async function describeOperator({ store }: Workspace) {
  const { claims, token } = await readOperator(store);
  return {
    name: store.name,
    publicKey: claims.sub,
    issuer: claims.iss,
    issuedAt: claims.iat,
    expires: claims.exp ?? 0,
    managed: store.managed,
    strict: claims.nats.strict_signing_key_usage === true,
    signingKeys: claims.nats.signing_keys,
    systemAccount: claims.nats.system_account ?? null,
    serviceUrls: claims.nats.operator_service_urls,
    accountServerUrl: claims.nats.account_server_url ?? null,
    tags: claims.nats.tags ?? [],
    accounts: await listAccountNames(store),
    claims: payloadOf(token),
    token,
  };
}
