import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { NatsConnection } from '@nats-io/nats-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peer } from '../peers.js';
import { client, type Home, jsonFile, makeHome, run, type Started, start } from './harness.js';

interface Ports {
  broker: string;
  service: string;
}

/** Where the client connects and the service listens, however the broker was started. */
interface Place extends Ports {
  home: Home;
  token: string;
  stop(): Promise<void>;
}

/** `natsctl up`: service and broker in one process. */
async function bundled(): Promise<Place> {
  const home = makeHome();
  const { up, ports, data } = await startUp(home);
  return {
    ...ports,
    home,
    token: adminToken(data),
    async stop() {
      expect(await up.stop('SIGINT')).toBe(0);
      home.remove();
    },
  };
}

/** `natsctl up`, and a real nats-server started from `natsctl config generate`, attached to the service. */
async function natsServer(program: string): Promise<Place> {
  const home = makeHome();
  const { up, ports, data } = await startUp(home);
  const token = adminToken(data);
  const config = path.join(home.folder, 'server.conf');
  const generated = await run(home, [
    ...['config', 'generate', '--url', '--service', ports.service, '--output', config, '--json'],
  ]);
  expect(generated, generated.stderr + generated.stdout).toMatchObject({ code: 0 });
  const server = start(home, ['-c', config, '-a', '127.0.0.1', '-p', '-1', '--ports_file_dir', home.folder], {
    program,
  });
  const written = await jsonFile<{ nats: string[] }>(
    path.join(home.folder, `${path.basename(program)}_${server.child.pid}.ports`),
    server,
  );
  const broker = written.nats[0] as string;
  const attached = await fetch(`${ports.service}/api/v1/links`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ servers: [broker] }),
  });
  expect(attached.status, await attached.clone().text()).toBe(201);
  return {
    service: ports.service,
    broker,
    home,
    token,
    async stop() {
      await server.stop('SIGTERM');
      expect(await up.stop('SIGINT')).toBe(0);
      home.remove();
    },
  };
}

async function startUp(home: Home): Promise<{ up: Started; ports: Ports; data: string }> {
  const data = path.join(home.folder, 'natsctl-data');
  const file = path.join(home.folder, 'ports.json');
  const up = start(home, [
    ...['up', '--data-dir', data, '--broker-port', '-1', '--service-port', '-1', '--ports-file', file],
  ]);
  return { up, ports: await jsonFile<Ports>(file, up), data };
}

const adminToken = (data: string) => readFileSync(path.join(data, 'admin.token'), 'utf8').trim();

const newest = peer('nats-server');
const oldest = peer('nats-server@2.9');

describe.each([
  { name: 'the bundled broker', present: true, place: bundled },
  { name: 'nats-server, newest', present: newest !== undefined, place: () => natsServer(newest as string) },
  { name: 'nats-server 2.9', present: oldest !== undefined, place: () => natsServer(oldest as string) },
])('the story, with $name', ({ present, place }) => {
  let at: Place;
  let orders: { publicKey: string };
  let checkout: { publicKey: string; creds: string };
  let live: NatsConnection;

  beforeAll(async () => {
    if (present) at = await place();
  });
  afterAll(async () => {
    await live?.close();
    await at?.stop();
  });
  const natsctl = (...args: string[]) => run(at.home, args);

  it.skipIf(!present)('knows which accounts the service holds from the start', async () => {
    const listed = (await natsctl('account', 'list', '--json')).json().accounts as { name: string; sync: string }[];
    expect(listed.map(({ name, sync }) => [name, sync])).toEqual([
      ['SYS', 'pushed'],
      ['demo', 'pushed'],
    ]);
  });

  it.skipIf(!present)('creates an account and a user, whose creds file is private', async () => {
    const account = await natsctl('account', 'create', 'orders', '--json');
    expect(account, account.stdout + account.stderr).toMatchObject({ code: 0 });
    orders = account.json();
    expect(orders.publicKey).toMatch(/^A[A-Z2-7]{55}$/);
    const user = await natsctl('user', 'create', 'checkout', '--account', 'orders', '--json');
    expect(user, user.stdout + user.stderr).toMatchObject({ code: 0 });
    checkout = user.json();
    expect(checkout.publicKey).toMatch(/^U[A-Z2-7]{55}$/);
    expect(statSync(checkout.creds).mode & 0o777).toBe(0o600);
  });

  it.skipIf(!present)('refuses the user while the service does not know the account', async () => {
    await expect(client(at.broker, checkout.creds)).rejects.toThrow(/authorization/i);
  });

  it.skipIf(!present)('pushes what changed', async () => {
    const pushed = await natsctl('push', '--service', at.service, '--json');
    expect(pushed, pushed.stdout + pushed.stderr).toMatchObject({ code: 0 });
    expect(pushed.json().accounts).toContainEqual(
      expect.objectContaining({ account: orders.publicKey, name: 'orders', result: 'created' }),
    );
    const again = await natsctl('push', '--service', at.service, '--json');
    expect(again.json().accounts.every((row: { result: string }) => row.result === 'unchanged')).toBe(true);
  });

  it.skipIf(!present)('lets the user publish and subscribe, by the official client and by pub and sub', async () => {
    live = await client(at.broker, checkout.creds);
    const received = live.subscribe('orders.>', { max: 1 });
    await live.flush();
    const published = await natsctl(
      ...['pub', 'orders.new', 'one pizza', '--user', 'checkout', '--account', 'orders', '--server', at.broker],
    );
    expect(published, published.stderr).toMatchObject({ code: 0 });
    for await (const message of received) expect(message.string()).toBe('one pizza');

    const subscriber = start(at.home, [
      ...['sub', 'orders.>', '--user', 'checkout', '--account', 'orders', '--server', at.broker],
      ...['--count', '1', '--json'],
    ]);
    const replied = await untilAnswered(live, subscriber);
    expect(replied).toMatchObject({ subject: 'orders.second', data: 'two pizzas' });
  });

  it.skipIf(!present)(
    'a revocation over REST closes the live connection at once and refuses its reconnect',
    async () => {
      const closed = live.closed();
      const asked = Date.now();
      const response = await fetch(`${at.service}/api/v1/accounts/${orders.publicKey}/revocations`, {
        method: 'POST',
        headers: { authorization: `Bearer ${at.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ user: checkout.publicKey }),
      });
      expect(response.status, await response.clone().text()).toBe(201);
      expect(await response.json()).toMatchObject({ account: orders.publicKey, user: checkout.publicKey });
      const reason = await closed;
      expect(Date.now() - asked).toBeLessThan(2_000);
      expect(String(reason)).toMatch(/revoked/i);
      await expect(client(at.broker, checkout.creds)).rejects.toThrow(/authorization/i);
    },
  );

  it.skipIf(!present)('refuses a push from a store that has not pulled, and says to pull', async () => {
    // Another change of the same account, made without knowing of the revocation.
    expect(await natsctl('user', 'create', 'cashier', '--account', 'orders')).toMatchObject({ code: 0 });
    expect(await natsctl('user', 'revoke', 'cashier', '--account', 'orders')).toMatchObject({ code: 0 });
    const pushed = await natsctl('push', '--service', at.service, '--json');
    expect(pushed.code).toBe(1);
    const row = pushed.json().accounts.find((one: { name: string }) => one.name === 'orders');
    expect(row).toMatchObject({ result: 'refused' });
    expect(`${row.message} ${row.hint ?? ''}`).toMatch(/natsctl pull/);
  });

  it.skipIf(!present)(
    'refuses the same token posted as nsc posts it, without saying what it was made from',
    async () => {
      const newerWithoutTheRevocation = (await natsctl('account', 'describe', 'orders', '--raw')).stdout.trim();
      const posted = await fetch(`${at.service}/jwt/v1/accounts/${orders.publicKey}`, {
        method: 'POST',
        headers: { 'content-type': 'application/jwt' },
        body: newerWithoutTheRevocation,
      });
      const answer = await posted.text();
      expect(posted.status, answer).toBe(409);
      expect(answer).toMatch(/pull/);
      await expect(client(at.broker, checkout.creds)).rejects.toThrow(/authorization/i);
    },
  );

  it.skipIf(!present)('pull learns of the revocation; a push then is accepted and the user stays out', async () => {
    const pulled = await natsctl('pull', '--service', at.service, '--json');
    expect(pulled, pulled.stdout + pulled.stderr).toMatchObject({ code: 0 });
    const pushed = await natsctl('push', '--service', at.service, '--json');
    expect(pushed, pushed.stdout + pushed.stderr).toMatchObject({ code: 0 });
    const account = (await natsctl('account', 'describe', 'orders', '--json')).json();
    expect(Object.keys(account.claims.nats.revocations)).toHaveLength(2);
    expect(account.claims.nats.revocations).toHaveProperty(checkout.publicKey);
    await expect(client(at.broker, checkout.creds)).rejects.toThrow(/authorization/i);
  });
});

/** Publishes until the subscriber, whose moment of readiness only it knows, has printed what it got. */
async function untilAnswered(publisher: NatsConnection, subscriber: Started): Promise<unknown> {
  const done = new Promise<void>((resolve) => subscriber.child.on('exit', () => resolve()));
  let ended = false;
  void done.then(() => {
    ended = true;
  });
  while (!ended) {
    publisher.publish('orders.second', 'two pizzas');
    await Promise.race([done, publisher.flush().then(() => new Promise((resolve) => setTimeout(resolve, 20)))]);
  }
  const line = subscriber
    .output()
    .split('\n')
    .find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`the subscriber printed no message:\n${subscriber.output()}`);
  return JSON.parse(line);
}
