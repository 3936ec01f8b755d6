import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrokerOptions, RunningBroker } from '../../../broker/options.js';
import { RawClient } from './raw-client.js';
import { brokerOf, makeWorld, type TestAccount, type World } from './world.js';

let world: World;
let a: TestAccount;
let broker: RunningBroker;
const clients: RawClient[] = [];

async function restart(options: Partial<BrokerOptions>): Promise<void> {
  await broker.close();
  broker = await brokerOf(world, options);
}

async function open(options: object = {}): Promise<RawClient> {
  const client = await RawClient.login(broker.port, await a.user('u'), options);
  clients.push(client);
  return client;
}

beforeEach(async () => {
  world = await makeWorld();
  a = await world.account('A');
  broker = await brokerOf(world);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await broker.close();
});

describe('delivery', () => {
  it('cuts headers off for a receiver that did not ask for them', async () => {
    const [from, plain] = [await open(), await open({ headers: false })];
    plain.send('SUB foo 1\r\nSUB foo q 2\r\n');
    await plain.soFar();
    from.send('SUB foo 9\r\nHPUB foo re 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n');
    expect(await from.soFar()).toBe('HMSG foo 9 re 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n');
    expect(await plain.soFar()).toBe('MSG foo 1 re 2\r\nhi\r\nMSG foo 2 re 2\r\nhi\r\n');
  });

  it('spreads over the members of a queue group, and passes over those that must not get it', async () => {
    const limited = await a.user('l', ({ nats }) => nats.sub.deny.push('foo.secret'));
    const denied = await RawClient.login(broker.port, limited);
    clients.push(denied);
    const [one, two] = [await open(), await open()];
    for (const client of [denied, one, two]) {
      client.send('SUB foo.* q 1\r\n');
      await client.soFar();
    }
    const count = (text: string): number => text.split('MSG').length - 1;
    one.send('PUB foo.open 1\r\nx\r\n'.repeat(300));
    const open_ = [count(await one.soFar()), count(await two.soFar()), count(await denied.soFar())];
    expect(open_.reduce((sum, each) => sum + each)).toBe(300);
    for (const each of open_) expect(each).toBeGreaterThan(50);
    one.send('PUB foo.secret 1\r\nx\r\n'.repeat(100));
    const secret = [count(await one.soFar()), count(await two.soFar())];
    expect(secret.reduce((sum, each) => sum + each)).toBe(100);
    expect(await denied.soFar()).toBe('');
  });

  it('carries any bytes, of any size, unchanged and in order', async () => {
    const [from, to] = [await open(), await open()];
    to.send('SUB big 1\r\n');
    await to.soFar();
    const sizes = [0, 1, 95, 96, 97, 511, 512, 16_383, 16_384, 32_768, 65_536, 262_144, 1_048_576, 3];
    let expected = '';
    for (const size of sizes) {
      const payload = Buffer.alloc(size, Buffer.from([size % 251, 13, 10, 0, 255])).toString('latin1');
      expected += `MSG big 1 ${size}\r\n${payload}\r\n`;
      from.send(`PUB big ${size}\r\n${payload}\r\n`);
    }
    await from.soFar();
    const got = await to.soFar();
    expect(got.length).toBe(expected.length);
    expect(got === expected).toBe(true);
  });

  it('answers requests', async () => {
    const [asker, answerer] = [await open({ no_responders: true }), await open()];
    answerer.send('SUB time q 1\r\n');
    await answerer.soFar();
    asker.send('SUB _INBOX.a.* 1\r\nPUB time _INBOX.a.1 0\r\n\r\n');
    await asker.soFar();
    expect(await answerer.soFar()).toBe('MSG time 1 _INBOX.a.1 0\r\n\r\n');
    answerer.send('PUB _INBOX.a.1 3\r\nnow\r\n');
    await answerer.soFar();
    expect(await asker.soFar()).toBe('MSG _INBOX.a.1 1 3\r\nnow\r\n');
  });

  it('notices interest that comes and goes after a subject was published to', async () => {
    const client = await open();
    client.send(
      'PUB foo.bar 1\r\n1\r\nSUB foo.* 1\r\nPUB foo.bar 1\r\n2\r\nSUB > 2\r\nUNSUB 1\r\nPUB foo.bar 1\r\n3\r\nUNSUB 2\r\nPUB foo.bar 1\r\n4\r\n',
    );
    expect(await client.soFar()).toBe('MSG foo.bar 1 1\r\n2\r\nMSG foo.bar 2 1\r\n3\r\n');
  });

  it('holds for more subjects than it remembers', async () => {
    const client = await open();
    client.send('SUB s.*.x 1\r\n');
    let expected = '';
    for (let round = 0; round < 2; round++) {
      let sent = '';
      for (let i = 0; i < 3_000; i++) {
        sent += `PUB s.${i}.x 1\r\na\r\n`;
        expected += `MSG s.${i}.x 1 1\r\na\r\n`;
      }
      client.send(sent);
    }
    const got = await client.soFar();
    expect(got === expected).toBe(true);
  });

  it('permits a responder its answer: once, to whom it was asked by', async () => {
    const user = await a.user('r', ({ nats }) => {
      nats.resp = { max: 2, ttl: 0 };
    });
    const responder = await RawClient.login(broker.port, user);
    clients.push(responder);
    const asker = await open();
    responder.send('SUB work 1\r\n');
    await responder.soFar();
    asker.send('SUB inbox.* 1\r\nPUB work inbox.1 0\r\n\r\n');
    await asker.soFar();
    responder.send('PUB inbox.2 1\r\nx\r\nPUB inbox.1 1\r\n1\r\nPUB inbox.1 1\r\n2\r\nPUB inbox.1 1\r\n3\r\n');
    const refused = (subject: string): string => `-ERR 'Permissions Violation for Publish to "${subject}"'\r\n`;
    expect(await responder.soFar()).toBe(`MSG work 1 inbox.1 0\r\n\r\n${refused('inbox.2')}${refused('inbox.1')}`);
    expect(await asker.soFar()).toBe('MSG inbox.1 1 1\r\n1\r\nMSG inbox.1 1 1\r\n2\r\n');
  });
});

describe('slow consumers', () => {
  it('are dropped without a word, and nobody else', async () => {
    await restart({ maxPending: 2_000_000 });
    const [slow, from, other] = [await open(), await open(), await open()];
    slow.send('SUB flood 1\r\n');
    other.send('SUB calm 1\r\n');
    await slow.soFar();
    await other.soFar();
    slow.pause();
    const message = `PUB flood 500000\r\n${'x'.repeat(500_000)}\r\n`;
    for (let i = 0; i < 40; i++) {
      from.send(message);
      await from.soFar();
    }
    from.send('PUB calm 1\r\nx\r\n');
    await from.soFar();
    expect(await other.soFar()).toBe('MSG calm 1 1\r\nx\r\n');
    expect(broker.connections()).toBe(2);
    slow.resume();
    expect(await slow.untilClosed()).not.toContain('-ERR');
  });

  it('are dropped at the write deadline', async () => {
    await restart({ writeDeadlineMs: 100 });
    const [slow, from] = [await open(), await open()];
    slow.send('SUB flood 1\r\n');
    await slow.soFar();
    slow.pause();
    for (let i = 0; i < 30; i++) from.send(`PUB flood 1000000\r\n${'x'.repeat(1_000_000)}\r\n`);
    await from.soFar();
    await expect.poll(() => broker.connections(), { timeout: 5_000 }).toBe(1);
  });
});

describe('connections', () => {
  it('are bounded', async () => {
    await restart({ maxConnections: 1 });
    await open();
    const second = await RawClient.open(broker.port);
    expect(await second.untilClosed()).toBe("-ERR 'maximum connections exceeded'\r\n");
  });

  it('get INFO with a nonce of their own, and a second one with their account', async () => {
    const [one, two] = [await RawClient.open(broker.port), await RawClient.open(broker.port)];
    clients.push(one, two);
    expect(one.info).toMatchObject({
      auth_required: true,
      headers: true,
      proto: 1,
      max_payload: 1_048_576,
      client_ip: '127.0.0.1',
    });
    expect(one.info.nonce).toMatch(/^[\w-]{15}$/);
    expect(one.info.nonce).not.toBe(two.info.nonce);
    expect(one.info.client_id).not.toBe(two.info.client_id);
    one.send(await one.connectLine(await world.system.user('s'), { protocol: 1 }));
    one.send('PING\r\n');
    await one.until('PONG\r\nINFO ');
    const info = JSON.parse(await one.until('\r\n')) as object;
    expect(info).toMatchObject({ connect_info: true, remote_account: world.system.id, acc_is_sys: true });
  });

  it('cannot reuse a CONNECT seen on another one', async () => {
    const user = await a.user('u');
    const [one, two] = [await RawClient.open(broker.port), await RawClient.open(broker.port)];
    clients.push(one, two);
    two.send(await one.connectLine(user));
    expect(await two.untilClosed()).toBe("-ERR 'Authorization Violation'\r\n");
  });

  it('end with the broker, without a word', async () => {
    const client = await open();
    await broker.close();
    expect(await client.untilClosed()).toBe('');
  });

  it('cost only themselves when serving one throws', async () => {
    const errors: object[] = [];
    const log = (): void => {};
    await restart({ logger: { debug: log, info: log, warn: log, error: (fields) => void errors.push(fields) } });
    const [bad, good] = [await open(), await open()];
    const key = 'permissions';
    const { Connection } = await import('../../../broker/connection/connection.js');
    const original = Connection.prototype.subscribe;
    Connection.prototype.subscribe = () => {
      throw new TypeError(`${key} broken`);
    };
    try {
      bad.send('SUB foo 1\r\n');
      await bad.untilClosed();
    } finally {
      Connection.prototype.subscribe = original;
    }
    expect(errors).toMatchObject([{ code: 'TypeError' }]);
    expect(await good.soFar()).toBe('');
  });
});
