import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatCreds } from '../../claims/creds.js';
import { signClaims } from '../../claims/jwt/encode.js';
import { newUser } from '../../claims/jwt/new.js';
import { Seed } from '../../claims/keys/seed.js';
import { seedSigner } from '../../claims/keys/signer.js';
import { startService } from '../../service/start.js';
import { NOW, runService, type TestService } from '../unit/service/service.js';

/** Bytes as they are, because fetch would put them right. */
async function raw(service: TestService, text: string): Promise<{ status: number; text: string }> {
  const socket = connect(service.port, '127.0.0.1').setEncoding('latin1');
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return { status: Number(answer.slice(9, 12)), text: answer };
}

const TYPES = [
  'application/json',
  'APPLICATION/JSON',
  'application/json;',
  'application/json\t;x',
  ' application/json',
  'application/json ; charset=utf-8',
  'application/json, text/plain',
  'application/vnd.api+json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  ';',
  null,
];
const INVALID = [
  '{"name":"x","isSystem":true}',
  '{"Name":"x"}',
  '{"name":"a","name":"b"}',
  '{"name":"x","__proto__":{"role":"admin"}}',
  '{"name":{"not":""}}',
  '[]',
  'null',
  '',
];

describe('a body that is not as its route takes it', () => {
  it('is refused by every route that takes one, under every content type, and changes nothing', async () => {
    const service = await runService({ rateLimits: { requests: 0 } });
    const { publicKey: account } = (await service.api('POST', '/accounts', { name: 'shop' })).json;
    const user = (await service.api('POST', `/accounts/${account}/users`, { name: 'till' })).json.publicKey;
    const names: Record<string, string> = { account, user, operator: service.operator.claims.sub };
    const { paths } = (await service.get('/openapi.json')).json;
    const routes = Object.entries<Record<string, unknown>>(paths)
      .filter(([at]) => at.startsWith('/api/'))
      .flatMap(([at, methods]) =>
        ['post', 'put', 'patch'].filter((method) => method in methods).map((method) => ({ method, at })),
      );
    expect(routes.length).toBeGreaterThanOrEqual(10);
    const { items: before } = (await service.api('GET', '/audit?limit=1000')).json;
    // Types are read by one parser for all routes: one route meets all of both, the others each type and each body.
    const all = TYPES.flatMap((type) => INVALID.map((body) => [type, body] as const));
    const some = [
      ...TYPES.map((type, at) => [type, INVALID[at % INVALID.length] ?? ''] as const),
      ...INVALID.map((body) => ['application/json', body] as const),
    ];
    for (const { method, at } of routes) {
      const url = at.replace(/\{(\w+)\}/g, (_all, name: string) => names[name] ?? 'x');
      const answers = await Promise.all(
        (at === '/api/v1/accounts' ? all : some).map(async ([type, body]) => {
          const answer = await raw(
            service,
            `${method.toUpperCase()} ${url} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${service.adminToken}\r\n` +
              `${type === null ? '' : `content-type: ${type}\r\n`}content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
          );
          return { ...answer, what: `${method} ${at} ${type} ${body}` };
        }),
      );
      for (const { status, text, what } of answers) {
        // A merge patch may say anything, and is refused for lack of If-Match.
        expect(method === 'patch' ? [400, 415, 428] : [400, 415], what).toContain(status);
        expect(text, what).toMatch(/content-type: application\/problem\+json/i);
        expect(text, what).toMatch(/"code":"ERR_[A-Z_]+"/);
        if (status === 400) expect(text, what).toContain('"errors":[{"pointer":');
      }
    }
    expect((await service.api('GET', '/audit?limit=1000')).json.items).toEqual(before);
  });

  it('nor a URL that cannot be read, is answered otherwise than by a problem document', async () => {
    const service = await runService();
    for (const url of ['/%ff', '/%', `/${'a'.repeat(300)}`]) {
      const refused = await service.api('GET', `/accounts${url}`);
      expect(refused.status, url).toBeGreaterThanOrEqual(400);
      expect(refused.status, url).toBeLessThan(500);
      expect(refused.headers.get('content-type'), url).toMatch(/^application\/problem\+json/);
      expect(refused.json, url).toMatchObject({ status: refused.status, code: expect.stringMatching(/^ERR_/) });
    }
  });
});

describe('what stands in the audit', () => {
  it('is no name that plays tricks, and every change of a link that a caller makes', async () => {
    const service = await runService();
    for (const name of ['a\u001b[31m', 'a\nb', '\u202eb']) {
      const refused = await service.api('POST', '/tokens', { name, role: 'admin' });
      expect(refused).toMatchObject({ status: 400, json: { code: 'ERR_NAME_INVALID' } });
    }
    const creds = async () => {
      const seed = Seed.generate('user');
      const { token } = await signClaims(newUser(seed.publicKey, 'u'), seedSigner(service.operator.system), {
        now: NOW,
      });
      return formatCreds(token, seed);
    };
    for (let time = 0; time < 2; time++) {
      const body = { servers: ['nats://127.0.0.1:1'], creds: await creds() };
      expect((await service.api('POST', '/links', body)).status).toBe(201);
    }
    const { items } = (await service.api('GET', '/audit?limit=1000')).json;
    expect(items.filter(({ action }: { action: string }) => action === 'link.attach')).toHaveLength(2);
  });
});

describe('the service', () => {
  it('ends soon although somebody never ends a request', async () => {
    const service = await runService();
    const socket = connect(service.port, '127.0.0.1');
    socket.on('error', () => {});
    const id = service.operator.system.publicKey;
    socket.write(
      `POST /jwt/v1/accounts/${id} HTTP/1.1\r\nhost: x\r\ncontent-type: application/jwt\r\ncontent-length: 99\r\n\r\nabc`,
    );
    await once(socket, 'connect');
    await service.get('/healthz');
    const asked = performance.now();
    await service.close();
    expect(performance.now() - asked).toBeLessThan(8_000);
    socket.destroy();
  });

  it('makes no new master key for a database that was sealed under another', async () => {
    const service = await runService();
    await service.close();
    const file = path.join(service.dataDir, 'master.key');
    await rm(file);
    await expect(startService({ dataDir: service.dataDir, port: -1 })).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY_FILE',
      message: expect.stringContaining('missing'),
      hint: expect.stringContaining('restore'),
    });
    expect(existsSync(file)).toBe(false);
  });

  it.runIf(process.platform === 'linux')('refuses a data folder that cannot be made, at once', async () => {
    await expect(startService({ dataDir: '/proc/none/data', port: -1 })).rejects.toMatchObject({
      code: 'ERR_DATA_DIR',
    });
  });
});
