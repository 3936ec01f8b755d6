import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Seed } from '../../claims/keys/seed.js';
import { createAccount } from '../../cli/account/create.js';
import { changeAccount } from '../../cli/change/change.js';
import { createOperator } from '../../cli/operator/create.js';
import { generateConfig } from '../../cli/server-config/generate.js';
import { resolvePaths } from '../../cli/store/paths.js';
import { readAccount } from '../../cli/store/store.js';
import { diff } from '../../cli/sync/diff.js';
import { pull } from '../../cli/sync/pull.js';
import { push } from '../../cli/sync/push.js';
import { openWorkspace } from '../../cli/workspace.js';
import { startNatsServer } from '../nats-server.js';
import { peer } from '../peers.js';

const nscProgram = peer('nsc');
const server = peer('nats-server');
const now = () => Math.floor(Date.now() / 1000);
const USER = Seed.generate('user').publicKey;

function homeAt(home: string) {
  const env = { XDG_DATA_HOME: path.join(home, 'data'), XDG_CONFIG_HOME: path.join(home, 'config') };
  return {
    settings: { env, home, cwd: home },
    open: () => openWorkspace({ env, home, cwd: home }, { now: now() }),
    /** nsc's output with its tables, which it writes to stderr; throws where it fails. */
    nsc: (...args: string[]) =>
      execFileSync('/bin/sh', ['-c', '"$0" "$@" 2>&1', nscProgram as string, ...args], {
        env: { PATH: process.env.PATH, HOME: home, ...env, NSC_NO_GIT_IGNORE: '1' },
        cwd: home,
        encoding: 'utf8',
      }),
  };
}

it.skipIf(!nscProgram || !server)(
  'nsc and natsctl push to and pull from one full resolver',
  { timeout: 30_000 },
  async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'natsctl-nsc-resolver-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const ann = homeAt(path.join(root, 'ann'));
    const wanted = { name: 'acme', signingKey: true, requireSigningKeys: false, serviceUrls: [] };
    await createOperator(resolvePaths(ann.settings), wanted, now());
    const first = await ann.open();
    const config = await generateConfig(first, { resolver: 'full', jwtDir: path.join(root, 'jwt'), allowDelete: true });
    writeFileSync(path.join(root, 'server.conf'), config.text);
    const started = await startNatsServer(server as string, path.join(root, 'server.conf'));
    onTestFinished(() => started.stop());
    ann.nsc('edit', 'operator', '--account-jwt-server-url', started.url);
    const orders = await createAccount(first, { name: 'orders' });

    // natsctl pushes, by the operator's own address; nsc has nothing to add.
    expect(await push(first, {})).toMatchObject({
      kind: 'nats',
      accounts: [{ name: 'SYS' }, { name: 'orders', result: 'created' }],
    });
    expect(ann.nsc('push', '-A')).toContain('jwt updated');
    expect((await diff(first, {})).same).toBe(true);

    // Another works with nsc on a copy: what it pushes, natsctl pulls.
    cpSync(path.join(root, 'ann'), path.join(root, 'bob'), { recursive: true });
    const bob = homeAt(path.join(root, 'bob'));
    rmSync(path.join(root, 'bob', 'config'), { recursive: true, force: true });
    const inBob = ['--data-dir', path.join(root, 'bob', 'data', 'nats', 'nsc', 'stores')];
    bob.nsc('edit', 'account', 'orders', '--conns', '5', ...inBob);
    bob.nsc('revocations', 'add-user', '-a', 'orders', '--user-public-key', USER, ...inBob);
    expect(bob.nsc('push', '-a', 'orders', ...inBob)).toContain('jwt updated');
    const drifted = await diff(first, {});
    expect(drifted.accounts[1]).toMatchObject({ state: 'different', changed: 'there' });
    expect((await pull(first, {})).accounts[1]).toMatchObject({ result: 'updated', revoked: [{ user: USER }] });
    expect((await readAccount(first.store, 'orders')).jwt.claims.nats.limits.conn).toBe(5);

    // The other way round, with an account that the other has not.
    await changeAccount(await ann.open(), 'orders', {}, (claims) => {
      claims.nats.limits.conn = 9;
      return claims;
    });
    const billing = await createAccount(await ann.open(), { name: 'billing' });
    expect((await push(await ann.open(), {})).accounts.map(({ result }) => result)).toEqual([
      'unchanged',
      'created',
      'updated',
    ]);
    bob.nsc('pull', '-A', ...inBob);
    expect(JSON.parse(bob.nsc('describe', 'account', 'orders', '--json', ...inBob)).nats.limits.conn).toBe(9);
    expect(JSON.parse(bob.nsc('describe', 'account', 'billing', '--json', ...inBob)).sub).toBe(billing.publicKey);

    // Both delete: what nsc prunes is gone for natsctl, and natsctl's deletion for nsc.
    rmSync(path.join(inBob[1] as string, 'acme', 'accounts', 'billing'), { recursive: true });
    expect(bob.nsc('push', '-P', ...inBob)).toContain('deleted 1 accounts');
    const pruned = await pull(await ann.open(), { prune: { confirm: async () => {} } });
    expect(pruned.accounts.find(({ name }) => name === 'billing')).toMatchObject({ result: 'pruned' });
    const removal = { accounts: [orders.publicKey], prune: false, confirm: async () => {} };
    expect((await push(await ann.open(), { removal })).removed).toMatchObject([{ name: 'orders', result: 'removed' }]);
    expect(bob.nsc('push', '-D', ...inBob)).not.toContain(orders.publicKey);
  },
);
