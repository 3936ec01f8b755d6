import { expect } from 'vitest';
import { RawClient } from '../../unit/broker/raw-client.js';
import type { TestUser, World } from '../../unit/broker/world.js';
import { type Conversation, conforms, type Subject } from './both.js';

/** Of INFO, what is the server's own and what is not ours yet is left out. */
const OWN = new Set(['server_id', 'server_name', 'version', 'go', 'port', 'client_id', 'nonce', 'api_lvl', 'xkey']);

const user = async (world: World): Promise<TestUser> => (await world.account('A')).user('u');

/** What a client that sends `text` after its login hears until the PONG, or until it is closed. */
function says(title: string, text: string, options: object = {}): Conversation<TestUser> {
  return {
    title,
    async play({ port }, as) {
      const client = await RawClient.login(port, as, options);
      client.send(`${text}PING\r\n`);
      const said = await ended(client);
      client.close();
      return said;
    },
  };
}

async function ended(client: RawClient): Promise<object> {
  try {
    return { said: await client.until('PONG\r\n') };
  } catch {
    return { said: await client.untilClosed(), closed: true };
  }
}

/** The same before any login. */
function opens(title: string, text: (client: RawClient, as: TestUser) => Promise<string>): Conversation<TestUser> {
  return {
    title,
    async play({ port }, as) {
      const client = await RawClient.open(port);
      client.send(await text(client, as));
      const said = await ended(client);
      client.close();
      return said;
    },
  };
}

const shapeOf = (info: string): [string, unknown][] => {
  expect(info).toMatch(/^INFO \{.*\} \r\n$/);
  return Object.entries(JSON.parse(info.slice(5)) as object).map(([key, value]) => [
    key,
    OWN.has(key) ? typeof value : value,
  ]);
};
const withoutOwn = (shape: [string, unknown][]): unknown[] =>
  shape.filter(([key]) => key !== 'api_lvl' && key !== 'xkey');

async function secondInfo({ port }: Subject, as: TestUser, protocol: number): Promise<string> {
  const client = await RawClient.open(port);
  client.send(await client.connectLine(as, { protocol }));
  client.send('PING\r\n');
  await client.until('PONG\r\n');
  client.send('PING\r\n');
  const said = await client.until('PONG\r\n');
  client.close();
  return said.slice(0, -6);
}

conforms('INFO', { cast: user }, [
  {
    title: 'has the same fields in the same order at accept',
    async play({ port }) {
      const client = await RawClient.open(port);
      client.close();
      return withoutOwn(shapeOf(client.first));
    },
  },
  {
    title: 'comes again, with the account, after the first PONG',
    play: async (subject, as) => withoutOwn(shapeOf(await secondInfo(subject, as, 1))),
  },
  {
    title: 'comes once only to a client of protocol 0',
    play: (subject, as) => secondInfo(subject, as, 0),
  },
  {
    title: 'says it of the system account',
    async play(subject, _as, world) {
      return withoutOwn(shapeOf(await secondInfo(subject, await world.system.user('s'), 1)));
    },
  },
]);

conforms('the client protocol', { cast: user }, [
  // 2.1
  says('verbs of any case, blanks and tabs (P1)', 'sub\tfoo  1 \r\npUb foo\t2 \r\nhi\r\npong\r\n'),
  says('a blank before the verb (P1)', ' PING\r\n'),
  says('LF alone after a line (P2)', 'SUB foo 1\nPUB foo 2\nhi\r\n'),
  says('LF alone after a payload (P2)', 'SUB foo 1\r\nPUB foo 2\r\nhi\nPING\r\n'),
  ...['MSG foo 1 2\r\nhi\r\n', 'RS+ A foo\r\n', 'A+ A\r\n', 'LS+ foo\r\n', '-ERR x\r\n', 'X\r\n'].map((text) =>
    says(`an operation that is not a client's: ${JSON.stringify(text)} (P3, P4)`, text),
  ),
  says('+OK and INFO, ignored (P3)', '+OK\r\nINFO {}\r\n'),
  ...[
    'PUB\r\n',
    'PUB foo\r\n',
    'PUB foo x\r\n',
    'PUB a b c d\r\n',
    'SUB\r\n',
    'SUB foo\r\n',
    'SUB a b c d\r\n',
    'UNSUB\r\n',
    'PUB foo -1\r\n',
    'HPUB foo 9 4\r\n',
  ].map((text) => says(`wrong arguments: ${JSON.stringify(text)} (P5)`, text)),
  says('a line of 4,096 bytes and one of 4,097 (P6)', `SUB ${'a'.repeat(4_094)} 1\r\nSUB ${'a'.repeat(4_095)} 2\r\n`),
  says('a payload beyond the limit, told by its line (P7)', 'PUB foo 1048577\r\n'),
  says('HPUB where CONNECT had no headers (P8)', 'HPUB foo 12 12\r\nNATS/1.0\r\n\r\n\r\n', { headers: false }),
  says('a header for one who takes none (P8)', 'SUB foo 1\r\nHPUB foo 12 14\r\nNATS/1.0\r\n\r\nhi\r\n'),
  says('a sid in use (P9)', 'SUB foo 1\r\nSUB bar 1\r\nPUB bar 1\r\nx\r\nPUB foo 1\r\ny\r\n', { verbose: true }),
  ...['foo..bar', '.foo', 'foo.', 'foo.>.bar', '>.foo'].map((subject) =>
    says(`SUB ${subject} (P9)`, `SUB ${subject} 1\r\n`),
  ),
  says('letters that are wildcards elsewhere (P9)', 'SUB foo*.b>r 1\r\nPUB foo*.b>r 1\r\nx\r\n'),
  says(
    'UNSUB with a max, of what was delivered already, of nobody (P10)',
    'SUB foo 1\r\nPUB foo 1\r\na\r\nUNSUB 1 2\r\nPUB foo 1\r\nb\r\nPUB foo 1\r\nc\r\nSUB foo 2\r\nPUB foo 1\r\nd\r\nUNSUB 2 1\r\nPUB foo 1\r\ne\r\nUNSUB 9\r\n',
  ),
  says('a subject with empty tokens reaches nobody (P11)', 'SUB > 1\r\nPUB foo..bar 1\r\nx\r\nPUB .foo 1\r\ny\r\n'),
  opens('another operation than CONNECT first (P12)', async () => 'SUB foo 1\r\n'),
  opens('CONNECT that is no JSON (P5)', async () => 'CONNECT {\r\n'),
  {
    title: 'CONNECT in pieces of a byte (P14)',
    async play({ port }, as) {
      const client = await RawClient.open(port);
      const line = `${await client.connectLine(as)}PING\r\n`;
      for (const byte of Buffer.from(line)) client.send(Buffer.of(byte));
      const said = await client.until('PONG\r\n');
      client.close();
      return said;
    },
  },
  // 2.3
  ...[
    { account: 'A' },
    { new_account: true },
    { protocol: 2 },
    { protocol: -1 },
    { headers: false, no_responders: true },
  ].map((more) => opens(`CONNECT with ${JSON.stringify(more)}`, async (client, as) => client.connectLine(as, more))),
  opens('verbose and pedantic are the default', async (client, as) => {
    const line = await client.connectLine(as, { verbose: undefined, pedantic: undefined });
    return `${line}SUB foo 1\r\nPUB foo.* 1\r\nx\r\nPING\r\n`;
  }),
  // 2.4
  says('+OK for what is done, none for PING', 'SUB foo 1\r\nPUB foo 1\r\nx\r\nUNSUB 1\r\nUNSUB 1\r\n', {
    verbose: true,
  }),
  ...['foo.*', '>', 'a..b', '.a', 'a.'].map((subject) =>
    says(`pedantic about PUB ${subject}`, `PUB ${subject} 1\r\nx\r\n`, { pedantic: true }),
  ),
  says('no echo', 'SUB foo 1\r\nSUB foo q 2\r\nPUB foo 1\r\nx\r\n', { echo: false }),
  says('nobody responds', 'SUB r.* 1\r\nPUB nobody r.1 2\r\nhi\r\nPUB nobody other 0\r\n\r\n', { no_responders: true }),
  says('nobody but itself, without echo', 'SUB r 1\r\nSUB me 2\r\nPUB me r 0\r\n\r\n', {
    no_responders: true,
    echo: false,
  }),
  // 2.6
  ...['_R_.a.b', '$JS.ACK.x', '_GR_.a'].map((reply) =>
    says(`a reply that is reserved: ${reply}`, `PUB foo ${reply} 0\r\n\r\n`),
  ),
  ...['_GR_.a', '$NRG.x'].map((subject) => says(`a subject that is reserved: ${subject}`, `PUB ${subject} 0\r\n\r\n`)),
  says('the queue _sys_', 'SUB foo _sys_ 1\r\n'),
]);

const LIMITS = {
  maxControlLine: 2_048,
  maxPayload: 100,
  maxSubTokens: 3,
  maxSubscriptions: 2,
  maxConnections: 2,
  authTimeoutMs: 300,
  noHeaderSupport: true,
};

conforms(
  'configured limits',
  {
    cast: user,
    options: () => LIMITS,
    config: () => `
      max_control_line: 2048
      max_payload: 100
      max_sub_tokens: 3
      max_subscriptions: 2
      max_connections: 2
      authorization { timeout: 0.3 }
      no_header_support: true`,
  },
  [
    {
      title: 'are told by INFO',
      async play({ port }) {
        const client = await RawClient.open(port);
        client.close();
        return withoutOwn(shapeOf(client.first));
      },
    },
    says('max_payload', `PUB foo 100\r\n${'x'.repeat(100)}\r\nPUB foo 101\r\n`, { headers: false }),
    says('max_control_line', `SUB ${'a'.repeat(2_045)} 1\r\nSUB ${'a'.repeat(2_050)} 2\r\n`, { headers: false }),
    says('max_sub_tokens', 'SUB a.b.c 1\r\nSUB a.b.c.d 2\r\n', { headers: false }),
    says('max_subscriptions', 'SUB a 1\r\nSUB b 2\r\nSUB c 3\r\n', { headers: false }),
    says('no headers, whatever CONNECT says', 'HPUB foo 12 12\r\nNATS/1.0\r\n\r\n\r\n', { headers: true }),
    opens('no_responders without headers of the server', async (client, as) =>
      client.connectLine(as, { headers: true, no_responders: true }),
    ),
    {
      title: 'max_connections',
      async play({ port }, as) {
        const two = [
          await RawClient.login(port, as, { headers: false }),
          await RawClient.login(port, as, { headers: false }),
        ];
        const third = await RawClient.open(port);
        const said = [withoutOwn(shapeOf(third.first)), await third.untilClosed()];
        for (const each of two) each.close();
        return said;
      },
    },
    {
      title: 'timeout of authorization',
      async play({ port }) {
        const client = await RawClient.open(port);
        return client.untilClosed();
      },
    },
  ],
);

conforms(
  'a peer that answers no PING',
  {
    cast: user,
    options: () => ({ pingIntervalMs: 100, maxPingsOut: 1 }),
    config: () => 'ping_interval: "100ms"\nping_max: 1',
  },
  [
    {
      title: 'is told and closed',
      async play({ port }, as) {
        const client = await RawClient.login(port, as);
        return (await client.untilClosed()).replace(/^(PING\r\n)+/, 'PING\r\n');
      },
    },
  ],
);
