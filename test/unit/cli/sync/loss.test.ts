import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createAccount } from '../../../../cli/account/create.js';
import { deleteAccount } from '../../../../cli/account/delete.js';
import { findAccount, listAccountNames } from '../../../../cli/store/store.js';
import { hasRefusals } from '../../../../cli/sync/push.js';
import { openRemote } from '../../../../cli/sync/remote.js';
import { retireAccount } from '../../../../cli/sync/retire.js';
import { natsShop, program, type Started } from './nats-system.js';
import { rowOf, shop } from './shop.js';

const yes = async () => {};
const prune = { accounts: [], prune: true, confirm: yes };

describe.skipIf(!program)('where one side lost what it had', () => {
  it('a server whose folder is gone still has its preloaded system account: nothing is pruned here for that', async () => {
    const { workspace, servers, push, pull } = await natsShop();
    const [server] = servers as [Started];
    await push();
    await server.stop();
    rmSync(server.jwtDir, { recursive: true });
    const { url: service } = await server.again();
    await expect(pull({ service, prune: { confirm: yes } })).rejects.toMatchObject({ code: 'ERR_PRUNE_REFUSED' });
    expect(await listAccountNames(workspace.store)).toEqual(['SYS', 'orders']);
    expect(rowOf(await push({ service }))).toMatchObject({ result: 'created' });
  });

  it('a store that has nothing of what the servers hold deletes nothing there', async () => {
    const { workspace, orders, push, held } = await natsShop([{ allowDelete: true }]);
    await push();
    await deleteAccount(workspace, { account: 'orders', removeKeys: false, keepCreds: false }, {});
    const refused = { code: 'ERR_PRUNE_REFUSED', details: { accounts: [orders.publicKey] } };
    await expect(push({ removal: prune })).rejects.toMatchObject(refused);
    await createAccount(workspace, { name: 'instead' });
    await expect(push({ removal: { ...prune }, dryRun: true })).rejects.toMatchObject(refused);
    expect((await held(orders.publicKey)).token).not.toBeNull();
    await push();
    expect((await push({ removal: prune })).removed).toMatchObject([{ name: 'orders', result: 'removed' }]);
  });

  it('a server that should be there and is not keeps an account from being called deleted', async () => {
    const { workspace, orders, at, servers, push, held } = await natsShop([
      { allowDelete: true },
      { allowDelete: true },
    ]);
    await push();
    await servers[1]?.stop();
    const account = await findAccount(workspace.store, 'orders');
    await expect(retireAccount(workspace, account, { ...at, servers: 2 })).rejects.toMatchObject({
      code: 'ERR_DELETE_REFUSED',
      message: expect.stringContaining('1 of the 2 servers expected'),
    });
    expect((await held(orders.publicKey)).token).toBe(account.jwt.token);
    const report = await push({ servers: 2, removal: { accounts: ['orders'], prune: false, confirm: yes } });
    expect(report.removed).toMatchObject([{ result: 'incomplete', message: expect.stringContaining('not there') }]);
    expect(hasRefusals(report)).toBe(true);
  });

  it('servers that went back to an older JWT are brought up to date by a push, and it is called no newer one', async () => {
    const { workspace, servers, push, change, read, held } = await natsShop();
    await push();
    const old = await read();
    await change((claims) => {
      claims.nats.limits.conn = 3;
    });
    await push();
    const remote = await openRemote(workspace, { service: servers[0]?.url }, 1);
    if (remote.kind !== 'nats') throw new Error('over NATS');
    await remote.update(old.claims.sub, old.token);
    await remote.close();
    expect(rowOf(await push({ dryRun: true }))).toMatchObject({ result: 'updated' });
    expect(rowOf(await push())).toMatchObject({ result: 'updated' });
    expect((await held(old.claims.sub)).token).toBe((await read()).token);
  });
});

it('a service that went back to an older JWT is brought up to date by a push', async () => {
  const { service, orders, push, changeHere, read, held, checkout } = await shop();
  await push();
  const old = held();
  await changeHere((claims) => claims.nats.revocations.set(checkout.publicKey, claims.iat));
  await push();
  service.accounts.set(orders.publicKey, old);
  expect(rowOf(await push())).toMatchObject({ result: 'updated' });
  expect(held()).toBe((await read()).token);
});
