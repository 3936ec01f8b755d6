import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startNatsServer } from '../../../nats-server.js';
import { peer } from '../../../peers.js';
import { program as natsctl } from '../program.js';
import { program } from '../sharing/program.js';
import { startFakeService } from './fake-service.js';

const server = peer('nats-server');
const COMMANDS = [
  'activation push',
  'activation create',
  'push',
  'pull',
  'diff',
  'account delete',
  'config generate',
  'validate',
  'doctor',
  'pub',
  'rtt',
];

describe('push, pull and diff, through the program', () => {
  it.skipIf(!server)(
    'work with nats-servers, and an account ends there before it is deleted',
    { timeout: 60_000 },
    async () => {
      const { json, run, fault, home } = program();
      await json('operator', 'create', 'acme');
      await json('account', 'create', 'orders');
      const trial = await json('account', 'create', 'trial');
      const conf = path.join(home, 'server.conf');
      const jwtDir = path.join(home, 'jwt');
      // In nsc's words.
      expect(
        await json('generate', 'config', '--nats-resolver', '--allow-delete', '--dir', jwtDir, '--config-file', conf),
      ).toMatchObject({ resolver: 'full', file: conf });
      const started = await startNatsServer(server as string, conf);
      onTestFinished(() => started.stop());
      const there = ['--service', started.url];

      const dry = await run(['push', '--dry-run', ...there]);
      expect(dry).toMatchObject({ code: 0 });
      expect(dry.stdout).toMatch(/orders +A\w+ +would be created/);
      const pushed = await run(['push', '-u', started.url, '--retry', '0']);
      expect(pushed).toMatchObject({ code: 0 });
      expect(pushed.stdout).toMatch(/orders +A\w+ +created +1\/1/);
      expect(pushed.stderr).toMatch(/orders: N\w+ ok: jwt updated/);
      expect(await json('push', 'orders', ...there, '--servers', '1')).toMatchObject({
        kind: 'nats',
        accounts: [{ result: 'unchanged' }],
      });
      // It has it all, but one that should be there may not.
      const away = await run(['push', 'orders', ...there, '--servers', '2', '--timeout', '1', '--retry', '0']);
      expect(away).toMatchObject({ code: 1, stdout: expect.stringContaining('unchanged') });
      expect(away.stderr).toContain('MISSING: 1 of the 2');

      expect(await run(['diff', ...there])).toMatchObject({ code: 0, stdout: '' });
      await json('account', 'edit', 'orders', '--conns', '7');
      const differing = await run(['diff', ...there]);
      expect(differing.code).toBe(1);
      expect(differing.stdout).toMatch(
        /^orders \(A\w+\): differs[\s\S]*~ \/nats\/limits\/conn: -1 -> 7[\s\S]*natsctl push orders/,
      );
      const found = await run(['validate', '--drift', '--json', ...there]);
      expect(JSON.parse(found.stdout).findings).toContainEqual(
        expect.objectContaining({ code: 'ERR_DRIFT', entity: 'orders' }),
      );
      const incomplete = await run(['push', ...there, '--servers', '2', '--timeout', '1', '--retry', '0']);
      expect(incomplete.code).toBe(1);
      expect(incomplete.stderr).toContain('[ERR_PUSH_INCOMPLETE]');

      expect(await json('pull', ...there)).toMatchObject({ accounts: [{}, { result: 'unchanged' }, {}] });
      expect((await run(['pull', '--dry-run', '--prune', ...there])).code).toBe(0);

      const first = await run(['account', 'delete', 'trial', '--dry-run', ...there]);
      expect(first.stderr).toContain('would first be ended');
      const gone = await run(['account', 'delete', 'trial', '--yes', ...there]);
      expect(gone).toMatchObject({ code: 0, stdout: 'account trial with 0 users is deleted\n' });
      expect(gone.stderr).toContain(`deleted from the servers at ${started.url}`);
      expect(await fault('push', '-R', trial.publicKey, '--yes', ...there)).toEqual([1, 'ERR_ACCOUNT_UNKNOWN_THERE']);
      expect(await fault('push', '-R', 'orders', ...there)).toEqual([2, 'ERR_USAGE']);
      const removed = await run(['push', '--remove', 'orders', '-y', ...there]);
      expect(removed).toMatchObject({ code: 0, stdout: expect.stringMatching(/orders +A\w+ +removed +1\/1/) });
      expect((await json('diff', 'SYS', ...there)).same).toBe(true);
      expect((await run(['push', '--prune', ...there])).code).toBe(0);
    },
  );

  it('work with a service', async () => {
    const { json, run, fault } = program();
    const service = await startFakeService();
    const there = ['--service', service.url];
    await json('operator', 'create', 'acme');
    const orders = await json('account', 'create', 'orders');
    expect(await json('push', ...there)).toEqual({
      kind: 'service',
      url: service.url,
      servers: [],
      missing: 0,
      accounts: [
        { account: expect.any(String), name: 'SYS', result: 'created', servers: [] },
        { account: orders.publicKey, name: 'orders', result: 'created', servers: [] },
      ],
      removed: [],
      dryRun: false,
    });
    expect(await json('diff', '--against', service.url)).toMatchObject({ kind: 'service', same: true });
    await json('account', 'edit', 'orders', '--conns', '7');
    expect((await run(['push', '--dry-run', ...there])).stdout).toContain('~ /nats/limits/conn: -1 -> 7');
    expect((await run(['pull', '--force', '--dry-run', ...there])).stdout).toContain('~ /nats/limits/conn: 7 -> -1');
    const expiring = await run(['account', 'delete', 'orders', '--yes', ...there]);
    expect(expiring.stderr).toContain('everybody in it is revoked');
    expect(service.accounts.has(orders.publicKey)).toBe(true);

    await json('account', 'create', 'next');
    await json('push', ...there);
    // Nobody there to end it: it stays here too.
    expect(await fault('account', 'delete', 'next', '--yes', '--service', 'http://127.0.0.1:1')).toEqual([
      1,
      'ERR_SERVICE_UNREACHABLE',
    ]);
    expect(await json('account', 'delete', 'next', '--yes', '--no-revoke')).toMatchObject({
      retired: null,
      pushed: true,
    });
  });

  it('leave activations with an account server that keeps them', async () => {
    const { json, fault, home } = program();
    const service = await startFakeService();
    const there = ['--service', service.url];
    await json('operator', 'create', 'acme');
    await json('account', 'create', 'billing');
    const shop = await json('account', 'create', 'shop');
    await json('export', 'create', 'q.*', '--private', '-a', 'billing');
    const create = ['activation', 'create', 'q.*', '-a', 'billing', '-t', 'shop', '--output'];
    const file = path.join(home, 'a.jwt');
    expect(await json(...create, file)).toMatchObject({ pushed: null });
    expect(await fault('activation', 'push', file, ...there)).toEqual([1, 'ERR_PUSH_REFUSED']);
    service.keepsActivations = true;
    const pushed = await json('activation', 'push', file, ...there);
    expect(pushed).toMatchObject({
      url: expect.stringMatching(/\/jwt\/v1\/activations\/[A-Z2-7]{52}====$/),
      subject: 'q.*',
      importer: shop.publicKey,
    });
    expect(readFileSync(file, 'utf8')).toContain(service.activations[0] as string);
    // The same exporter, importer and subject have one place.
    await json('operator', 'edit', '--account-server-url', service.url);
    expect(await json(...create, `${file}2`, '--push')).toMatchObject({ pushed: { url: pushed.url } });
    expect(await fault('activation', 'push', file, '--service', 'nats://127.0.0.1:1')).toEqual([2, 'ERR_USAGE']);
  });

  it('end with 2 for what is senseless, and 1 for what is refused', async () => {
    const { json, fault, home } = program();
    await json('operator', 'create', 'acme');
    await json('account', 'create', 'orders');
    // Where nobody listens, which the default port does not promise.
    await json('operator', 'edit', '--service-url', 'nats://127.0.0.1:1');
    writeFileSync(path.join(home, 'empty'), '');
    const cases: [string[], number, string][] = [
      [['push', '--service', 'ftp://x'], 1, 'ERR_URL_INVALID'],
      [['push', '--service', 'nats://x,http://y'], 1, 'ERR_URL_INVALID'],
      [['push', '--service', 'nats://127.0.0.1:1'], 1, 'ERR_BROKER_UNREACHABLE'],
      [['push', '--service', 'nats://127.0.0.1:1', '--client-cert', 'x'], 2, 'ERR_USAGE'],
      [['push', '--service', 'http://127.0.0.1:1', '--ca-cert', 'x'], 2, 'ERR_USAGE'],
      [['push', '--force', '--token-file', 'empty'], 1, 'ERR_TOKEN_SOURCE'],
      [['push', 'nobody'], 1, 'ERR_ACCOUNT_UNKNOWN'],
      [['push', '--timeout', '0'], 2, 'ERR_USAGE'],
      [['pull', '--ours', '--force'], 2, 'ERR_USAGE'],
      [['pull', '--prune'], 2, 'ERR_USAGE'],
      [['diff', '--against', 'somewhere'], 1, 'ERR_URL_INVALID'],
      [['diff', '--against', 'nats'], 1, 'ERR_BROKER_UNREACHABLE'],
      [['config', 'generate', '--cache', '--allow-delete'], 2, 'ERR_USAGE'],
      [['config', 'generate', '--full', '--ttl', '1h'], 2, 'ERR_USAGE'],
      [['config', 'generate', '--full', '--cache'], 2, 'ERR_USAGE'],
    ];
    for (const [args, exit, code] of cases) expect(await fault(...args), args.join(' ')).toEqual([exit, code]);
  });

  it.skipIf(!server)('reach servers over WebSocket, where Node has it', async () => {
    const { json, run, home } = program();
    await json('operator', 'create', 'acme');
    await json('account', 'create', 'orders');
    const conf = path.join(home, 'server.conf');
    await json('config', 'generate', '--full', '--dir', path.join(home, 'jwt'), '--output', conf);
    writeFileSync(conf, `${readFileSync(conf, 'utf8')}\nwebsocket { listen: "127.0.0.1:-1", no_tls: true }\n`);
    const started = await startNatsServer(server as string, conf);
    onTestFinished(() => started.stop());
    const url = await started.webSocketUrl();
    const push = natsctl(home, { NODE_OPTIONS: '--experimental-websocket' });
    expect(await push('push', '--service', url)).toMatchObject({ code: 0, stdout: expect.stringContaining('created') });
    const without = await run(['push', '--service', url]);
    // Node 22 and later have it without being asked.
    if ('WebSocket' in globalThis) expect(without.code).toBe(0);
    else expect(without.stderr).toContain('Node 22');
  });

  it.each(COMMANDS)('%s: help says what it does, and names the variable of every flag', async (command) => {
    const { code, stdout } = await program().run([...command.split(' '), '--help']);
    expect(code).toBe(0);
    const flags = [...stdout.matchAll(/^ {2,6}(?:-\w, )?--(?:\[no-\])?([\w-]+)/gm)].map((match) => match[1] as string);
    expect(flags).toContain('json');
    const text = stdout.replace(/\s+/g, ' ');
    for (const flag of flags) expect(text).toContain(`env: NATSCTL_${flag.replaceAll('-', '_').toUpperCase()}]`);
    expect(stdout).toContain('EXAMPLES');
  });
});
