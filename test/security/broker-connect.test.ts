import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningBroker } from '../../broker/options.js';
import { encodeBase32 } from '../../claims/keys/base32.js';
import { crc16 } from '../../claims/keys/crc16.js';
import { PREFIX_BYTE } from '../../claims/keys/nkey.js';
import { Seed } from '../../claims/keys/seed.js';
import { RawClient } from '../unit/broker/raw-client.js';
import { brokerOf, makeWorld, now, type TestAccount, type TestUser, type World } from '../unit/broker/world.js';
import { rawToken } from '../unit/claims/jwt/raw.js';

/** Hostile CONNECTs and announcements: refused, and the broker serves on without a defect in its log. */
let world: World;
let account: TestAccount;
let user: TestUser;
let broker: RunningBroker;
let defects: string[];
const clients: RawClient[] = [];

beforeEach(async () => {
  defects = [];
  world = await makeWorld();
  account = await world.account('A');
  user = await account.user('u');
  const none = (): void => {};
  const error = (fields: object, message: string): void => void defects.push(`${message} ${JSON.stringify(fields)}`);
  broker = await brokerOf(world, { logger: { debug: none, info: none, warn: none, error } });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await broker.close();
  expect(defects).toEqual([]);
});

async function open(): Promise<RawClient> {
  const client = await RawClient.open(broker.port);
  clients.push(client);
  return client;
}

/** What a CONNECT is answered: PONG, or the words of the refusal. */
async function answerTo(by: TestUser, options: object = {}): Promise<string> {
  const client = await open();
  client.send(await client.connectLine(by, { protocol: 0, ...options }));
  client.send('PING\r\n');
  const said = await client.until('\r\n').catch(() => 'closed without a word');
  client.close();
  return said.trim();
}

const REFUSED = "-ERR 'Authorization Violation'";

async function stillServes(): Promise<void> {
  expect(await answerTo(user)).toBe('PONG');
}

/** A key of the right checksum and any length (GHSA-g33f-6538-grxh: those of another length stopped servers). */
function keyOf(prefix: number, length: number): string {
  const body = Buffer.concat([Buffer.from([prefix]), Buffer.alloc(length, 0x42)]);
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(crc16(body));
  return encodeBase32(Buffer.concat([body, sum]));
}

type Json = Record<string, unknown>;
const claimsOf = (token: string): Json =>
  JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()) as Json;

type Path = (string | number)[];

function* paths(value: unknown, at: Path = []): Generator<Path> {
  if (at.length > 0) yield at;
  if (typeof value !== 'object' || value === null) return;
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    yield* paths((value as Json)[key], [...at, key]);
  }
}

function changed(tree: unknown, path: Path, value: unknown): string {
  const copy = structuredClone(tree) as Json;
  let parent = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) parent = parent[step] as Record<string | number, unknown>;
  parent[path.at(-1) as string] = value;
  return JSON.stringify(copy);
}

describe('CONNECT', () => {
  it('with a key of any length in any field is refused', async () => {
    const claims = claimsOf(user.token);
    const nats = claims.nats as Json;
    for (const prefix of [PREFIX_BYTE.account, PREFIX_BYTE.user, PREFIX_BYTE.operator]) {
      for (const length of [0, 1, 2, 30, 31, 33, 34, 64]) {
        const key = keyOf(prefix, length);
        for (const payload of [
          { ...claims, iss: key },
          { ...claims, sub: key },
          { ...claims, nats: { ...nats, issuer_account: key } },
        ]) {
          const signed = rawToken(JSON.stringify(payload), account.seed);
          const unsigned = `${signed.slice(0, signed.lastIndexOf('.') + 1)}${'A'.repeat(86)}`;
          for (const token of [signed, unsigned]) expect(await answerTo({ ...user, token })).toBe(REFUSED);
        }
        expect(await answerTo(user, { nkey: key })).toBe('PONG');
      }
    }
    await stillServes();
  });

  it('with a well signed JWT of any shape is refused or accepted', async () => {
    const rich = await account.user('rich', ({ nats }) => {
      nats.pub.allow.push('a.>');
      nats.sub.deny.push('b.>');
      nats.resp = { max: 1, ttl: 1_000_000_000 };
      nats.src.push('127.0.0.1/32');
      nats.times.push({ start: '00:00:00', end: '23:59:59' });
      nats.allowed_connection_types.push('STANDARD');
      nats.tags = ['a:b'];
    });
    const claims = claimsOf(rich.token);
    for (const path of paths(claims)) {
      for (const value of [null, [], {}, '', 0, -1, 1.5, 1e300, true, 'x', [null], [{}], [[]], { a: null }]) {
        const token = rawToken(changed(claims, path, value), account.seed);
        const answer = await answerTo({ ...rich, token });
        expect(
          [REFUSED, 'PONG', "-ERR 'User Authentication Expired'"],
          `${path.join('.')} = ${JSON.stringify(value)}`,
        ).toContain(answer);
      }
    }
    await stillServes();
  });

  it('never chooses the account, whatever else it says', async () => {
    const names = [
      'Account',
      'ACCOUNT',
      'acc',
      'issuer_account',
      'account_id',
      'nats',
      'sub',
      '__proto__',
      'constructor',
      'user',
      'nkey',
    ];
    const all = Array.from({ length: 120 }, (_, i) => names[i] ?? Math.random().toString(36).slice(2));
    for (const [i, name] of all.entries()) {
      const value = [world.system.id, '$SYS', true, { account: world.system.id }, [world.system.id]][i % 5];
      const client = await open();
      const line = await client.connectLine(user, { protocol: 1 });
      // Spliced in, because a property of that name would not always be one.
      client.send(`${line.slice(0, -3)},${JSON.stringify(name)}:${JSON.stringify(value)}}\r\nPING\r\n`);
      const said = await client.until('PONG\r\nINFO ').catch(() => null);
      if (said !== null) expect(JSON.parse(await client.until('\r\n'))).toMatchObject({ remote_account: account.id });
      client.close();
    }
  });

  it('comes once', async () => {
    const other = await (await world.account('B')).user('b');
    const client = await RawClient.login(broker.port, user);
    clients.push(client);
    const from = await RawClient.login(broker.port, user);
    clients.push(from);
    client.send('SUB foo 1\r\n');
    await client.soFar();
    client.send(await client.connectLine(other));
    expect(await client.untilClosed()).toBe("-ERR 'Unknown Protocol Operation'\r\n");
    from.send('PUB foo 0\r\n\r\n');
    await from.soFar();
  });

  it('is bounded in size and depth', async () => {
    for (const json of [
      `{"a":${'['.repeat(2_000)}${']'.repeat(2_000)}}`,
      `{"a":${'{"a":'.repeat(600)}1${'}'.repeat(600)}}`,
      '[]',
      'null',
      '{',
      '"x"',
      '',
    ]) {
      const client = await open();
      client.send(`CONNECT ${json}\r\nPING\r\n`);
      expect(await client.untilClosed()).toBe('');
    }
    const client = await open();
    client.send(`CONNECT {"name":"${'x'.repeat(5_000)}`);
    expect(await client.untilClosed()).toBe("-ERR 'maximum control line exceeded'\r\n");
    await stillServes();
  });
});

describe('an announced account JWT', () => {
  it('of any shape, or with a key of any length anywhere, is answered', async () => {
    const rich = await world.account('RICH', ({ nats }) => {
      const key = Seed.generate('account').publicKey;
      nats.exports.push({
        subject: 'x',
        type: 'service',
        revocations: new Map([[key, 1]]),
        token_req: true,
        response_type: 'Singleton',
      });
      nats.imports.push({ account: account.id, subject: 'y', type: 'stream', name: 'n' });
      nats.revocations.set(user.id, 1);
      nats.signing_keys.set(key, null);
      nats.mappings.set('a', [{ subject: 'b', weight: 50 }]);
      nats.default_permissions.pub.deny.push('z');
      nats.tags = ['t'];
    });
    const claims = { ...claimsOf(rich.token), iat: now() + 5 };
    const system = await RawClient.login(broker.port, await world.system.user('s'));
    clients.push(system);
    system.send('SUB answer 1\r\n');
    const announce = async (payload: string): Promise<Json> => {
      const token = rawToken(payload, world.operator);
      system.send(`PUB $SYS.REQ.CLAIMS.UPDATE answer ${token.length}\r\n${token}\r\n`);
      // A PING may come before it.
      await system.until('MSG answer 1 ');
      await system.until('\r\n');
      return JSON.parse(await system.until('\r\n')) as Json;
    };
    expect(await announce(JSON.stringify(claims))).toHaveProperty('data');
    for (const path of paths(claims)) {
      const values: unknown[] = [
        null,
        [],
        {},
        '',
        0,
        -1,
        2 ** 53,
        1.5,
        1e300,
        'x',
        [null],
        [{}],
        { a: null },
        { a: [null] },
      ];
      for (const length of [0, 1, 31, 33])
        values.push(keyOf(PREFIX_BYTE.account, length), [keyOf(PREFIX_BYTE.account, length)], {
          [keyOf(PREFIX_BYTE.account, length)]: 1,
        });
      for (const value of values) expect(await announce(changed(claims, path, value))).toHaveProperty('server');
    }
    await stillServes();
  });

  it('is heard from nobody but the system account', async () => {
    const client = await RawClient.login(broker.port, user, { no_responders: true });
    clients.push(client);
    const token = await account.change(({ nats }) => void nats.revocations.set('*', now() + 60));
    client.send('SUB answer 1\r\n');
    for (const subject of [
      '$SYS.REQ.CLAIMS.UPDATE',
      `$SYS.REQ.ACCOUNT.${account.id}.CLAIMS.UPDATE`,
      `$SYS.ACCOUNT.${account.id}.CLAIMS.UPDATE`,
      '$SYS.REQ.SERVER.PING',
      '$SYS.REQ.SERVER.PING.STATSZ',
      '$SYS.REQ.*',
      '$SYS.REQ.>',
      '>',
    ]) {
      client.send(`PUB ${subject} answer ${token.length}\r\n${token}\r\n`);
      expect(await client.soFar()).toMatch(/^HMSG answer 1 \d+ \d+\r\nNATS\/1\.0 503\r\n/);
    }
    await stillServes();
  });
});
