import type { Signer } from '../../claims/keys/signer.js';
import type { AccountClaims } from '../../claims/types.js';
import { type Batch, putAccount } from '../change/batch.js';
import { signChecked } from '../sign.js';
import { isDamaged, listAccounts, type StoredAccount } from '../store/store.js';
import type { Workspace } from '../workspace.js';

/** An account that a change of keys leaves behind, and why. */
export interface LeftBehind {
  kind: 'account' | 'user';
  /** `account/user` for a user. */
  name: string;
  reason: string;
}

/** The accounts of the store that a key signed; those that cannot be read may be among them. */
export async function accountsSignedBy(
  { store }: Workspace,
  key: string,
): Promise<{ accounts: StoredAccount[]; left: LeftBehind[] }> {
  const accounts: StoredAccount[] = [];
  const left: LeftBehind[] = [];
  for (const account of await listAccounts(store)) {
    if (isDamaged(account)) left.push({ kind: 'account', name: account.name, reason: 'it cannot be read' });
    else if (account.jwt.claims.iss === key) accounts.push(account);
  }
  return { accounts, left };
}

/** Signs accounts again with nothing else changed. */
export async function resignAccounts(
  batch: Batch,
  { store, now }: Workspace,
  accounts: StoredAccount[],
  signer: Signer,
): Promise<void> {
  for (const { name, jwt } of accounts) {
    const after = await signChecked<AccountClaims>(jwt.claims, signer, { now, after: jwt.claims.iat });
    putAccount(batch, store, name, jwt.claims, after);
  }
}
