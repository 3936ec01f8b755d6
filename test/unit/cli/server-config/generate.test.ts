import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAccount } from '../../../../cli/account/create.js';
import { openClient } from '../../../../cli/client/connection.js';
import { generateConfig, type ResolverKind } from '../../../../cli/server-config/generate.js';
import { readAccount } from '../../../../cli/store/store.js';
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

  it('never replaces a file unless told to', async () => {
    const file = path.join(tempDir(), 'server.conf');
    expect(await writeNewFile(file, 'a', false)).toBe(file);
    await expect(writeNewFile(file, 'b', false)).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' });
    expect(readFileSync(file, 'utf8')).toBe('a');
    await writeNewFile(file, 'b', true);
    expect(readFileSync(file, 'utf8')).toBe('b');
  });

  describe.each(servers)('read by $name', ({ program }) => {
    it.skipIf(!program).each(['url', 'memory', 'full'] as const)('%s passes its check', async (resolver) => {
      const workspace = await filledWorkspace();
      const dir = tempDir();
      const file = path.join(dir, 'server.conf');
      writeFileSync(file, (await generateConfig(workspace, wanted(resolver))).text);
      execFileSync(program as string, ['-t', '-c', file], { cwd: dir, stdio: 'pipe' });
    });

    it.skipIf(!program).each(['url', 'memory', 'full'] as const)(
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
        // A full resolver holds nothing but the system account until something is pushed to it.
        const [account, user] = resolver === 'full' ? ['SYS', 'sys'] : ['orders', 'checkout'];
        const client = await openClient({ server: server.url, account, user, reconnect: false }, async () => workspace);
        await client.connection.flush();
        await client.connection.close();
      },
    );
  });
});
