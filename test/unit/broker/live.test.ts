import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningBroker } from '../../../broker/options.js';
import { noLimits } from '../../../claims/jwt/new.js';
import { RawClient } from './raw-client.js';
import { brokerOf, isOurs, makeWorld, now, type TestAccount, type TestUser, type World } from './world.js';

const HUGE = [2 ** 31, 2 ** 53 - 1];

let world: World;
let a: TestAccount;
let broker: RunningBroker;
const clients: RawClient[] = [];

async function open(user: TestUser, options: object = {}): Promise<RawClient> {
  const client = await RawClient.login(broker.port, user, options);
  clients.push(client);
  return client;
}

async function refusal(user: TestUser): Promise<string> {
  const client = await RawClient.open(broker.port);
  clients.push(client);
  client.send(await client.connectLine(user));
  return client.untilClosed();
}

interface Answer {
  server: { id: string; name: string };
  data?: { account: string; code: number; message: string };
  error?: { account: string; code: number; description: string };
}

async function push(token: string, subject = `$SYS.REQ.ACCOUNT.${a.id}.CLAIMS.UPDATE`, as?: TestUser): Promise<Answer> {
  const system = await open(as ?? (await world.system.user('pusher')));
  system.send(`SUB answer 1\r\nPUB ${subject} answer ${token.length}\r\n${token}\r\n`);
  await system.until('MSG answer 1 ');
  await system.until('\r\n');
  const answer = JSON.parse(await system.until('\r\n')) as Answer;
  system.close();
  return answer;
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

describe('claims update', () => {
  it('answers as nats-server does', async () => {
    await open(await a.user('u'));
    const token = await a.change(() => {});
    for (const subject of [
      // Which nats-server hears only with a resolver of its own.
      ...(isOurs() ? ['$SYS.REQ.CLAIMS.UPDATE'] : []),
      `$SYS.REQ.ACCOUNT.${a.id}.CLAIMS.UPDATE`,
      `$SYS.ACCOUNT.${a.id}.CLAIMS.UPDATE`,
    ]) {
      const { server, data } = await push(token, subject);
      expect(server.id).toBe(broker.serverId);
      expect(data).toEqual({ account: a.id, code: 200, message: 'jwt updated' });
    }
  });

  // nats-server takes older ones.
  it.runIf(isOurs())('refuses what is no account JWT of a trusted operator, older, or not the one named', async () => {
    await open(await a.user('u'));
    const old = a.token;
    const newer = await a.change(() => {});
    await push(newer);
    const foreign = await (await makeWorld()).account('F');
    const named = `$SYS.REQ.ACCOUNT.${world.system.id}.CLAIMS.UPDATE`;
    const any = '$SYS.REQ.CLAIMS.UPDATE';
    const answers = [
      await push(old, any),
      await push(foreign.token, any),
      await push('nonsense', any),
      await push('', any),
      await push(newer, named),
    ];
    expect(answers.map(({ data, error }) => [data, error?.code])).toEqual(answers.map(() => [undefined, 500]));
    expect(answers[0]?.error?.description).toContain('older than the one in use');
    expect(answers[1]?.error?.description).toContain('ERR_ACCOUNT_UNTRUSTED');
    expect(answers[4]?.error).toEqual({
      account: world.system.id,
      code: 500,
      description: 'jwt update resulted in error - subject does not match jwt content',
    });
  });

  // nats-server does.
  it.runIf(isOurs())('does not let a revoked user back in on the word of whoever announces', async () => {
    const user = await a.user('u');
    const other = await open(await a.user('other'));
    await push(await a.change(({ nats }) => nats.revocations.set(user.id, now())));
    const { error } = await push(await a.change(({ nats }) => nats.revocations.delete(user.id)));
    expect(error?.description).toContain('ERR_ACCOUNT_REVOCATION_DROPPED');
    expect(await refusal(user)).toBe("-ERR 'Authorization Violation'\r\n");
    expect(await other.soFar()).toBe('');
  });

  it('hears only clients of the system account', async () => {
    const user = await a.user('u');
    const client = await open(user, { no_responders: true });
    const token = await a.change(({ nats }) => nats.revocations.set(user.id, now()));
    client.send(`SUB answer 1\r\nPUB $SYS.REQ.CLAIMS.UPDATE answer ${token.length}\r\n${token}\r\n`);
    expect(await client.soFar()).toContain('NATS/1.0 503');
  });
});

describe('account update on live connections', () => {
  it('closes a revoked user and refuses its reconnect, and nobody else', async () => {
    const [bad, good] = [await a.user('bad'), await a.user('good')];
    const [one, other] = [await open(bad), await open(good)];
    await push(await a.change(({ nats }) => nats.revocations.set(bad.id, now())));
    expect(await one.untilClosed()).toBe("-ERR 'User Authentication Revoked'\r\n");
    expect(await other.soFar()).toBe('');
    expect(await refusal(bad)).toBe("-ERR 'Authorization Violation'\r\n");
  });

  it('revokes everybody issued up to the time by *, and nobody issued later', async () => {
    const at = now() - 100;
    const [before, at_, after] = await Promise.all(
      [at - 1, at, at + 1].map((iat) =>
        a.user('u', (claims) => {
          claims.iat = iat;
        }),
      ),
    );
    const open_ = [await open(before as TestUser), await open(at_ as TestUser), await open(after as TestUser)];
    await push(await a.change(({ nats }) => nats.revocations.set('*', at)));
    expect(await open_[0]?.untilClosed()).toBe("-ERR 'User Authentication Revoked'\r\n");
    expect(await open_[1]?.untilClosed()).toBe("-ERR 'User Authentication Revoked'\r\n");
    expect(await open_[2]?.soFar()).toBe('');
    expect(await refusal(at_ as TestUser)).toBe("-ERR 'Authorization Violation'\r\n");
  });

  it('closes the newest connections beyond a lowered limit', async () => {
    const user = await a.user('u');
    const [first, second, third] = [await open(user), await open(user), await open(user)];
    await push(
      await a.change(({ nats }) => {
        nats.limits.conn = 1;
      }),
    );
    const text = "-ERR 'maximum account active connections exceeded'\r\n";
    expect(await third.untilClosed()).toBe(text);
    expect(await second.untilClosed()).toBe(text);
    expect(await first.soFar()).toBe('');
    expect(await refusal(user)).toBe(text);
  });

  // nats-server also closes who has exactly as many.
  it.runIf(isOurs())('closes who has more subscriptions than allowed now, not who has exactly as many', async () => {
    const user = await a.user('u');
    const [three, two] = [await open(user), await open(user)];
    three.send('SUB a 1\r\nSUB b 2\r\nSUB c 3\r\n');
    two.send('SUB a 1\r\nSUB b 2\r\n');
    await three.soFar();
    await two.soFar();
    await push(
      await a.change(({ nats }) => {
        nats.limits.subs = 2;
      }),
    );
    expect(await three.untilClosed()).toBe("-ERR 'maximum subscriptions exceeded'\r\n");
    two.send('SUB c 3\r\n');
    expect(await two.soFar()).toBe("-ERR 'maximum subscriptions exceeded'\r\n");
    // An update about something else leaves it alone.
    await push(await a.change(({ nats }) => nats.tags?.push('x')));
    expect(await two.soFar()).toBe('');
  });

  it('applies a new payload limit to the next publish', async () => {
    const client = await open(await a.user('u'));
    client.send('PUB a 3\r\nabc\r\n');
    expect(await client.soFar()).toBe('');
    await push(
      await a.change(({ nats }) => {
        nats.limits.payload = 2;
      }),
    );
    client.send('PUB a 3\r\n');
    expect(await client.untilClosed()).toBe("-ERR 'Maximum Payload Violation'\r\n");
  });

  it.each(HUGE)('takes limits of %d as very large', async (limit) => {
    await push(
      await a.change(({ nats }) => {
        Object.assign(nats.limits, { conn: limit, subs: limit, payload: limit, leaf: limit });
      }),
    );
    const user = await a.user('u', ({ nats }) => Object.assign(nats, { subs: limit, payload: limit }));
    const client = await open(user);
    client.send('SUB a 1\r\nPUB a 1\r\nx\r\n');
    expect(await client.soFar()).toBe('MSG a 1 1\r\nx\r\n');
  });

  it('closes bearer users once they are disallowed', async () => {
    const bearer = await a.user('b', ({ nats }) => {
      nats.bearer_token = true;
    });
    const [one, other] = [await open(bearer), await open(await a.user('u'))];
    await push(
      await a.change(({ nats }) => {
        nats.limits.disallow_bearer = true;
      }),
    );
    expect(await one.untilClosed()).toBe("-ERR 'Authorization Violation'\r\n");
    expect(await other.soFar()).toBe('');
  });

  it('applies changed default permissions to users without their own', async () => {
    const own = await a.user('own', ({ nats }) => nats.pub.allow.push('>'));
    const [one, other] = [await open(await a.user('u')), await open(own)];
    for (const client of [one, other]) {
      client.send('SUB a.b 1\r\nSUB a.* q 2\r\n');
      await client.soFar();
    }
    await push(
      await a.change(({ nats }) => {
        nats.default_permissions.sub.deny.push('a.b');
        nats.default_permissions.pub.deny.push('a.no');
      }),
    );
    expect(await one.soFar()).toBe('-ERR \'Permissions Violation for Subscription to "a.b" (sid "1")\'\r\n');
    one.send('PUB a.no 1\r\nx\r\nPUB a.b 1\r\ny\r\nPUB a.c 1\r\nz\r\n');
    expect(await one.soFar()).toMatch(
      /^-ERR 'Permissions Violation for Publish to "a.no"'\r\n(MSG a.c 2 1\r\nz\r\n)?$/,
    );
    expect(await other.soFar()).toContain('MSG a.b 1 1\r\ny\r\n');
    await push(await a.change(({ nats }) => Object.assign(nats.default_permissions.sub, { deny: [] })));
    one.send('SUB a.b 1\r\n');
    expect(await one.soFar()).toBe('');
  });

  it('closes without a word whose signing key is gone or changed, and gives the new scope on reconnect', async () => {
    const limited = { ...noLimits(), pub: { allow: ['a.{{name()}}'], deny: [] } };
    const scoped = await a.signingKey(limited);
    const plain = await a.signingKey();
    await open(await a.user('first'));
    await push(a.token);
    const scopedUser = await a.userOf(scoped, 'me', true);
    const [one, two, three] = [
      await open(scopedUser),
      await open(await a.userOf(plain, 'p', false)),
      await open(await a.user('root')),
    ];
    one.send('PUB a.me 1\r\nx\r\nPUB a.you 1\r\nx\r\n');
    expect(await one.soFar()).toBe('-ERR \'Permissions Violation for Publish to "a.you"\'\r\n');
    await push(
      await a.change(({ nats }) => {
        nats.signing_keys.delete(plain.publicKey);
        const scope = nats.signing_keys.get(scoped.publicKey);
        if (scope) scope.template = { ...limited, pub: { allow: ['b.{{name()}}'], deny: [] } };
      }),
    );
    expect(await one.untilClosed()).toBe('');
    expect(await two.untilClosed()).toBe('');
    expect(await three.soFar()).toBe('');
    const again = await open(scopedUser);
    again.send('PUB b.me 1\r\nx\r\n');
    expect(await again.soFar()).toBe('');
  });

  it('applies mappings', async () => {
    const client = await open(await a.user('u'));
    client.send('SUB to 1\r\nPUB from 1\r\nx\r\n');
    expect(await client.soFar()).toBe('');
    await push(await a.change(({ nats }) => nats.mappings.set('from', [{ subject: 'to' }])));
    client.send('PUB from 1\r\ny\r\n');
    expect(await client.soFar()).toBe('MSG to 1 1\r\ny\r\n');
  });
});

describe('time', () => {
  // nats-server lets it in again in the same second, to close it at once.
  it.runIf(isOurs())('ends a session when the user expires', async () => {
    const user = await a.user('u', (claims) => {
      // Not the next second: what is left of this one may be too little to connect in.
      claims.exp = now() + 2;
    });
    const client = await open(user);
    expect(await client.untilClosed()).toBe("-ERR 'User Authentication Expired'\r\n");
    expect(await refusal(user)).toBe("-ERR 'Authorization Violation'\r\n");
  });

  // The memory resolver of nats-server still has the JWT from before.
  it.runIf(isOurs())('ends all sessions when the account expires, and takes its renewal', async () => {
    const user = await a.user('u');
    const client = await open(user);
    await push(
      await a.change((claims) => {
        // Not the next second: what is left of this one may be too little to connect in.
        claims.exp = now() + 2;
      }),
    );
    expect(await client.untilClosed()).toBe("-ERR 'Account Authentication Expired'\r\n");
    expect(await refusal(user)).toBe("-ERR 'Authorization Violation'\r\n");
    await push(
      await a.change((claims) => {
        delete claims.exp;
      }),
    );
    await open(user);
  });

  it('ends a connection that sends no CONNECT', async () => {
    await broker.close();
    broker = await brokerOf(world, { authTimeoutMs: 50 });
    const client = await RawClient.open(broker.port);
    expect(await client.untilClosed()).toBe("-ERR 'Authentication Timeout'\r\n");
  });

  it('ends a connection that answers no PING', async () => {
    await broker.close();
    broker = await brokerOf(world, { pingIntervalMs: 50, maxPingsOut: 1 });
    const client = await open(await a.user('u'));
    expect(await client.untilClosed()).toMatch(/^(PING\r\n)+-ERR 'Stale Connection'\r\n$/);
  });
});

describe('strict operators', () => {
  it('take accounts and users of signing keys only', async () => {
    const strict = await makeWorld(true);
    const b = await strict.account('B');
    const key = await b.signingKey();
    await broker.close();
    broker = await brokerOf(strict);
    expect(await refusal(await b.user('by identity key'))).toBe("-ERR 'Authorization Violation'\r\n");
    await open(await b.userOf(key, 'by signing key', false));
  });
});

describe('user info', () => {
  it('says who one is, with the permissions in force', async () => {
    await broker.close();
    a = await world.account('B', ({ nats }) => {
      nats.default_permissions.sub.deny.push('x');
      nats.default_permissions.pub.deny.push('y');
    });
    broker = await brokerOf(world);
    const limited = await a.user('limited', (claims) => {
      claims.exp = now() + 100;
      claims.nats.pub.allow.push('$SYS.REQ.USER.INFO');
      claims.nats.sub.deny.push('b c');
      claims.nats.resp = { max: 0, ttl: 0 };
    });
    const asked = [await a.user('plain'), limited, await world.system.user('admin')];
    const told: unknown[] = [];
    for (const user of asked) {
      const client = await open(user);
      client.send('SUB answer 1\r\nPUB $SYS.REQ.USER.INFO answer 0\r\n\r\n');
      await client.until('MSG answer 1 ');
      await client.until('\r\n');
      const { server, data } = JSON.parse(await client.until('\r\n')) as { server: object; data: { expires?: number } };
      expect(server).toMatchObject({ id: broker.serverId, host: '127.0.0.1', jetstream: false, flags: 0 });
      if (data.expires !== undefined) {
        expect(data.expires % 1e9).toBe(0);
        expect(data.expires).toBeGreaterThan(90e9);
        delete data.expires;
      }
      told.push(data);
    }
    expect(told).toEqual([
      {
        user: asked[0]?.id,
        account: a.id,
        account_name: 'B',
        user_name: 'plain',
        permissions: { publish: { deny: ['y'] }, subscribe: { deny: ['x'] } },
      },
      {
        user: asked[1]?.id,
        account: a.id,
        account_name: 'B',
        user_name: 'limited',
        permissions: {
          publish: { allow: ['$SYS.REQ.USER.INFO'] },
          subscribe: { deny: ['b c'] },
          responses: { max: 1, ttl: 120e9 },
        },
      },
      { user: asked[2]?.id, account: world.system.id, account_name: 'SYS', user_name: 'admin' },
    ]);
  });
});
