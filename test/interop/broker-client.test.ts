import {
  connect,
  createInbox,
  credsAuthenticator,
  headers,
  jwtAuthenticator,
  type NatsConnection,
  PermissionViolationError,
  RequestError,
  type Status,
} from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningBroker } from '../../broker/options.js';
import { formatCreds } from '../../claims/creds.js';
import { brokerOf, makeWorld, now, type TestAccount, type TestUser, type World } from '../unit/broker/world.js';

let world: World;
let orders: TestAccount;
let broker: RunningBroker;
const connections: NatsConnection[] = [];

async function open(user: TestUser, options: object = {}): Promise<NatsConnection> {
  const authenticator = credsAuthenticator(new TextEncoder().encode(formatCreds(user.token, user.seed)));
  const nc = await connect({ servers: broker.url, authenticator, reconnect: false, ...options });
  connections.push(nc);
  return nc;
}

async function announce(token: string): Promise<void> {
  const nc = await open(await world.system.user('pusher'));
  const answer = await nc.request('$SYS.REQ.CLAIMS.UPDATE', token);
  expect(answer.json()).toMatchObject({ data: { code: 200 } });
  await nc.close();
}

beforeEach(async () => {
  world = await makeWorld();
  orders = await world.account('orders');
  broker = await brokerOf(world);
});

afterEach(async () => {
  await Promise.all(connections.splice(0).map((nc) => nc.close()));
  await broker.close();
});

describe('official client', () => {
  it('publishes and subscribes with a credentials file', async () => {
    const [from, to] = [await open(await orders.user('a')), await open(await orders.user('b'))];
    const sub = to.subscribe('orders.>', { max: 3 });
    await to.flush();
    for (const n of [1, 2, 3]) from.publish(`orders.${n}`, JSON.stringify({ n }));
    const got: unknown[] = [];
    for await (const message of sub) got.push([message.subject, message.json()]);
    expect(got).toEqual([1, 2, 3].map((n) => [`orders.${n}`, { n }]));
  });

  it('shares work in a queue group', async () => {
    const nc = await open(await orders.user('a'));
    const counts = [0, 0, 0];
    for (const i of counts.keys()) {
      nc.subscribe('work', {
        queue: 'workers',
        callback: () => {
          counts[i] = (counts[i] ?? 0) + 1;
        },
      });
    }
    for (let i = 0; i < 300; i++) nc.publish('work');
    await nc.flush();
    expect(counts.reduce((sum, each) => sum + each)).toBe(300);
    for (const each of counts) expect(each).toBeGreaterThan(50);
  });

  it('requests, once and many', async () => {
    const nc = await open(await orders.user('a'));
    nc.subscribe('double', { callback: (_err, message) => void message.respond(String(2 * Number(message.string()))) });
    expect((await nc.request('double', '21')).string()).toBe('42');
    nc.subscribe('double', { callback: (_err, message) => void message.respond('other') });
    const answers: string[] = [];
    for await (const message of await nc.requestMany('double', '1', { maxMessages: 2 })) answers.push(message.string());
    expect(answers.sort()).toEqual(['2', 'other']);
  });

  it('sees at once that nobody responds', async () => {
    const nc = await open(await orders.user('a'));
    const error = await nc.request('nobody', '').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RequestError);
    expect((error as RequestError).isNoResponders()).toBe(true);
  });

  it('sends and reads headers', async () => {
    const nc = await open(await orders.user('a'));
    const sub = nc.subscribe('h', { max: 1 });
    const sent = headers();
    sent.append('a', '1');
    sent.append('a', '2');
    sent.set('b', 'ü');
    nc.publish('h', 'body', { headers: sent });
    for await (const message of sub) {
      expect(message.headers?.values('a')).toEqual(['1', '2']);
      expect(message.headers?.get('b')).toBe('ü');
      expect(message.string()).toBe('body');
    }
  });

  it('drains', async () => {
    const [from, to] = [await open(await orders.user('a')), await open(await orders.user('b'))];
    let count = 0;
    to.subscribe('d', { callback: () => void count++ });
    await to.flush();
    for (let i = 0; i < 1_000; i++) from.publish('d');
    await from.flush();
    await to.drain();
    expect(count).toBe(1_000);
  });

  it('moves a payload of the whole limit', async () => {
    const nc = await open(await orders.user('a'));
    const sub = nc.subscribe('big', { max: 1 });
    const payload = new Uint8Array(nc.info?.max_payload ?? 0).fill(7);
    nc.publish('big', payload);
    for await (const message of sub) expect(Buffer.compare(message.data, payload)).toBe(0);
  });

  it('learns of refused subjects and stays connected', async () => {
    const user = await orders.user('a', ({ nats }) => {
      nats.pub.allow.push('mine.>');
      nats.sub.deny.push('secret');
    });
    const nc = await open(user);
    const refused = new Promise((resolve) => {
      nc.subscribe('secret', { callback: (error) => resolve(error) });
    });
    expect(await refused).toBeInstanceOf(PermissionViolationError);
    const seen = (async (): Promise<Status | undefined> => {
      for await (const status of nc.status()) if (status.type === 'error') return status;
      return undefined;
    })();
    nc.publish('other');
    expect(await seen).toMatchObject({ error: { message: expect.stringContaining('"other"') } });
    nc.publish('mine.x');
    await nc.flush();
  });

  it('is told who it is', async () => {
    const user = await orders.user('ann', (claims) => {
      claims.exp = now() + 100;
      claims.nats.pub.allow.push('a', '$SYS.REQ.USER.INFO');
      claims.nats.sub.deny.push('b');
      claims.nats.resp = { max: 2, ttl: 1_000_000_000 };
    });
    const nc = await open(user);
    const { data } = (await nc.request('$SYS.REQ.USER.INFO')).json<{ data: { expires: number } }>();
    expect(data).toMatchObject({
      user: user.id,
      account: orders.id,
      account_name: 'orders',
      user_name: 'ann',
      permissions: {
        publish: { allow: ['a', '$SYS.REQ.USER.INFO'] },
        subscribe: { deny: ['b'] },
        responses: { max: 2, ttl: 1_000_000_000 },
      },
    });
    expect(data.expires).toBeGreaterThan(90e9);
    expect(data.expires).toBeLessThanOrEqual(100e9);
  });

  it('connects with a bearer token and no key', async () => {
    const bearer = await orders.user('b', ({ nats }) => {
      nats.bearer_token = true;
    });
    const nc = await connect({ servers: broker.url, authenticator: jwtAuthenticator(bearer.token), reconnect: false });
    connections.push(nc);
    await nc.flush();
    const user = await orders.user('c');
    await expect(
      connect({ servers: broker.url, authenticator: jwtAuthenticator(user.token), reconnect: false }),
    ).rejects.toThrow(/authorization violation/i);
  });

  it('uses a service of another account, also a private one', async () => {
    const prices = await world.account('prices', ({ nats }) => {
      nats.exports.push({ subject: 'price.*', type: 'service', token_req: true, revocations: new Map() });
    });
    const token = await prices.activation(orders.id, 'price.*', 'service');
    await orders.change(({ nats }) =>
      nats.imports.push({ account: prices.id, subject: 'price.*', local_subject: 'ask.$1', type: 'service', token }),
    );
    await broker.close();
    broker = await brokerOf(world);
    const [server, client] = [await open(await prices.user('s')), await open(await orders.user('c'))];
    server.subscribe('price.*', { callback: (_e, message) => void message.respond(`${message.subject}=3`) });
    await server.flush();
    expect((await client.request('ask.tea')).string()).toBe('price.tea=3');
    await announce(await prices.change(({ nats }) => nats.exports[0]?.revocations.set('*', now())));
    const error = await client.request('ask.tea').catch((thrown: unknown) => thrown);
    expect((error as RequestError).isNoResponders()).toBe(true);
  });

  it('gets the stream of another account', async () => {
    const news = await world.account('news', ({ nats }) => {
      nats.exports.push({ subject: 'news.>', type: 'stream', revocations: new Map() });
    });
    await orders.change(({ nats }) =>
      nats.imports.push({ account: news.id, subject: 'news.>', local_subject: 'from.news.>', type: 'stream' }),
    );
    await broker.close();
    broker = await brokerOf(world);
    const [from, to] = [await open(await news.user('n')), await open(await orders.user('o'))];
    const sub = to.subscribe('from.news.*', { max: 1 });
    await to.flush();
    from.publish('news.today', 'rain');
    for await (const message of sub) expect([message.subject, message.string()]).toEqual(['from.news.today', 'rain']);
  });

  it('is closed at once when revoked, and refused from then on', async () => {
    const user = await orders.user('bad');
    const [nc, other] = [await open(user), await open(await orders.user('good'))];
    await announce(await orders.change(({ nats }) => nats.revocations.set(user.id, now())));
    expect(String(await nc.closed())).toMatch(/revoked/i);
    await expect(open(user)).rejects.toThrow(/authorization violation/i);
    await other.flush();
  });

  it('is closed when its JWT expires', async () => {
    const user = await orders.user('brief', (claims) => {
      // Not the next second: what is left of this one may be too little to connect in.
      claims.exp = now() + 2;
    });
    const nc = await open(user);
    expect(String(await nc.closed())).toMatch(/expired/i);
  });

  it('answers a service ping with the official request on the system account', async () => {
    const nc = await open(await world.system.user('admin'));
    const inbox = createInbox();
    const sub = nc.subscribe(inbox, { max: 1 });
    nc.publish('$SYS.REQ.SERVER.PING', '', { reply: inbox });
    for await (const message of sub) expect(message.json()).toMatchObject({ server: { id: broker.serverId } });
  });
});
