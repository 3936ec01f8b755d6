import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { readBase } from '../../../../cli/store/base.js';
import { readAccount } from '../../../../cli/store/store.js';
import { hasRefusals, push } from '../../../../cli/sync/push.js';
import { NOW } from '../temp.js';
import { rowOf, shop } from './shop.js';

describe('push', () => {
  it('creates, then has nothing to do, then updates what changed', async () => {
    const { workspace, service, orders, push, changeHere, read, held } = await shop();
    expect((await push()).accounts).toEqual([
      { account: expect.stringMatching(/^A/), name: 'SYS', result: 'created', servers: [] },
      { account: orders.publicKey, name: 'orders', result: 'created', servers: [] },
    ]);
    expect(service.requests).toContain(`POST /jwt/v1/accounts/${orders.publicKey} *`);
    expect(held()).toBe((await read()).token);
    expect((await push()).accounts.map((row) => row.result)).toEqual(['unchanged', 'unchanged']);
    const { jti } = (await read()).claims;
    await changeHere((claims) => {
      claims.nats.limits.conn = 5;
    });
    expect((await push()).accounts.map((row) => row.result)).toEqual(['unchanged', 'updated']);
    expect(service.requests).toContain(`POST /jwt/v1/accounts/${orders.publicKey} "${jti}"`);
    expect((await readBase(workspace.store, orders.publicKey))?.token).toBe(held());
  });

  it('is refused with "pull first" where the service holds another token than the one it was made from', async () => {
    const { push, changeHere, changeThere, held, checkout } = await shop();
    await push();
    await changeThere((claims) => claims.nats.revocations.set(checkout.publicKey, claims.iat));
    await changeHere((claims) => {
      claims.nats.limits.conn = 5;
    });
    const before = held();
    const report = await push();
    expect(hasRefusals(report)).toBe(true);
    expect(rowOf(report)).toMatchObject({ result: 'refused', code: 'ERR_PRECONDITION' });
    expect(rowOf(report)?.hint).toMatch(/natsctl pull/);
    expect(rowOf(report, 'SYS')).toMatchObject({ result: 'unchanged' });
    expect(held()).toBe(before);
  });

  it('from a store that never met the service records what is equal and refuses what is not', async () => {
    const { workspace, service, orders, push, changeThere, read, held } = await shop();
    service.accounts.set(orders.publicKey, (await read()).token);
    expect(rowOf(await push())).toMatchObject({ result: 'unchanged' });
    expect((await readBase(workspace.store, orders.publicKey))?.token).toBe(held());

    const other = await shop();
    other.service.accounts.set(other.orders.publicKey, (await other.read()).token);
    await other.changeThere((claims) => {
      claims.nats.limits.conn = 1;
    });
    expect(rowOf(await other.push())).toMatchObject({ result: 'refused', code: 'ERR_PULL_FIRST' });
    await changeThere((claims) => {
      claims.nats.limits.conn = 1;
    });
    expect(rowOf(await push())).toMatchObject({
      result: 'unchanged',
      message: expect.stringContaining('natsctl pull'),
    });
  });

  it('finds out by itself that its last answer was lost, and that the service lost the account', async () => {
    const { service, orders, push, changeHere, held, read } = await shop();
    await push();
    await changeHere((claims) => {
      claims.nats.limits.conn = 5;
    });
    service.loseNextAnswer = true;
    expect(rowOf(await push())).toMatchObject({ result: 'refused', code: 'ERR_SERVICE_UNREACHABLE' });
    expect(rowOf(await push())).toMatchObject({ result: 'unchanged' });
    service.accounts.delete(orders.publicKey);
    expect(rowOf(await push())).toMatchObject({ result: 'created' });
    service.accounts.delete(orders.publicKey);
    await changeHere((claims) => {
      claims.nats.limits.conn = 6;
    });
    expect(rowOf(await push())).toMatchObject({ result: 'created' });
    expect(held()).toBe((await read()).token);
  });

  it('names the service that is down, once', async () => {
    const { workspace } = await shop();
    await expect(push(workspace, { service: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'ERR_SERVICE_UNREACHABLE',
    });
    await expect(push(workspace, { service: 'nats://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'ERR_BROKER_UNREACHABLE',
    });
    await expect(push(workspace, { service: 'ftp://127.0.0.1:1' })).rejects.toMatchObject({ code: 'ERR_URL_INVALID' });
  });

  it('keeps back what is damaged or not of this operator, and pushes the rest', async () => {
    const { workspace, service, push } = await shop();
    await createAccount(workspace, { name: 'torn' });
    const { file } = await readAccount(workspace.store, 'torn');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 80));
    const foreign = await shop();
    await createAccount(workspace, { name: 'foreign' });
    writeFileSync((await readAccount(workspace.store, 'foreign')).file, (await foreign.read()).token);
    const report = await push();
    expect(rowOf(report, 'torn')).toMatchObject({ account: null, result: 'refused', code: 'ERR_STORE_DAMAGED' });
    expect(rowOf(report, 'foreign')).toMatchObject({ result: 'refused', code: expect.stringMatching(/^ERR_ACCOUNT_/) });
    expect(rowOf(report)).toMatchObject({ result: 'created' });
    expect(service.accounts.size).toBe(2);
  });

  it('with --dry-run tells what would change there, and writes nothing anywhere', async () => {
    const { workspace, service, orders, push: really, changeHere, changeThere, held } = await shop();
    const dry = () => push({ ...workspace, now: NOW + 1000 }, { service: service.url, dryRun: true });
    expect(rowOf(await dry())).toMatchObject({ result: 'created', differences: [{ path: '' }] });
    expect(service.accounts.size).toBe(0);
    expect(await readBase(workspace.store, orders.publicKey)).toBeNull();
    await really();
    expect(rowOf(await dry())).toMatchObject({ result: 'unchanged' });
    await changeHere((claims) => {
      claims.nats.limits.conn = 5;
    });
    const before = held();
    expect(rowOf(await dry())).toMatchObject({
      result: 'updated',
      differences: [{ path: '/nats/limits/conn', before: -1, after: 5 }],
    });
    await changeThere((claims) => {
      claims.nats.limits.conn = 1;
    });
    expect(rowOf(await dry())).toMatchObject({ result: 'refused', code: 'ERR_PULL_FIRST' });
    expect(held()).not.toBe(before);
    expect(service.requests.filter((one) => one.startsWith('POST'))).toHaveLength(2);
  });

  it('with --force names no condition', async () => {
    const { workspace, service, orders, push: really, changeHere, changeThere, held, read } = await shop();
    await really();
    await changeThere((claims) => {
      claims.nats.limits.conn = 1;
    });
    await changeHere((claims) => {
      claims.nats.limits.conn = 5;
    });
    const forced = await push({ ...workspace, now: NOW + 1000 }, { service: service.url, force: true });
    expect(rowOf(forced)).toMatchObject({ result: 'updated' });
    expect(service.requests).toContain(`POST /jwt/v1/accounts/${orders.publicKey}`);
    expect(held()).toBe((await read()).token);
  });

  it('takes names and keys of the accounts to push', async () => {
    const { workspace, service, orders } = await shop();
    const only = (accounts: string[]) => push(workspace, { service: service.url, accounts });
    expect((await only([orders.publicKey])).accounts.map((row) => row.name)).toEqual(['orders']);
    expect((await only(['SYS'])).accounts.map((row) => row.name)).toEqual(['SYS']);
    await expect(only([Seed.generate('account').publicKey])).rejects.toMatchObject({ code: 'ERR_ACCOUNT_UNKNOWN' });
  });
});
