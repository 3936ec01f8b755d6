import { createAccount } from '../../../../cli/account/create.js';
import { readAccount } from '../../../../cli/store/store.js';
import { tempWorkspace } from '../temp-workspace.js';

/** An operator with the accounts `billing`, `shop` and `other`. */
export async function threeAccounts(options: Parameters<typeof tempWorkspace>[0] = {}) {
  const workspace = await tempWorkspace(options);
  const billing = (await createAccount(workspace, { name: 'billing', signingKey: true })).publicKey;
  const shop = (await createAccount(workspace, { name: 'shop' })).publicKey;
  const other = (await createAccount(workspace, { name: 'other' })).publicKey;
  const claims = async (account: string) => (await readAccount(workspace.store, account)).jwt.claims;
  return { workspace, billing, shop, other, claims };
}
