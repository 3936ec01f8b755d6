import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createAccount } from '../../../../cli/account/create.js';
import { deleteAccount } from '../../../../cli/account/delete.js';
import { findAccount, listAccountNames } from '../../../../cli/store/store.js';
import { diff } from '../../../../cli/sync/diff.js';
import { needsAttention } from '../../../../cli/sync/pull.js';
import { hasRefusals } from '../../../../cli/sync/push.js';
import { openRemote } from '../../../../cli/sync/remote.js';
import { retireAccount } from '../../../../cli/sync/retire.js';
import { natsShop, program, type Started } from './nats-system.js';
import { rowOf, shop } from './shop.js';

const yes = async () => {};
const prune = { accounts: [], prune: true, confirm: yes };

describe.skipIf(!program)('a JWT that is longer than a server takes', () => {
  it('is refused at once, with what to change', async () => {
    const { push, change } = await natsShop([{ more: 'max_payload: 2000' }]);
    await change((claims) => {
      claims.nats.description = 'x'.repeat(5000);
    });
    const report = await push();
    expect(rowOf(report)).toMatchObject({ result: 'refused', hint: expect.stringContaining('max_payload') });
    expect(hasRefusals(report)).toBe(true);
  });
});

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

it('what was changed while the question waited is not pruned, and the rest is', async () => {
  const { workspace, service, push, pull, orders, changeHere } = await shop();
  await createAccount(workspace, { name: 'stays' });
  const { publicKey: trial } = await createAccount(workspace, { name: 'trial' });
  await push();
  for (const key of [orders.publicKey, trial]) service.accounts.delete(key);
  const report = await pull({
    prune: {
      confirm: () =>
        changeHere((claims) => {
          claims.nats.limits.conn = 5;
        }),
    },
  });
  expect(rowOf(report)).toMatchObject({ result: 'refused', message: expect.stringContaining('changed meanwhile') });
  expect(rowOf(report, 'trial')).toMatchObject({ result: 'pruned' });
  expect(needsAttention(report)).toBe(true);
  expect(await listAccountNames(workspace.store)).toEqual(['SYS', 'orders', 'stays']);
});

it('a pull names who is no longer revoked by what it took', async () => {
  const { push, pull, changeHere, changeThere, checkout } = await shop();
  await changeHere((claims) => claims.nats.revocations.set(checkout.publicKey, claims.iat));
  await push();
  await changeThere((claims) => claims.nats.revocations.clear());
  expect(rowOf(await pull())).toMatchObject({
    result: 'updated',
    message: expect.stringContaining(`no longer: ${checkout.publicKey}`),
  });
});

it('one account that a service cannot give keeps diff from none of the others', async () => {
  const { workspace, service, orders, push } = await shop();
  await push();
  service.accounts.set(orders.publicKey, 'x'.repeat(2 << 20));
  const report = await diff(workspace, { service: service.url });
  expect(rowOf(report, 'SYS')).toMatchObject({ state: 'same' });
  expect(rowOf(report)).toMatchObject({ state: 'unreadable', message: expect.stringContaining('more than') });
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
