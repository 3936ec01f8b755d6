import type { AccountClaims } from '../../../../claims/types.js';
import { createAccount } from '../../../../cli/account/create.js';
import type { NewOperator } from '../../../../cli/operator/create.js';
import { signChecked } from '../../../../cli/sign.js';
import { operatorSigner } from '../../../../cli/signer.js';
import { readAccount, readOperator, writeAccount } from '../../../../cli/store/store.js';
import { pull } from '../../../../cli/sync/pull.js';
import type { PullOptions } from '../../../../cli/sync/pull-row.js';
import { push } from '../../../../cli/sync/push.js';
import { createUser } from '../../../../cli/user/create.js';
import { NOW } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';
import { startFakeService } from './fake-service.js';

/** A store with the account `orders` and its user `checkout`, and a service that holds nothing yet. */
export async function shop(options: Partial<NewOperator> = {}) {
  const workspace = await tempWorkspace(options);
  const service = await startFakeService();
  const orders = await createAccount(workspace, { name: 'orders' });
  const checkout = await createUser(workspace, { name: 'checkout', account: 'orders', ...noPermissions });
  const read = async () => (await readAccount(workspace.store, 'orders')).jwt;

  /** A version of `orders` changed from the one given, signed by the operator. */
  const changed = async (from: AccountClaims, change: (claims: AccountClaims) => void, at = from.iat + 10) => {
    const claims = structuredClone(from);
    change(claims);
    const signer = await operatorSigner(workspace, (await readOperator(workspace.store)).claims);
    return (await signChecked<AccountClaims>(claims, signer, { now: at })).token;
  };
  return {
    workspace,
    service,
    orders,
    checkout,
    read,
    held: () => service.accounts.get(orders.publicKey) as string,
    /** What someone else does at the service. */
    changeThere: async (change: (claims: AccountClaims) => void, at?: number) => {
      const { decodeAs } = await import('../../../../claims/jwt/decode.js');
      const held = decodeAs('account', service.accounts.get(orders.publicKey) as string).claims;
      service.accounts.set(orders.publicKey, await changed(held, change, at));
    },
    changeHere: async (change: (claims: AccountClaims) => void, at?: number) => {
      await writeAccount(workspace.store, 'orders', await changed((await read()).claims, change, at));
    },
    push: () => push({ ...workspace, now: NOW + 1000 }, { service: service.url }),
    pull: (more: PullOptions = {}) => pull({ ...workspace, now: NOW + 1000 }, { service: service.url, ...more }),
  };
}

export const rowOf = <R extends { name: string }>(report: { accounts: R[] }, name = 'orders') =>
  report.accounts.find((row) => row.name === name);
