import { RawClient } from '../../unit/broker/raw-client.js';
import { connectWith, tryLogin } from './auth-scene.js';
import { conforms } from './both.js';

const login = async (port: number, name: string): Promise<RawClient> => {
  const client = await RawClient.open(port);
  client.send(await connectWith(client, { user: name, pass: 'p', protocol: 0 }));
  await client.soFar();
  return client;
};

const stream = { type: 'stream' as const, token_req: false, revocations: new Map() };
const service = { type: 'service' as const, token_req: false, revocations: new Map() };
const user = (name: string) => ({ users: [{ user: name, password: 'p' }] });

conforms(
  'configured accounts',
  {
    mode: 'config',
    cast: async () => ({}),
    options: () => ({
      accounts: {
        E: {
          ...user('e'),
          exports: [
            { ...stream, subject: 'public.>' },
            { ...stream, subject: 'private.>', accounts: ['I'] },
            { ...service, subject: 'ask' },
            { ...service, subject: 'ask.private', accounts: ['I'] },
            { ...service, subject: 'ask.stream', response_type: 'Stream' as const },
          ],
        },
        I: {
          ...user('i'),
          imports: [
            { account: 'E', type: 'stream' as const, subject: 'public.>' },
            { account: 'E', type: 'stream' as const, subject: 'private.>', to: 'from.e' },
            { account: 'E', type: 'service' as const, subject: 'ask' },
            { account: 'E', type: 'service' as const, subject: 'ask.private', local_subject: 'local' },
            { account: 'E', type: 'service' as const, subject: 'ask.stream' },
          ],
        },
        M: {
          ...user('m'),
          mappings: {
            a: [{ subject: 'b' }],
            'w.*': [{ subject: 'x.$1.y', weight: 100 }],
          },
        },
        L: { ...user('l'), limits: { conn: 1, subs: 2, payload: 8 } },
        D: {
          ...user('d'),
          defaultPermissions: { pub: { allow: ['ok'], deny: [] }, sub: { allow: [], deny: ['no'] } },
        },
      },
    }),
    config: () => `accounts {
      E {
        users: [ { user: e, password: p } ]
        exports: [
          { stream: "public.>" }, { stream: "private.>", accounts: [ I ] }
          { service: "ask" }, { service: "ask.private", accounts: [ I ] }, { service: "ask.stream", response_type: stream }
        ]
      }
      I {
        users: [ { user: i, password: p } ]
        imports: [
          { stream: { account: E, subject: "public.>" } }, { stream: { account: E, subject: "private.>" }, prefix: "from.e" }
          { service: { account: E, subject: "ask" } }, { service: { account: E, subject: "ask.private" }, to: "local" }
          { service: { account: E, subject: "ask.stream" } }
        ]
      }
      M { users: [ { user: m, password: p } ], mappings { a: b, "w.*": [ { destination: "x.$1.y", weight: 100% } ] } }
      L { users: [ { user: l, password: p } ], limits { max_connections: 1, max_subscriptions: 2, max_payload: 8 } }
      D { users: [ { user: d, password: p } ], default_permissions { publish: ok, subscribe { deny: "no" } } }
    }`,
  },
  [
    {
      title: 'are apart',
      async play({ port }) {
        const e = await login(port, 'e');
        const m = await login(port, 'm');
        m.send('SUB > 1\r\n');
        await m.soFar();
        e.send('PUB secret 1\r\nx\r\nPUB public.x 1\r\nx\r\n');
        await e.soFar();
        const said = await m.soFar();
        for (const client of [e, m]) client.close();
        return said;
      },
    },
    {
      title: 'take streams that are exported, to all or to them',
      async play({ port }) {
        const e = await login(port, 'e');
        const i = await login(port, 'i');
        i.send('SUB > 1\r\n');
        await i.soFar();
        e.send('PUB public.x 1\r\n1\r\nPUB private.y 1\r\n2\r\nPUB other 1\r\n3\r\n');
        await e.soFar();
        const said = await i.soFar();
        for (const client of [e, i]) client.close();
        return said.split('\r\n').sort();
      },
    },
    {
      title: 'use services of others',
      async play({ port }) {
        const e = await login(port, 'e');
        const i = await login(port, 'i');
        e.send('SUB ask 1\r\nSUB ask.private 2\r\nSUB ask.stream 3\r\n');
        await e.soFar();
        i.send('SUB in 1\r\n');
        const said: string[] = [];
        for (const [subject, replies] of [
          ['ask', 2],
          ['local', 1],
          ['ask.stream', 2],
        ] as const) {
          i.send(`PUB ${subject} in 1\r\n?\r\n`);
          const [, asked = '', , reply = ''] = (await e.until('\r\n?\r\n')).trim().split(/\s/);
          for (let n = 0; n < replies; n++) e.send(`PUB ${reply} 1\r\n${n}\r\n`);
          await e.soFar();
          said.push(asked, await i.soFar());
        }
        for (const client of [e, i]) client.close();
        return said;
      },
    },
    {
      title: 'map subjects',
      async play({ port }) {
        const m = await login(port, 'm');
        m.send('SUB > 1\r\nPUB a 1\r\n1\r\nPUB w.q 1\r\n2\r\n');
        const said = await m.soFar();
        m.close();
        return said;
      },
    },
    {
      title: 'have limits',
      async play({ port }) {
        const l = await login(port, 'l');
        const second = await tryLogin(port, { user: 'l', pass: 'p' }, false);
        l.send('SUB a 1\r\nSUB b 2\r\nSUB c 3\r\n');
        const said = await l.soFar();
        l.send('PUB a 9\r\n123456789\r\n');
        const end = await l.untilClosed();
        return [second, said, end];
      },
    },
    {
      title: 'have default permissions',
      async play({ port }) {
        const d = await login(port, 'd');
        d.send('SUB no 1\r\nPUB ok 0\r\n\r\nPUB other 0\r\n\r\n');
        const said = await d.soFar();
        d.close();
        return said;
      },
    },
  ],
);
