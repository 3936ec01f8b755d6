import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startBroker } from '../../../broker/start.js';
import { formatCreds } from '../../../claims/creds.js';
import { signClaims } from '../../../claims/jwt/encode.js';
import { newUser } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { watchHealth } from '../../../service/health/health.js';
import type { Service } from '../../../service/service.js';
import { startNatsServer } from '../../nats-server.js';
import { peer } from '../../peers.js';
import { openRaw } from './database.js';
import { testFolder } from './folder.js';
import { NOW, runService, SILENT, send, type TestService } from './service.js';

const newKey = () => Seed.generate('account').publicKey;
const checksOf = async (service: TestService) => {
  const { status, json } = await service.get('/readyz?verbose');
  return {
    status,
    ...Object.fromEntries(json.checks.map((one: { name: string; status: string }) => [one.name, one.status])),
  };
};

async function systemCreds({ operator }: TestService): Promise<string> {
  const seed = Seed.generate('user');
  const { token } = await signClaims(newUser(seed.publicKey, 'service'), seedSigner(operator.system), {
    now: NOW - 10,
  });
  return formatCreds(token, seed);
}

describe('probes', () => {
  it('tell of each check, when asked', async () => {
    const service = await runService();
    expect((await service.get('/livez')).json).toEqual({ status: 'ok' });
    expect((await service.get('/readyz')).json).toEqual({ status: 'ready' });
    expect(await checksOf(service)).toEqual({
      status: 200,
      database: 'ok',
      migrations: 'ok',
      custody: 'ok',
      nats: 'ok',
    });
    expect((await service.get('/readyz?verbos')).status).toBe(400);
  });

  it('however many ask, look once a second at the database and sign once in ten', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    let [looks, signatures, isGood] = [0, 0, true];
    let go: () => void = () => {};
    const slow = new Promise<void>((resolve) => {
      go = resolve;
    });
    const seed = Seed.generate('account');
    const signer = seedSigner(seed);
    const service = {
      store: {
        db: {
          meta: { count: async () => looks++ },
          $queryRaw: async () => [],
          sealedKey: { findFirst: async () => ({ owner: 'A', publicKey: seed.publicKey }) },
        },
      },
      custody: {
        signer: async () => ({
          publicKey: seed.publicKey,
          async sign(data: Uint8Array) {
            signatures++;
            await slow;
            return isGood ? signer.sign(data) : new Uint8Array(64);
          },
        }),
      },
      links: { list: async () => [] },
    } as unknown as Service;
    const health = watchHealth(service, SILENT);
    const flood = () => Promise.all(Array.from({ length: 500 }, () => health.check()));
    const first = flood();
    await vi.waitFor(() => expect(signatures).toBe(1));
    // One that takes its time has none beside it.
    vi.advanceTimersByTime(1_500);
    const late = flood();
    go();
    await Promise.all([first, late]);
    expect([looks, signatures]).toEqual([1, 1]);
    vi.advanceTimersByTime(1_001);
    expect((await flood()).every(({ ready }) => ready)).toBe(true);
    expect([looks, signatures]).toEqual([2, 1]);
    isGood = false;
    vi.advanceTimersByTime(10_001);
    expect((await flood()).some(({ ready }) => ready)).toBe(false);
    // What does not hold is not kept for as long.
    isGood = true;
    vi.advanceTimersByTime(1_001);
    expect((await flood()).every(({ ready }) => ready)).toBe(true);
    expect([looks, signatures]).toEqual([4, 3]);
  });

  it('NATS being away degrades it and no more', async () => {
    const service = await runService();
    await service.attach({ servers: ['nats://127.0.0.1:1'], creds: await systemCreds(service) });
    expect(await checksOf(service)).toMatchObject({ status: 200, nats: 'degraded' });
  });

  it('a database that a newer natsctl has migrated makes it unready, and leaves it alive', async () => {
    const service = await runService();
    expect((await service.get('/readyz')).status).toBe(200);
    const database = await openRaw(service.dataDir);
    await database.execute(
      `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name)
       VALUES ('x', 'x', current_timestamp, '99999999_later')`,
    );
    await database.close();
    await expect.poll(() => checksOf(service)).toMatchObject({ status: 503, migrations: 'failed' });
    expect((await service.get('/readyz')).json).toEqual({ status: 'unready' });
    expect((await service.get('/livez')).status).toBe(200);
  });
});

describe('metrics', () => {
  it('count what is here and what was done, by labels that outsiders cannot make', async () => {
    const service = await runService();
    const id = newKey();
    const exp = NOW + 86_400;
    const token = await service.operator.account(id, (claims) => {
      claims.exp = exp;
    });
    await service.push(id, token);
    await service.push(id, token);
    await service.push(newKey(), token);
    await service.get('/no/such/place');
    // It grows by itself: what ends soon is warned of.
    const headNow = async () => (await service.api('GET', '/audit?limit=1000')).json.items.at(-1).seq;
    const headBefore = await headNow();
    const { text, headers } = await service.get('/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const lines = text.split('\n');
    for (const line of [
      'natsctl_accounts 2',
      'natsctl_users 0',
      'natsctl_announcements_pending 0',
      'natsctl_links{state="connected"} 0',
      'natsctl_pushes_total{outcome="created"} 1',
      'natsctl_pushes_total{outcome="accepted"} 1',
      'natsctl_pushes_total{outcome="ERR_PUSH_ID_MISMATCH"} 1',
      `natsctl_jwt_expiry_soonest_timestamp_seconds{operator="${service.operator.claims.sub}"} ${exp}`,
      'natsctl_http_request_duration_seconds_count{method="GET",route="none",status="4xx"} 1',
      'natsctl_http_request_duration_seconds_count{method="POST",route="/jwt/v1/accounts/:account",status="2xx"} 2',
    ])
      expect(lines).toContain(line);
    expect(text).toMatch(/^nodejs_eventloop_lag_seconds \S+$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    const head = Number(/^natsctl_audit_head (\d+)$/m.exec(text)?.[1]);
    expect(head).toBeGreaterThanOrEqual(headBefore);
    expect(head).toBeLessThanOrEqual(await headNow());
    expect(text).not.toContain(id);
    expect(text).not.toContain('/no/such/place');
  });

  it('need a token from elsewhere than this machine, and everywhere when that is said', async () => {
    const service = await runService();
    const passedOn = { 'x-forwarded-for': '192.0.2.1' };
    expect((await service.get('/metrics', passedOn)).json.code).toBe('ERR_AUTH_REQUIRED');
    const authorization = `Bearer ${service.adminToken}`;
    expect((await service.get('/metrics', { ...passedOn, authorization })).status).toBe(200);
    const strict = await runService({ metricsAuth: 'token' });
    expect((await strict.get('/metrics')).status).toBe(401);
  });

  it('have a port of their own, which has nothing else', async () => {
    const service = await runService({ metricsPort: -1 });
    expect((await service.get('/metrics')).status).toBe(404);
    const url = service.metricsUrl as string;
    expect((await send(url, {})).text).toContain('natsctl_accounts 1');
    expect((await send(new URL('/api/v1/accounts', url).href, {})).status).toBe(404);
    const guarded = await runService({ metricsPort: -1, metricsAuth: 'token' });
    expect((await send(guarded.metricsUrl as string, {})).status).toBe(401);
  });
});

describe('request ids', () => {
  it('are taken from the caller where they are sane, made where not, and come back', async () => {
    const service = await runService();
    const idFor = async (given: string) =>
      (await service.get('/livez', { 'x-request-id': given })).headers.get('x-request-id');
    expect(await idFor('01HX-trace.7')).toBe('01HX-trace.7');
    for (const odd of ['a b', '{"level":60}', 'x'.repeat(129), '']) expect(await idFor(odd)).toMatch(/^[0-9a-f-]{36}$/);
  });
});

const admin = ({ adminToken }: TestService) => ({ authorization: `Bearer ${adminToken}` });

describe('a push policy of access tokens', () => {
  it('refuses a JWT that the operator signed from who shows none, and names who does', async () => {
    const service = await runService({ pushAuth: 'token' });
    const id = newKey();
    const token = await service.operator.account(id);
    const refused = await service.push(id, token);
    expect([refused.status, refused.json.code]).toEqual([401, 'ERR_AUTH_REQUIRED']);
    expect((await service.get(`/jwt/v1/accounts/${id}`)).status).toBe(404);
    const wrong = await service.push(id, token, { authorization: 'Bearer wrong' });
    expect([wrong.status, wrong.json.code]).toEqual([401, 'ERR_AUTH_TOKEN_INVALID']);
    const taken = await service.push(id, token, { authorization: `Bearer ${service.adminToken}` });
    expect(taken.status).toBe(201);
    const last = (await service.api('GET', '/audit?limit=1000')).json.items.at(-1);
    expect(last).toMatchObject({ entity: id, actor: 'token:admin.token' });
  });

  it('takes the right to the account, and to its operator where it is new', async () => {
    const service = await runService({ pushAuth: 'token', resignSelfSigned: 'always' });
    const own = Seed.generate('account');
    const at = own.publicKey;
    expect((await service.push(at, await service.operator.account(at), admin(service))).status).toBe(201);
    const { token } = (await service.api('POST', '/tokens', { name: 't', role: 'admin', account: at })).json;
    const headers = { authorization: `Bearer ${token}` };
    const next = await service.operator.account(at, () => {}, { by: seedSigner(own), iat: NOW });
    expect((await service.push(at, next, headers)).status).toBe(200);
    // Nobody but the account itself signed it: its operator has not decided to have it.
    const made = Seed.generate('account');
    const more = await service.operator.account(made.publicKey, () => {}, { by: seedSigner(made) });
    const refused = await service.push(made.publicKey, more, headers);
    expect([refused.status, refused.json.code]).toEqual([403, 'ERR_AUTH_FORBIDDEN']);
    expect((await service.get(`/jwt/v1/accounts/${made.publicKey}`)).status).toBe(404);
    expect(await service.push(made.publicKey, more, admin(service))).toMatchObject({ status: 200 });
  });

  it('holds whatever form the URL has that leads there', async () => {
    const service = await runService({ pushAuth: 'token' });
    const id = newKey();
    const token = await service.operator.account(id);
    const forms = ['/%6awt/v1/accounts/', '/jwt/v1/%61ccounts/', `${service.url}/jwt/v1/accounts/`];
    for (const form of forms) {
      const request = http.request(service.url, { method: 'POST', path: form + id }).end(token);
      const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
      answer.resume();
      expect([form, answer.statusCode]).toEqual([form, 401]);
    }
    expect((await service.get(`/jwt/v1/accounts/${id}`)).status).toBe(404);
  });
});

describe('stopping', () => {
  /** A push whose body ends only when told. */
  async function slowPush(service: TestService, id: string, token: string) {
    const socket: Socket = connect(service.port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    const ended = once(socket, 'close');
    await once(socket, 'connect');
    const half = token.length >> 1;
    const head = `POST /jwt/v1/accounts/${id} HTTP/1.1\r\nhost: x\r\ncontent-type: application/jwt\r\nexpect: 100-continue\r\n`;
    socket.write(`${head}content-length: ${token.length}\r\n\r\n`);
    // The service has begun to take it.
    await once(socket, 'data');
    socket.write(token.slice(0, half));
    return { finish: () => socket.write(token.slice(half)), answered: ended.then(() => answer) };
  }

  it('is told to who asks, answers what is under way, takes nothing new, and announces what it took', async () => {
    const service = await runService({ stop: { delay: 1, requests: 10, outbox: 10 } });
    const broker = await startBroker({
      port: -1,
      operators: [service.operator.token],
      resolver: { url: `${service.url}/jwt/v1/accounts/` },
    });
    onTestFinished(() => broker.close());
    await service.attach({ servers: [broker.url], creds: await systemCreds(service) });
    await expect.poll(async () => (await service.api('GET', '/links')).json.items[0].pending).toBe(0);
    const id = newKey();
    const slow = await slowPush(service, id, await service.operator.account(id));
    const closed = service.close();
    await expect.poll(() => checksOf(service)).toMatchObject({ status: 503, running: 'failed', database: 'ok' });
    // After the delay no connection is taken any more.
    await expect
      .poll(
        () =>
          send(`${service.url}/livez`, {}).then(
            () => 'open',
            () => 'closed',
          ),
        { timeout: 5_000 },
      )
      .toBe('closed');
    slow.finish();
    expect(await slow.answered).toMatch(/HTTP\/1\.1 201/);
    await closed;

    const database = await openRaw(service.dataDir);
    onTestFinished(() => database.close());
    const { rows } = await database.execute('SELECT account_key, state FROM announcement');
    expect(rows).toContainEqual(expect.objectContaining({ account_key: id, state: 'acked' }));
    expect(rows.every(({ state }) => state === 'acked')).toBe(true);
  });

  const program = peer('nats-server');
  it.skipIf(!program)('works off what a server that hung has not confirmed yet', async () => {
    const service = await runService({ stop: { outbox: 20 } });
    const config = path.join(await testFolder(), 'server.conf');
    const { operator } = service;
    await writeFile(
      config,
      `operator: ${operator.token}\nsystem_account: ${operator.system.publicKey}\n` +
        `resolver: URL(${service.url}/jwt/v1/accounts/)\n`,
    );
    const server = await startNatsServer(program as string, config);
    onTestFinished(() => server.stop());
    await service.attach({ servers: [server.url], creds: await systemCreds(service) });
    await expect.poll(async () => (await service.api('GET', '/links')).json.items[0].pending).toBe(0);
    const database = await openRaw(service.dataDir);
    onTestFinished(() => database.close());
    const id = newKey();
    const announced = async () => {
      const { rows } = await database.execute(`SELECT state, attempts FROM announcement WHERE account_key = '${id}'`);
      return rows[0];
    };
    server.process.kill('SIGSTOP');
    expect((await service.push(id, await operator.account(id))).status).toBe(201);
    await expect.poll(async () => Number((await announced())?.attempts), { timeout: 10_000 }).toBeGreaterThan(0);
    const closed = service.close();
    server.process.kill('SIGCONT');
    await closed;
    expect(await announced()).toMatchObject({ state: 'acked' });
  });

  it('does not wait for a request that never ends, nor for a system that is away', async () => {
    const service = await runService({ stop: { requests: 1, outbox: 20 } });
    await service.attach({ servers: ['nats://127.0.0.1:1'], creds: await systemCreds(service) });
    const id = newKey();
    const token = await service.operator.account(id);
    expect((await service.push(id, token)).status).toBe(201);
    const slow = await slowPush(service, newKey(), token);
    const began = performance.now();
    await service.close();
    expect(performance.now() - began).toBeLessThan(8_000);
    expect(await slow.answered).not.toMatch(/ 20[01] /);
  });
});
