import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningBroker } from '../../../broker/options.js';
import { readFields } from '../../../broker/protocol/fields.js';
import { isSampledTraceparent, sampledByHeader } from '../../../broker/routing/sampling.js';
import type { Export } from '../../../claims/types.js';
import { RawClient } from './raw-client.js';
import { brokerOf, makeWorld, type TestAccount, type TestUser, type World } from './world.js';

const RESULTS = 'results';

let world: World;
let exporter: TestAccount;
let broker: RunningBroker;
let users: { responder: TestUser; asker: TestUser; watcher: TestUser };
const clients: RawClient[] = [];

async function login(user: TestUser, ...subjects: string[]): Promise<RawClient> {
  const client = await RawClient.login(broker.port, user);
  clients.push(client);
  client.send(subjects.map((subject, i) => `SUB ${subject} ${i + 1}\r\n`).join(''));
  await client.soFar();
  return client;
}

async function announce(token: string): Promise<void> {
  const system = await login(await world.system.user('pusher'), 'answer');
  system.send(`PUB $SYS.REQ.ACCOUNT.${exporter.id}.CLAIMS.UPDATE answer ${token.length}\r\n${token}\r\n`);
  await system.until('jwt updated');
  system.close();
}

async function nextStatus(listener: RawClient): Promise<number> {
  await listener.until('MSG ');
  await listener.until('\r\n');
  return (JSON.parse(await listener.until('\r\n')) as { status: number }).status;
}

beforeAll(async () => {
  world = await makeWorld();
  const service = (subject: string, more: Partial<Export>): Export => ({
    subject,
    type: 'service',
    revocations: new Map(),
    service_latency: { sampling: 100, results: RESULTS },
    ...more,
  });
  exporter = await world.account('E', ({ nats }) => {
    nats.exports.push(
      service('one', {}),
      service('stream', { response_type: 'Stream' }),
      service('looped', { service_latency: { sampling: 100, results: 'one' } }),
      { subject: RESULTS, type: 'stream', revocations: new Map() },
    );
  });
  const importer = await world.account('I', ({ nats }) => {
    for (const subject of ['one', 'stream', 'looped']) {
      nats.imports.push({ account: exporter.id, subject, type: 'service' });
    }
    nats.imports.push({ account: exporter.id, subject: RESULTS, type: 'stream' });
  });
  users = {
    responder: await exporter.user('responder'),
    asker: await importer.user('asker'),
    watcher: await importer.user('watcher'),
  };
  broker = await brokerOf(world);
});

afterAll(async () => {
  for (const client of clients) client.close();
  await broker.close();
});

describe('latency of a service', () => {
  it('is told to accounts that import the results', async () => {
    await login(users.responder, 'one');
    const watcher = await login(users.watcher, RESULTS);
    const asker = await login(users.asker);
    asker.send('PUB one 1\r\nx\r\n');
    expect(await nextStatus(watcher)).toBe(400);
  });

  it('is told once, however many answers come', async () => {
    const responder = await login(users.responder, 'one q');
    const listener = await login(users.responder, RESULTS);
    const asker = await login(users.asker, 'inbox');
    asker.send('PUB one inbox 1\r\nx\r\n');
    await asker.soFar();
    const reply = /_R_\.\S+/.exec(await responder.soFar())?.[0] as string;
    responder.send(`PUB ${reply} 1\r\n1\r\nPUB ${reply} 1\r\n2\r\n`);
    await responder.soFar();
    expect(await nextStatus(listener)).toBe(200);
    expect(await listener.soFar()).toBe('');
    responder.close();
  });

  it('is not told of a stream of answers, nor on a subject that is itself a service', async () => {
    const listener = await login(users.responder, RESULTS);
    const responder = await login(users.responder, 'one', 'stream', 'looped');
    const asker = await login(users.asker);
    asker.send('PUB stream 1\r\nx\r\nPUB looped 1\r\nx\r\n');
    await asker.soFar();
    expect((await responder.soFar()).match(/HMSG \S+/g)).toEqual(['HMSG stream', 'HMSG looped']);
    expect(await listener.soFar()).toBe('');
  });

  it('times out by the threshold that an update has set', async () => {
    await announce(
      await exporter.change(({ nats }) => {
        const one = nats.exports.find(({ subject }) => subject === 'one');
        if (one) one.response_threshold = 30_000_000;
      }),
    );
    await login(users.responder, 'one');
    const listener = await login(users.responder, RESULTS);
    const asker = await login(users.asker, 'inbox');
    asker.send('PUB one inbox 1\r\nx\r\n');
    expect(await nextStatus(listener)).toBe(504);
  });
});

describe('headers that ask for a measurement', () => {
  const picked = (...lines: string[]): string[] | null => {
    const fields = sampledByHeader(readFields(Buffer.from(`NATS/1.0\r\n${lines.join('\r\n')}\r\n\r\n`)));
    return fields === null ? null : [...fields.keys()];
  };

  it.each([
    [
      ['Uber-Trace-Id: a:b:c:1', 'uberctx-x: y', 'B3: 1'],
      ['Uber-Trace-Id', 'Uberctx-X'],
    ],
    [['Uber-Trace-Id: a:b:c:d:1'], null],
    [['Uber-Trace-Id: a:b:c:100'], null],
    [['Uber-Trace-Id: a:b:c:2', 'X-B3-Sampled: 1'], null],
    [
      ['x-b3-sampled: 1', 'X-B3-TraceId: t'],
      ['X-B3-Sampled', 'X-B3-Traceid'],
    ],
    [['X-B3-Sampled: 0', 'B3: 1'], null],
    [
      ['X-B3-Sampled: d', 'X-B3-TraceId: t'],
      ['X-B3-Sampled', 'X-B3-Traceid'],
    ],
    [['b3: t-s-0'], null],
    [['b3: t-s-d'], ['B3']],
    [['b3: 0'], null],
    [
      ['traceparent: 00-t-s-01', 'tracestate: v'],
      ['Traceparent', 'Tracestate'],
    ],
    [['traceparent: 00-t-s-00'], null],
    [['traceparent'], null],
    [[': 1'], null],
  ])('%j', (lines, wanted) => {
    expect(picked(...lines)).toEqual(wanted);
  });

  it.each([
    ['00-t-s-01', true],
    ['00-t-s-7f', true],
    // Read by nats-server into 8 bits with a sign: no number.
    ['00-t-s-81', false],
    ['00-t-s-1', false],
    ['00-t-s-01-x', false],
    ['', false],
  ])('traceparent %s: %s', (value, sampled) => {
    expect(isSampledTraceparent(value)).toBe(sampled);
  });
});
