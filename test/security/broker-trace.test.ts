import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_TRACE_EVENTS, MAX_TRACED_HEADER } from '../../broker/limits.js';
import type { RunningBroker } from '../../broker/options.js';
import { Publication } from '../../broker/protocol/operation.js';
import { mayAskForTrace, readTraceRequest } from '../../broker/trace/request.js';
import { RawClient } from '../unit/broker/raw-client.js';
import { brokerOf, makeWorld, type TestUser, type World } from '../unit/broker/world.js';

/** What somebody can do with the headers of a message that asks to be traced, and with questions to the system. */
let world: World;
let broker: RunningBroker;
let users: { tenant: TestUser; other: TestUser; limited: TestUser };
const clients: RawClient[] = [];

async function login(user: TestUser, ...subjects: string[]): Promise<RawClient> {
  const client = await RawClient.login(broker.port, user);
  clients.push(client);
  client.send(subjects.map((subject, i) => `SUB ${subject} ${i + 1}\r\n`).join(''));
  await client.soFar();
  return client;
}

function hpub(subject: string, header: string, reply = ''): string {
  return `HPUB ${subject} ${reply} ${header.length} ${header.length}\r\n${header}\r\n`;
}

async function traceOf(
  listener: RawClient,
): Promise<{ request: { header?: object; msgsize: number }; events: object[] }> {
  await listener.until('MSG t ');
  const size = Number(/(\d+)\r\n$/.exec(await listener.until('\r\n'))?.[1]);
  return JSON.parse((await listener.take(size)).toString()) as never;
}

beforeAll(async () => {
  world = await makeWorld();
  const tenant = await world.account('T', ({ nats }) => {
    nats.exports.push({ subject: 'svc', type: 'service', revocations: new Map() });
    nats.imports.push({ account: world.system.id, subject: '$SYS.DEBUG.SUBSCRIBERS', type: 'service' });
  });
  const other = await world.account('O', ({ nats }) => {
    nats.imports.push({ account: tenant.id, subject: 'svc', type: 'service' });
  });
  users = {
    tenant: await tenant.user('u'),
    other: await other.user('o'),
    limited: await tenant.user('l', ({ nats }) => nats.pub.allow.push('a')),
  };
  broker = await brokerOf(world, { logger: undefined });
});

afterAll(async () => {
  for (const client of clients) client.close();
  await broker.close();
});

describe('a message that asks to be traced', () => {
  it('with a header of any bytes is published, dropped or refused, and the next one served', async () => {
    const client = await login(users.tenant, 'a');
    const line = fc.oneof(
      fc.constantFrom(
        'Nats-Trace-Dest: t',
        'Nats-Trace-Dest:',
        'Nats-Trace-Dest: *',
        'Nats-Trace-Dest: _R_.x',
        'Nats-Trace-Dest: $SYS.REQ.USER.INFO',
        'Nats-Trace-Only: 1',
        'Nats-Trace-Origin-Account: x',
        'traceparent: 00-a-b-01',
        'Accept-Encoding: gzip',
        '__proto__: x',
        'constructor: x',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, ' ')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 6 }), fc.constantFrom('\r\n', '\n', '\r'), async (lines, end) => {
        client.send(hpub('a', `NATS/1.0\r\n${lines.join(end)}\r\n\r\n`));
        await client.soFar();
      }),
      { numRuns: 300 },
    );
    client.send('PUB a 1\r\nx\r\n');
    expect(await client.soFar()).toBe('MSG a 1 1\r\nx\r\n');
  });

  it('is found to be one by its bytes wherever reading it finds so', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            'Nats-Trace-Dest',
            'nats-trace-dest',
            'TraceParent',
            ':',
            ' ',
            'x',
            '\r\n',
            '\n',
            '00-a-b-01',
          ),
          {
            maxLength: 12,
          },
        ),
        (parts) => {
          const block = Buffer.from(`NATS/1.0\r\n${parts.join('')}\r\n\r\n`);
          const publication = new Publication();
          publication.buf = block;
          publication.headerSize = block.length;
          if (readTraceRequest(block) !== null) expect(mayAskForTrace(publication, true)).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('costs no more than what it is of: header and receivers are bounded', async () => {
    const listener = await login(users.tenant, 't');
    const sender = await login(users.tenant);
    const long = `NATS/1.0\r\nNats-Trace-Dest: t\r\nX: ${'\u0001'.repeat(MAX_TRACED_HEADER)}\r\n\r\n`;
    sender.send(hpub('nobody', long));
    const { request } = await traceOf(listener);
    expect(request).toEqual({ msgsize: long.length });
    const many = await login(users.tenant, ...Array.from({ length: MAX_TRACE_EVENTS + 10 }, () => 'many'));
    sender.send(hpub('many', 'NATS/1.0\r\nNats-Trace-Dest: t\r\nNats-Trace-Only: 1\r\n\r\n'));
    expect((await traceOf(listener)).events).toHaveLength(MAX_TRACE_EVENTS);
    many.close();
  });

  it('leads to no subject that its sender may not publish to, and crosses no border', async () => {
    const listener = await login(users.tenant, 't', 'svc');
    const limited = await login(users.limited);
    limited.send(hpub('a', 'NATS/1.0\r\nNats-Trace-Dest: t\r\n\r\n'));
    expect(await limited.soFar()).toBe('-ERR \'Permissions Violation for Publish to "t"\'\r\n');
    // As a request it would be one of the account, without a word on who asks.
    const other = await login(users.other);
    other.send(hpub('a', 'NATS/1.0\r\nNats-Trace-Dest: svc\r\n\r\n'));
    await other.soFar();
    expect(await listener.soFar()).toBe('');
  });

  it('is packed as it would have been told', async () => {
    const listener = await login(users.tenant, 't');
    const sender = await login(users.tenant);
    sender.send(hpub('a', 'NATS/1.0\r\nNats-Trace-Dest: t\r\nAccept-Encoding: gzip\r\n\r\n'));
    const [, head, all] = /(\d+) (\d+)\r\n$/.exec(await listener.until('\r\n')) as unknown as [string, string, string];
    await listener.until('\r\n\r\n');
    const packed = await listener.take(Number(all) - Number(head));
    expect(JSON.parse(gunzipSync(packed).toString())).toHaveProperty('events');
  });
});

describe('the number of subscribers', () => {
  it('is that of the own account, whoever the request says asks', async () => {
    const client = await login(users.tenant, 'inbox', 'a.b');
    await login(users.other, 'a.b', 'a.b', 'a.b');
    const fake = `NATS/1.0\r\nNats-Request-Info: {"acc":"${world.system.id}","svc":"x"}\r\n\r\n`;
    client.send(`HPUB $SYS.DEBUG.SUBSCRIBERS inbox ${fake.length} ${fake.length + 3}\r\n${fake}a.b\r\n`);
    await client.until('\r\n');
    expect(await client.until('\r\n')).toBe('1\r\n');
  });
});
