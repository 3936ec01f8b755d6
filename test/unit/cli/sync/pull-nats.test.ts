import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeAs } from '../../../../claims/jwt/decode.js';
import { newAccount } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import type { AccountClaims } from '../../../../claims/types.js';
import { createAccount } from '../../../../cli/account/create.js';
import { deleteAccount } from '../../../../cli/account/delete.js';
import { openClient } from '../../../../cli/client/connection.js';
import { signChecked } from '../../../../cli/sign.js';
import { operatorSigner } from '../../../../cli/signer.js';
import { writeBase } from '../../../../cli/store/base.js';
import { listAccountNames, readAccount, readOperator } from '../../../../cli/store/store.js';
import { diff } from '../../../../cli/sync/diff.js';
import { mapBounded } from '../../../../cli/sync/parallel.js';
import { needsAttention } from '../../../../cli/sync/pull.js';
import { openRemote } from '../../../../cli/sync/remote.js';
import { retireAccount } from '../../../../cli/sync/retire.js';
import { createUser } from '../../../../cli/user/create.js';
import type { Workspace } from '../../../../cli/workspace.js';
import { peer } from '../../../peers.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';
import { natsShop, now, program } from './nats-system.js';
import { rowOf, shop } from './shop.js';

const USER = Seed.generate('user').publicKey;
const yes = async () => {};

/** What another writer of the same operator pushes: nothing of it is in this store. */
async function pushedElsewhere(
  workspace: Workspace,
  service: string,
  change: (claims: AccountClaims) => void,
  key?: string,
) {
  const sub = key ?? Seed.generate('account').publicKey;
  const signer = await operatorSigner(workspace, (await readOperator(workspace.store)).claims);
  const claims = newAccount(sub, 'x') as AccountClaims;
  change(claims);
  const { token } = await signChecked<AccountClaims>(claims, signer, { now: now() + 5 });
  const remote = await openRemote(workspace, { service }, 1);
  if (remote.kind !== 'nats') throw new Error('over NATS');
  expect(await remote.update(sub, token)).toMatchObject([{ ok: true }]);
  await remote.close();
  return { sub, token };
}

describe.skipIf(!program)('pull from nats-servers', () => {
  it('adds what is new here, each in a folder of its own though they have one name', async () => {
    const { workspace, url, push, pull } = await natsShop();
    await push();
    const one = await pushedElsewhere(workspace, url, (claims) => {
      claims.name = 'orders';
    });
    const two = await pushedElsewhere(workspace, url, (claims) => {
      claims.name = 'billing';
    });
    expect(rowOf(await pull({ dryRun: true }), 'billing')).toMatchObject({ result: 'added' });
    expect(await listAccountNames(workspace.store)).toEqual(['SYS', 'orders']);
    const report = await pull();
    const filed = `orders-${one.sub.slice(0, 8)}`;
    expect(report).toMatchObject({ kind: 'nats', operator: { result: 'absent' } });
    expect(rowOf(report, filed)).toMatchObject({
      result: 'added',
      message: expect.stringContaining('named orders here'),
    });
    expect(rowOf(report, 'billing')).toMatchObject({ result: 'added', account: two.sub });
    expect((await readAccount(workspace.store, filed)).jwt.token).toBe(one.token);
    expect((await pull()).accounts.map(({ result }) => result)).toEqual(Array(4).fill('unchanged'));
  });

  it('finds a renamed account by its key, and learns of revocations', async () => {
    const { workspace, url, orders, push, pull } = await natsShop();
    await push();
    await pushedElsewhere(
      workspace,
      url,
      (claims) => {
        claims.name = 'sales';
        claims.nats.revocations.set(USER, now());
      },
      orders.publicKey,
    );
    expect(rowOf(await pull(), 'sales')).toMatchObject({ result: 'updated', revoked: [{ user: USER }] });
    expect(await listAccountNames(workspace.store)).toEqual(['SYS', 'sales']);
  });

  it('believes no server: what another operator signed is refused, and the rest is taken', async () => {
    const { workspace, orders, push, pull, url } = await natsShop();
    await push();
    const other = await tempWorkspace({ now: now() });
    await createAccount(other, { name: 'orders' });
    const signer = await operatorSigner(other, (await readOperator(other.store)).claims);
    const foreign = await signChecked<AccountClaims>(newAccount(orders.publicKey, 'orders') as AccountClaims, signer, {
      now: now() + 5,
    });
    const remote = await openRemote(workspace, { service: url }, 1);
    if (remote.kind !== 'nats') throw new Error('over NATS');
    // The server looks who signed it only when it loads the account.
    await remote.update(orders.publicKey, foreign.token);
    await remote.close();
    const report = await pull();
    expect(needsAttention(report)).toBe(true);
    expect(rowOf(report)).toMatchObject({ result: 'refused', code: 'ERR_PULL_UNTRUSTED' });
    expect(rowOf(report, 'SYS')).toMatchObject({ result: 'unchanged' });
  });

  it('brings back a damaged account, once', async () => {
    const { workspace, push, pull, read } = await natsShop();
    await push();
    const { file, jwt } = await readAccount(workspace.store, 'orders');
    writeFileSync(file, jwt.token.slice(0, 50));
    expect((await pull()).accounts.map(({ name, result }) => `${name} ${result}`)).toEqual([
      'SYS unchanged',
      'orders updated',
    ]);
    expect((await read()).token).toBe(jwt.token);
  });

  it('takes more than a few in one pack', async () => {
    const { workspace, pull, at } = await natsShop();
    const signer = await operatorSigner(workspace, (await readOperator(workspace.store)).claims);
    const remote = await openRemote(workspace, at, 1);
    if (remote.kind !== 'nats') throw new Error('over NATS');
    await mapBounded(Array.from({ length: 205 }), async () => {
      const claims = newAccount(Seed.generate('account').publicKey, 'x') as AccountClaims;
      claims.name = claims.sub;
      const { token } = await signChecked<AccountClaims>(claims, signer, { now: now() });
      await remote.update(claims.sub, token);
    });
    expect(new Set((await remote.pack()).keys())).toHaveProperty('size', 206);
    await remote.close();
    const report = await pull({ dryRun: true });
    expect(report.accounts.filter(({ result }) => result === 'added')).toHaveLength(205);
    expect(rowOf(report, 'SYS')).toMatchObject({ result: 'unchanged' });
  });

  it('--prune removes what was deleted there', async () => {
    const { workspace, push, pull } = await natsShop([{ allowDelete: true }]);
    await createAccount(workspace, { name: 'stays' });
    await push();
    await push({ removal: { accounts: ['orders'], prune: false, confirm: yes } });
    // Who deleted it there knows that it is not there; another store finds out.
    const { jwt } = await readAccount(workspace.store, 'orders');
    await writeBase(workspace.store, jwt.claims.sub, jwt.token);
    expect(rowOf(await pull())).toMatchObject({ result: 'absent', message: expect.stringContaining('--prune') });
    expect(rowOf(await pull({ prune: { confirm: yes } }))).toMatchObject({ result: 'pruned' });
    expect(await listAccountNames(workspace.store)).toEqual(['SYS', 'stays']);
  });

  it.skipIf(!peer('nats-server@2.9'))('from 2.9 too, which is silent about what it has not', async () => {
    const { workspace, push, pull, url, held } = await natsShop([{ program: peer('nats-server@2.9') }]);
    await push();
    const { sub } = await pushedElsewhere(workspace, url, (claims) => {
      claims.name = 'billing';
    });
    expect(rowOf(await pull(), 'billing')).toMatchObject({ result: 'added', account: sub });
    expect(await held(Seed.generate('account').publicKey)).toEqual({ token: null, older: [], without: 0 });
  });
});

describe('diff', () => {
  it('with a service: claim by claim, who changed it, and what to do', async () => {
    const { workspace, service, orders, push, changeHere, changeThere } = await shop();
    const compare = () => diff(workspace, { service: service.url });
    const before = await compare();
    expect(before).toMatchObject({ kind: 'service', url: service.url, same: false });
    expect(rowOf(before)).toMatchObject({
      state: 'only-here',
      hint: 'natsctl push orders',
      message: 'it is not there',
    });
    await push();
    expect(await compare()).toMatchObject({
      same: true,
      accounts: [{ state: 'same' }, { state: 'same', differences: [] }],
    });
    await changeHere((claims) => {
      claims.nats.limits.conn = 5;
    });
    expect(rowOf(await compare())).toMatchObject({
      account: orders.publicKey,
      state: 'different',
      changed: 'here',
      newer: 'here',
      differences: [{ path: '/nats/limits/conn', before: -1, after: 5 }],
      hint: 'natsctl push orders',
    });
    await push();
    await changeThere((claims) => {
      claims.nats.limits.conn = 6;
    });
    expect(rowOf(await compare())).toMatchObject({ changed: 'there', newer: 'there', hint: 'natsctl pull orders' });
    await changeHere((claims) => {
      claims.nats.limits.leaf = 1;
    });
    expect(rowOf(await compare())).toMatchObject({ changed: 'both', hint: expect.stringContaining('then push') });
    service.accounts.set(orders.publicKey, 'no token');
    expect(rowOf(await compare())).toMatchObject({ state: 'unreadable' });
    service.accounts.delete(orders.publicKey);
    expect(rowOf(await compare())).toMatchObject({ state: 'only-here', message: 'it is not there any more' });
    const other = Seed.generate('account').publicKey;
    expect((await diff(workspace, { service: service.url, accounts: [other] })).accounts).toMatchObject([
      { account: other, state: 'unreadable', message: 'it is neither here nor there' },
    ]);
  });

  it('tells claims from a signature that is only newer, and what cannot be read here', async () => {
    const { workspace, service, push, changeHere } = await shop();
    await push();
    await changeHere(() => {});
    const { file } = await readAccount(workspace.store, 'SYS');
    writeFileSync(file, 'torn');
    const report = await diff(workspace, { service: service.url });
    expect(rowOf(report)).toMatchObject({
      state: 'different',
      differences: [],
      message: expect.stringContaining('signed anew'),
    });
    expect(rowOf(report, 'SYS')).toMatchObject({ account: null, state: 'unreadable' });
  });

  it.skipIf(!program)('with nats-servers: also what is only there', async () => {
    const { workspace, url, push } = await natsShop();
    await push();
    const { sub } = await pushedElsewhere(workspace, url, (claims) => {
      claims.name = 'billing';
    });
    const report = await diff(workspace, { service: url });
    expect(report.same).toBe(false);
    expect(rowOf(report, 'billing')).toMatchObject({ account: sub, state: 'only-there', newer: 'there' });
    expect((await diff(workspace, { service: url, accounts: ['orders'] })).same).toBe(true);
  });
});

describe('retiring an account', () => {
  it('revokes everybody and ends it at a service', async () => {
    const { workspace, service, push, held } = await shop();
    await push();
    const account = await readAccount(workspace.store, 'orders');
    const retired = await retireAccount(workspace, account, { service: service.url });
    expect(retired).toMatchObject({ kind: 'service', result: 'expiring', servers: [] });
    const { claims } = decodeAs('account', held());
    expect(claims.exp).toBe(retired.expires);
    expect(claims.exp).toBeLessThanOrEqual(workspace.now + 61);
    expect([...claims.nats.revocations.keys()]).toEqual(['*']);
    const gone = await createAccount(workspace, { name: 'unknown' });
    const unknown = await readAccount(workspace.store, gone.name);
    expect(await retireAccount(workspace, unknown, { service: service.url })).toMatchObject({ result: 'absent' });
    await expect(retireAccount(workspace, account, { service: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'ERR_SERVICE_UNREACHABLE',
      hint: expect.stringContaining('--no-revoke'),
    });
  });

  it.skipIf(!program)('has nats-servers delete it, or lets it end there, and its clients are gone', async () => {
    for (const allowDelete of [true, false]) {
      const { workspace, url, push, read, at, held, orders } = await natsShop([{ allowDelete }]);
      await createUser(workspace, { name: 'u', account: 'orders', ...noPermissions });
      await push();
      const client = await openClient(
        { server: url, account: 'orders', user: 'u', reconnect: false },
        async () => workspace,
      );
      const closed = client.connection.closed();
      const account = await readAccount(workspace.store, 'orders');
      const retired = await retireAccount({ ...workspace, now: now() }, account, at);
      expect(retired).toMatchObject({
        kind: 'nats',
        result: allowDelete ? 'deleted' : 'expiring',
        servers: [{ ok: true }],
      });
      await closed;
      const again = openClient({ server: url, account: 'orders', user: 'u', reconnect: false }, async () => workspace);
      await expect(again).rejects.toMatchObject({ code: 'ERR_BROKER_AUTHORIZATION' });
      expect((await held(orders.publicKey)).token === null).toBe(allowDelete);
      // Here it is as it was.
      expect((await read()).token).toBe(account.jwt.token);
      await deleteAccount(workspace, { account: 'orders', removeKeys: false, keepCreds: false }, {});
      expect(existsSync(path.dirname(account.file))).toBe(false);
    }
  });
});
