import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAccount } from '../../../../cli/account/create.js';
import { openClient } from '../../../../cli/client/connection.js';
import { generateConfig, type ResolverKind } from '../../../../cli/server-config/generate.js';
import { readAccount } from '../../../../cli/store/store.js';
import { push } from '../../../../cli/sync/push.js';
import { createUser } from '../../../../cli/user/create.js';
import { writeNewFile } from '../../../../cli/user/creds.js';
import { startNatsServer } from '../../../nats-server.js';
import { peer } from '../../../peers.js';
import { startFakeService } from '../sync/fake-service.js';
import { tempDir } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const servers = (['nats-server', 'nats-server@2.9'] as const).map((name) => ({ name, program: peer(name) }));
const now = () => Math.floor(Date.now() / 1000);

async function filledWorkspace() {
  const workspace = await tempWorkspace({ now: now() });
  await createAccount(workspace, { name: 'orders' });
  await createUser(workspace, { name: 'checkout', account: 'orders', ...noPermissions });
  return workspace;
}

const wanted = (resolver: ResolverKind) => ({ resolver, jwtDir: './jwt' });

describe('config generate', () => {
  it('url: names operator, system account and the accounts of the service', async () => {
    const workspace = await filledWorkspace();
    const config = await generateConfig(workspace, { ...wanted('url'), service: 'http://127.0.0.1:9999' });
    expect(config).toMatchObject({ url: 'http://127.0.0.1:9999/jwt/v1/accounts/', accounts: [] });
    expect(config.text).toContain(`system_account: ${config.systemAccount}`);
    expect(config.text).toContain('resolver: URL(http://127.0.0.1:9999/jwt/v1/accounts/)');
  });

  it('memory: holds every sound account, and says which it left out', async () => {
    const workspace = await filledWorkspace();
    await createAccount(workspace, { name: 'over', expiry: now() - 100 });
    await createAccount(workspace, { name: 'torn' });
    const { file } = await readAccount(workspace.store, 'torn');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 60));
    const config = await generateConfig(workspace, wanted('memory'));
    expect(config.accounts.map((one) => one.name)).toEqual(['SYS', 'orders']);
    expect(config.leftOut.map((one) => one.name)).toEqual(['over', 'torn']);
  });

  it('full: preloads the system account only, and takes another only where the operator names none', async () => {
    const workspace = await filledWorkspace();
    const config = await generateConfig(workspace, wanted('full'));
    expect(config.accounts.map((one) => one.name)).toEqual(['SYS']);
    expect(config.text).toContain('dir: "./jwt"');
    await expect(generateConfig(workspace, { ...wanted('full'), systemAccount: 'orders' })).rejects.toMatchObject({
      code: 'ERR_SYSTEM_ACCOUNT_MISSING',
    });
  });

  it('full and cache: every setting in its place, and none in the wrong one', async () => {
    const workspace = await filledWorkspace();
    const full = await generateConfig(workspace, {
      ...wanted('full'),
      allowDelete: true,
      hardDelete: true,
      limit: 50,
      interval: '90s',
      timeout: '5s',
      pinned: ['orders'],
      serverName: 'n"1',
      host: '127.0.0.1',
      port: 4333,
      httpPort: 8333,
    });
    const orders = (await readAccount(workspace.store, 'orders')).jwt.claims.sub;
    for (const line of [
      ...['server_name: "n\\"1"', 'host: "127.0.0.1"', 'port: 4333', 'http: "127.0.0.1:8333"'],
      ...[`resolver_pinned_accounts: [${orders}]`, '  type: full', '  allow_delete: true', '  hard_delete: true'],
      ...['  interval: "90s"', '  limit: 50', '  timeout: "5s"'],
    ]) {
      expect(full.text.split('\n')).toContain(line);
    }
    const cache = await generateConfig(workspace, { ...wanted('cache'), ttl: '30m', limit: 5 });
    expect(cache).toMatchObject({ resolver: 'cache', accounts: [{ name: 'SYS' }] });
    expect(cache.text).toMatch(/type: cache[\s\S]*ttl: "30m"\n {2}limit: 5\n {2}timeout: "1900ms"/);
    const refused = (more: object) => expect(generateConfig(workspace, { ...wanted('full'), ...more })).rejects;
    await refused({ ttl: '1h' }).toMatchObject({ code: 'ERR_USAGE' });
    await refused({ hardDelete: true }).toMatchObject({ code: 'ERR_USAGE' });
    await refused({ interval: 'soon' }).toMatchObject({ code: 'ERR_DURATION_INVALID' });
    await refused({ resolver: 'cache', allowDelete: true }).toMatchObject({ code: 'ERR_USAGE' });
    await refused({ resolver: 'cache', interval: '1m' }).toMatchObject({ code: 'ERR_USAGE' });
    expect((await generateConfig(workspace, { ...wanted('full'), timeout: '7' })).text).toContain('timeout: "7s"');
    await refused({ timeout: '0s' }).toMatchObject({ code: 'ERR_USAGE' });
    await refused({ jwtDir: '' }).toMatchObject({ code: 'ERR_USAGE' });
    await refused({ serverName: 'two words' }).toMatchObject({ code: 'ERR_USAGE' });
    await refused({ resolver: 'memory', allowDelete: true }).toMatchObject({ code: 'ERR_USAGE' });
    await refused({ resolver: 'url', limit: 5 }).toMatchObject({ code: 'ERR_USAGE' });
    const ipv6 = await generateConfig(workspace, { ...wanted('full'), host: '::1', httpPort: 8333 });
    expect(ipv6.text).toContain('http: "[::1]:8333"\n');
    await refused({ pinned: ['none'] }).toMatchObject({ code: 'ERR_ACCOUNT_UNKNOWN' });
  });

  it('a sentinel is a user that needs no key', async () => {
    const workspace = await filledWorkspace();
    const bearer = await createUser(workspace, { name: 'guest', account: 'orders', ...noPermissions, bearer: true });
    const { text } = await generateConfig(workspace, { ...wanted('full'), sentinel: bearer.creds as string });
    expect(text).toMatch(/\ndefault_sentinel: ey/);
    const { file } = await readAccount(workspace.store, 'orders');
    const own = path.join(path.dirname(file), 'users', 'checkout.jwt');
    for (const sentinel of [file, own]) {
      await expect(generateConfig(workspace, { ...wanted('full'), sentinel })).rejects.toMatchObject({
        code: 'ERR_TOKEN_SOURCE',
      });
    }
  });

  it.skipIf(!peer('nats-server'))(
    'a server starts with all of it, and lets clients into pinned accounts only',
    async () => {
      const workspace = await filledWorkspace();
      await createAccount(workspace, { name: 'other' });
      await createUser(workspace, { name: 'u', account: 'other', ...noPermissions });
      const bearer = await createUser(workspace, { name: 'guest', account: 'orders', ...noPermissions, bearer: true });
      const file = path.join(tempDir(), 'server.conf');
      const { text } = await generateConfig(workspace, {
        ...wanted('full'),
        jwtDir: path.join(tempDir(), 'jwt'),
        allowDelete: true,
        hardDelete: true,
        limit: 50,
        interval: '90s',
        timeout: '5s',
        pinned: ['orders'],
        sentinel: bearer.creds as string,
        serverName: 'one',
        httpPort: -1,
      });
      writeFileSync(file, text);
      const server = await startNatsServer(peer('nats-server') as string, file);
      onTestFinished(() => server.stop());
      await push(workspace, { service: server.url, retry: 0 });
      const enter = (account: string, user: string) =>
        openClient({ server: server.url, account, user, reconnect: false }, async () => workspace);
      await (await enter('orders', 'checkout')).connection.close();
      await expect(enter('other', 'u')).rejects.toMatchObject({ code: 'ERR_BROKER_AUTHORIZATION' });
    },
  );

  it('never replaces a file unless told to', async () => {
    const file = path.join(tempDir(), 'server.conf');
    expect(await writeNewFile(file, 'a', false)).toBe(file);
    await expect(writeNewFile(file, 'b', false)).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    expect(readFileSync(file, 'utf8')).toBe('a');
    await writeNewFile(file, 'b', true);
    expect(readFileSync(file, 'utf8')).toBe('b');
  });

  describe.each(servers)('read by $name', ({ program }) => {
    it.skipIf(!program).each(['url', 'memory', 'full', 'cache'] as const)('%s passes its check', async (resolver) => {
      const workspace = await filledWorkspace();
      const dir = tempDir();
      const file = path.join(dir, 'server.conf');
      writeFileSync(file, (await generateConfig(workspace, wanted(resolver))).text);
      execFileSync(program as string, ['-t', '-c', file], { cwd: dir, stdio: 'pipe' });
    });

    it.skipIf(!program).each(['url', 'memory', 'full', 'cache'] as const)(
      '%s starts it, and lets our users in',
      async (resolver) => {
        const workspace = await filledWorkspace();
        const dir = tempDir();
        const service = await startFakeService();
        for (const name of ['SYS', 'orders']) {
          const { jwt } = await readAccount(workspace.store, name);
          service.accounts.set(jwt.claims.sub, jwt.token);
        }
        const file = path.join(dir, 'server.conf');
        const jwtDir = path.join(dir, 'jwt');
        const config = await generateConfig(workspace, { resolver, service: service.url, jwtDir });
        writeFileSync(file, config.text);
        const server = await startNatsServer(program as string, file);
        onTestFinished(() => server.stop());
        // Full and caching resolvers hold nothing but the system account until something is pushed to it.
        const [account, user] = resolver === 'full' || resolver === 'cache' ? ['SYS', 'sys'] : ['orders', 'checkout'];
        const client = await openClient({ server: server.url, account, user, reconnect: false }, async () => workspace);
        await client.connection.flush();
        await client.connection.close();
      },
    );
  });
});
