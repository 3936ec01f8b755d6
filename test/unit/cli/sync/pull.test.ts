import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeAs } from '../../../../claims/jwt/decode.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { signChecked } from '../../../../cli/sign.js';
import { operatorSelfSigner } from '../../../../cli/signer.js';
import { readBase } from '../../../../cli/store/base.js';
import { keyFile } from '../../../../cli/store/keystore.js';
import { listAccountNames, readAccount, readOperator, writeAccount } from '../../../../cli/store/store.js';
import { needsAttention } from '../../../../cli/sync/pull.js';
import { createUser } from '../../../../cli/user/create.js';
import { noPermissions } from '../temp-workspace.js';
import { rowOf, shop } from './shop.js';

describe('pull', () => {
  it('takes what changed there only, and tells which users were revoked', async () => {
    const { push, pull, changeThere, held, read, checkout } = await shop();
    await push();
    expect(rowOf(await pull())).toMatchObject({ result: 'unchanged', revoked: [] });
    await changeThere((claims) => claims.nats.revocations.set(checkout.publicKey, 1_900_000_000));
    const report = await pull();
    expect(rowOf(report)).toMatchObject({
      result: 'updated',
      revoked: [{ user: checkout.publicKey, name: 'checkout', revokedAt: 1_900_000_000 }],
    });
    expect((await read()).token).toBe(held());
    expect(rowOf(await push())).toMatchObject({ result: 'unchanged' });
  });

  it('merges what changed here and there, signs it newer than both, and a push is then accepted', async () => {
    const { push, pull, changeHere, changeThere, read, held, checkout } = await shop();
    await push();
    await changeThere((claims) => claims.nats.revocations.set(checkout.publicKey, claims.iat), 1_800_005_000);
    await changeHere((claims) => {
      claims.nats.limits.conn = 5;
    }, 1_800_006_000);
    expect(rowOf(await push())).toMatchObject({ result: 'refused' });
    expect(rowOf(await pull())).toMatchObject({ result: 'merged', revoked: [{ name: 'checkout' }] });
    const merged = (await read()).claims;
    expect(merged.nats.limits.conn).toBe(5);
    expect([...merged.nats.revocations.keys()]).toEqual([checkout.publicKey]);
    expect(merged.iat).toBe(1_800_006_001);
    expect(rowOf(await push())).toMatchObject({ result: 'updated' });
    expect(held()).toBe((await read()).token);
  });

  it('keeps local changes that nobody contradicts', async () => {
    const { push, pull, changeHere, read } = await shop();
    await push();
    await changeHere((claims) => {
      claims.nats.limits.conn = 5;
    });
    const { token } = await read();
    expect(rowOf(await pull())).toMatchObject({ result: 'kept' });
    expect((await read()).token).toBe(token);
    expect(rowOf(await push())).toMatchObject({ result: 'updated' });
  });

  it('signs a local change anew that was signed in the second of what the service holds, so with its jti', async () => {
    const { push, pull, changeHere, read } = await shop();
    await push();
    const before = (await read()).claims;
    await changeHere((claims) => {
      claims.nats.limits.conn = 5;
    }, before.iat);
    expect((await read()).claims.jti).toBe(before.jti);
    expect(rowOf(await pull())).toMatchObject({ result: 'merged' });
    const after = (await read()).claims;
    expect(after.nats.limits.conn).toBe(5);
    expect(after.iat).toBeGreaterThan(before.iat);
    expect(rowOf(await push())).toMatchObject({ result: 'updated' });
  });

  it('changes nothing in a conflict, names the paths, and decides as told', async () => {
    const { push, pull, changeHere, changeThere, read, held } = await shop();
    await push();
    await changeThere((claims) => {
      claims.nats.limits.conn = 1;
      claims.nats.limits.leaf = 7;
    });
    await changeHere((claims) => {
      claims.nats.limits.conn = 2;
      claims.nats.limits.subs = 9;
    });
    const { token } = await read();
    const report = await pull();
    expect(needsAttention(report)).toBe(true);
    expect(rowOf(report)).toMatchObject({
      result: 'conflict',
      code: 'ERR_PULL_CONFLICT',
      conflicts: [{ path: '/nats/limits/conn', ours: 2, theirs: 1 }],
      hint: expect.stringContaining('--ours'),
    });
    expect((await read()).token).toBe(token);
    expect(rowOf(await push())).toMatchObject({ result: 'refused' });

    expect(rowOf(await pull({ prefer: 'ours' }))).toMatchObject({ result: 'merged' });
    expect((await read()).claims.nats.limits).toMatchObject({ conn: 2, leaf: 7, subs: 9 });
    expect(rowOf(await push())).toMatchObject({ result: 'updated' });
    expect(held()).toBe((await read()).token);
  });

  it('with --theirs takes their side of a conflict and keeps the rest of ours', async () => {
    const { push, pull, changeHere, changeThere, read } = await shop();
    await push();
    await changeThere((claims) => {
      claims.nats.limits.conn = 1;
    });
    await changeHere((claims) => {
      claims.nats.limits.conn = 2;
      claims.nats.limits.subs = 9;
    });
    expect(rowOf(await pull({ prefer: 'theirs' }))).toMatchObject({ result: 'merged' });
    expect((await read()).claims.nats.limits).toMatchObject({ conn: 1, subs: 9 });
  });

  it('never takes back what a service restored from a backup has forgotten', async () => {
    const { service, orders, push, pull, changeHere, read, held, checkout } = await shop();
    await push();
    const old = held();
    await changeHere((claims) => claims.nats.revocations.set(checkout.publicKey, claims.iat));
    await push();
    service.accounts.set(orders.publicKey, old);
    expect(rowOf(await pull())).toMatchObject({ result: 'kept', message: expect.stringContaining('older') });
    expect((await read()).claims.nats.revocations.size).toBe(1);
    expect(rowOf(await push())).toMatchObject({ result: 'updated' });
    expect(held()).toBe((await read()).token);
  });

  it('believes no token that is not of this account and this operator', async () => {
    const { workspace, service, orders, push, pull, read, held } = await shop();
    await push();
    const { token } = await read();
    const foreign = await shop();
    const system = [...service.accounts].find(([key]) => key !== orders.publicKey)?.[1] as string;
    for (const bad of [(await foreign.read()).token, system, `${held().slice(0, -4)}AAAA`, 'no token']) {
      service.accounts.set(orders.publicKey, bad);
      const report = await pull();
      expect(rowOf(report)).toMatchObject({ result: 'refused', code: 'ERR_PULL_UNTRUSTED' });
      expect(needsAttention(report)).toBe(true);
      expect((await read()).token).toBe(token);
      expect((await readBase(workspace.store, orders.publicKey))?.token).toBe(token);
    }
  });

  it('adds an account known by its key only, and refuses a name that is taken here', async () => {
    const { workspace, service, orders, push, pull, held } = await shop();
    await push();
    const there = held();
    rmSync(path.join(workspace.store.dir, 'accounts', 'orders'), { recursive: true });
    expect((await pull({ accounts: [orders.publicKey] })).accounts).toMatchObject([
      { name: 'orders', result: 'added' },
    ]);
    expect((await readAccount(workspace.store, 'orders')).jwt.token).toBe(there);
    await writeAccount(workspace.store, 'orders', service.accounts.get(orders.publicKey) as string);

    const other = Seed.generate('account').publicKey;
    expect((await pull({ accounts: [other] })).accounts).toMatchObject([
      { account: other, result: 'refused', code: 'ERR_SERVICE_ANSWER' },
    ]);
  });

  it('follows a new name with the users and their creds', async () => {
    const { workspace, push, pull, changeThere } = await shop();
    await push();
    await changeThere((claims) => {
      claims.name = 'sales';
    });
    expect(rowOf(await pull(), 'sales')).toMatchObject({ result: 'updated' });
    expect(await listAccountNames(workspace.store)).toEqual(['SYS', 'sales']);
    expect(existsSync(path.join(workspace.keystore, 'creds/acme/sales/checkout.creds'))).toBe(true);
    await changeThere((claims) => {
      claims.name = 'sys';
    });
    // What else it says must not wait for a name that can be used here.
    expect(rowOf(await pull(), 'sales')).toMatchObject({
      result: 'updated',
      message: expect.stringContaining('named sys there'),
    });
    expect(await listAccountNames(workspace.store)).toEqual(['SYS', 'sales']);
    await changeThere((claims) => {
      claims.name = '../../evil';
    });
    expect(rowOf(await pull(), 'sales')).toMatchObject({
      result: 'updated',
      message: expect.stringContaining('stays'),
    });
    expect(await listAccountNames(workspace.store)).toEqual(['SYS', 'sales']);
  });

  it('forgets what the service no longer holds, so that a push puts it back', async () => {
    const { workspace, service, orders, push, pull } = await shop();
    expect(rowOf(await pull())).toMatchObject({ result: 'absent', message: 'never pushed' });
    await push();
    service.accounts.delete(orders.publicKey);
    expect(rowOf(await pull())).toMatchObject({ result: 'absent' });
    expect(await readBase(workspace.store, orders.publicKey)).toBeNull();
    expect(rowOf(await push())).toMatchObject({ result: 'created' });
  });

  it('with --dry-run tells what would change, and changes nothing', async () => {
    const { workspace, service, orders, push, pull, changeThere, changeHere, read } = await shop();
    await push();
    await changeThere((claims) => {
      claims.nats.limits.conn = 1;
    });
    const before = await read();
    const base = (await readBase(workspace.store, orders.publicKey))?.token;
    expect(rowOf(await pull({ dryRun: true }))).toMatchObject({
      result: 'updated',
      differences: [{ path: '/nats/limits/conn', before: -1, after: 1 }],
    });
    await changeHere((claims) => {
      claims.nats.limits.subs = 9;
    });
    expect(rowOf(await pull({ dryRun: true }))).toMatchObject({
      result: 'merged',
      differences: [{ path: '/nats/limits/conn' }],
    });
    service.accounts.delete(orders.publicKey);
    expect(rowOf(await pull({ dryRun: true }))).toMatchObject({ result: 'absent' });
    expect((await readBase(workspace.store, orders.publicKey))?.token).toBe(base);
    expect((await read()).claims.nats.limits.conn).toBe(before.claims.nats.limits.conn);
  });

  it('with --force takes what is there, and names the revocations that are lost by it', async () => {
    const { push, pull, changeHere, held, read, checkout } = await shop();
    await push();
    await changeHere((claims) => claims.nats.revocations.set(checkout.publicKey, 1_900_000_000));
    expect(rowOf(await pull({ force: true }))).toMatchObject({
      result: 'updated',
      message: expect.stringContaining(checkout.publicKey),
    });
    expect((await read()).token).toBe(held());
  });

  it('--prune removes what was there once and is gone, and nothing else', async () => {
    const { workspace, service, orders, push, pull, changeHere } = await shop();
    await createAccount(workspace, { name: 'fresh' });
    await createAccount(workspace, { name: 'stays' });
    await createAccount(workspace, { name: 'trial' });
    await push();
    const names = () => listAccountNames(workspace.store);
    const { jwt: fresh } = await readAccount(workspace.store, 'fresh');
    const { jwt: trial } = await readAccount(workspace.store, 'trial');
    // One that nobody has pushed, one that was changed since.
    await createAccount(workspace, { name: 'unpushed' });
    for (const key of [orders.publicKey, fresh.claims.sub, trial.claims.sub]) service.accounts.delete(key);
    await changeHere((claims) => {
      claims.nats.limits.conn = 5;
    });
    const never = async () => {
      throw new Error('no');
    };
    const dry = await pull({ dryRun: true, prune: { confirm: never } });
    expect(dry.accounts.filter(({ result }) => result === 'pruned').map(({ name }) => name)).toEqual([
      'fresh',
      'trial',
    ]);
    await expect(pull({ prune: { confirm: never } })).rejects.toThrow('no');
    expect(await names()).toHaveLength(6);
    // Also after a pull that was no prune.
    await pull();
    const report = await pull({ prune: { confirm: async () => {} } });
    expect(rowOf(report)).toMatchObject({ result: 'absent', message: expect.stringContaining('changed here since') });
    expect(rowOf(report, 'unpushed')).toMatchObject({ result: 'absent', message: 'never pushed' });
    expect(await names()).toEqual(['SYS', 'orders', 'stays', 'unpushed']);
    expect(existsSync(keyFile(workspace.keystore, trial.claims.sub))).toBe(true);
  });

  it('--prune removes nothing for an address that has nothing of ours', async () => {
    const { workspace, service, push, pull } = await shop();
    await push();
    service.accounts.clear();
    await expect(pull({ prune: { confirm: async () => {} } })).rejects.toMatchObject({ code: 'ERR_PRUNE_REFUSED' });
    expect(await listAccountNames(workspace.store)).toEqual(['SYS', 'orders']);
  });

  it('says when a merge cannot be signed here, and changes nothing', async () => {
    const { workspace, push, pull, changeHere, changeThere, read } = await shop();
    await push();
    await changeThere((claims) => {
      claims.nats.limits.leaf = 7;
    });
    await changeHere((claims) => {
      claims.nats.limits.subs = 9;
    });
    const { token } = await read();
    const operator = (await readOperator(workspace.store)).claims;
    for (const key of [operator.sub, ...operator.nats.signing_keys]) rmSync(keyFile(workspace.keystore, key));
    expect(rowOf(await pull())).toMatchObject({ result: 'refused', code: 'ERR_SIGNER_MISSING' });
    expect((await read()).token).toBe(token);
  });

  it('keeps a user made meanwhile: users are not the service’s business', async () => {
    const { workspace, push, pull, changeThere } = await shop();
    await push();
    await changeThere((claims) => {
      claims.nats.limits.leaf = 7;
    });
    await createUser(workspace, { name: 'second', account: 'orders', ...noPermissions });
    expect(rowOf(await pull())).toMatchObject({ result: 'updated' });
    expect((await readAccount(workspace.store, 'orders')).jwt.claims.nats.limits.leaf).toBe(7);
  });
});

describe('pull of the operator', () => {
  it('takes a newer token of the same operator, signed by a key known here', async () => {
    const { workspace, service, pull } = await shop();
    const { claims } = await readOperator(workspace.store);
    const signer = await operatorSelfSigner(workspace, claims);
    const later = { ...claims, nats: { ...claims.nats, operator_service_urls: ['nats://h:1'] } };
    const newer = await signChecked(later, signer, { now: claims.iat + 5 });
    service.operator = newer.token;
    expect((await pull()).operator).toEqual({ result: 'updated' });
    expect((await readOperator(workspace.store)).token).toBe(newer.token);
    service.operator = (await signChecked(claims, signer, { now: claims.iat })).token;
    expect((await pull()).operator).toMatchObject({ result: 'ignored' });
    expect((await readOperator(workspace.store)).token).toBe(newer.token);
  });

  it('ignores another operator and one with a key slipped in', async () => {
    const { workspace, service, pull } = await shop();
    const other = await shop();
    const theirs = await readOperator(other.workspace.store);
    service.operator = theirs.token;
    expect((await pull()).operator).toMatchObject({ result: 'ignored', message: expect.stringContaining('another') });
    const stranger = Seed.generate('operator');
    const { claims, token } = await readOperator(workspace.store);
    const { seedSigner } = await import('../../../../claims/keys/signer.js');
    const slipped = { ...claims, nats: { ...claims.nats, signing_keys: [stranger.publicKey] } };
    service.operator = (await signChecked(slipped, seedSigner(stranger), { now: claims.iat + 9 })).token;
    expect(decodeAs('operator', service.operator).claims.sub).toBe(claims.sub);
    expect((await pull()).operator).toMatchObject({ result: 'ignored' });
    expect((await readOperator(workspace.store)).token).toBe(token);
  });
});
