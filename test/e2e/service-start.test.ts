import { once } from 'node:events';
import { chmodSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Seed } from '../../claims/keys/seed.js';
import { startIssuer } from '../unit/service/oidc-issuer.js';
import { type Home, jsonFile, makeHome, run, start } from './harness.js';

let home: Home;
const at = (name: string) => path.join(home.folder, name);
const write = (name: string, text: string) => {
  writeFileSync(at(name), text);
  return at(name);
};

beforeAll(() => {
  home = makeHome();
});
afterAll(() => home.remove());

async function serve(args: string[], env: NodeJS.ProcessEnv = {}) {
  const ports = at(`ports-${Math.random()}.json`);
  const started = start({ ...home, env: { ...home.env, ...env } }, [
    'service',
    'start',
    '--ports-file',
    ports,
    ...args,
  ]);
  onTestFinished(async () => void (await started.stop('SIGKILL')));
  const { service } = await jsonFile<{ service: string }>(ports, started);
  return { ...started, url: service };
}

describe('settings', () => {
  it('a flag overrides a variable, which overrides the file, which overrides the default', async () => {
    const config = write('layers.yaml', 'port: -1\nrate-limit: 11\nrate-limit-failures: 12\nrate-limit-resolver: 13\n');
    const args = ['--config', config, '--data-dir', at('layers'), '--rate-limit', '31'];
    const { url, stop } = await serve(args, { NATSCTL_RATE_LIMIT: '21', NATSCTL_RATE_LIMIT_RESOLVER: '23' });
    const policyOf = async (where: string) => (await fetch(url + where)).headers.get('ratelimit-policy');
    expect(await policyOf('/openapi.json')).toBe('"requests";q=310;w=10');
    expect(await policyOf('/jwt/v1/accounts/')).toBe('"resolver";q=230;w=10');
    const wrong = async () =>
      (await fetch(`${url}/api/v1/links`, { headers: { authorization: 'Bearer wrong' } })).status;
    const tries = [];
    for (let n = 0; n < 13; n++) tries.push(await wrong());
    expect(tries).toEqual([...Array(12).fill(401), 429]);
    expect(await stop('SIGTERM')).toBe(0);
  });

  it('JSON does as well as YAML, and a file of comments sets nothing', async () => {
    const config = write('settings.json', JSON.stringify({ port: -1, 'data-dir': at('json'), 'signing-key': false }));
    const { url, stop } = await serve(['--config', config]);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect(await stop('SIGTERM')).toBe(0);
    const empty = write('empty.yaml', '# nothing yet\n');
    const other = await serve(['--config', empty, '--port', '-1', '--data-dir', at('empty')]);
    expect(await other.stop('SIGTERM')).toBe(0);
  });

  it('a file is read strictly: every fault with its line and column, and nothing is started', async () => {
    const seed = Seed.generate('operator').reveal();
    const cases: [text: string, code: string, says: string][] = [
      ['port: -1\ntls_cert: a.pem\n', 'ERR_CONFIG_INVALID', ':2:1: /tls_cert is not a setting; is tls-cert meant?'],
      ['config: other.yaml\n', 'ERR_CONFIG_INVALID', ':1:1: /config is not a setting'],
      ['port: 1\nport: 2\n', 'ERR_CONFIG_INVALID', ':2:1: /port is there twice'],
      ['port: 70000\n', 'ERR_CONFIG_INVALID', ':1:1: /port Expected an integer less than or equal to 65535'],
      ['port: true\n', 'ERR_CONFIG_INVALID', ':1:1: /port must be one value'],
      ['log-level: loud\n', 'ERR_CONFIG_INVALID', ':1:1: /log-level must be one of silent, error'],
      ['signing-key: maybe\n', 'ERR_CONFIG_INVALID', ':1:1: /signing-key must be true or false'],
      ['- port\n', 'ERR_CONFIG_INVALID', ':1:1: the file must be a mapping'],
      ['__proto__: {}\n', 'ERR_CONFIG_INVALID', ':1:1: /__proto__ is not a setting'],
      ['port: [1\n', 'ERR_CONFIG_SYNTAX', ':2:1:'],
      [`creds: ${seed}\n`, 'ERR_CONFIG_SECRET', ':1: a private key'],
      ['tls-cert: a.pem\n', 'ERR_USAGE', 'TLS needs a certificate and its key'],
    ];
    for (const [text, code, says] of cases) {
      const config = write('bad.yaml', text);
      const refused = await run(home, ['service', 'start', '--config', config, '--data-dir', at('never'), '--json']);
      const { error } = refused.json();
      expect([error.code, error.message], text).toEqual([code, expect.stringContaining(says)]);
      expect(refused.code).not.toBe(0);
      expect(refused.stdout + refused.stderr).not.toContain(seed);
    }
  });
});

describe('identity providers', () => {
  it('stand in the configuration file, or in a file of their own', async () => {
    const issuer = await startIssuer();
    const list = [
      { issuer: issuer.issuer, audience: issuer.audience, rules: [{ when: { sub: 'ada' }, role: 'viewer' }] },
    ];
    const [inside, own] = [
      write('oidc.yaml', JSON.stringify({ oidc: list })),
      write('issuers.json', JSON.stringify(list)),
    ];
    const cases: [args: string[], env: NodeJS.ProcessEnv][] = [
      [['--config', inside], {}],
      [['--config', write('other.yaml', 'oidc: [{}]\n')], { NATSCTL_OIDC: own }],
    ];
    const authorization = `Bearer ${await issuer.token()}`;
    for (const [args, env] of cases) {
      const { url, stop } = await serve([...args, '--port', '-1', '--data-dir', at('oidc')], env);
      const answer = await fetch(`${url}/api/v1/whoami`, { headers: { authorization } });
      expect(await answer.json(), args.join(' ')).toMatchObject({ actor: `oidc:${issuer.issuer}#ada` });
      expect(await stop('SIGTERM')).toBe(0);
    }
  });

  it('are read again on SIGHUP; what is not as it must be is told, and those in use stay', async () => {
    const issuer = await startIssuer();
    const rules = (role: string) => [{ when: { sub: 'ada' }, role }];
    const list = (role: string) =>
      JSON.stringify([{ issuer: issuer.issuer, audience: issuer.audience, rules: rules(role) }]);
    const own = write('turned.json', list('viewer'));
    const log = at('turned.log');
    const args = ['--oidc', own, '--port', '-1', '--data-dir', at('turned'), '--log-file', log, '--log-level', 'info'];
    const { url, stop, child } = await serve(args);
    const authorization = `Bearer ${await issuer.token()}`;
    const role = async () => {
      const answer = await fetch(`${url}/api/v1/whoami`, { headers: { authorization } });
      return ((await answer.json()) as { grants: { role: string }[] }).grants[0]?.role;
    };
    const told = (text: string) => expect.poll(() => readFileSync(log, 'utf8'), { timeout: 10_000 }).toContain(text);
    expect(await role()).toBe('viewer');
    write('turned.json', list('auditor'));
    child.kill('SIGHUP');
    await told('identity providers read again');
    expect(await role()).toBe('auditor');
    write('turned.json', '- issuer: [');
    child.kill('SIGHUP');
    await told('those in use stay');
    expect(await role()).toBe('auditor');
    expect(await stop('SIGTERM')).toBe(0);
  });

  it('are read strictly', async () => {
    const own = write('faulty.yaml', '- issuer: https://id.example\n  issuer: https://id.example\n');
    const cases: [args: string[], code: string, says: string][] = [
      [['--oidc', own], 'ERR_CONFIG_INVALID', ':2:3: /0/issuer is there twice'],
      [['--oidc', at('absent')], 'ERR_SOURCE', 'there is no file'],
      [
        ['--config', write('map.yaml', 'oidc: {issuer: x}\n')],
        'ERR_CONFIG_INVALID',
        ':1:1: /oidc must be the name of a file',
      ],
      [
        ['--config', write('wrong.yaml', 'oidc: [{issuer: x, audience: y, rules: [], realm: z}]\n')],
        'ERR_SETTING_INVALID',
        '/0/',
      ],
    ];
    for (const [args, code, says] of cases) {
      const refused = await run(home, ['service', 'start', ...args, '--data-dir', at('never'), '--json']);
      const { error } = refused.json();
      expect([error.code, error.message], args.join(' ')).toEqual([code, expect.stringContaining(says)]);
    }
  });
});

describe('the log', () => {
  it('of a whole story has no seed, token or JWT, at its most talkative', async () => {
    const log = at('service.log');
    const made = await run(home, ['up', '--help']);
    expect(made.code).toBe(0);
    for (const args of [
      ['operator', 'create', 'acme', '--sys'],
      ['account', 'create', 'orders'],
      ['user', 'create', 'ann', '--account', 'orders'],
    ])
      expect((await run(home, args)).code, args.join(' ')).toBe(0);
    const args = ['--port', '-1', '--data-dir', at('story'), '--log-file', log, '--log-level', 'debug'];
    const server = await serve([...args, '--server', 'nats://127.0.0.1:1']);
    const token = readFileSync(at('story/admin.token'), 'utf8').trim();
    const authorization = `Bearer ${token}`;
    const json = { 'content-type': 'application/json', authorization };
    const pushed = await run(home, ['push', '--service', server.url]);
    expect(pushed.code, pushed.stderr).toBe(0);
    const held = async (where: string, init: RequestInit = {}) => (await fetch(server.url + where, init)).text();
    const orders = JSON.parse(await held('/api/v1/accounts', { headers: { authorization } })).items;
    const id = orders.find(({ name }: { name: string }) => name === 'orders').publicKey;
    const jwt = await held(`/jwt/v1/accounts/${id}`);
    const creds = Seed.generate('user').reveal();
    // Secrets in each place where a caller may put one: path, query, header, body; refused and taken.
    await held(`/jwt/v1/accounts/${jwt}`, { method: 'POST', body: jwt });
    await held(`/api/v1/links?token=${token}`, { headers: { cookie: `session=${token}` } });
    await held(`/api/v1/${creds}`, { headers: { authorization } });
    await held('/api/v1/links', { method: 'POST', headers: json, body: JSON.stringify({ servers: [token], creds }) });
    await held('/api/v1/links', { headers: { authorization: `Bearer ${token}x`, 'x-request-id': jwt } });
    await held('/api/v1/tokens', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ name: token, role: 'admin' }),
    });

    // The log is moved away as logrotate does it.
    renameSync(log, at('service.log.1'));
    server.child.kill('SIGHUP');
    await expect.poll(() => statSync(log, { throwIfNoEntry: false })?.isFile()).toBe(true);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    const exited = once(server.child, 'exit');
    server.child.kill('SIGTERM');
    expect((await exited)[0]).toBe(0);

    expect(statSync(log).mode & 0o777).toBe(0o600);
    const text = readFileSync(at('service.log.1'), 'utf8') + readFileSync(log, 'utf8');
    const lines = text.trim().split('\n');
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) JSON.parse(line);
    expect(text).toMatch(/request completed/);
    expect(text).not.toContain(token);
    expect(text).not.toContain(jwt.split('.')[2]);
    expect(text).not.toMatch(/S[OAUNCX][A-Z2-7]{56}/);
    expect(text).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/);
    expect(text).not.toContain('PRIVATE KEY');
    expect(server.output()).not.toMatch(/S[OAUNCX][A-Z2-7]{56}/);
  });

  it('that cannot be written keeps the service from starting, and says so', async () => {
    chmodSync(home.folder, 0o700);
    const args = ['--data-dir', at('nolog'), '--port', '-1', '--log-file', at('absent/service.log'), '--json'];
    const refused = await run(home, ['service', 'start', ...args]);
    expect(refused.code).not.toBe(0);
    expect(refused.json().error.code).toMatch(/^ERR_/);
  });
});
