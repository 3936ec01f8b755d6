import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCreds } from '../../claims/creds.js';
import { createAccount } from '../../cli/account/create.js';
import { describeAccount, listAccountSummaries } from '../../cli/account/describe.js';
import { createOperator } from '../../cli/operator/create.js';
import { writeBase } from '../../cli/store/base.js';
import { type PathSettings, resolvePaths } from '../../cli/store/paths.js';
import { readAccount, readOperator } from '../../cli/store/store.js';
import { createUser } from '../../cli/user/create.js';
import { describeUser, listUserSummaries } from '../../cli/user/describe.js';
import { revokeUser } from '../../cli/user/revoke.js';
import { openWorkspace, type Workspace } from '../../cli/workspace.js';
import { peer } from '../peers.js';

const nscProgram = peer('nsc');
const none = { allowPub: [], allowSub: [], denyPub: [], denySub: [], bearer: false };

/** A home folder that natsctl and nsc both work in. */
function makeHome() {
  const home = mkdtempSync(path.join(tmpdir(), 'natsctl-nsc-'));
  const env = { XDG_DATA_HOME: path.join(home, 'data'), XDG_CONFIG_HOME: path.join(home, 'config') };
  const settings: PathSettings = { env, home, cwd: home };
  return {
    settings,
    /** nsc's output, tables (which it writes to stderr) and all; throws where it fails. */
    nsc: (...args: string[]) =>
      execFileSync('/bin/sh', ['-c', '"$0" "$@" 2>&1', nscProgram as string, ...args], {
        env: { PATH: process.env.PATH, HOME: home, ...env },
        cwd: home,
        encoding: 'utf8',
      }),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

type Home = ReturnType<typeof makeHome>;
const now = () => Math.floor(Date.now() / 1000);
const open = (home: Home): Promise<Workspace> => openWorkspace(home.settings, { now: now() });

describe.skipIf(!nscProgram)('a store written by natsctl', () => {
  let home: Home;
  let workspace: Workspace;
  let orders: { publicKey: string };
  let user: { publicKey: string };
  beforeAll(async () => {
    home = makeHome();
    const wanted = {
      name: 'acme',
      signingKey: true,
      requireSigningKeys: false,
      serviceUrls: ['nats://127.0.0.1:4222'],
    };
    await createOperator(resolvePaths(home.settings), { ...wanted, accountServerUrl: 'http://127.0.0.1:9090' }, now());
    workspace = await open(home);
    orders = await createAccount(workspace, { name: 'orders', tags: ['team:a'], description: 'all of them' });
    user = await createUser(workspace, { ...none, name: 'checkout', account: 'orders', allowPub: ['orders.>'] });
    await writeBase(workspace.store, orders.publicKey, (await readAccount(workspace.store, 'orders')).jwt.token);
  });
  afterAll(() => home?.remove());

  it('is found and described by nsc', async () => {
    const operator = JSON.parse(home.nsc('describe', 'operator', '--json'));
    expect(operator).toMatchObject({
      name: 'acme',
      nats: {
        account_server_url: 'http://127.0.0.1:9090/jwt/v1',
        operator_service_urls: ['nats://127.0.0.1:4222'],
        signing_keys: [(await readOperator(workspace.store)).claims.nats.signing_keys[0]],
      },
    });
    expect(JSON.parse(home.nsc('describe', 'account', 'orders', '--json'))).toMatchObject({
      sub: orders.publicKey,
      nats: { tags: ['team:a'], description: 'all of them' },
    });
    expect(JSON.parse(home.nsc('describe', 'user', '-a', 'orders', 'checkout', '--json'))).toMatchObject({
      sub: user.publicKey,
      nats: { pub: { allow: ['orders.>'] } },
    });
  });

  it('passes nsc validate, and nsc lists no folder of ours', () => {
    expect(home.nsc('validate', '--all-accounts')).not.toMatch(/warn|error/i);
    expect(JSON.parse(home.nsc('list', 'operators', '--json')).map((one: { name: string }) => one.name)).toEqual([
      'acme',
    ]);
    const accounts = JSON.parse(home.nsc('list', 'accounts', '--json'));
    expect(accounts.map((one: { name: string }) => one.name)).toEqual(['SYS', 'orders']);
  });

  it('has every key where nsc looks for it, and none that nobody refers to', () => {
    const keys: { key?: string; stored?: boolean }[] = JSON.parse(home.nsc('list', 'keys', '--all', '--json'));
    // Operator and its signing key, SYS and its signing key, sys, orders, checkout.
    expect(keys).toHaveLength(7);
    expect(JSON.stringify(keys)).toContain(user.publicKey);
    expect(home.nsc('list', 'keys', '--all', '--not-referenced')).not.toMatch(/[OAU][A-Z2-7]{55}/);
  });

  it('is the one nsc goes on with: its context, a user and an account added by nsc, creds made anew', async () => {
    expect(home.nsc('env')).toMatch(/Current Operator.*acme/);
    expect(home.nsc('env')).toMatch(/Current Account.*orders/);
    home.nsc('add', 'user', 'cashier');
    home.nsc('add', 'account', 'billing');
    expect((await listUserSummaries(workspace, 'orders')).users.map((one) => one.name)).toEqual([
      'cashier',
      'checkout',
    ]);
    expect((await listAccountSummaries(workspace)).map((one) => one.name)).toEqual(['SYS', 'billing', 'orders']);
    const creds = home.nsc('generate', 'creds', '-a', 'orders', '-n', 'checkout');
    const { creds: file } = await describeUser(workspace, { user: 'checkout', account: 'orders' });
    expect(parseCreds(creds)).toMatchObject({ token: parseCreds(readFileSync(file as string, 'utf8')).token });
  });

  it('keeps what nsc changes afterwards', async () => {
    home.nsc('edit', 'account', 'orders', '--conns', '7');
    await revokeUser(workspace, { user: 'checkout', account: 'orders', unlisted: false });
    const account = JSON.parse(home.nsc('describe', 'account', 'orders', '--json'));
    expect(account.nats).toMatchObject({ limits: { conn: 7 }, revocations: { [user.publicKey]: expect.any(Number) } });
    expect(home.nsc('revocations', 'list-users', '-a', 'orders')).toContain(user.publicKey);
  });
});

describe.skipIf(!nscProgram)('a strict store written by natsctl', () => {
  it('passes nsc validate', async () => {
    const home = makeHome();
    try {
      const wanted = { name: 'strict', signingKey: true, requireSigningKeys: true, serviceUrls: [] };
      await createOperator(resolvePaths(home.settings), wanted, now());
      const workspace = await open(home);
      await createAccount(workspace, { name: 'orders' });
      await createUser(workspace, { ...none, name: 'checkout', account: 'orders' });
      expect(home.nsc('validate', '--all-accounts')).not.toMatch(/warn|error/i);
      home.nsc('add', 'user', '-a', 'orders', 'cashier');
    } finally {
      home.remove();
    }
  });
});

describe.skipIf(!nscProgram)('a store written by nsc', () => {
  let home: Home;
  let workspace: Workspace;
  beforeAll(async () => {
    home = makeHome();
    home.nsc('init', '--name', 'nscop');
    home.nsc('add', 'account', 'shop');
    home.nsc('add', 'user', '-a', 'shop', 'plain', '--allow-pub', 'a.>', '--tag', 'x');
    home.nsc('edit', 'signing-key', '-a', 'shop', '--sk', 'generate', '--role', 'sales', '--allow-pub', 'sales.>');
    home.nsc('add', 'user', '-a', 'shop', 'clerk', '-K', 'sales');
    home.nsc('add', 'export', '-a', 'shop', '--name', 'news', '--subject', 'news.>');
    home.nsc('add', 'mapping', '-a', 'shop', '--from', 'old.*', '--to', 'new.{{wildcard(1)}}');
    workspace = await open(home);
  });
  afterAll(() => home?.remove());

  it('is found through its context, and read whole', async () => {
    expect(workspace.store.name).toBe('nscop');
    expect(
      (await listAccountSummaries(workspace)).map(({ name, users, problem }) => ({ name, users, problem })),
    ).toEqual([
      { name: 'SYS', users: 1 },
      { name: 'nscop', users: 1 },
      { name: 'shop', users: 2 },
    ]);
    const shop = await describeAccount(workspace, undefined);
    expect(shop).toMatchObject({ name: 'shop', exports: 1, signingKeys: [{ role: 'sales' }] });
    expect(await describeUser(workspace, { user: 'clerk', account: 'shop' })).toMatchObject({ role: 'sales' });
    const { users } = await listUserSummaries(workspace, 'shop');
    expect(users.map(({ name, role }) => [name, role])).toEqual([
      ['clerk', 'sales'],
      ['plain', null],
    ]);
    for (const { creds } of users) expect(parseCreds(readFileSync(creds as string, 'utf8')).token).toBeTruthy();
  });

  it('takes users of a role and revocations from natsctl, as nsc then sees', async () => {
    const created = await createUser(workspace, { ...none, name: 'second', account: 'shop', key: 'sales' });
    expect(created.role).toBe('sales');
    expect(JSON.parse(home.nsc('describe', 'user', '-a', 'shop', 'second', '--json'))).toMatchObject({
      iss: created.issuer,
      nats: { issuer_account: created.accountKey },
    });
    const before = JSON.parse(home.nsc('describe', 'account', 'shop', '--json'));
    const { user } = await revokeUser(workspace, { user: 'plain', account: 'shop', unlisted: false });
    const after = JSON.parse(home.nsc('describe', 'account', 'shop', '--json'));
    // Signed anew from our model: nothing that nsc wrote is lost or changed.
    expect(after.nats.revocations).toEqual({ [user]: expect.any(Number) });
    const { revocations: _, ...nats } = after.nats;
    expect({ ...after, nats }).toEqual({ ...before, iat: expect.any(Number), jti: expect.any(String) });
    expect(before.nats).toMatchObject({ exports: [{}], mappings: {}, signing_keys: [{ role: 'sales' }] });
    expect(home.nsc('validate', '--all-accounts')).not.toMatch(/error/i);
  });
});
