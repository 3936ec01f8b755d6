import { Seed } from '../../../claims/keys/seed.js';
import { RawClient } from '../../unit/broker/raw-client.js';
import { connectWith, firstContact, tryLogin, whoAmI } from './auth-scene.js';
import { conforms } from './both.js';

const nobody = async () => ({});
const REFUSED = { said: "-ERR 'Authorization Violation'" };
/** bcrypt of `secret`, cost 4. */
const HASH = '$2a$04$XqxwAM.AEoWKuXbD2OkVTuLy/sAOBT2i8jy4xepQyEDbEiGI0/Ete';

conforms('without any configuration', { mode: 'config', cast: nobody }, [
  { title: 'nobody need authenticate, and CONNECT may come late', play: ({ port }) => firstContact(port) },
  { title: 'a client is in the global account', play: ({ port }) => tryLogin(port, {}) },
  {
    title: 'credentials are passed over',
    play: ({ port }) => tryLogin(port, { user: 'x', pass: 'y', jwt: 'z', auth_token: 't', sig: 's' }),
    // A name nobody proved: it is not shown.
    differs: {
      ours: {
        said: 'PONG',
        account: '$G',
        system: undefined,
        info: 'false undefined',
        self: { user: '', account: '$G', account_name: '$G' },
      },
      theirs: {
        said: 'PONG',
        account: '$G',
        system: undefined,
        info: 'false undefined',
        self: { user: 'x', account: '$G', account_name: '$G' },
      },
    },
  },
  {
    title: 'a CONNECT after other operations sets what it says',
    async play({ port }) {
      const client = await RawClient.open(port);
      client.send('SUB a 1\r\nPUB a 1\r\nx\r\nCONNECT {"verbose":true,"echo":false}\r\nPUB a 1\r\ny\r\n');
      const said = await client.soFar();
      client.close();
      return said;
    },
  },
  {
    title: 'a CONNECT that names an account is refused',
    play: async ({ port }) => [await tryLogin(port, { account: '$SYS' }), await tryLogin(port, { new_account: true })],
  },
]);

conforms(
  'a token',
  {
    mode: 'config',
    cast: nobody,
    options: () => ({ authorization: { token: 's3cret' } }),
    config: () => 'authorization { token: s3cret }',
  },
  [
    { title: 'is asked for', play: ({ port }) => firstContact(port) },
    {
      title: 'lets its holder in, and nobody else',
      play: async ({ port }) => [
        await tryLogin(port, { auth_token: 's3cret' }),
        await tryLogin(port, { auth_token: 's3cre' }),
        await tryLogin(port, { user: 's3cret' }),
        await tryLogin(port, {}),
      ],
    },
  ],
);

conforms(
  'a token that is hashed',
  {
    mode: 'config',
    cast: nobody,
    options: () => ({ authorization: { token: HASH } }),
    config: () => `authorization { token: "${HASH}" }`,
  },
  [
    {
      title: 'lets its holder in, and nobody who has the hash',
      play: async ({ port }) => [
        await tryLogin(port, { auth_token: 'secret' }),
        await tryLogin(port, { auth_token: HASH }),
        await tryLogin(port, { auth_token: 'Secret' }),
      ],
    },
  ],
);

conforms(
  'a single user',
  {
    mode: 'config',
    cast: nobody,
    options: () => ({ authorization: { user: 'derek', password: 'top' } }),
    config: () => 'authorization { user: derek, password: top }',
  },
  [
    {
      title: 'needs its name and password',
      play: async ({ port }) => [
        await tryLogin(port, { user: 'derek', pass: 'top' }),
        await tryLogin(port, { user: 'derek', pass: 'to' }),
        await tryLogin(port, { user: 'derek' }),
        await tryLogin(port, { user: 'dere', pass: 'top' }),
        await tryLogin(port, { pass: 'top' }),
        await tryLogin(port, { auth_token: 'top' }),
      ],
    },
  ],
);

const KEY = Seed.generate('user');
const OTHER = Seed.generate('user');
const PROXY = Seed.generate('user');

const none = { pub: { allow: [], deny: [] }, sub: { allow: [], deny: [] } };

conforms(
  'users',
  {
    mode: 'config',
    cast: nobody,
    options: () => ({
      trustedProxies: [PROXY.publicKey],
      accounts: {
        A: {
          users: [
            { user: 'plain', password: 'p' },
            { user: 'hashed', password: HASH },
            { user: 'web', password: 'p', allowedConnectionTypes: ['websocket'] },
            { user: 'standard', password: 'p', allowedConnectionTypes: ['standard', 'MQTT'] },
            { user: 'proxied', password: 'p', proxyRequired: true },
            {
              user: 'listener',
              password: 'p',
              permissions: { ...none, sub: { allow: ['me', 'q queue'], deny: ['no'] } },
            },
            {
              user: 'responder',
              password: 'p',
              permissions: { ...none, pub: { allow: ['$SYS.REQ.USER.INFO'], deny: [] }, resp: { max: 0, ttl: 0 } },
            },
            {
              user: 'limited',
              password: 'p',
              permissions: { ...none, pub: { allow: ['$SYS.REQ.USER.INFO', 'ok'], deny: ['no'] } },
            },
            { user: 'passwordless' },
          ],
        },
        B: { users: [{ nkey: KEY.publicKey }, { nkey: OTHER.publicKey, allowedConnectionTypes: ['WEBSOCKET'] }] },
        $SYS: { users: [{ user: 'sys', password: 'p' }] },
      },
    }),
    config: () => `
      proxies { trusted: [ { key: ${PROXY.publicKey} } ] }
      accounts {
        A { users: [
          { user: plain, password: p }
          { user: hashed, password: "${HASH}" }
          { user: web, password: p, allowed_connection_types: ["websocket"] }
          { user: standard, password: p, allowed_connection_types: ["standard", "MQTT"] }
          { user: proxied, password: p, proxy_required: true }
          { user: listener, password: p, permissions { subscribe { allow: ["me", "q queue"], deny: "no" } } }
          { user: responder, password: p, permissions { publish: "$SYS.REQ.USER.INFO", allow_responses: true } }
          { user: limited, password: p, permissions { publish { allow: ["$SYS.REQ.USER.INFO", "ok"], deny: ["no"] } } }
          { user: passwordless }
        ] }
        B { users: [ { nkey: ${KEY.publicKey} }, { nkey: ${OTHER.publicKey}, allowed_connection_types: ["WEBSOCKET"] } ] }
        $SYS { users: [ { user: sys, password: p } ] }
      }`,
  },
  [
    { title: 'make a nonce and a login needed', play: ({ port }) => firstContact(port) },
    {
      title: 'come by password, plain or hashed',
      play: async ({ port }) => [
        await tryLogin(port, { user: 'plain', pass: 'p' }),
        await tryLogin(port, { user: 'plain', pass: 'P' }),
        await tryLogin(port, { user: 'plain' }),
        await tryLogin(port, { user: 'hashed', pass: 'secret' }),
        await tryLogin(port, { user: 'hashed', pass: HASH }),
        await tryLogin(port, { user: 'nobody', pass: 'p' }),
        await tryLogin(port, { user: 'sys', pass: 'p' }),
        await tryLogin(port, {}),
      ],
    },
    {
      title: 'come by the connection types they may use',
      play: async ({ port }) => [
        await tryLogin(port, { user: 'web', pass: 'p' }),
        await tryLogin(port, { user: 'standard', pass: 'p' }),
        await tryLogin(port, { nkey: OTHER.publicKey, sign: OTHER }),
      ],
    },
    {
      title: 'come by a key that signs the nonce',
      play: async ({ port }) => [
        await tryLogin(port, { nkey: KEY.publicKey, sign: KEY }),
        await tryLogin(port, { nkey: KEY.publicKey }),
        await tryLogin(port, { nkey: KEY.publicKey, sign: OTHER }),
        await tryLogin(port, { nkey: Seed.generate('user').publicKey, sign: KEY }),
        await tryLogin(port, { nkey: KEY.publicKey, sign: KEY, user: 'plain', pass: 'wrong' }),
        await tryLogin(port, { nkey: 'x', user: 'plain', pass: 'p' }),
      ],
    },
    {
      title: 'take a signature in standard base64 too',
      async play({ port }) {
        const client = await RawClient.open(port);
        const line = await connectWith(client, { nkey: KEY.publicKey, sign: KEY });
        const fields = JSON.parse(line.slice(8)) as { sig: string };
        fields.sig = Buffer.from(fields.sig, 'base64url').toString('base64');
        client.send(`CONNECT ${JSON.stringify(fields)}\r\nPING\r\n`);
        const said = await client.until('\r\n');
        client.close();
        return said;
      },
    },
    {
      title: 'that must come through a proxy do so by its signature',
      play: async ({ port }) => [
        await tryLogin(port, { user: 'proxied', pass: 'p', proxy: PROXY }),
        await tryLogin(port, { user: 'proxied', pass: 'p' }),
        await tryLogin(port, { user: 'proxied', pass: 'p', proxy: OTHER }),
        await tryLogin(port, { user: 'plain', pass: 'p', proxy: PROXY }),
        await tryLogin(port, { user: 'plain', pass: 'p', proxy: OTHER }),
        await tryLogin(port, { user: 'plain', pass: 'p', proxy_sig: '!' }),
      ],
    },
    {
      title: 'have the permissions given to them',
      async play({ port }) {
        const client = await RawClient.open(port);
        client.send(await connectWith(client, { user: 'limited', pass: 'p' }));
        client.send('PUB ok 0\r\n\r\nPUB no 0\r\n\r\nPUB other 0\r\n\r\nSUB x 1\r\n');
        const said = await client.soFar();
        await client.until('INFO ');
        const self = await whoAmI(client);
        client.close();
        return { said, self };
      },
    },
    {
      title: 'are told all of their permissions',
      play: async ({ port }) => [
        await tryLogin(port, { user: 'listener', pass: 'p' }),
        await tryLogin(port, { user: 'responder', pass: 'p' }),
      ],
    },
    {
      title: 'without a password have none that is right',
      play: async ({ port }) => [
        await tryLogin(port, { user: 'passwordless' }),
        await tryLogin(port, { user: 'passwordless', pass: 'x' }),
      ],
      differs: {
        ours: [REFUSED, REFUSED],
        theirs: [
          {
            said: 'PONG',
            account: 'A',
            system: undefined,
            info: 'true undefined',
            self: { user: 'passwordless', account: 'A', account_name: 'A' },
          },
          REFUSED,
        ],
      },
    },
    { title: 'announce themselves before anything else', play: ({ port }) => firstContact(port, 'PUB a 0\r\n\r\n') },
  ],
);

conforms(
  'a user for those without credentials',
  {
    mode: 'config',
    cast: nobody,
    options: () => ({
      accounts: {
        A: {
          users: [
            { user: 'guest', password: 'p' },
            { user: 'b', password: 'b' },
          ],
        },
      },
      noAuthUser: 'guest',
    }),
    config: () =>
      'accounts { A { users: [ { user: guest, password: p }, { user: b, password: b } ] } }\nno_auth_user: guest',
  },
  [
    { title: 'is announced', play: ({ port }) => firstContact(port) },
    {
      title: 'is who comes without any, and nobody else',
      play: async ({ port }) => [
        await tryLogin(port, {}),
        await tryLogin(port, { user: 'guest' }),
        await tryLogin(port, { user: 'guest', pass: 'p' }),
        await tryLogin(port, { user: 'b', pass: 'b' }),
        await tryLogin(port, { user: 'b' }),
        await tryLogin(port, { auth_token: 'x' }),
        await tryLogin(port, { pass: 'p' }),
      ],
    },
    {
      title: 'is not called by a key that it names',
      play: async ({ port }) => (await tryLogin(port, { nkey: 'x' })).self,
      differs: {
        ours: { user: 'guest', account: 'A', account_name: 'A' },
        theirs: { user: 'x', account: 'A', account_name: 'A' },
      },
    },
    {
      title: 'may begin with any operation',
      play: async ({ port }) => [
        await firstContact(port, 'PUB a 0\r\n\r\n'),
        await firstContact(port, 'SUB a 1\r\n'),
        await firstContact(port, 'nonsense\r\n'),
      ],
    },
    {
      title: 'stays who it is when CONNECT comes later',
      async play({ port }) {
        const client = await RawClient.open(port);
        client.send('PING\r\nCONNECT {"verbose":false,"protocol":1}\r\n');
        await client.until('PONG\r\n');
        const self = await whoAmI(client);
        client.close();
        return self;
      },
    },
    {
      title: 'does not become another one by a later CONNECT',
      async play({ port }) {
        const client = await RawClient.open(port);
        client.send('PING\r\nCONNECT {"verbose":false,"user":"b","pass":"b"}\r\nPING\r\n');
        await client.until('PONG\r\n');
        const said = await client.until('\r\n');
        client.close();
        return said.trim();
      },
      differs: { ours: "-ERR 'Authorization Violation'", theirs: 'PONG' },
    },
  ],
);

conforms(
  'a user with a hashed password for those without credentials',
  {
    mode: 'config',
    cast: nobody,
    options: () => ({ accounts: { A: { users: [{ user: 'guest', password: HASH }] } }, noAuthUser: 'guest' }),
    config: () => `accounts { A { users: [ { user: guest, password: "${HASH}" } ] } }\nno_auth_user: guest`,
  },
  [
    {
      title: 'is who comes without any',
      play: async ({ port }) => (await tryLogin(port, {})).said,
      differs: { ours: 'PONG', theirs: REFUSED.said },
    },
  ],
);

conforms(
  'an nkey user for those without credentials',
  {
    mode: 'config',
    cast: nobody,
    options: () => ({ accounts: { A: { users: [{ nkey: KEY.publicKey }] } }, noAuthUser: KEY.publicKey }),
    config: () => `accounts { A { users: [ { nkey: ${KEY.publicKey} } ] } }\nno_auth_user: ${KEY.publicKey}`,
  },
  [
    {
      title: 'is who comes without any, by CONNECT',
      play: async ({ port }) => [
        await tryLogin(port, {}),
        await tryLogin(port, { user: 'x' }),
        await firstContact(port),
      ],
    },
  ],
);

conforms(
  'only the system account has users',
  {
    mode: 'config',
    cast: nobody,
    options: () => ({ accounts: { $SYS: { users: [{ user: 's', password: 's' }] } } }),
    config: () => 'accounts { $SYS { users: [ { user: s, password: s } ] } }',
  },
  [
    {
      title: 'and others are in the global account',
      async play({ port }) {
        const { self: _random, ...guest } = await tryLogin(port, {});
        return [guest, await tryLogin(port, { user: 's', pass: 's' }), await firstContact(port)];
      },
    },
  ],
);

conforms(
  'authorization users and default permissions',
  {
    mode: 'config',
    cast: nobody,
    options: () => ({
      authorization: {
        users: [
          { user: 'a', password: 'a' },
          { user: 'b', password: 'b', permissions: { ...none, pub: { allow: ['>'], deny: [] } } },
        ],
        defaultPermissions: { ...none, pub: { allow: ['$SYS.REQ.USER.INFO', 'x.>'], deny: [] } },
      },
    }),
    config: () => `authorization {
      default_permissions { publish: ["$SYS.REQ.USER.INFO", "x.>"] }
      users: [ { user: a, password: a }, { user: b, password: b, permissions { publish: ">" } } ]
    }`,
  },
  [
    {
      title: 'hold for users without their own',
      play: async ({ port }) => [
        await tryLogin(port, { user: 'a', pass: 'a' }),
        await tryLogin(port, { user: 'b', pass: 'b' }),
      ],
    },
  ],
);
