import type { AccountClaims, OperatorClaims } from '../../claims/types.js';
import { isDamaged, listAccounts, listOperatorNames, openOperator, readOperator } from './store.js';
import { listUsers } from './users.js';

/** Every key of an operator: identity and signing keys. */
export function operatorKeys({ sub, nats }: OperatorClaims): string[] {
  return [sub, ...nats.signing_keys];
}

/** Every key of an account: identity, signing keys, and the curve key of its auth callout. */
export function accountKeys({ sub, nats }: AccountClaims): string[] {
  return [sub, ...nats.signing_keys.keys(), ...(nats.authorization.xkey ? [nats.authorization.xkey] : [])];
}

/**
 * The keys that any token of a store root refers to. A seed is shared by all who name its key, so it may go only when nobody does.
 * Throws where a token cannot be read: what it refers to is not known then.
 */
export async function referencedKeys(root: string): Promise<Set<string>> {
  const keys = new Set<string>();
  for (const name of await listOperatorNames(root)) {
    const store = await openOperator(root, name);
    for (const key of operatorKeys((await readOperator(store)).claims)) keys.add(key);
    for (const account of await listAccounts(store)) {
      if (isDamaged(account)) throw account.problem;
      for (const key of accountKeys(account.jwt.claims)) keys.add(key);
      for (const user of await listUsers(store, account.name)) {
        if (isDamaged(user)) throw user.problem;
        keys.add(user.jwt.claims.sub);
      }
    }
  }
  return keys;
}
