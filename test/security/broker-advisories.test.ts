import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BrokerOptions, ConfigAccount, RunningBroker } from '../../broker/options.js';
import { startBroker } from '../../broker/start.js';
import { signClaims } from '../../claims/jwt/encode.js';
import { newActivation } from '../../claims/jwt/new.js';
import { Seed } from '../../claims/keys/seed.js';
import { seedSigner } from '../../claims/keys/signer.js';
import { startNatsServer } from '../nats-server.js';
import { peer } from '../peers.js';
import { RawClient } from '../unit/broker/raw-client.js';
import { brokerOf, makeWorld, now, type TestAccount, type TestUser, type World } from '../unit/broker/world.js';
import { rawToken } from '../unit/claims/jwt/raw.js';

/** What the advisories of the CNCF assessment of NATS describe, tried on this broker. */
const REFUSED = "-ERR 'Authorization Violation'";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function answer(port: number, line: string | ((client: RawClient) => Promise<string>)): Promise<string> {
  const client = await RawClient.open(port);
  client.send(typeof line === 'string' ? line : await line(client));
  client.send('PING\r\n');
  const said = await client.until('\r\n').catch(() => 'closed without a word');
  client.close();
  return said.trim();
}

const loginOf = (port: number, user: TestUser, options: object = {}): Promise<string> =>
  answer(port, (client) => client.connectLine(user, { protocol: 0, ...options }));

describe('CVE-2023-47090 (GHSA-fr2g-9hjm-wr23): nobody is let in by a user that the configuration does not name', () => {
  const key = Seed.generate('user').publicKey;
  const authorizations: Record<string, BrokerOptions['authorization']> = {
    'no authorization': undefined,
    'an empty authorization': {},
    'a token': { token: 't' },
    'a user': { user: 'u', password: 'p' },
    users: { users: [{ user: 'u', password: 'p' }] },
    nkeys: { users: [{ nkey: key }] },
  };
  const system: Record<string, Record<string, ConfigAccount> | undefined> = {
    'no accounts': undefined,
    'only a system account': { $SYS: {} },
    'a system account with a user': { $SYS: { users: [{ user: 's', password: 's' }] } },
    'a system account and another one': { $SYS: { users: [{ user: 's', password: 's' }] }, A: {} },
  };
  const cells = Object.keys(authorizations).flatMap((who) => Object.keys(system).map((which) => [who, which] as const));

  it.each(cells)('%s, %s', async (who, which) => {
    const authorization = authorizations[who];
    const accounts = system[which];
    const options = { port: -1, ...(authorization && { authorization }), ...(accounts && { accounts }) };
    const secret = (authorization?.token ?? authorization?.user) !== undefined;
    if (secret && /user|another/.test(which)) {
      await expect(startBroker(options)).rejects.toMatchObject({ code: 'ERR_BROKER_OPTIONS' });
      return;
    }
    const broker = await startBroker(options);
    open.push(() => broker.close());
    const mustLogin = who.startsWith('n') ? who === 'nkeys' : who !== 'an empty authorization';
    const hasUsers = which.includes('user') || which.includes('another');
    // Without a word on authorization, users of the system account alone leave the global account open, as documented.
    const isOpen =
      !mustLogin && (!hasUsers || (who === 'no authorization' && which === 'a system account with a user'));
    expect(await answer(broker.port, 'CONNECT {"verbose":false}\r\n')).toBe(isOpen ? 'PONG' : REFUSED);
    expect(await answer(broker.port, '')).toBe(isOpen ? 'PONG' : REFUSED);
  });

  it('and not with operators', async () => {
    const world = await makeWorld();
    const broker = await brokerOf(world);
    open.push(() => broker.close());
    expect(await answer(broker.port, 'CONNECT {"verbose":false}\r\n')).toBe(REFUSED);
  });

  const old = peer('nats-server@2.9');
  it.skipIf(old === undefined)('which lets anybody into nats-server 2.9', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'natsctl-advisory-'));
    open.push(() => rm(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'server.conf');
    const users = '{ users: [ { user: u, password: p } ] }';
    await writeFile(
      file,
      `authorization ${users}\naccounts { SYS { users: [ { user: s, password: s } ] } }\nsystem_account: SYS\n`,
    );
    const server = await startNatsServer(old as string, file);
    open.push(() => server.stop());
    expect(await answer(server.port, 'CONNECT {"verbose":false}\r\n')).toBe('PONG');
  });
});

describe('with operators', () => {
  let world: World;
  let a: TestAccount;
  let b: TestAccount;
  let c: TestAccount;
  let user: TestUser;
  let broker: RunningBroker;
  const defects: string[] = [];

  beforeAll(async () => {
    world = await makeWorld();
    a = await world.account('A');
    b = await world.account('B');
    c = await world.account('C');
    user = await a.user('u');
    const none = (): void => {};
    const error = (fields: object, message: string): void => void defects.push(`${message} ${JSON.stringify(fields)}`);
    broker = await brokerOf(world, { logger: { debug: none, info: none, warn: none, error } });
  });
  afterAll(() => broker.close());

  /** Tells the broker of an account, as who pushes does. */
  async function announce(token: string): Promise<Record<string, unknown>> {
    const system = await RawClient.login(broker.port, await world.system.user('s'));
    system.send(`SUB in 1\r\nPUB $SYS.REQ.CLAIMS.UPDATE in ${token.length}\r\n${token}\r\n`);
    await system.until('MSG in 1 ');
    await system.until('\r\n');
    const said = JSON.parse(await system.until('\r\n')) as Record<string, unknown>;
    system.close();
    return said;
  }

  async function accountOf(client: RawClient): Promise<string> {
    client.send('SUB me 9\r\nPUB $SYS.REQ.USER.INFO me 0\r\n\r\n');
    await client.until('MSG me 9 ');
    await client.until('\r\n');
    return (JSON.parse(await client.until('\r\n')) as { data: { account: string } }).data.account;
  }

  it('GHSA-g6w6-r76c-28j7 (CVE-2022-24450): CONNECT chooses no account', async () => {
    for (const name of ['account', 'Account', 'ACCOUNT']) {
      for (const value of ['$SYS', world.system.id, b.id]) {
        expect(await loginOf(broker.port, user, { [name]: value })).toBe(REFUSED);
      }
    }
    expect(await loginOf(broker.port, user, { new_account: true })).toBe(REFUSED);
    const client = await RawClient.login(broker.port, user, {
      issuer_account: b.id,
      acc: '$SYS',
      remote_account: b.id,
    });
    expect(await accountOf(client)).toBe(a.id);
    client.close();
  });

  describe('GHSA-hmm9-r2m2-qg9w (CVE-2020-26521): no JWT that is well signed stops it, whatever its shape', () => {
    type Json = Record<string, unknown>;
    const claimsOf = (token: string): Json =>
      JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()) as Json;
    const SHAPES = [null, [], '', 0, [null], { a: null }];

    it('of a user', async () => {
      const claims = claimsOf(user.token);
      const nats = claims.nats as Json;
      const payloads = SHAPES.map((shape): Json => ({ ...claims, nats: shape }));
      const fields = [
        'pub',
        'sub',
        'resp',
        'times',
        'src',
        'tags',
        'allowed_connection_types',
        'subs',
        'issuer_account',
      ];
      for (const field of fields)
        for (const shape of SHAPES) payloads.push({ ...claims, nats: { ...nats, [field]: shape } });
      for (const payload of payloads) {
        const token = rawToken(JSON.stringify(payload), a.seed);
        expect(['PONG', REFUSED]).toContain(await loginOf(broker.port, { ...user, token }));
      }
    });

    it('of an account', async () => {
      const claims: Json = { ...claimsOf(b.token), iat: now() + 5 };
      const nats = claims.nats as Json;
      const fields = [
        'imports',
        'exports',
        'limits',
        'signing_keys',
        'revocations',
        'default_permissions',
        'mappings',
        'authorization',
      ];
      for (const field of fields) {
        for (const shape of SHAPES) {
          const token = rawToken(JSON.stringify({ ...claims, nats: { ...nats, [field]: shape } }), world.operator);
          expect(await announce(token)).toHaveProperty('server');
        }
      }
      expect(await loginOf(broker.port, user)).toBe('PONG');
      expect(defects).toEqual([]);
    });
  });

  describe('GHSA-2c64-vj8g-vwrq (CVE-2020-26892): what expired or was revoked is void', () => {
    it('before the login', async () => {
      const expired = await a.user('x', (claims) => void Object.assign(claims, { exp: now() - 1 }));
      expect(await loginOf(broker.port, expired)).toBe(REFUSED);
      const ended = await makeWorld();
      const gone = await ended.account('GONE', (claims) => void Object.assign(claims, { exp: now() - 1 }));
      const other = await brokerOf(ended);
      open.push(() => other.close());
      expect(await loginOf(other.port, await gone.user('u'))).toBe(REFUSED);
    });

    it('by a revocation of the very second, and not by one before', async () => {
      const at = now() - 50;
      const issued = (iat: number) => c.user('r', (claims) => void Object.assign(claims, { iat }));
      const [before, same, after] = await Promise.all([issued(at - 1), issued(at), issued(at + 1)]);
      const revoke = ({ nats }: { nats: { revocations: Map<string, number> } }): void => {
        for (const { id } of [before, same, after]) nats.revocations.set(id, at);
      };
      expect(await announce(await c.change(revoke))).toHaveProperty('data');
      const answers = [];
      for (const each of [before, same, after]) answers.push(await loginOf(broker.port, each));
      expect(answers).toEqual([REFUSED, REFUSED, 'PONG']);
      expect(await announce(await c.change(({ nats }) => void nats.revocations.set('*', at + 1)))).toHaveProperty(
        'data',
      );
      expect(await loginOf(broker.port, after)).toBe(REFUSED);
    });

    it('while connected', async () => {
      const [ends, revoked] = [
        await c.user('ends', (claims) => void Object.assign(claims, { exp: now() + 2 })),
        await c.user('revoked', (claims) => void Object.assign(claims, { iat: now() })),
      ];
      const short = await RawClient.login(broker.port, ends);
      const long = await RawClient.login(broker.port, revoked);
      await announce(await c.change(({ nats }) => void nats.revocations.set(revoked.id, now() + 1)));
      expect(await long.untilClosed()).toBe("-ERR 'User Authentication Revoked'\r\n");
      expect(await short.untilClosed()).toBe("-ERR 'User Authentication Expired'\r\n");
    });
  });
});

describe('GHSA-j756-f273-xhp4 (CVE-2021-3127): an activation is worth nothing to others', () => {
  it('nor for another subject, kind, exporter, nor by a stranger', async () => {
    const world = await makeWorld();
    const exporter = await world.account('E', ({ nats }) => {
      for (const subject of ['secret.x', 'secret.y']) {
        nats.exports.push({ subject, type: 'stream', token_req: true, revocations: new Map() });
      }
    });
    const stranger = await world.account('F');
    const importers: [string, TestAccount, boolean][] = [];
    const importer = async (
      name: string,
      allowed: boolean,
      token: (id: string) => Promise<string>,
      subject = 'secret.x',
    ): Promise<void> => {
      const made = await world.account(name);
      const activation = await token(made.id);
      await made.change(({ nats }) => {
        nats.imports.push({ account: exporter.id, subject, type: 'stream', token: activation, to: 'got' });
      });
      importers.push([name, made, allowed]);
    };
    const own = await world.account('OWNER');
    await importer('its own', true, (id) => exporter.activation(id, 'secret.x', 'stream'));
    await importer('of another account', false, () => exporter.activation(own.id, 'secret.x', 'stream'));
    await importer('of another subject', false, (id) => exporter.activation(id, 'secret.x', 'stream'), 'secret.y');
    await importer('wider', false, (id) => exporter.activation(id, 'secret.x', 'stream'), 'secret.>');
    await importer('of another kind', false, (id) => exporter.activation(id, 'secret.x', 'service'));
    await importer('of another exporter', false, (id) => stranger.activation(id, 'secret.x', 'stream'));
    await importer('by a stranger for the exporter', false, async (id) => {
      const claims = newActivation(id, 'secret.x', 'stream');
      claims.nats.issuer_account = exporter.id;
      return (await signClaims(claims, seedSigner(Seed.generate('account')), { now: now() })).token;
    });
    const broker = await brokerOf(world);
    open.push(() => broker.close());
    const publisher = await RawClient.login(broker.port, await exporter.user('p'));
    const got: Record<string, boolean> = {};
    for (const [name, account] of importers) {
      const said = await RawClient.open(broker.port);
      said.send(await said.connectLine(await account.user('u')));
      said.send('SUB > 1\r\nPING\r\n');
      const first = await said.until('\r\n');
      if (first === 'PONG\r\n') {
        publisher.send('PUB secret.x 1\r\nx\r\nPUB secret.y 1\r\ny\r\n');
        await publisher.soFar();
        got[name] = (await said.soFar()).includes('MSG ');
      } else {
        got[name] = false;
      }
      said.close();
    }
    publisher.close();
    expect(got).toEqual(Object.fromEntries(importers.map(([name, , allowed]) => [name, allowed])));
  });
});

describe('GHSA-gwj5-3vfq-q992 (CVE-2020-28466): imports that lead back to where they began', () => {
  type Edge = readonly [importer: number, exporter: number, subject: string, local?: string];
  const CYCLES: [string, Edge[]][] = [
    ['of one', [[0, 0, 'a']]],
    [
      'of two',
      [
        [0, 1, 'a'],
        [1, 0, 'a'],
      ],
    ],
    [
      'of three',
      [
        [0, 1, 'a'],
        [1, 2, 'a'],
        [2, 0, 'a'],
      ],
    ],
    [
      'by another name',
      [
        [0, 1, 'a', 'b'],
        [1, 0, 'b', 'a'],
      ],
    ],
    [
      'by a wildcard',
      [
        [0, 1, 'x.*'],
        [1, 0, 'x.y'],
      ],
    ],
  ];

  it.each(CYCLES)('%s burn no time', async (_title, edges) => {
    const world = await makeWorld();
    const accounts: TestAccount[] = [];
    for (let i = 0; i < 3; i++) {
      accounts.push(
        await world.account(`A${i}`, ({ nats }) => {
          nats.exports.push({ subject: '>', type: 'service', revocations: new Map() });
        }),
      );
    }
    for (const [importer, exporter, subject, local] of edges) {
      await accounts[importer]?.change(({ nats }) => {
        const account = (accounts[exporter] as TestAccount).id;
        nats.imports.push({ account, subject, type: 'service', ...(local && { local_subject: local }) });
      });
    }
    const broker = await brokerOf(world);
    open.push(() => broker.close());
    const used = process.cpuUsage();
    for (const account of accounts) {
      const said = await RawClient.open(broker.port);
      said.send(await said.connectLine(await account.user('u'), { no_responders: true }));
      said.send('SUB in 1\r\n');
      for (const subject of ['a', 'b', 'x.y', 'x.z']) said.send(`PUB ${subject} in 1\r\n?\r\n`);
      // Either the account is refused as a whole, or its requests find nobody.
      await said.soFar().catch((error: Error) => expect(error.message).toContain('closed'));
      said.close();
    }
    const { user, system } = process.cpuUsage(used);
    expect((user + system) / 1e6).toBeLessThan(2);
  });
});
