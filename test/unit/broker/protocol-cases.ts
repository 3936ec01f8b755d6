import { Seed } from '../../../claims/keys/seed.js';
import { RawClient } from './raw-client.js';
import { makeWorld, now, type TestUser, type World } from './world.js';

/** Who a case connects as. */
export interface Cast {
  world: World;
  users: Record<UserName, TestUser>;
}

const NAMES = [
  'full',
  'limited',
  'responder',
  'tiny',
  'mute',
  'twoSubs',
  'bearer',
  'expired',
  'future',
  'revoked',
  'foreignNetwork',
  'websocketOnly',
  'unknownAccount',
  'mapped',
  'noBearer',
  'defaults',
  'scopedWithOwn',
] as const;
export type UserName = (typeof NAMES)[number];

/** One conversation. Steps run in order; `expect` is all that the server says after login, `closes` whether it hangs up. */
export interface Case {
  title: string;
  as?: UserName;
  options?: object;
  /** Sent instead of a login: for what happens at and before CONNECT. */
  raw?: (client: RawClient, user: TestUser) => Promise<string>;
  send?: string;
  expect: string;
  closes?: boolean;
  /** Where nats-server does otherwise and we mean to differ: not run against it. */
  ours?: string;
}

export async function makeCast(): Promise<Cast> {
  const world = await makeWorld();
  const a = await world.account('A', ({ nats }) => {
    nats.mappings.set('old', [{ subject: 'new' }]);
    nats.mappings.set('old.*', [{ subject: 'new.$1' }]);
  });
  const plain = await world.account('PLAIN');
  const strictBearer = await world.account('NB', ({ nats }) => {
    nats.limits.disallow_bearer = true;
    nats.default_permissions.pub.allow.push('given.>');
    nats.default_permissions.sub.deny.push('kept.>');
  });
  const unknown = await makeWorld().then((other) => other.account('ELSEWHERE'));
  const scopedKey = await plain.signingKey({
    pub: { allow: ['mine.{{name()}}'], deny: [] },
    sub: { allow: [], deny: [] },
    subs: -1,
    data: -1,
    payload: -1,
    src: [],
    times: [],
    allowed_connection_types: [],
  });
  const revoked = await plain.user('revoked');
  await plain.change(({ nats }) => nats.revocations.set(revoked.id, now()));
  const users: Record<UserName, TestUser> = {
    full: await plain.user('full'),
    limited: await plain.user('limited', ({ nats }) => {
      nats.pub = { allow: ['ok.>', 'exact'], deny: ['ok.secret'] };
      nats.sub = { allow: ['ok.>', 'in.*', 'q work', 'exact'], deny: ['ok.hidden', 'ok.*.x', 'ok.team grp'] };
    }),
    responder: await plain.user('responder', ({ nats }) => {
      nats.pub = { allow: [], deny: [] };
      nats.resp = { max: 1, ttl: 0 };
    }),
    tiny: await plain.user('tiny', ({ nats }) => {
      nats.payload = 10;
    }),
    mute: await plain.user('mute', ({ nats }) => {
      nats.payload = 0;
    }),
    twoSubs: await plain.user('two', ({ nats }) => {
      nats.subs = 2;
    }),
    bearer: await plain.user('bearer', ({ nats }) => {
      nats.bearer_token = true;
    }),
    expired: await plain.user('expired', (claims) => {
      claims.exp = now() - 10;
    }),
    future: await plain.user('future', (claims) => {
      claims.nbf = now() + 1000;
    }),
    revoked,
    foreignNetwork: await plain.user('net', ({ nats }) => {
      nats.src.push('10.1.0.0/16');
    }),
    websocketOnly: await plain.user('ws', ({ nats }) => {
      nats.allowed_connection_types.push('WEBSOCKET');
    }),
    unknownAccount: await unknown.user('stranger'),
    mapped: await a.user('mapped', ({ nats }) => {
      nats.pub.allow.push('new.>', 'new');
    }),
    noBearer: await strictBearer.user('nb', ({ nats }) => {
      nats.bearer_token = true;
    }),
    defaults: await strictBearer.user('defaults'),
    scopedWithOwn: await plain.userOf(scopedKey, 'own', false),
  };
  return { world, users };
}

const VIOLATION = "-ERR 'Authorization Violation'\r\n";
const refusedLogin = async (client: RawClient, user: TestUser): Promise<string> => client.connectLine(user);

export const CASES: readonly Case[] = [
  // Framing
  { title: 'publishes to itself', send: 'SUB foo 1\r\nPUB foo 5\r\nhello\r\n', expect: 'MSG foo 1 5\r\nhello\r\n' },
  {
    title: 'takes verbs in any letter case and blanks of any kind',
    send: 'sub  foo\t 1 \r\npub foo \t reply   2\t\r\nhi\r\nUnsub 1\r\n',
    expect: 'MSG foo 1 reply 2\r\nhi\r\n',
  },
  {
    title: 'takes LF for CRLF at the end of a control line',
    send: 'SUB foo 1\nPUB foo 2\nhi\r\n',
    expect: 'MSG foo 1 2\r\nhi\r\n',
  },
  {
    title: 'passes sizes on as written',
    send: 'SUB foo 1\r\nPUB foo 002\r\nhi\r\n',
    expect: 'MSG foo 1 002\r\nhi\r\n',
  },
  ...[
    ' PING\r\n',
    'MSG foo 1 2\r\nhi\r\n',
    'RS+ A foo\r\n',
    'FOO\r\n',
    'PUB\r\n',
    'UNSUB_2\r\n',
    'PUB foo 2\r\nok \r\n',
  ].map(
    (send): Case => ({
      title: `refuses ${JSON.stringify(send)} as unknown`,
      send,
      expect: "-ERR 'Unknown Protocol Operation'\r\n",
      closes: true,
    }),
  ),
  {
    title: 'refuses HMSG',
    send: 'HMSG foo 1 12 12\r\nNATS/1.0\r\n\r\n\r\n',
    expect: "-ERR 'Unknown Protocol Operation'\r\n",
    closes: true,
    ours: 'nats-server lets its own kind of message through the parser',
  },
  ...[
    'PUB foo\r\n',
    'PUB foo bar baz 2\r\n',
    'PUB foo x\r\n',
    'PUB foo 9999999999\r\n',
    'HPUB foo 5 4\r\n',
    'SUB foo\r\n',
    'SUB a b c d\r\n',
    'UNSUB 1 2 3\r\n',
  ].map(
    (send): Case => ({ title: `closes without a word on ${JSON.stringify(send)}`, send, expect: '', closes: true }),
  ),
  { title: 'closes without a word on -ERR', send: "-ERR 'x'\r\n", expect: '', closes: true },
  {
    title: 'ignores +OK and INFO',
    send: '+OK\r\nINFO {"a":1}\r\nSUB a 1\r\nPUB a 1\r\nx\r\n',
    expect: 'MSG a 1 1\r\nx\r\n',
  },
  { title: 'closes on an INFO that is no JSON', send: 'INFO nothing\r\n', expect: '', closes: true },
  {
    title: 'bounds the control line',
    send: `SUB ${'a'.repeat(4_100)} 1\r\n`,
    expect: "-ERR 'maximum control line exceeded'\r\n",
    closes: true,
  },
  {
    title: 'judges the payload by the control line',
    send: 'PUB foo 1048577\r\n',
    expect: "-ERR 'Maximum Payload Violation'\r\n",
    closes: true,
  },
  {
    title: 'holds a user to its payload limit',
    as: 'tiny',
    send: 'PUB foo 11\r\n',
    expect: "-ERR 'Maximum Payload Violation'\r\n",
    closes: true,
  },
  {
    title: 'takes a payload of exactly the limit',
    as: 'tiny',
    send: 'SUB foo 1\r\nPUB foo 10\r\n0123456789\r\n',
    expect: 'MSG foo 1 10\r\n0123456789\r\n',
  },
  {
    title: 'takes 0 as nothing allowed',
    as: 'mute',
    send: 'PUB foo 1\r\nx\r\n',
    expect: "-ERR 'Maximum Payload Violation'\r\n",
    closes: true,
  },
  {
    title: 'takes an empty payload where nothing is allowed',
    as: 'mute',
    send: 'SUB foo 1\r\nPUB foo 0\r\n\r\n',
    expect: 'MSG foo 1 0\r\n\r\n',
  },

  // Subscriptions
  {
    title: 'keeps the first subscription of a sid',
    send: 'SUB foo 1\r\nSUB bar 1\r\nPUB foo 1\r\na\r\nPUB bar 1\r\nb\r\n',
    expect: 'MSG foo 1 1\r\na\r\n',
  },
  ...['foo.', '.foo', 'foo..bar', 'foo.>.bar'].map(
    (subject): Case => ({
      title: `refuses SUB ${subject}`,
      send: `SUB ${subject} 1\r\n`,
      expect: "-ERR 'Invalid Subject'\r\n",
    }),
  ),
  {
    title: 'ends a subscription at its max',
    send: 'SUB foo 1\r\nUNSUB 1 2\r\nPUB foo 1\r\na\r\nPUB foo 1\r\nb\r\nPUB foo 1\r\nc\r\n',
    expect: 'MSG foo 1 1\r\na\r\nMSG foo 1 1\r\nb\r\n',
  },
  {
    title: 'ends it now when so many came already',
    send: 'SUB foo 1\r\nPUB foo 1\r\na\r\nUNSUB 1 1\r\nPUB foo 1\r\nb\r\n',
    expect: 'MSG foo 1 1\r\na\r\n',
  },
  {
    title: 'ends it now for a max of 0 or none',
    send: 'SUB foo 1\r\nUNSUB 1 0\r\nPUB foo 1\r\na\r\nSUB foo 2\r\nUNSUB 2 x\r\nPUB foo 1\r\nb\r\nUNSUB 99\r\n',
    expect: '',
  },
  {
    title: 'takes wildcards in longer tokens as letters',
    send: 'SUB foo.b* 1\r\nSUB a>.b 2\r\nPUB foo.bar 1\r\nx\r\nPUB foo.b* 1\r\ny\r\nPUB a>.b 1\r\nz\r\n',
    expect: 'MSG foo.b* 1 1\r\ny\r\nMSG a>.b 2 1\r\nz\r\n',
  },
  {
    title: 'publishes to a subject with wildcards as to any other',
    send: 'SUB foo.* 1\r\nPUB foo.* 1\r\nx\r\nPUB foo.> 1\r\ny\r\n',
    expect: 'MSG foo.* 1 1\r\nx\r\nMSG foo.> 1 1\r\ny\r\n',
  },
  {
    title: 'reaches nobody with an empty token',
    send: 'SUB > 1\r\nPUB foo..bar 1\r\nx\r\nPUB .a 1\r\ny\r\n',
    expect: '',
  },
  {
    title: 'delivers to one member of a queue group',
    send: 'SUB foo q 1\r\nUNSUB 1 1\r\nPUB foo 1\r\nx\r\n',
    expect: 'MSG foo 1 1\r\nx\r\n',
  },
  {
    title: 'limits subscriptions',
    as: 'twoSubs',
    send: 'SUB a 1\r\nSUB b 2\r\nSUB c 3\r\nPUB c 1\r\nx\r\nUNSUB 1\r\nSUB c 3\r\nPUB c 1\r\ny\r\n',
    expect: "-ERR 'maximum subscriptions exceeded'\r\nMSG c 3 1\r\ny\r\n",
  },
  {
    title: 'refuses the queue _sys_',
    send: 'SUB foo _sys_ 1\r\n',
    expect: '-ERR \'Permissions Violation for Subscription to "foo" using queue "_sys_"\'\r\n',
  },

  // Modes
  {
    title: 'answers +OK when verbose',
    options: { verbose: true },
    send: 'SUB foo 1\r\nPUB foo 1\r\nx\r\nUNSUB 1\r\nUNSUB 7\r\n',
    expect: '+OK\r\n+OK\r\nMSG foo 1 1\r\nx\r\n+OK\r\n+OK\r\n',
  },
  {
    title: 'is pedantic when asked',
    options: { pedantic: true },
    send: 'SUB foo.* 1\r\nPUB foo.* 1\r\nx\r\nPUB a..b 1\r\ny\r\n',
    expect: "-ERR 'Invalid Publish Subject'\r\nMSG foo.* 1 1\r\nx\r\n-ERR 'Invalid Publish Subject'\r\n",
  },
  { title: 'does not echo when asked', options: { echo: false }, send: 'SUB foo 1\r\nPUB foo 1\r\nx\r\n', expect: '' },
  {
    title: 'delivers headers',
    send: 'SUB foo 1\r\nHPUB foo 12 14\r\nNATS/1.0\r\n\r\nhi\r\n',
    expect: 'HMSG foo 1 12 14\r\nNATS/1.0\r\n\r\nhi\r\n',
  },
  {
    title: 'refuses HPUB without headers',
    options: { headers: false },
    send: 'HPUB foo 12 14\r\nNATS/1.0\r\n\r\nhi\r\n',
    expect: '',
    closes: true,
  },
  {
    title: 'reports that nobody responds',
    options: { no_responders: true },
    send: 'SUB inbox 1\r\nPUB nobody inbox 1\r\nx\r\n',
    expect: 'HMSG inbox 1 38 38\r\nNATS/1.0 503\r\nNats-Subject: nobody\r\n\r\n\r\n',
  },
  { title: 'keeps quiet about it unless asked', send: 'SUB inbox 1\r\nPUB nobody inbox 1\r\nx\r\n', expect: '' },
  {
    title: 'reports it only to a plain subscription of its own',
    options: { no_responders: true },
    send: 'SUB inbox q 1\r\nPUB nobody inbox 1\r\nx\r\n',
    expect: '',
  },
  {
    title: 'counts what echo holds back as not delivered',
    options: { no_responders: true, echo: false },
    send: 'SUB inbox 1\r\nSUB self 2\r\nPUB self inbox 1\r\nx\r\n',
    expect: 'HMSG inbox 1 36 36\r\nNATS/1.0 503\r\nNats-Subject: self\r\n\r\n\r\n',
  },

  // Permissions
  {
    title: 'refuses a publish that is not allowed',
    as: 'limited',
    send: 'PUB other 1\r\nx\r\nPUB ok.secret 1\r\nx\r\nPUB ok.fine 1\r\nx\r\n',
    expect:
      '-ERR \'Permissions Violation for Publish to "other"\'\r\n-ERR \'Permissions Violation for Publish to "ok.secret"\'\r\n',
  },
  {
    title: 'has no +OK for a refused publish',
    as: 'limited',
    options: { verbose: true },
    send: 'PUB other 1\r\nx\r\n',
    expect: '-ERR \'Permissions Violation for Publish to "other"\'\r\n',
  },
  {
    title: 'refuses a subscription that is not allowed',
    as: 'limited',
    send: 'SUB other 1\r\nSUB ok.hidden 2\r\n',
    expect:
      '-ERR \'Permissions Violation for Subscription to "other"\'\r\n-ERR \'Permissions Violation for Subscription to "ok.hidden"\'\r\n',
  },
  {
    title: 'filters what a deny overlaps, plain',
    as: 'limited',
    send: 'SUB ok.> 1\r\nPUB ok.hidden 1\r\na\r\nPUB ok.a.x 1\r\nb\r\nPUB ok.seen 1\r\nc\r\n',
    expect: 'MSG ok.seen 1 1\r\nc\r\n',
  },
  {
    title: 'filters what a deny overlaps, in a queue group',
    as: 'limited',
    send: 'SUB ok.> any 1\r\nPUB ok.hidden 1\r\na\r\nPUB ok.seen 1\r\nc\r\n',
    expect: 'MSG ok.seen 1 1\r\nc\r\n',
  },
  {
    title: 'refuses a queue group that is not the allowed one',
    as: 'limited',
    send: 'SUB q work 1\r\nSUB q play 2\r\nSUB q 3\r\n',
    expect:
      '-ERR \'Permissions Violation for Subscription to "q" using queue "play"\'\r\n-ERR \'Permissions Violation for Subscription to "q"\'\r\n',
  },
  {
    title: 'refuses a queue group that is denied',
    as: 'limited',
    send: 'SUB ok.team grp 1\r\nSUB ok.team other 2\r\n',
    expect: '-ERR \'Permissions Violation for Subscription to "ok.team" using queue "grp"\'\r\n',
  },
  {
    title: 'refuses a subscription wider than its allow entry',
    as: 'limited',
    send: 'SUB in.> 1\r\n',
    expect: '-ERR \'Permissions Violation for Subscription to "in.>"\'\r\n',
    ours: 'nats-server accepts foo.> under foo.*',
  },
  {
    title: 'lets a responder answer once',
    as: 'responder',
    send: 'SUB work 1\r\nPUB inbox 1\r\nx\r\n',
    expect: '-ERR \'Permissions Violation for Publish to "inbox"\'\r\n',
  },
  {
    title: 'applies default permissions to a user without its own',
    as: 'defaults',
    send: 'SUB kept.x 1\r\nSUB given.a 2\r\nPUB other 1\r\nx\r\nPUB given.a 1\r\ny\r\n',
    expect:
      '-ERR \'Permissions Violation for Subscription to "kept.x"\'\r\n-ERR \'Permissions Violation for Publish to "other"\'\r\nMSG given.a 2 1\r\ny\r\n',
  },
  {
    title: 'refuses reserved replies',
    send: 'PUB foo _R_.x 1\r\na\r\nPUB foo $JS.ACK.x 1\r\nb\r\n',
    expect:
      '-ERR \'Permissions Violation for Publish with Reply of "_R_.x"\'\r\n-ERR \'Permissions Violation for Publish with Reply of "$JS.ACK.x"\'\r\n',
  },
  {
    title: 'refuses subjects of other servers',
    send: 'PUB _GR_.x 1\r\na\r\nPUB $NRG.x 1\r\nb\r\n',
    expect:
      '-ERR \'Permissions Violation for Publish to "_GR_.x"\'\r\n-ERR \'Permissions Violation for Publish to "$NRG.x"\'\r\n',
  },

  // Mappings
  {
    title: 'maps what is published and judges the mapped subject',
    as: 'mapped',
    send: 'SUB new 1\r\nSUB new.* 2\r\nSUB old 3\r\nPUB old 1\r\na\r\nPUB old.x 1\r\nb\r\nPUB other 1\r\nc\r\n',
    expect: 'MSG new 1 1\r\na\r\nMSG new.x 2 1\r\nb\r\n-ERR \'Permissions Violation for Publish to "other"\'\r\n',
  },

  // CONNECT
  { title: 'wants CONNECT first', raw: async () => 'PING\r\n', expect: VIOLATION, closes: true },
  { title: 'wants CONNECT to be JSON', raw: async () => 'CONNECT {nope\r\n', expect: '', closes: true },
  {
    title: 'wants the types of CONNECT right',
    raw: async () => 'CONNECT {"verbose":"yes"}\r\n',
    expect: '',
    closes: true,
  },
  { title: 'wants a JWT', raw: async () => 'CONNECT {}\r\n', expect: VIOLATION, closes: true },
  {
    title: 'bounds CONNECT like every control line',
    raw: async () => `CONNECT {"name":"${'x'.repeat(4_100)}"}\r\n`,
    expect: "-ERR 'maximum control line exceeded'\r\n",
    closes: true,
  },
  ...(
    [
      'expired',
      'future',
      'revoked',
      'foreignNetwork',
      'websocketOnly',
      'unknownAccount',
      'noBearer',
      'scopedWithOwn',
    ] as const
  ).map((as): Case => ({ title: `refuses the user ${as}`, as, raw: refusedLogin, expect: VIOLATION, closes: true })),
  {
    title: 'refuses another signature',
    raw: (client, user) => client.connectLine(user, { sig: Buffer.alloc(64).toString('base64url') }),
    expect: VIOLATION,
    closes: true,
  },
  {
    title: 'refuses no signature',
    raw: (client, user) => client.connectLine(user, { sig: undefined }),
    expect: VIOLATION,
    closes: true,
  },
  {
    title: 'refuses the signature of another key',
    raw: (client, user) => client.connectLine({ ...user, seed: Seed.generate('user') }),
    expect: VIOLATION,
    closes: true,
  },
  {
    title: 'takes a bearer without a signature',
    as: 'bearer',
    options: { sig: undefined },
    send: 'SUB a 1\r\n',
    expect: '',
  },
  {
    title: 'refuses a tampered JWT',
    raw: (client, user) => client.connectLine({ ...user, token: `${user.token.slice(0, -4)}AAAA` }),
    expect: VIOLATION,
    closes: true,
  },
  ...['a.b.c', '...', 'x', 'e30.e30.', `${'A'.repeat(2_000)}.b.c`, 'eyJhbGciOiJub25lIn0.e30.'].map(
    (jwt): Case => ({
      title: `refuses the JWT ${jwt.slice(0, 30)}`,
      raw: (client, user) => client.connectLine(user, { jwt }),
      expect: VIOLATION,
      closes: true,
    }),
  ),
  {
    title: 'wants the JWT to be text',
    raw: (client, user) => client.connectLine(user, { jwt: 5 }),
    expect: '',
    closes: true,
  },
  ...[{ account: 'A' }, { new_account: true }, { Account: '$SYS' }].map(
    (options): Case => ({
      title: `refuses ${JSON.stringify(options)} in CONNECT`,
      raw: (client, user) => client.connectLine(user, options),
      expect: VIOLATION,
      closes: true,
    }),
  ),
  {
    title: 'refuses an unknown protocol',
    raw: (client, user) => client.connectLine(user, { protocol: 2 }),
    expect: "-ERR 'invalid client protocol'\r\n",
    closes: true,
  },
  {
    title: 'wants headers for no_responders',
    raw: (client, user) => client.connectLine(user, { headers: false, no_responders: true }),
    expect: "-ERR 'no responders requires headers support'\r\n",
    closes: true,
  },
  {
    title: 'refuses a second CONNECT',
    send: 'CONNECT {}\r\n',
    expect: "-ERR 'Unknown Protocol Operation'\r\n",
    closes: true,
    ours: 'nats-server lets a session change its account',
  },
];

/** Plays one case against a server and gives what it said. */
export async function play(port: number, cast: Cast, each: Case): Promise<{ said: string; closed: boolean }> {
  const user = cast.users[each.as ?? 'full'];
  const client = each.raw ? await RawClient.open(port) : await RawClient.login(port, user, each.options);
  try {
    client.send(each.raw ? await each.raw(client, user) : (each.send ?? ''));
    return each.closes
      ? { said: await client.untilClosed(), closed: true }
      : { said: await client.soFar(), closed: false };
  } finally {
    client.close();
  }
}
