import { jwtAuthenticator } from '@nats-io/transport-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BrokerOptions, RunningBroker } from '../../broker/options.js';
import { startBroker } from '../../broker/start.js';
import { Seed } from '../../claims/keys/seed.js';
import { type Service, startService, type Verdict } from '../unit/broker/callout-service.js';
import { RawClient } from '../unit/broker/raw-client.js';
import { brokerOf, makeWorld, now } from '../unit/broker/world.js';

const REFUSED = "-ERR 'Authorization Violation'\r\n";
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A broker with everything it logs. */
async function logged(start: (options: BrokerOptions) => Promise<RunningBroker>): Promise<[RunningBroker, string[]]> {
  const lines: string[] = [];
  const log = (fields: object, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const broker = await start({ port: -1, logger: { debug: log, info: log, warn: log, error: log } });
  open.push(() => broker.close());
  return [broker, lines];
}

async function client(port: number, fields: object): Promise<RawClient> {
  const made = await RawClient.open(port);
  open.push(() => made.close());
  made.send(`CONNECT ${JSON.stringify({ verbose: false, protocol: 1, ...fields })}\r\nPING\r\n`);
  return made;
}

const answer = async (port: number, fields: object): Promise<string> => (await client(port, fields)).until('\r\n');

const ISSUER = Seed.generate('account');

interface Scene {
  broker: RunningBroker;
  service: Service;
  lines: string[];
}

/** A broker whose users an auth callout decides on, by configuration. */
async function withCallout(judge: Parameters<typeof startService>[2]): Promise<Scene> {
  const [broker, lines] = await logged((options) =>
    startBroker({
      ...options,
      accounts: { AUTH: { users: [{ user: 'auth', password: 'pwd' }] }, A: { limits: { conn: 1 } } },
      authorization: { timeoutMs: 600, callout: { issuer: ISSUER.publicKey, account: 'AUTH', authUsers: ['auth'] } },
    }),
  );
  const service = await startService({ servers: broker.url, user: 'auth', pass: 'pwd' }, { signer: ISSUER }, judge);
  open.push(() => service.close());
  return { broker, service, lines };
}

const inA: Verdict = { user: (claims) => void Object.assign(claims, { aud: 'A', name: 'known' }) };

describe('a secret', () => {
  it('is in no line of the log, whether it lets in or not', async () => {
    const [broker, lines] = await logged((options) =>
      startBroker({
        ...options,
        accounts: {
          A: {
            users: [
              { user: 'u', password: 'hunter2' },
              { user: 'guest', password: 'gu3st' },
            ],
          },
        },
        noAuthUser: 'guest',
      }),
    );
    for (const fields of [
      { user: 'u', pass: 'hunter2' },
      { user: 'u', pass: 'hunter3' },
      { auth_token: 't0ken' },
      {},
    ]) {
      await answer(broker.port, { jwt: 'j.w.t', sig: 's1gned', proxy_sig: 'pr0xy', ...fields });
    }
    expect(lines.join('\n')).not.toMatch(/hunter|gu3st|t0ken|s1gned|pr0xy|j\.w\.t/);
    expect(lines.join('\n')).toMatch(/connect refused.*ERR_CONNECT_CREDENTIALS/);
  });

  it('that a callout judges is in no line either, and what the service said of it is', async () => {
    const { broker, lines } = await withCallout(() => ({
      answer: ({ nats }) => {
        delete nats.jwt;
        nats.error = 'not on\na Tuesday';
      },
    }));
    expect(await answer(broker.port, { user: 'x', pass: 'hunter2', auth_token: 't0ken' })).toBe(REFUSED);
    expect(lines.join('\n')).not.toMatch(/hunter2|t0ken|eyJ/);
    expect(lines.find((line) => line.startsWith('connect refused'))).toContain('not on\\\\u{a}a Tuesday');
  });
});

describe('a password that takes long to check', () => {
  const HASH = '$2a$10$k87L/MF28Q673VKh8/cPi.SUl7MU/rWuSiIDDFayrKk/1tBsSQu4u';

  it('holds nobody else up, and is not checked for who has left', async () => {
    const [broker] = await logged((options) =>
      startBroker({
        ...options,
        accounts: {
          A: {
            users: [
              { user: 'slow', password: HASH },
              { user: 'quick', password: 'q' },
            ],
          },
        },
      }),
    );
    const waiting = await Promise.all(
      Array.from({ length: 40 }, () => client(broker.port, { user: 'slow', pass: 'x' })),
    );
    // 40 checks take seconds; this one does not wait for them.
    expect(await answer(broker.port, { user: 'quick', pass: 'q' })).toBe('PONG\r\n');
    for (const each of waiting.slice(1)) each.close();
    expect(await (waiting[0] as RawClient).until('\r\n')).toBe(REFUSED);
    expect(await answer(broker.port, { user: 'slow', pass: 'a' })).toBe('PONG\r\n');
  });
});

describe('operations before CONNECT', () => {
  const BYTES = 'SUB a 1\r\nPUB a 2\r\nhi\r\nCONNECT {"verbose":false,"protocol":0}\r\nPUB a 2\r\nyo\r\nPING\r\n';
  const ANSWER = '+OK\r\n+OK\r\nMSG a 1 2\r\nhi\r\nMSG a 1 2\r\nyo\r\nPONG\r\n';

  /** Sent in two parts, cut at each point. */
  async function played(port: number): Promise<string[]> {
    const said: string[] = [];
    for (let cut = 1; cut < BYTES.length; cut += 3) {
      const made = await RawClient.open(port);
      made.send(BYTES.slice(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      made.send(BYTES.slice(cut));
      said.push(await made.until('PONG\r\n'));
      made.close();
    }
    return [...new Set(said)];
  }

  it('are served wherever the stream is cut, without authentication', async () => {
    const [broker] = await logged((options) => startBroker(options));
    expect(await played(broker.port)).toEqual([ANSWER]);
  });

  it('wait for the auth callout that decides on them, wherever the stream is cut', async () => {
    const [broker] = await logged((options) =>
      startBroker({
        ...options,
        accounts: { AUTH: { users: [{ user: 'auth', password: 'pwd' }] }, A: { users: [{ user: 'guest' }] } },
        noAuthUser: 'guest',
        authorization: { callout: { issuer: ISSUER.publicKey, account: 'AUTH', authUsers: ['auth'] } },
      }),
    );
    const service = await startService(
      { servers: broker.url, user: 'auth', pass: 'pwd' },
      { signer: ISSUER },
      () => inA,
    );
    open.push(() => service.close());
    expect(await played(broker.port)).toEqual([ANSWER]);
  });

  it('are refused where nobody comes without credentials', async () => {
    const [broker] = await logged((options) => startBroker({ ...options, authorization: { token: 't' } }));
    for (const first of ['PING\r\n', 'PUB a 0\r\n\r\n', 'SUB > 1\r\n', 'INFO {}\r\n', '+OK\r\n']) {
      const made = await RawClient.open(broker.port);
      made.send(first);
      expect(await made.untilClosed()).toBe(REFUSED);
    }
  });
});

describe('an auth callout', () => {
  it('that answers after the client left leaves nobody behind', async () => {
    let ask: () => void = () => {};
    let leave: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const { broker, service } = await withCallout(async ({ nats }) => {
      if (nats.connect_opts.user !== 'leaves') return inA;
      ask();
      await left;
      return inA;
    });
    const leaving = await client(broker.port, { user: 'leaves' });
    await asked;
    leaving.close();
    await vi.waitFor(() => expect(broker.connections()).toBe(1), { interval: 5 });
    leave();
    // The account has room for one: it is not taken. The late answer came before this one, by the same connection.
    expect(await answer(broker.port, { user: 'stays' })).toBe('PONG\r\n');
    expect(service.requests.length).toBe(2);
  });

  it('is asked anew for each client: an old answer is worth nothing', async () => {
    const old: { jwt?: string } = {};
    let first = true;
    const { broker } = await withCallout(() => {
      if (!first) return { ...inA, answer: ({ nats }) => void Object.assign(nats, { jwt: old.jwt }) };
      first = false;
      return { ...inA, answer: ({ nats }) => void Object.assign(old, { jwt: nats.jwt }) };
    });
    const one = await client(broker.port, { user: 'one' });
    expect(await one.until('\r\n')).toBe('PONG\r\n');
    one.close();
    expect(await answer(broker.port, { user: 'two' })).toBe(REFUSED);
  });

  it('that answers with anything at all lets nobody in, and the broker serves on', async () => {
    const answers = ['', '\0', 'eyJ', 'eyJ.eyJ.eyJ', `eyJ${'A'.repeat(1_000_000)}`, 'x'.repeat(100), '\r\n'.repeat(50)];
    let next = 0;
    const { broker, lines } = await withCallout(({ nats }) => {
      if (nats.connect_opts.user === 'good') return inA;
      return { raw: Buffer.from(answers[next++] ?? '', 'latin1') };
    });
    for (const _answer of answers) expect(await answer(broker.port, { user: 'x' })).toBe(REFUSED);
    expect(await answer(broker.port, { user: 'good' })).toBe('PONG\r\n');
    expect(lines.filter((line) => line.startsWith('connect failed'))).toEqual([]);
  });

  it('respects the limit of connections of the account it places in', async () => {
    const { broker } = await withCallout(() => inA);
    expect(await answer(broker.port, { user: 'one' })).toBe('PONG\r\n');
    expect(await answer(broker.port, { user: 'two' })).toBe("-ERR 'maximum account active connections exceeded'\r\n");
  });

  it('cannot be asked by a client', async () => {
    const { broker, service } = await withCallout(() => inA);
    const member = await client(broker.port, { user: 'auth', pass: 'pwd' });
    await member.until('PONG\r\n');
    member.send('PUB $SYS.REQ.USER.AUTH in 1\r\nx\r\n');
    expect(await member.until("'\r\n")).toContain('Permissions Violation for Publish to "$SYS.REQ.USER.AUTH"');
    expect(service.requests).toEqual([]);
  });

  it('gives sessions that end with their time, and takes them back by a revocation', async () => {
    const world = await makeWorld();
    const auth = await world.account('AUTH');
    const own = await auth.user('service');
    await auth.change(({ nats }) => void nats.authorization.auth_users.push(own.id));
    const sentinel = await auth.user('sentinel', ({ nats }) => void Object.assign(nats, { bearer_token: true }));
    const [broker] = await logged((options) => brokerOf(world, options));
    const authenticator = jwtAuthenticator(own.token, new TextEncoder().encode(own.seed.reveal()));
    const service = await startService({ servers: broker.url, authenticator }, { signer: auth.seed }, ({ nats }) => ({
      user: (claims) => {
        claims.name = 'known';
        if (nats.connect_opts.user === 'short') claims.exp = now() + 2;
      },
    }));
    open.push(() => service.close());
    const [short, one, two] = await Promise.all(
      ['short', 'one', 'two'].map((user) => client(broker.port, { jwt: sentinel.token, user, protocol: 0 })),
    );
    for (const each of [short, one, two]) await each?.until('PONG\r\n');
    const keyOf = (user: string): string =>
      service.requests.find(({ claims }) => claims.nats.connect_opts.user === user)?.claims.nats.user_nkey ?? '';
    const system = await RawClient.login(broker.port, await world.system.user('s'));
    open.push(() => system.close());
    const revoke = async (who: string): Promise<void> => {
      const token = await auth.change(({ nats }) => void nats.revocations.set(who, now() + 1));
      system.send(`PUB $SYS.REQ.CLAIMS.UPDATE ${token.length}\r\n${token}\r\n`);
    };
    await revoke(keyOf('one'));
    expect(await one?.untilClosed()).toBe("-ERR 'User Authentication Revoked'\r\n");
    expect(await two?.soFar()).toBe('');
    expect(await short?.untilClosed()).toContain("-ERR 'User Authentication Expired'\r\n");
    await revoke('*');
    expect(await two?.untilClosed()).toContain("-ERR 'User Authentication Revoked'\r\n");
  });
});
