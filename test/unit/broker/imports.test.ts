import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerOptions, RunningBroker } from '../../../broker/options.js';
import type { Export, Import } from '../../../claims/types.js';
import { RawClient } from './raw-client.js';
import { brokerOf, isOurs, makeWorld, now, type TestAccount, type World } from './world.js';

const exported = (subject: string, type: 'stream' | 'service', more: Partial<Export> = {}): Export => ({
  subject,
  type,
  revocations: new Map(),
  ...more,
});
const imported = (
  account: TestAccount,
  subject: string,
  type: 'stream' | 'service',
  more: Partial<Import> = {},
): Import => ({
  account: account.id,
  subject,
  type,
  ...more,
});
const exports =
  (...list: Export[]): Parameters<World['account']>[1] =>
  ({ nats }) =>
    void nats.exports.push(...list);
const imports =
  (...list: Import[]): Parameters<World['account']>[1] =>
  ({ nats }) =>
    void nats.imports.push(...list);

let broker: RunningBroker | undefined;
const clients: RawClient[] = [];

async function start(world: World, options: Partial<BrokerOptions> = {}): Promise<RunningBroker> {
  broker = await brokerOf(world, options);
  return broker;
}

async function login(account: TestAccount, options: object = {}): Promise<RawClient> {
  const client = await RawClient.login(broker?.port ?? 0, await account.user('someone'), options);
  clients.push(client);
  return client;
}

function idOf(token: string): string {
  return (JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()) as { sub: string }).sub;
}

/** Announces a changed account as a client of the system account and waits until it is applied. */
async function announce(world: World, token: string): Promise<string> {
  const system = await login(world.system);
  system.send(
    `SUB answer 1\r\nPUB $SYS.REQ.ACCOUNT.${idOf(token)}.CLAIMS.UPDATE answer ${token.length}\r\n${token}\r\n`,
  );
  const answer = await system.until('}}\r\n');
  system.close();
  return answer;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await broker?.close();
  broker = undefined;
});

describe('accounts', () => {
  it('do not see each other', async () => {
    const world = await makeWorld();
    const a = await world.account('A');
    const b = await world.account('B');
    await start(world);
    const inA = await login(a);
    const inB = await login(b);
    inB.send('SUB > 1\r\n');
    await inB.soFar();
    inA.send('SUB foo 1\r\nPUB foo 1\r\nx\r\n');
    expect(await inA.soFar()).toBe('MSG foo 1 1\r\nx\r\n');
    expect(await inB.soFar()).toBe('');
  });
});

describe('stream imports', () => {
  it('bring messages under the same, a prefixed, and a rewritten subject', async () => {
    const world = await makeWorld();
    const e = await world.account(
      'E',
      exports(exported('a.>', 'stream'), exported('b.*.*', 'stream'), exported('c', 'stream')),
    );
    const i = await world.account(
      'I',
      imports(
        imported(e, 'a.>', 'stream'),
        imported(e, 'b.*.*', 'stream', { local_subject: 'turned.$2.$1' }),
        imported(e, 'c', 'stream', { to: 'from.e' }),
      ),
    );
    await start(world);
    const from = await login(e);
    const to = await login(i);
    to.send('SUB > 1\r\nSUB a.x 2\r\nSUB turned.*.1 3\r\n');
    await to.soFar();
    from.send('PUB a.x 1\r\n1\r\nPUB b.1.2 1\r\n2\r\nPUB c re 1\r\n3\r\nPUB other 1\r\n4\r\n');
    await from.soFar();
    const got = await to.soFar();
    for (const line of [
      'MSG a.x 1 1\r\n1',
      'MSG a.x 2 1\r\n1',
      'MSG turned.2.1 1 1\r\n2',
      'MSG turned.2.1 3 1\r\n2',
      'MSG from.e.c 1 re 1\r\n3',
    ]) {
      expect(got).toContain(line);
    }
    expect(got).not.toContain('other');
    expect(got.split('MSG').length).toBe(6);
  });

  // nats-server makes one group of all accounts.
  it.runIf(isOurs())('give each importing account its own member of a queue group', async () => {
    const world = await makeWorld();
    const e = await world.account('E', exports(exported('a', 'stream')));
    const i = await world.account('I', imports(imported(e, 'a', 'stream')));
    const j = await world.account('J', imports(imported(e, 'a', 'stream')));
    await start(world);
    const from = await login(e);
    const both = [await login(i), await login(j)];
    for (const client of both) {
      client.send('SUB a q 1\r\nSUB a q 2\r\n');
      await client.soFar();
    }
    from.send('PUB a 1\r\nx\r\n');
    await from.soFar();
    for (const client of both) expect(await client.soFar()).toMatch(/^MSG a [12] 1\r\nx\r\n$/);
  });

  it('judge the permissions of the receiver by the subject it sees', async () => {
    const world = await makeWorld();
    const e = await world.account('E', exports(exported('a.*', 'stream')));
    const i = await world.account('I', imports(imported(e, 'a.*', 'stream', { local_subject: 'in.$1' })));
    await start(world);
    const from = await login(e);
    const user = await i.user('limited', ({ nats }) => nats.sub.deny.push('in.secret'));
    const to = await RawClient.login(broker?.port ?? 0, user);
    clients.push(to);
    to.send('SUB in.* 1\r\n');
    await to.soFar();
    from.send('PUB a.secret 1\r\nx\r\nPUB a.open 1\r\ny\r\n');
    await from.soFar();
    expect(await to.soFar()).toBe('MSG in.open 1 1\r\ny\r\n');
  });

  it('go one hop: a stream that was imported is not exported again', async () => {
    const world = await makeWorld();
    const a = await world.account('A', exports(exported('a.>', 'stream')));
    const b = await world.account('B', ({ nats }) => {
      nats.imports.push(imported(a, 'a.>', 'stream'));
      nats.exports.push(exported('a.>', 'stream'));
    });
    const c = await world.account('C', imports(imported(b, 'a.>', 'stream')));
    await start(world);
    const from = await login(a);
    const [middle, end] = [await login(b), await login(c)];
    for (const client of [middle, end]) {
      client.send('SUB a.> 1\r\n');
      await client.soFar();
    }
    from.send('PUB a.x 1\r\n1\r\n');
    await from.soFar();
    expect(await middle.soFar()).toBe('MSG a.x 1 1\r\n1\r\n');
    expect(await end.soFar()).toBe('');
  });

  it('end with the import or the export, live', async () => {
    const world = await makeWorld();
    const e = await world.account('E', exports(exported('a', 'stream')));
    const i = await world.account('I', imports(imported(e, 'a', 'stream')));
    await start(world);
    const from = await login(e);
    const to = await login(i);
    to.send('SUB a 1\r\n');
    await to.soFar();
    const reaches = async (): Promise<boolean> => {
      from.send('PUB a 1\r\nx\r\n');
      await from.soFar();
      return (await to.soFar()) !== '';
    };
    expect(await reaches()).toBe(true);
    await announce(world, await e.change(({ nats }) => nats.exports.splice(0)));
    expect(await reaches()).toBe(false);
    await announce(world, await e.change(exports(exported('a', 'stream')) ?? (() => {})));
    expect(await reaches()).toBe(true);
    await announce(world, await i.change(({ nats }) => nats.imports.splice(0)));
    expect(await reaches()).toBe(false);
  });
});

describe('private exports', () => {
  async function privateWorld(): Promise<{ world: World; e: TestAccount; i: TestAccount }> {
    const world = await makeWorld();
    const e = await world.account('E', exports(exported('p.>', 'stream', { token_req: true })));
    const i = await world.account('I');
    return { world, e, i };
  }

  async function reaches(e: TestAccount, i: TestAccount): Promise<boolean> {
    const from = await login(e);
    const to = await login(i);
    to.send('SUB p.> 1\r\n');
    await to.soFar();
    from.send('PUB p.a 1\r\nx\r\n');
    await from.soFar();
    const got = (await to.soFar()) !== '';
    from.close();
    to.close();
    return got;
  }

  it('need an activation', async () => {
    const { world, e, i } = await privateWorld();
    await i.change(imports(imported(e, 'p.>', 'stream')) ?? (() => {}));
    await start(world);
    expect(await reaches(e, i)).toBe(false);
    const token = await e.activation(i.id, 'p.>', 'stream');
    await announce(
      world,
      await i.change(({ nats }) => {
        nats.imports = [imported(e, 'p.>', 'stream', { token })];
      }),
    );
    expect(await reaches(e, i)).toBe(true);
    await announce(world, await e.change(({ nats }) => nats.exports[0]?.revocations.set(i.id, now())));
    expect(await reaches(e, i)).toBe(false);
  });

  it('end when the activation expires, and no other import with them', async () => {
    const { world, e, i } = await privateWorld();
    await e.change(({ nats }) => nats.exports.push(exported('open', 'stream')));
    const token = await e.activation(i.id, 'p.>', 'stream', now() + 2);
    await i.change(({ nats }) =>
      nats.imports.push(imported(e, 'p.>', 'stream', { token }), imported(e, 'open', 'stream')),
    );
    await start(world);
    expect(await reaches(e, i)).toBe(true);
    const from = await login(e);
    const to = await login(i);
    to.send('SUB p.a 1\r\nSUB open 2\r\n');
    await to.soFar();
    await expect
      .poll(
        async () => {
          from.send('PUB p.a 1\r\nx\r\nPUB open 1\r\ny\r\n');
          await from.soFar();
          return to.soFar();
        },
        { timeout: 5_000, interval: 100 },
      )
      // A busy server may deliver two rounds at once.
      .toMatch(/^(MSG open 2 1\r\ny\r\n)+$/);
  });

  it('are not opened by a token for another account, subject or kind', async () => {
    const { world, e, i } = await privateWorld();
    const other = await world.account('OTHER');
    const tokens = [
      await e.activation(other.id, 'p.>', 'stream'),
      await e.activation(i.id, 'p.a', 'stream'),
      await e.activation(i.id, 'p.>', 'service'),
      await other.activation(i.id, 'p.>', 'stream'),
    ];
    await start(world);
    await reaches(e, i);
    for (const token of tokens) {
      await announce(
        world,
        await i.change(({ nats }) => {
          nats.imports = [imported(e, 'p.>', 'stream', { token })];
        }),
      );
      expect(await reaches(e, i)).toBe(false);
    }
  });

  it('with an account position let only that account take its token', async () => {
    const world = await makeWorld();
    const e = await world.account('E', exports(exported('p.*', 'stream', { account_token_position: 2 })));
    const i = await world.account('I');
    const j = await world.account('J');
    await i.change(({ nats }) => nats.imports.push(imported(e, `p.${i.id}`, 'stream')));
    await j.change(({ nats }) => nats.imports.push(imported(e, `p.${i.id}`, 'stream'), imported(e, 'p.*', 'stream')));
    await start(world);
    const from = await login(e);
    const [good, bad] = [await login(i), await login(j)];
    for (const client of [good, bad]) {
      client.send('SUB > 1\r\n');
      await client.soFar();
    }
    from.send(`PUB p.${i.id} 1\r\nx\r\n`);
    await from.soFar();
    expect(await good.soFar()).toBe(`MSG p.${i.id} 1 1\r\nx\r\n`);
    expect(await bad.soFar()).toBe('');
  });
});

describe('service imports', () => {
  async function service(more: Partial<Export> = {}, local: Partial<Import> = {}) {
    const world = await makeWorld();
    const e = await world.account('E', exports(exported('svc.*', 'service', more)));
    const i = await world.account('I', imports(imported(e, 'svc.*', 'service', local)));
    await start(world);
    const responder = await login(e);
    const requester = await login(i, { no_responders: true });
    responder.send('SUB svc.* 1\r\n');
    requester.send('SUB inbox.> 1\r\n');
    await responder.soFar();
    await requester.soFar();
    return { world, e, i, responder, requester };
  }

  const replyOf = (received: string): string => /HMSG \S+ \S+ (_R_\.\S+) /.exec(received)?.[1] ?? '';

  it('carry a request over and its answer back, once', async () => {
    const { i, responder, requester } = await service({}, { local_subject: 'ask.$1' });
    requester.send('PUB ask.time inbox.1 2\r\nhi\r\n');
    await requester.soFar();
    const got = await responder.soFar();
    expect(got).toMatch(
      /^HMSG svc\.time 1 _R_\.\w+\.\w+ \d+ \d+\r\nNATS\/1\.0\r\nNats-Request-Info: \{.*\}\r\n\r\nhi\r\n$/,
    );
    expect(got).toContain(`"acc":"${i.id}"`);
    expect(got).not.toContain('"user"');
    responder.send(`PUB ${replyOf(got)} 2\r\nok\r\nPUB ${replyOf(got)} 5\r\nagain\r\n`);
    await responder.soFar();
    expect(await requester.soFar()).toBe('MSG inbox.1 1 2\r\nok\r\n');
  });

  // nats-server passes bearer tokens on.
  it.runIf(isOurs())('share who asks only where the importer wants it, and never its bearer token', async () => {
    const { responder, requester, e, i } = await service({}, { share: true });
    requester.send('PUB svc.a inbox.1 0\r\n\r\n');
    await requester.soFar();
    const got = await responder.soFar();
    expect(got).toContain('"user":"U');
    expect(got).toContain('"jwt":"ey');
    const bearer = await RawClient.login(
      broker?.port ?? 0,
      await i.user('b', ({ nats }) => {
        nats.bearer_token = true;
      }),
    );
    clients.push(bearer);
    bearer.send('PUB svc.a inbox.1 0\r\n\r\n');
    await bearer.soFar();
    const from = await responder.soFar();
    expect(from).toContain('"user":"U');
    expect(from).not.toContain('"jwt"');
    expect(e.id).not.toBe(i.id);
  });

  // nats-server knows the header in one spelling only.
  it.runIf(isOurs())('name the asker whatever the client writes there itself', async () => {
    const { responder, requester, i } = await service();
    const fakes = [
      'Nats-Request-Info: {"acc":"EVIL"}',
      'nats-request-info : {"acc":"EVIL"}',
      'NATS-REQUEST-INFO:EVIL\r\n folded EVIL',
      'X: y\nNats-Request-Info: EVIL',
    ];
    for (const fake of fakes) {
      const header = `NATS/1.0\r\nKeep: me\r\n${fake}\r\n${fake}\r\n\r\n`;
      requester.send(`HPUB svc.a inbox.1 ${header.length} ${header.length}\r\n${header}\r\n`);
      await requester.soFar();
      const got = await responder.soFar();
      expect(got).toContain('Keep: me');
      expect(got).not.toContain('EVIL');
      expect(got.match(/Nats-Request-Info/gi)?.length).toBe(1);
      expect(got).toContain(i.id);
    }
  });

  it('tell the requester when nobody is there', async () => {
    const { responder, requester } = await service();
    responder.send('UNSUB 1\r\n');
    await responder.soFar();
    requester.send('PUB svc.a inbox.1 0\r\n\r\n');
    expect(await requester.soFar()).toContain('NATS/1.0 503\r\nNats-Subject: svc.a\r\n');
  });

  it('keep a stream of answers open until the empty one', async () => {
    const { responder, requester } = await service({ response_type: 'Stream' });
    requester.send('PUB svc.a inbox.1 0\r\n\r\n');
    await requester.soFar();
    const reply = replyOf(await responder.soFar());
    responder.send(`PUB ${reply} 1\r\n1\r\nPUB ${reply} 1\r\n2\r\nPUB ${reply} 0\r\n\r\nPUB ${reply} 1\r\n3\r\n`);
    await responder.soFar();
    expect(await requester.soFar()).toBe('MSG inbox.1 1 1\r\n1\r\nMSG inbox.1 1 1\r\n2\r\nMSG inbox.1 1 0\r\n\r\n');
  });

  it('forget a request whose answer takes longer than the threshold', async () => {
    const { responder, requester } = await service({ response_type: 'Stream', response_threshold: 300_000_000 });
    requester.send('PUB svc.a inbox.1 0\r\n\r\n');
    await requester.soFar();
    const reply = replyOf(await responder.soFar());
    responder.send(`PUB ${reply} 1\r\n1\r\n`);
    await responder.soFar();
    expect(await requester.soFar()).toBe('MSG inbox.1 1 1\r\n1\r\n');
    await new Promise((resolve) => setTimeout(resolve, 700));
    responder.send(`PUB ${reply} 1\r\n2\r\n`);
    await responder.soFar();
    expect(await requester.soFar()).toBe('');
  });

  it('forget a request when nobody waits for its answer any more', async () => {
    const { responder, requester } = await service({ response_type: 'Stream' });
    requester.send('PUB svc.a inbox.1 0\r\n\r\n');
    await requester.soFar();
    const reply = replyOf(await responder.soFar());
    requester.send('UNSUB 1\r\n');
    await requester.soFar();
    requester.send('SUB inbox.> 2\r\n');
    await requester.soFar();
    responder.send(`PUB ${reply} 1\r\n1\r\n`);
    await responder.soFar();
    expect(await requester.soFar()).toBe('');
  });

  it('are closed to a requester that may not publish there', async () => {
    const { requester, i } = await service();
    const user = await i.user('l', ({ nats }) => nats.pub.allow.push('else'));
    const limited = await RawClient.login(broker?.port ?? 0, user);
    clients.push(limited);
    limited.send('PUB svc.a 1\r\nx\r\n');
    expect(await limited.soFar()).toBe('-ERR \'Permissions Violation for Publish to "svc.a"\'\r\n');
    requester.close();
  });

  it('pass through a chain of accounts and name the way', async () => {
    const world = await makeWorld();
    const c = await world.account('C', exports(exported('deep', 'service')));
    const b = await world.account('B', ({ nats }) => {
      nats.imports.push(imported(c, 'deep', 'service', { local_subject: 'mid' }));
      nats.exports.push(exported('mid', 'service'));
    });
    const a = await world.account('A', imports(imported(b, 'mid', 'service', { local_subject: 'top' })));
    await start(world);
    const responder = await login(c);
    const requester = await login(a);
    responder.send('SUB deep 1\r\n');
    requester.send('SUB inbox 1\r\n');
    await responder.soFar();
    requester.send('PUB top inbox 2\r\nhi\r\n');
    await requester.soFar();
    const got = await responder.soFar();
    expect(got).toContain(`"acc":"${a.id}"`);
    expect(got).toContain(`"svc":"${b.id}"`);
    responder.send(`PUB ${replyOf(got)} 2\r\nok\r\n`);
    await responder.soFar();
    expect(await requester.soFar()).toBe('MSG inbox 1 2\r\nok\r\n');
  });

  it('form no cycle, however it is disguised', async () => {
    const world = await makeWorld();
    const a = await world.account('A');
    const b = await world.account('B');
    const c = await world.account('C');
    await a.change(({ nats }) => {
      nats.exports.push(exported('a.>', 'service'));
      nats.imports.push(imported(c, 'c.*', 'service', { local_subject: 'a.$1' }), imported(a, 'a.self', 'service'));
    });
    await b.change(({ nats }) => {
      nats.exports.push(exported('b.>', 'service'));
      nats.imports.push(imported(a, 'a.*', 'service', { local_subject: 'b.$1' }));
    });
    await c.change(({ nats }) => {
      nats.exports.push(exported('c.>', 'service'));
      nats.imports.push(imported(b, 'b.x', 'service', { local_subject: 'c.x' }));
    });
    await start(world);
    for (const [account, subject] of [
      [a, 'a.x'],
      [b, 'b.x'],
      [c, 'c.x'],
      [a, 'a.self'],
    ] as const) {
      const client = await login(account, { no_responders: true });
      client.send(`SUB inbox 1\r\nPUB ${subject} inbox 0\r\n\r\n`);
      expect(await client.soFar()).toContain('NATS/1.0 503');
    }
  });

  it('are set up when the exporting account comes later', async () => {
    const world = await makeWorld();
    const e = await world.account('E');
    const i = await world.account('I', imports(imported(e, 'late', 'service')));
    await start(world);
    const requester = await login(i);
    await announce(world, await e.change(exports(exported('late', 'service')) ?? (() => {})));
    const responder = await login(e);
    responder.send('SUB late 1\r\n');
    await responder.soFar();
    requester.send('PUB late 1\r\nx\r\n');
    await requester.soFar();
    expect(await responder.soFar()).toContain('\r\n\r\nx\r\n');
  });
});
