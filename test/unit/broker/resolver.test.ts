import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrokerOptions, RunningBroker } from '../../../broker/options.js';
import { startBroker } from '../../../broker/start.js';
import { RawClient } from './raw-client.js';
import { makeWorld, now, type TestAccount, type TestUser, type World } from './world.js';

/** An account service that the test commands. */
interface Service {
  url: string;
  asked: string[];
  answer: (id: string, response: ServerResponse) => void;
  close(): Promise<void>;
}

async function serve(world: World): Promise<Service> {
  const service: Service = {
    url: '',
    asked: [],
    answer: (id, response) => {
      const token = world
        .tokens()
        .find((each) => Buffer.from(each.split('.')[1] as string, 'base64url').includes(`"sub":"${id}"`));
      response.statusCode = token === undefined ? 404 : 200;
      response.end(token);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  const server: Server = createServer((request, response) => {
    const id = request.url?.slice('/jwt/v1/accounts/'.length) ?? '';
    if (id === '') {
      response.end();
      return;
    }
    service.asked.push(id);
    service.answer(id, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  service.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwt/v1/accounts`;
  return service;
}

let world: World;
let a: TestAccount;
let user: TestUser;
let service: Service;
let broker: RunningBroker | undefined;
let log: { code?: string; message: string }[];
const clients: RawClient[] = [];

function start(options: Partial<BrokerOptions> = {}): Promise<RunningBroker> {
  const write = (fields: object, message: string): void => void log.push({ ...fields, message });
  const logger = { debug: write, info: write, warn: write, error: write };
  return startBroker({
    port: -1,
    operators: [world.operatorToken],
    resolver: { url: service.url },
    logger,
    ...options,
  });
}

async function open(by = user): Promise<RawClient> {
  const client = await RawClient.login(broker?.port ?? 0, by);
  clients.push(client);
  return client;
}

async function refused(by = user): Promise<string | undefined> {
  const client = await RawClient.open(broker?.port ?? 0);
  clients.push(client);
  client.send(await client.connectLine(by));
  expect(await client.untilClosed()).toBe("-ERR 'Authorization Violation'\r\n");
  return log.findLast(({ message }) => message === 'connect refused')?.code;
}

beforeEach(async () => {
  log = [];
  world = await makeWorld();
  a = await world.account('A');
  user = await a.user('u');
  service = await serve(world);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await broker?.close();
  broker = undefined;
  await service.close();
});

describe('URL resolver', () => {
  it('gives accounts when they are needed, once', async () => {
    broker = await start();
    expect(service.asked).toEqual([world.system.id]);
    await Promise.all([open(), open(), open()]);
    await open();
    expect(service.asked).toEqual([world.system.id, a.id]);
  });

  it('may go away: accounts in use keep working, others are refused with the reason in the log', async () => {
    broker = await start();
    await open();
    const other = await (await world.account('B')).user('b');
    await service.close();
    await open();
    expect(await refused(other)).toBe('ERR_ACCOUNT_UNAVAILABLE');
  });

  it('that does not know an account has its users refused, until it does', async () => {
    broker = await start();
    const answer = service.answer;
    service.answer = (_id, response) => {
      response.statusCode = 404;
      response.end();
    };
    expect(await refused()).toBe('ERR_ACCOUNT_UNKNOWN');
    service.answer = answer;
    await open();
  });

  it('is not believed: another account, a foreign operator, an expired or broken JWT', async () => {
    broker = await start();
    const other = await world.account('B');
    const foreign = await (await makeWorld()).account('F');
    const foreignUser = await foreign.user('f');
    const say = (text: string): void => {
      service.answer = (_id, response) => void response.end(text);
    };
    say(other.token);
    expect(await refused()).toBe('ERR_ACCOUNT_SUBJECT');
    say(foreign.token);
    expect(await refused(foreignUser)).toBe('ERR_ACCOUNT_UNTRUSTED');
    say(
      await a.change((claims) => {
        claims.exp = now() - 1;
      }),
    );
    expect(await refused()).toBe('ERR_ACCOUNT_EXPIRED');
    say('<html>');
    expect(await refused()).toMatch(/^ERR_/);
    say('x'.repeat(3_000_000));
    expect(await refused()).toMatch(/^ERR_/);
  });

  it('that hangs costs 1.9 s, and other clients nothing', async () => {
    broker = await start();
    await open();
    const other = await (await world.account('B')).user('b');
    service.answer = () => {};
    const before = Date.now();
    const waiting = refused(other);
    await open();
    expect(Date.now() - before).toBeLessThan(1_000);
    expect(await waiting).toBe('ERR_ACCOUNT_UNAVAILABLE');
    const took = Date.now() - before;
    expect(took).toBeGreaterThan(1_800);
    expect(took).toBeLessThan(3_000);
  });

  it('is asked for very many accounts at once, when all clients come back, and nobody is refused', async () => {
    const answer = service.answer;
    let held: (() => void)[] | null = null;
    service.answer = (id, response) => {
      if (held === null) answer(id, response);
      else held.push(() => answer(id, response));
    };
    broker = await start();
    held = [];
    const accounts = await Promise.all(Array.from({ length: 150 }, (_, i) => world.account(`A${i}`)));
    const users = await Promise.all(accounts.map((each) => each.user('u')));
    const waiting = await Promise.all(
      users.map(async (each) => {
        const client = await RawClient.open(broker?.port ?? 0);
        clients.push(client);
        client.send(`${await client.connectLine(each)}PING\r\n`);
        return client;
      }),
    );
    await expect.poll(() => held?.length).toBe(64);
    const first = held;
    held = null;
    for (const release of first) release();
    for (const client of waiting) await client.until('PONG\r\n');
  });

  it('may answer while the client leaves', async () => {
    broker = await start();
    let answered: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      service.answer = (_id, response) => {
        answered = () => response.end(a.token);
        resolve();
      };
    });
    const client = await RawClient.open(broker.port);
    client.send(await client.connectLine(user));
    await asked;
    client.close();
    await expect.poll(() => broker?.connections()).toBe(0);
    answered();
    await open();
    expect(broker.connections()).toBe(1);
  });

  it('keeps what a client sends while its account is fetched', async () => {
    broker = await start();
    const client = await RawClient.open(broker.port);
    clients.push(client);
    client.send(`${await client.connectLine(user)}SUB foo 1\r\nPUB foo 1\r\nx\r\n`);
    expect(await client.soFar()).toBe('MSG foo 1 1\r\nx\r\n');
  });

  it('brings the accounts that are imported from', async () => {
    const e = await world.account('E', ({ nats }) =>
      nats.exports.push({ subject: 's', type: 'stream', revocations: new Map() }),
    );
    await a.change(({ nats }) => nats.imports.push({ account: e.id, subject: 's', type: 'stream' }));
    broker = await start();
    const to = await open();
    to.send('SUB s 1\r\n');
    await to.soFar();
    const from = await open(await e.user('e'));
    from.send('PUB s 1\r\nx\r\n');
    await from.soFar();
    expect(await to.soFar()).toBe('MSG s 1 1\r\nx\r\n');
    expect(service.asked.filter((id) => id === e.id).length).toBe(1);
  });

  it('that answers with the JWT from before an announcement does not win over it', async () => {
    broker = await start();
    const e = await world.account('E', ({ nats }) =>
      nats.exports.push({ subject: 's', type: 'stream', revocations: new Map() }),
    );
    await a.change(({ nats }) => nats.imports.push({ account: e.id, subject: 's', type: 'stream' }));
    const bad = await e.user('bad');
    const before = e.token;
    let answerLate: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      service.answer = (id, response) => {
        if (id !== e.id) {
          response.end(a.token);
          return;
        }
        answerLate = () => response.end(before);
        resolve();
      };
    });
    const client = await RawClient.open(broker.port);
    clients.push(client);
    client.send(await client.connectLine(user));
    await asked;
    // The exporter is revoking somebody while its JWT is on the way as an exporting account.
    const system = await open(await world.system.user('s'));
    const token = await e.change(({ nats }) => nats.revocations.set(bad.id, now()));
    system.send(`SUB answer 1\r\nPUB $SYS.REQ.CLAIMS.UPDATE answer ${token.length}\r\n${token}\r\n`);
    expect(await system.soFar()).toBe('');
    answerLate();
    expect(await system.until('}}')).toContain('"jwt updated"');
    expect(await refused(bad)).toMatch(/REVOKED/);
  });

  it('must answer at start', async () => {
    await service.close();
    await expect(start()).rejects.toMatchObject({ code: 'ERR_BROKER_RESOLVER' });
  });
});

describe('start', () => {
  it.each([
    [{ operators: [] }, 'ERR_BROKER_OPERATORS'],
    [{ operators: ['nonsense'] }, 'ERR_BROKER_OPERATORS'],
    [{ port: 70_000 }, 'ERR_BROKER_OPTIONS'],
    [{ maxPayload: 0 }, 'ERR_BROKER_OPTIONS'],
    [{ maxPayload: 10, maxPending: 5 }, 'ERR_BROKER_OPTIONS'],
    [{ resolver: { url: 'ftp://x' } }, 'ERR_BROKER_OPTIONS'],
    [{ systemAccount: 'nonsense' }, 'ERR_BROKER_SYSTEM_ACCOUNT'],
    [{ host: '203.0.113.1' }, 'ERR_LISTEN'],
  ] as const)('refuses %j', async (options, code) => {
    await expect(start(options as Partial<BrokerOptions>)).rejects.toMatchObject({ code });
  });

  it('refuses a system account that is not trusted', async () => {
    const foreign = await (await makeWorld()).account('SYS');
    service.answer = (_id, response) => void response.end(foreign.token);
    await expect(start()).rejects.toMatchObject({ code: 'ERR_BROKER_SYSTEM_ACCOUNT' });
  });

  it('refuses a port in use', async () => {
    broker = await start();
    await expect(start({ port: broker.port })).rejects.toMatchObject({ code: 'ERR_PORT_IN_USE' });
  });
});
