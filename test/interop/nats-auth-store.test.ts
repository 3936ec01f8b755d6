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
import { withStoreLock } from '../../cli/store/lock.js';
import { type PathSettings, resolvePaths } from '../../cli/store/paths.js';
import { readAccount, readOperator } from '../../cli/store/store.js';
import { createUser } from '../../cli/user/create.js';
import { describeUser, listUserSummaries } from '../../cli/user/describe.js';
import { revokeUser } from '../../cli/user/revoke.js';
import { openWorkspace, type Workspace } from '../../cli/workspace.js';
import { peer } from '../peers.js';

const natsProgram = peer('nats');
const none = { allowPub: [], allowSub: [], denyPub: [], denySub: [], bearer: false };

/** A home folder that natsctl and `nats auth` both work in. */
function makeHome() {
  const home = mkdtempSync(path.join(tmpdir(), 'natsctl-nats-'));
  const env = { XDG_DATA_HOME: path.join(home, 'data'), XDG_CONFIG_HOME: path.join(home, 'config') };
  const settings: PathSettings = { env, home, cwd: home };
  return {
    settings,
    auth: (...args: string[]) =>
      execFileSync(natsProgram as string, ['auth', ...args], {
        env: { PATH: process.env.PATH, HOME: home, ...env },
        cwd: home,
        encoding: 'utf8',
      }),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

type Home = ReturnType<typeof makeHome>;
const now = () => Math.floor(Date.now() / 1000);

describe.skipIf(!natsProgram)('a store written by natsctl', () => {
  let home: Home;
  let workspace: Workspace;
  let orders: { publicKey: string };
  beforeAll(async () => {
    home = makeHome();
    const wanted = { name: 'acme', signingKey: true, requireSigningKeys: false, serviceUrls: [] };
    await createOperator(resolvePaths(home.settings), wanted, now());
    workspace = await openWorkspace(home.settings, { now: now() });
    orders = await createAccount(workspace, { name: 'orders' });
    await createUser(workspace, { ...none, name: 'checkout', account: 'orders', allowSub: ['orders.>'] });
    await writeBase(workspace.store, orders.publicKey, (await readAccount(workspace.store, 'orders')).jwt.token);
  });
  afterAll(() => home?.remove());

  it('is listed and shown by nats auth', async () => {
    const { sub } = (await readOperator(workspace.store)).claims;
    expect(home.auth('operator', 'ls')).toContain(sub);
    const accounts = home.auth('account', 'ls', 'acme');
    expect(accounts).toContain(orders.publicKey);
    expect(accounts).toMatch(/SYS .* true/);
    expect(home.auth('account', 'info', 'orders', '--operator', 'acme')).toContain(orders.publicKey);
    expect(home.auth('user', 'ls', 'orders', '--operator', 'acme')).toContain('checkout');
  });

  it('is read by nats auth while natsctl writes to it', async () => {
    await withStoreLock(workspace.store.root, async () => {
      expect(home.auth('operator', 'ls')).toContain('acme');
    });
  });

  it('takes accounts and users of nats auth, which natsctl reads', async () => {
    home.auth('account', 'add', 'billing', '--operator', 'acme', '--defaults');
    home.auth('user', 'add', 'cashier', 'orders', '--operator', 'acme', '--defaults');
    expect((await listAccountSummaries(workspace)).map(({ name, problem }) => [name, problem])).toEqual([
      ['SYS', undefined],
      ['billing', undefined],
      ['orders', undefined],
    ]);
    expect((await listUserSummaries(workspace, 'orders')).users.map((one) => one.name)).toEqual([
      'cashier',
      'checkout',
    ]);
    await revokeUser(workspace, { user: 'cashier', account: 'orders', unlisted: false });
    expect(home.auth('account', 'info', 'orders', '--operator', 'acme')).toContain(orders.publicKey);
  });
});

describe.skipIf(!natsProgram)('a store written by nats auth', () => {
  let home: Home;
  beforeAll(() => {
    home = makeHome();
    home.auth('operator', 'add', 'natsop');
    home.auth('account', 'add', 'shop', '--operator', 'natsop', '--defaults');
    home.auth('account', 'keys', 'add', 'shop', 'sales', '--operator', 'natsop', '--pub-allow', 'sales.>');
    home.auth('user', 'add', 'plain', 'shop', '--operator', 'natsop', '--defaults');
    home.auth('user', 'add', 'clerk', 'shop', '--operator', 'natsop', '--key', 'sales', '--defaults');
  });
  afterAll(() => home?.remove());

  it('is read by natsctl, and goes on with it', async () => {
    const workspace = await openWorkspace(home.settings, { now: now() });
    expect(workspace.store.name).toBe('natsop');
    const accounts = await listAccountSummaries(workspace);
    expect(accounts.map(({ name, system, problem }) => ({ name, system, problem }))).toEqual([
      { name: 'SYSTEM', system: true },
      { name: 'shop', system: false },
    ]);
    expect(await describeAccount(workspace, 'shop')).toMatchObject({ users: ['clerk', 'plain'] });
    expect(await describeUser(workspace, { user: 'clerk', account: 'shop' })).toMatchObject({ role: 'sales' });
    const made = await createUser(workspace, { ...none, name: 'second', account: 'shop', key: 'sales' });
    expect(parseCreds(readFileSync(made.creds as string, 'utf8')).seed.publicKey).toBe(made.publicKey);
    await revokeUser(workspace, { user: 'plain', account: 'shop', unlisted: false });
    expect(home.auth('user', 'ls', 'shop', '--operator', 'natsop')).toContain('second');
    expect(home.auth('account', 'keys', 'ls', 'shop', '--operator', 'natsop')).toContain('sales');
  });
});
