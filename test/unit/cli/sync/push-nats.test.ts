import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Seed } from '../../../../claims/keys/seed.js';
import { createAccount } from '../../../../cli/account/create.js';
import { deleteAccount } from '../../../../cli/account/delete.js';
import { changeOperator } from '../../../../cli/change/change.js';
import { generateConfig } from '../../../../cli/server-config/generate.js';
import { readBase, writeBase } from '../../../../cli/store/base.js';
import { readAccount, writeAccount } from '../../../../cli/store/store.js';
import { diff } from '../../../../cli/sync/diff.js';
import { hasRefusals, push } from '../../../../cli/sync/push.js';
import { openRemote } from '../../../../cli/sync/remote.js';
import { requestRemoval } from '../../../../cli/sync/remove.js';
import { createUser } from '../../../../cli/user/create.js';
import { startNatsServer } from '../../../nats-server.js';
import { peer } from '../../../peers.js';
import { tempDir } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';
import { natsShop, now, program, type Started, untilAllSee } from './nats-system.js';
import { rowOf, shop } from './shop.js';

const USER = Seed.generate('user').publicKey;
const never = async () => {
  throw new Error('not to be asked');
};
const yes = async () => {};

describe.each(['nats-server', 'nats-server@2.9'] as const)('push to %s', (name) => {
  it.skipIf(!peer(name))('creates, has nothing to do, updates, and tells what the server said', async () => {
    const { workspace, orders, servers, push, change, read, held } = await natsShop([{ program: peer(name) }]);
    const first = await push();
    expect(first).toMatchObject({ kind: 'nats', servers: ['n1'], url: servers[0]?.url, removed: [], dryRun: false });
    expect(rowOf(first)).toEqual({
      account: orders.publicKey,
      name: 'orders',
      result: 'created',
      servers: [{ server: 'n1', ok: true, message: 'jwt updated' }],
    });
    // It was preloaded.
    expect(rowOf(first, 'SYS')).toMatchObject({ result: 'unchanged', servers: [] });
    expect((await held(orders.publicKey)).token).toBe((await read()).token);
    expect((await push()).accounts.map((row) => row.result)).toEqual(['unchanged', 'unchanged']);
    await change((claims) => {
      claims.nats.limits.conn = 5;
    });
    const dry = rowOf(await push({ dryRun: true }));
    expect(dry).toMatchObject({ result: 'updated', differences: [{ path: '/nats/limits/conn', after: 5 }] });
    expect((await held(orders.publicKey)).token).not.toBe((await read()).token);
    expect(rowOf(await push())).toMatchObject({ result: 'updated' });
    expect((await readBase(workspace.store, orders.publicKey))?.token).toBe((await held(orders.publicKey)).token);
  });
});

describe.skipIf(!program)('push to nats-servers', () => {
  it('is refused with "pull first" where they hold another token than the one it was made from', async () => {
    const { workspace, orders, push, pull, change, read, held } = await natsShop();
    await push();
    const mine = (await read()).token;
    // Another writer: from the same token, with a revocation.
    const theirs = await change((claims) => claims.nats.revocations.set(USER, now()));
    await push();
    await writeAccount(workspace.store, 'orders', mine);
    await writeBase(workspace.store, orders.publicKey, mine);
    expect(rowOf(await push())).toMatchObject({
      result: 'unchanged',
      message: expect.stringContaining('natsctl pull'),
    });
    await change((claims) => {
      claims.nats.limits.conn = 7;
    });
    const report = await push();
    expect(rowOf(report)).toMatchObject({
      result: 'refused',
      code: 'ERR_PULL_FIRST',
      hint: expect.stringContaining('natsctl pull orders'),
    });
    expect(hasRefusals(report)).toBe(true);
    expect((await held(orders.publicKey)).token).toBe(theirs);
    expect(rowOf(await pull())).toMatchObject({ result: 'merged', revoked: [{ user: USER }] });
    expect(rowOf(await push())).toMatchObject({ result: 'updated' });
    const { claims } = await read();
    expect([claims.nats.limits.conn, claims.nats.revocations.has(USER)]).toEqual([7, true]);
  });

  it('never drops a revocation unless forced', async () => {
    const { push, change, orders, held, read } = await natsShop();
    await change((claims) => claims.nats.revocations.set(USER, now()));
    await push();
    await change((claims) => claims.nats.revocations.delete(USER));
    const before = (await held(orders.publicKey)).token;
    expect(rowOf(await push())).toMatchObject({
      result: 'refused',
      code: 'ERR_REVOCATION_DROPPED',
      message: expect.stringContaining(USER),
      hint: expect.stringContaining('--force'),
    });
    expect((await held(orders.publicKey)).token).toBe(before);
    expect(rowOf(await push({ force: true }))).toMatchObject({ result: 'updated' });
    expect((await held(orders.publicKey)).token).toBe((await read()).token);
  });

  it('keeps back what is not of this operator before anything is connected', async () => {
    const { workspace, push } = await natsShop();
    const other = await tempWorkspace({ now: now() });
    await createAccount(other, { name: 'orders' });
    await createAccount(workspace, { name: 'foreign' });
    await writeAccount(workspace.store, 'foreign', (await readAccount(other.store, 'orders')).jwt.token);
    expect(rowOf(await push(), 'foreign')).toMatchObject({ result: 'refused', code: 'ERR_ACCOUNT_UNTRUSTED' });
    // Forced, it is for the server to say.
    expect(rowOf(await push({ force: true, accounts: ['foreign'] }), 'foreign')?.servers).toHaveLength(1);
  });

  it('says that nobody there keeps accounts', async () => {
    const workspace = await tempWorkspace({ now: now() });
    const file = path.join(tempDir(), 'server.conf');
    writeFileSync(file, (await generateConfig(workspace, { resolver: 'memory', jwtDir: '' })).text);
    const server = await startNatsServer(program as string, file);
    onTestFinished(() => server.stop());
    await expect(push(workspace, { service: server.url, timeoutMs: 500 })).rejects.toMatchObject({
      code: 'ERR_RESOLVER_MISSING',
      message: expect.stringContaining(server.url),
    });
  });
});

describe.skipIf(!program)('push to three servers', () => {
  it('asks each, and one that is missing makes it incomplete until it is back', async () => {
    const { workspace, orders, push, servers, change, held } = await natsShop([{}, {}, {}]);
    const first = await push();
    expect(first.servers).toEqual(['n1', 'n2', 'n3']);
    expect(
      rowOf(first)
        ?.servers.map(({ server, ok }) => `${server} ${ok}`)
        .sort(),
    ).toEqual(['n1 true', 'n2 true', 'n3 true']);
    await change((claims) => {
      claims.nats.limits.conn = 3;
    });
    await servers[2]?.stop();
    const report = await push({ servers: 3, timeoutMs: 1000, retry: 1 });
    expect(hasRefusals(report)).toBe(true);
    expect(rowOf(report)).toMatchObject({
      result: 'incomplete',
      code: 'ERR_PUSH_INCOMPLETE',
      message: expect.stringContaining('2 of 3 servers'),
    });
    expect(await held(orders.publicKey)).toMatchObject({ older: [], without: 0 });
    // Two are all there are, where nobody says that there should be more.
    expect(rowOf(await push())).toMatchObject({ result: 'unchanged' });
    expect((await readBase(workspace.store, orders.publicKey))?.claims.nats.limits.conn).toBe(3);
  });

  it('names the one that has another version, and brings it up to date', async () => {
    const { workspace, orders, servers, push, held, change, at } = await natsShop([
      { interval: '1h' },
      { interval: '1h' },
    ]);
    await push();
    const second = servers[1] as Started;
    const file = path.join(second.jwtDir, `${orders.publicKey}.jwt`);
    const old = readFileSync(file, 'utf8');
    await change((claims) => {
      claims.nats.limits.conn = 4;
    });
    await push();
    // As after a time in which it was away.
    await second.stop();
    writeFileSync(file, old);
    await second.again();
    await untilAllSee(workspace, servers[0] as Started, 2);
    expect(await held(orders.publicKey)).toMatchObject({ older: [old], without: 0 });
    expect(await diff(workspace, at)).toMatchObject({
      same: false,
      accounts: [{}, { name: 'orders', state: 'same', behind: 1, message: '1 older version on some servers' }],
    });
    expect(rowOf(await push())).toMatchObject({ result: 'updated' });
    expect(readFileSync(file, 'utf8')).not.toBe(old);
    expect((await diff(workspace, at)).same).toBe(true);
  });

  it('counts a cache as one of them, though it keeps only what it has loaded', async () => {
    const { push, orders, held, read } = await natsShop([{}, { resolver: 'cache' }]);
    const row = rowOf(await push());
    expect(row).toMatchObject({ result: 'created' });
    expect(row?.servers.map(({ server, message }) => `${server}: ${message}`).sort()).toEqual([
      'n1: jwt updated',
      'n2: jwt update cache skipped',
    ]);
    expect((await held(orders.publicKey)).token).toBe((await read()).token);
    expect(rowOf(await push())).toMatchObject({ result: 'unchanged' });
  });
});

describe.skipIf(!program)('removing from nats-servers', () => {
  it('prunes what is not here, never the system account, only as confirmed', async () => {
    const { workspace, push, servers, held } = await natsShop([{ allowDelete: true }, { allowDelete: true }]);
    const trial = await createAccount(workspace, { name: 'trial' });
    await push();
    await deleteAccount(workspace, { account: 'trial', removeKeys: false, keepCreds: false }, {});
    const dry = await push({ dryRun: true, removal: { accounts: [], prune: true, confirm: never } });
    expect(dry.removed).toEqual([{ account: trial.publicKey, name: 'trial', result: 'removed', servers: [] }]);
    const later = await createAccount(workspace, { name: 'later' });
    await expect(push({ removal: { accounts: [], prune: true, confirm: never } })).rejects.toThrow('not to be asked');
    // Nor was anything pushed.
    expect((await held(later.publicKey)).token).toBeNull();
    const listed: unknown[] = [];
    const report = await push({
      removal: { accounts: [], prune: true, confirm: async (accounts) => void listed.push(...accounts) },
    });
    expect(listed).toEqual([{ account: trial.publicKey, name: 'trial' }]);
    expect(report.removed).toMatchObject([
      {
        name: 'trial',
        result: 'removed',
        servers: [
          { ok: true, message: 'deleted 1 accounts' },
          { ok: true, message: 'deleted 1 accounts' },
        ],
      },
    ]);
    for (const { jwtDir } of servers) expect(readdirSync(jwtDir)).toContain(`${trial.publicKey}.jwt.deleted`);
    expect((await push({ removal: { accounts: [], prune: true, confirm: never } })).removed).toEqual([]);
  });

  it('removes one by name or key without pushing anything', async () => {
    const { workspace, push, orders } = await natsShop([{ allowDelete: true, hardDelete: true }], {
      requireSigningKeys: true,
    });
    await push();
    await createAccount(workspace, { name: 'new' });
    const report = await push({ removal: { accounts: ['orders'], prune: false, confirm: yes } });
    expect(report).toMatchObject({ accounts: [], removed: [{ account: orders.publicKey, result: 'removed' }] });
    expect(await readBase(workspace.store, orders.publicKey)).toBeNull();
    const again = push({ removal: { accounts: [orders.publicKey], prune: false, confirm: yes } });
    await expect(again).rejects.toMatchObject({ code: 'ERR_ACCOUNT_UNKNOWN_THERE' });
    const system = push({ removal: { accounts: ['SYS'], prune: false, confirm: yes } });
    await expect(system).rejects.toMatchObject({ code: 'ERR_ACCOUNT_IN_USE' });
  });

  it('says which servers do not delete', async () => {
    const { push, orders } = await natsShop([{ allowDelete: true }, {}]);
    await push();
    const report = await push({ removal: { accounts: ['orders'], prune: false, confirm: yes } });
    expect(hasRefusals(report)).toBe(true);
    expect(report.removed).toMatchObject([
      {
        account: orders.publicKey,
        result: 'incomplete',
        code: 'ERR_DELETE_DISABLED',
        message: expect.stringContaining('n2'),
        hint: expect.stringContaining('allow_delete'),
      },
    ]);
  });

  it('asks for a key of the operator', async () => {
    const { workspace, push, at, orders } = await natsShop([{ allowDelete: true }]);
    await push();
    const remote = await openRemote(workspace, at, 1);
    if (remote.kind !== 'nats') throw new Error('over NATS');
    for (const kind of ['O']) rmSync(path.join(workspace.keystore, 'keys', kind), { recursive: true });
    await expect(requestRemoval(workspace, remote, [orders.publicKey], undefined)).rejects.toMatchObject({
      code: 'ERR_SIGNER_MISSING',
    });
    await remote.close();
  });

  it('is not asked of a service', async () => {
    const { workspace, service } = await shop();
    await expect(
      push(workspace, { service: service.url, removal: { accounts: [], prune: true, confirm: yes } }),
    ).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });
});

describe.skipIf(!program)('as whom push connects', () => {
  it('as a user made for it, by a signing key where the operator is strict', async () => {
    const strict = await natsShop([{}], { requireSigningKeys: true });
    expect(rowOf(await strict.push())).toMatchObject({ result: 'created' });
  });

  it('as a stored user, or with creds, where no key is here that may make one', async () => {
    const { workspace, push } = await natsShop();
    const admin = await createUser(workspace, { name: 'admin', account: 'SYS', ...noPermissions });
    rmSync(path.join(workspace.keystore, 'keys', 'A'), { recursive: true });
    expect(rowOf(await push())).toMatchObject({ result: 'created' });
    expect(rowOf(await push({ systemUser: 'admin' }))).toMatchObject({ result: 'unchanged' });
    expect(rowOf(await push({ creds: admin.creds as string }))).toMatchObject({ result: 'unchanged' });
    rmSync(path.join(workspace.keystore, 'keys', 'U'), { recursive: true });
    rmSync(path.join(workspace.keystore, 'creds'), { recursive: true });
    await expect(push()).rejects.toMatchObject({
      code: 'ERR_SIGNER_MISSING',
      hint: expect.stringContaining('--system-creds'),
    });
    await expect(push({ systemUser: 'nobody' })).rejects.toMatchObject({ code: 'ERR_USER_UNKNOWN' });
  });

  it('to another account than the system account nobody answers', async () => {
    const { push } = await natsShop();
    await push();
    await expect(push({ systemAccount: 'orders', timeoutMs: 500 })).rejects.toMatchObject({
      code: 'ERR_RESOLVER_MISSING',
    });
  });

  it('says that the operator has no system account', async () => {
    const { workspace, at } = await natsShop();
    await changeOperator(workspace, {}, (claims) => {
      const { system_account: _gone, ...nats } = claims.nats;
      return { ...claims, nats };
    });
    await expect(push(workspace, at)).rejects.toMatchObject({ code: 'ERR_SYSTEM_ACCOUNT_MISSING' });
    expect(rowOf(await push(workspace, { ...at, systemAccount: 'SYS' }))).toMatchObject({ result: 'created' });
  });
});

it.skipIf(!program)('many accounts are pushed at once', { timeout: 30_000 }, async () => {
  const { workspace, push, change } = await natsShop([{}, {}]);
  for (let i = 0; i < 40; i++) await createAccount(workspace, { name: `a${i}` });
  const started = performance.now();
  const report = await push();
  expect(report.accounts.filter(({ result }) => result === 'created')).toHaveLength(41);
  // nsc waits a second for each.
  expect(performance.now() - started).toBeLessThan(8_000);
  await change((claims) => {
    claims.nats.limits.conn = 1;
  });
  expect((await push()).accounts.filter(({ result }) => result !== 'unchanged')).toHaveLength(1);
});
