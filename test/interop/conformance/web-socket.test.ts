import { deflateRawSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { seedSigner } from '../../../claims/keys/signer.js';
import { frame, WebSocketClient } from '../../unit/broker/web-socket.js';
import type { TestUser, World } from '../../unit/broker/world.js';
import { type Conversation, conforms, type Setting, type Subject } from './both.js';

interface Cast {
  user: TestUser;
  bearer: TestUser;
  standardOnly: TestUser;
}

const cast = async (world: World): Promise<Cast> => {
  const account = await world.account('A');
  return {
    user: await account.user('u'),
    bearer: await account.user('b', ({ nats }) => {
      nats.bearer_token = true;
    }),
    standardOnly: await account.user('s', ({ nats }) => {
      nats.allowed_connection_types = ['STANDARD'];
    }),
  };
};

function dial({ webSocketPort }: Subject): WebSocketClient {
  const client = WebSocketClient.dial(webSocketPort);
  onTestFinished(() => client.destroy());
  return client;
}

async function open(subject: Subject, headers: Record<string, string> = {}): Promise<WebSocketClient> {
  const client = dial(subject);
  await client.upgrade(headers);
  return client;
}

async function connectLine(client: WebSocketClient, { token, seed }: TestUser, more: object = {}): Promise<string> {
  const info = JSON.parse((await client.until('\r\n')).slice(5));
  const sig = Buffer.from(await seedSigner(seed).sign(Buffer.from(info.nonce))).toString('base64url');
  return `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, jwt: token, sig, ...more })}\r\n`;
}

async function login(subject: Subject, user: TestUser, headers: Record<string, string> = {}): Promise<WebSocketClient> {
  const client = await open(subject, headers);
  client.say(`${await connectLine(client, user)}PING\r\n`);
  await client.until('PONG\r\n');
  return client;
}

/** With which status is not compared: nats-server writes its close frame, and mostly ends before it has left. */
const closes = (title: string, bytes: Buffer | (() => Buffer)): Conversation<Cast> => ({
  title,
  async play(subject, { user }) {
    const client = await login(subject, user);
    client.send(typeof bytes === 'function' ? bytes() : bytes);
    await client.closeStatus();
    return 'ended';
  },
});

const refuses = (title: string, headers: Record<string, string>, line?: string): Conversation<Cast> => ({
  title,
  async play(subject) {
    const head = await dial(subject).upgrade(headers, line);
    return head.split('\r\n')[0];
  },
});

const plain: Setting<Cast> = {
  cast,
  options: () => ({ websocket: { port: -1, noTls: true } }),
  config: () => 'websocket { listen: "127.0.0.1:-1", no_tls: true }',
};

conforms('a WebSocket', plain, [
  {
    title: 'carries NATS both ways, wherever its messages are cut',
    async play(subject, { user }) {
      const client = await login(subject, user);
      client.say('SUB foo 1\r\nPU');
      client.send(frame('B foo 2\r\nh', { final: false }));
      client.send(frame('', { opcode: 9 }));
      client.send(frame('i\r\nPING\r\n', { opcode: 0 }));
      return client.until('PONG\r\n');
    },
  },
  {
    title: 'says in INFO what TCP says',
    async play(subject) {
      const client = await open(subject);
      return Object.keys(JSON.parse((await client.until('\r\n')).slice(5))).filter((key) => key !== 'api_lvl');
    },
  },
  {
    title: 'is another type of connection than the claims allow',
    async play(subject, { standardOnly }) {
      const client = await open(subject);
      client.say(await connectLine(client, standardOnly));
      return client.until('\r\n');
    },
  },
  {
    title: 'answers a ping with its payload, and a close with the close',
    async play(subject, { user }) {
      const client = await login(subject, user);
      client.send(frame('are you there', { opcode: 9 }));
      let { opcode, payload } = await client.nextFrame();
      const pong = [opcode, payload.toString()];
      client.send(frame(Buffer.of(3, 232), { opcode: 8 }));
      ({ opcode, payload } = await client.nextFrame());
      return [pong, opcode, payload.toString('hex')];
    },
  },
  {
    title: 'in text is as good as in binary',
    async play(subject, { user }) {
      const client = await login(subject, user);
      client.send(frame('PING\r\n', { opcode: 1 }));
      return client.until('PONG\r\n');
    },
  },
  closes('without a mask ends', frame('PING\r\n', { masked: false })),
  closes('with reserved bits ends', frame('PING\r\n', { rsv: 1 })),
  closes('compressed without having agreed on it ends', frame('x', { rsv: 4 })),
  closes('of an unknown kind ends', frame('x', { opcode: 3 })),
  closes('that goes on without having begun ends', frame('x', { opcode: 0 })),
  closes('that begins within another ends', () => Buffer.concat([frame('P', { final: false }), frame('x')])),
  closes('whose ping is in parts ends', frame('x', { opcode: 9, final: false })),
  closes('whose ping is long ends', frame('x'.repeat(126), { opcode: 9 })),
  closes('whose NATS is none ends', frame('NOTHING\r\n')),
  refuses('wants GET', {}, 'POST / HTTP/1.1'),
  refuses('wants Upgrade', { Upgrade: 'h2c' }),
  refuses('wants Connection', { Connection: 'keep-alive' }),
  refuses('wants a key', { 'Sec-WebSocket-Key': '' }),
  refuses('wants version 13', { 'Sec-WebSocket-Version': '12' }),
  refuses('is asked of any path', {}, 'GET /nats/x HTTP/1.1'),
]);

conforms(
  'a WebSocket from a page',
  {
    cast,
    options: () => ({
      websocket: {
        port: -1,
        noTls: true,
        allowedOrigins: ['https://shop.example'],
        headers: { 'X-Shop': 'yes' },
        cookies: { jwt: 'session' },
      },
    }),
    config: () => `websocket {
      listen: "127.0.0.1:-1", no_tls: true
      allowed_origins: ["https://shop.example"]
      headers { X-Shop: "yes" }
      jwt_cookie: session
    }`,
  },
  [
    refuses('of another place is refused', { Origin: 'https://evil.example' }),
    refuses('of that name by http is refused', { Origin: 'http://shop.example' }),
    refuses('of the place that is allowed is taken', { Origin: 'https://shop.example' }),
    refuses('of no page at all is taken', {}),
    {
      title: 'is answered with the headers of the configuration',
      async play(subject) {
        const head = await dial(subject).upgrade({ Origin: 'https://shop.example' });
        return head.split('\r\n').filter((line) => line.startsWith('X-'));
      },
    },
    {
      title: 'is who the cookie says, where CONNECT says nothing',
      async play(subject, { bearer }) {
        const client = await open(subject, { Cookie: `a=b; session=${bearer.token}` });
        await client.until('\r\n');
        client.say('CONNECT {"verbose":false,"pedantic":false}\r\nPING\r\n');
        return client.until('PONG\r\n');
      },
    },
  ],
);

conforms(
  'a compressed WebSocket',
  {
    cast,
    options: () => ({ websocket: { port: -1, noTls: true, compression: true } }),
    config: () => 'websocket { listen: "127.0.0.1:-1", no_tls: true, compression: true }',
  },
  [
    {
      title: 'carries NATS both ways',
      async play(subject, { user }) {
        const client = await login(subject, user, { 'Sec-WebSocket-Extensions': 'permessage-deflate' });
        const text = `SUB foo 1\r\nPUB foo 3000\r\n${'hello '.repeat(500)}\r\nPING\r\n`;
        const deflated = deflateRawSync(text, { finishFlush: 2 });
        client.send(frame(deflated.subarray(0, -4), { rsv: 4 }));
        return client.until('PONG\r\n');
      },
    },
    {
      title: 'agrees on no context',
      async play(subject) {
        const head = await dial(subject).upgrade({
          'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
        });
        return head.split('\r\n').filter((line) => line.startsWith('Sec-WebSocket-Extensions'));
      },
    },
    {
      title: 'that is no deflate ends',
      async play(subject, { user }) {
        const client = await login(subject, user, { 'Sec-WebSocket-Extensions': 'permessage-deflate' });
        client.send(frame(Buffer.alloc(100, 0xff), { rsv: 4 }));
        return (await client.closeStatus()) !== 0;
      },
    },
  ],
);
