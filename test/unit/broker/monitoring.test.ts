import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrokerOptions, RunningBroker } from '../../../broker/options.js';
import { startBroker } from '../../../broker/start.js';
import { RawClient } from './raw-client.js';
import { makeWorld, type TestUser, type World } from './world.js';

let world: World;
let user: TestUser;
let broker: RunningBroker;

async function start(more: Partial<BrokerOptions> = {}): Promise<void> {
  broker = await startBroker({
    port: -1,
    operators: [world.operatorToken],
    resolver: { memory: world.tokens() },
    monitoring: { http: { port: -1 } },
    ...more,
  });
}

interface Connz {
  num_connections: number;
  connections: { name: string }[];
}

const connz = async (query: string) => (await (await get(`/connz${query}`)).json()) as Connz;
const get = (path: string, init: RequestInit = {}) => fetch(`${broker.monitoringUrl}${path}`, init);

beforeEach(async () => {
  world = await makeWorld();
  user = await (await world.account('A')).user('u');
});

afterEach(() => broker.close());

describe('monitoring', () => {
  it('is not there unless asked for', async () => {
    await start({ monitoring: {} });
    expect(broker.monitoringUrl).toBeUndefined();
  });

  it('has metrics for Prometheus', async () => {
    await start();
    const client = await RawClient.login(broker.port, user);
    client.send('SUB foo 1\r\nPUB foo 5\r\nhello\r\n');
    await client.soFar();
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const text = await response.text();
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? [\d.e+-]+)$/);
    }
    expect(text).toMatch(/^\w*connections(\{[^}]*\})? 1$/m);
    client.close();
  });

  it('says whether anybody may come in', async () => {
    await start({ operators: undefined, resolver: undefined } as Partial<BrokerOptions>);
    expect(await (await get('/varz')).json()).not.toHaveProperty('auth_required');
    await broker.close();
    await start({ maxControlLine: 8_192 });
    expect(await (await get('/varz')).json()).toMatchObject({ auth_required: true, max_control_line: 8_192 });
  });

  it('stands under its base path', async () => {
    await start({ monitoring: { http: { port: -1 }, basePath: '/nats/x' } });
    expect(broker.monitoringUrl).toMatch(/\/nats\/x$/);
    expect((await get('/varz')).status).toBe(200);
    expect((await get('')).headers.get('content-type')).toContain('text/html');
    expect((await fetch(new URL('/varz', broker.monitoringUrl))).status).toBe(404);
  });

  it('answers GET and HEAD only, and takes no bodies', async () => {
    await start();
    const head = await get('/varz', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await get('/varz', { method })).status).toBe(405);
  });

  it.each([
    '/__proto__',
    '/constructor',
    '/connz?__proto__=1',
    `/connz?user=${'x'.repeat(4_000)}`,
    '/connz?cid=18446744073709551616',
    '/connz?limit=1e9',
    '/%00',
    '//varz',
    '/../../etc/passwd',
    '/accountz?acc=%2e%2e%2f',
    '/connz?filter_subject=a..b&acc=x',
  ])('gives %s an answer and goes on', async (path) => {
    await start();
    const status = await new Promise((resolve, reject) => {
      const { hostname, port } = new URL(broker.monitoringUrl ?? '');
      const asked = request({ hostname, port, path }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject).end();
    });
    expect([200, 400, 404]).toContain(status);
    expect((await get('/healthz')).status).toBe(200);
  });

  it('never shows a bearer token, nor what proves somebody', async () => {
    const bearer = await (await world.account('B')).user('b', ({ nats }) => {
      nats.bearer_token = true;
    });
    await start();
    const open = await RawClient.login(broker.port, bearer);
    const gone = await RawClient.login(broker.port, bearer);
    gone.close();
    await expect.poll(async () => (await connz('?state=closed')).num_connections).toBe(1);
    for (const path of [
      '/connz?auth=1&subs=detail',
      '/connz?state=any&auth=1',
      '/varz',
      '/accountz',
      '/subsz?subs=1',
    ]) {
      const text = await (await get(path)).text();
      expect(text).not.toContain(bearer.token);
      expect(text).not.toContain('"sig"');
    }
    open.close();
  });

  it('remembers so many of those who are gone', async () => {
    await start({ maxClosedClients: 2 });
    for (const name of ['a', 'b', 'c']) (await RawClient.login(broker.port, user, { name })).close();
    const names = async () => (await connz('?state=closed')).connections.map(({ name }) => name).sort();
    await expect.poll(names).toEqual(['b', 'c']);
  });
});
