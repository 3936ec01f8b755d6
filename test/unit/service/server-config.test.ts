import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Seed } from '../../../claims/keys/seed.js';
import { startNatsServer } from '../../nats-server.js';
import { peer } from '../../peers.js';
import { testFolder } from './folder.js';
import { NOW, runService, type TestService } from './service.js';
import { client, userCreds } from './system.js';

const program = peer('nats-server');

async function configOf(service: TestService, query: string) {
  return service.api('GET', `/operators/${service.operator.claims.sub}/server-config${query}`);
}

async function startWith(text: string) {
  const file = path.join(await testFolder(), 'server.conf');
  await writeFile(file, text);
  const server = await startNatsServer(program as string, file);
  onTestFinished(() => server.stop());
  return server;
}

describe.skipIf(program === undefined)('the configuration for nats-server', () => {
  it.each(['url', 'memory', 'full', 'cache'])('starts a real one: %s', async (resolver) => {
    const service = await runService();
    const made = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    const user = (await service.api('POST', `/accounts/${made}/users`, { name: 'u' })).json;
    const dir = path.join(await testFolder(), 'jwt');
    const config = await configOf(service, `?resolver=${resolver}&dir=${encodeURIComponent(dir)}`);
    expect(config.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const server = await startWith(config.text);
    if (resolver === 'full') await service.attach({ servers: [server.url], creds: await systemCreds(service) });
    // A cache of its own has nobody to ask.
    if (resolver === 'cache') return;
    await expect
      .poll(
        () =>
          client(server.port, user.creds).then(
            (connection) => connection.rtt(),
            () => null,
          ),
        { timeout: 10_000 },
      )
      .not.toBeNull();
  });
});

async function systemCreds({ operator }: TestService): Promise<string> {
  return (await userCreds(operator.system, 'service')).creds;
}

describe('the configuration for nats-server', () => {
  it('leaves out what servers would refuse, and takes no setting from a name or an address', async () => {
    let clock = NOW;
    const service = await runService({ now: () => clock });
    const key = Seed.generate('account').publicKey;
    const lapsing = await service.operator.account(key, (claims) => {
      claims.name = 'lapsing';
      claims.exp = NOW + 60;
    });
    expect((await service.push(key, lapsing)).status).toBe(201);
    expect((await configOf(service, '?resolver=memory')).text).toContain(`  ${key}: `);
    clock = NOW + 61;
    const later = (await configOf(service, '?resolver=memory')).text;
    expect(later).toMatch(new RegExp(`^# Left out: account lapsing \\(${key}\\)`, 'm'));
    expect(later).not.toContain(lapsing);

    const elsewhere = `?service=${encodeURIComponent('https://jwt.example/x')}`;
    expect((await configOf(service, elsewhere)).text).toContain('resolver: URL(https://jwt.example/x/accounts/)\n');
    expect((await configOf(service, '')).text).toContain(`resolver: URL(${service.url}/jwt/v1/accounts/)\n`);
    expect(await configOf(service, '?service=nothing')).toMatchObject({
      status: 400,
      json: { code: 'ERR_RESOLVER_URL' },
    });
    const broken = await configOf(service, `?resolver=full&dir=${encodeURIComponent('a"\nport: 1')}`);
    expect(broken.text).toContain('  dir: "a\\"\\nport: 1"\n');
    expect(await configOf(service, '?resolver=none')).toMatchObject({ status: 400 });
  });
});
