import { payloadJson } from '../../claims/jwt/encode.js';
import type { ClaimKind } from '../../claims/types.js';
import type { Batch } from '../change/batch.js';
import type { ChangeableClaims } from '../change/difference.js';
import { isDamaged, listAccounts, type OperatorStore } from '../store/store.js';
import { listUsers } from '../store/users.js';
import { accountWrite, userWrite } from '../store/writes.js';
import type { Workspace } from '../workspace.js';

/** Where accounts and users still name a key that is gone (in a subject, a tag, a description): left to a person to decide. */
export async function mentions({ store }: Workspace, batch: Batch, key: string): Promise<string[]> {
  const found: string[] = [];
  const look = (kind: ClaimKind, name: string, claims: ChangeableClaims) => {
    const paths = pathsWith(JSON.parse(payloadJson(kind, claims)), key, '');
    if (paths.length > 0) found.push(`${kind} ${name} still names the old key: ${paths.join(', ')}`);
  };
  for (const account of await listAccounts(store)) {
    if (isDamaged(account)) continue;
    const { name } = account;
    look('account', name, claimsAfter(store, batch, name) ?? account.jwt.claims);
    for (const user of await listUsers(store, name)) {
      // One that was left behind as a whole is told of as such.
      const after = isDamaged(user) ? undefined : claimsAfter(store, batch, name, user.name);
      if (after) look('user', `${name}/${user.name}`, after);
    }
  }
  return found;
}

function claimsAfter(store: OperatorStore, batch: Batch, account: string, user?: string): ChangeableClaims | undefined {
  const write = user === undefined ? accountWrite(store, account, '') : userWrite(store, account, user, '');
  return batch.after.get(write.path);
}

/** Revocations name keys that are gone, and are to. */
function pathsWith(value: unknown, key: string, at: string): string[] {
  if (at.endsWith('/revocations')) return [];
  if (typeof value === 'string') return value.includes(key) ? [at] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => [
    ...(name.includes(key) ? [`${at}/${name}`] : []),
    ...pathsWith(one, key, `${at}/${name}`),
  ]);
}
