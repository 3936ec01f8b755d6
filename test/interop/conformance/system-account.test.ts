import { onTestFinished } from 'vitest';
import { RawClient } from '../../unit/broker/raw-client.js';
import type { TestAccount, TestUser, World } from '../../unit/broker/world.js';
import { type Conversation, conforms, type Setting, type Subject } from './both.js';

interface Cast {
  account: TestAccount;
  user: TestUser;
  system: TestUser;
  /** Of another operator's account: never let in. */
  stranger: TestUser;
}

const setting: Setting<Cast> = {
  async cast(world: World) {
    const account = await world.account('A');
    const { makeWorld } = await import('../../unit/broker/world.js');
    const elsewhere = await (await makeWorld()).account('ELSEWHERE');
    return {
      account,
      user: await account.user('u'),
      system: await world.system.user('admin'),
      stranger: await elsewhere.user('x'),
    };
  },
  options: () => ({ serverName: 'test' }),
  config: () => 'server_name: test',
};

/** Reads `MSG` and `HMSG` one after the other. */
async function message(client: RawClient): Promise<{ subject: string; body: string }> {
  for (;;) {
    const line = (await client.until('\r\n')).trimEnd();
    const [verb, subject = '', ...rest] = line.split(' ');
    if (verb !== 'MSG' && verb !== 'HMSG') continue;
    const body = await client.until('\r\n');
    return { subject, body: body.slice(0, Number(rest.at(-1))) };
  }
}

/** Of a list, whose order may be any, the entry with most fields. */
function fullest(list: unknown[]): unknown[] {
  const size = (each: unknown) => Object.keys(each ?? {}).length;
  return [...list].sort((a, b) => size(b) - size(a)).slice(0, 1);
}

function shape(value: unknown): unknown {
  if (Array.isArray(value)) return fullest(value).map(shape);
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).map(([key, each]) => [key, shape(each)]);
  return typeof value;
}

/** The server's own, which differs: version flags, JetStream; imports, of which nats-server lists those that no claims have. */
const OWN = new Set(['feature_flags', 'jetstream', 'flags', 'domain', 'cluster', 'imports']);

function without(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(without);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([key]) => !OWN.has(key));
  return Object.fromEntries(fields.map(([key, each]) => [key, without(each)]));
}

async function login(port: number, user: TestUser, options: object = {}): Promise<RawClient> {
  const client = await RawClient.login(port, user, options);
  onTestFinished(() => client.close());
  return client;
}

/** A request and the shape of its answer. */
function answers(
  title: string,
  subject: (server: Subject, cast: Cast) => string,
  { body = '', as = 'system' as 'system' | 'user' } = {},
): Conversation<Cast> {
  return {
    title,
    async play(server, cast) {
      const there = await login(server.port, cast.user, { name: 'there' });
      there.send('SUB foo 1\r\n');
      await there.soFar();
      const client = await login(server.port, cast[as]);
      client.send(`SUB answer 1\r\nPUB ${subject(server, cast)} answer ${body.length}\r\n${body}\r\n`);
      const { body: text } = await message(client);
      return shape(without(JSON.parse(text)));
    },
  };
}

const SERVER = ['VARZ', 'SUBSZ', 'CONNZ', 'ROUTEZ', 'GATEWAYZ', 'LEAFZ', 'ACCOUNTZ', 'HEALTHZ', 'IDZ', 'STATSZ'];

conforms('requests in the system account', setting, [
  ...SERVER.map((name) => answers(`PING.${name}`, () => `$SYS.REQ.SERVER.PING.${name}`)),
  ...['CONNZ', 'IDZ', 'STATSZ'].map((name) => answers(`<id>.${name}`, ({ id }) => `$SYS.REQ.SERVER.${id}.${name}`)),
  answers('PING', () => '$SYS.REQ.SERVER.PING'),
  ...['CONNZ', 'SUBSZ', 'LEAFZ', 'INFO', 'STATZ'].map((name) =>
    answers(`ACCOUNT.<id>.${name}`, (_, { account }) => `$SYS.REQ.ACCOUNT.${account.id}.${name}`),
  ),
  answers('ACCOUNT.PING.STATZ', () => '$SYS.REQ.ACCOUNT.PING.STATZ'),
  answers('CONNZ with options', () => '$SYS.REQ.SERVER.PING.CONNZ', {
    body: '{"auth":true,"subscriptions":true,"limit":1}',
  }),
  answers('options that are no JSON', () => '$SYS.REQ.SERVER.PING.CONNZ', { body: '{' }),
  answers('an option that cannot be', () => '$SYS.REQ.SERVER.PING.CONNZ', { body: '{"sort":"nothing"}' }),
  answers('a filter that is met', () => '$SYS.REQ.SERVER.PING.IDZ', { body: '{"server_name":"tes"}' }),
  answers('KICK of nobody', ({ id }) => `$SYS.REQ.SERVER.${id}.KICK`, { body: '{"cid":999999}' }),
  answers('LDM of nobody', ({ id }) => `$SYS.REQ.SERVER.${id}.LDM`, { body: '{"cid":999999}' }),
  answers('an account of itself: CONNZ', () => '$SYS.REQ.ACCOUNT.PING.CONNZ', { as: 'user' }),
  answers('an account of itself: STATZ', () => '$SYS.REQ.ACCOUNT.PING.STATZ', { as: 'user' }),
  {
    title: 'a filter that is not met has no answer',
    async play({ port }, { system }) {
      const client = await login(port, system);
      const no = '{"server_name":"other"}';
      client.send(`SUB answer 1\r\nPUB $SYS.REQ.SERVER.PING.IDZ answer ${no.length}\r\n${no}\r\n`);
      client.send('PUB $SYS.REQ.SERVER.PING.IDZ answer 0\r\n\r\n');
      return JSON.parse((await message(client)).body).name;
    },
  },
  {
    title: 'KICK closes silently',
    async play({ port, id }, { user, system }) {
      const kicked = await login(port, user);
      const client = await login(port, system);
      const body = JSON.stringify({ cid: kicked.info.client_id });
      client.send(`SUB answer 1\r\nPUB $SYS.REQ.SERVER.${id}.KICK answer ${body.length}\r\n${body}\r\n`);
      return { said: await kicked.untilClosed(), answer: shape(without(JSON.parse((await message(client)).body))) };
    },
  },
]);

conforms('events of the system account', setting, [
  {
    title: 'CONNECT and DISCONNECT',
    async play({ port }, { user, account, system }) {
      const listener = await login(port, system);
      listener.send(`SUB $SYS.ACCOUNT.${account.id}.CONNECT 1\r\nSUB $SYS.ACCOUNT.${account.id}.DISCONNECT 2\r\n`);
      await listener.soFar();
      const client = await RawClient.login(port, user, { name: 'n', lang: 'l', version: 'v' });
      const connect = await message(listener);
      client.send('PUB foo 2\r\nhi\r\n');
      await client.soFar();
      client.close();
      const disconnect = await message(listener);
      const { sent, received, reason } = JSON.parse(disconnect.body);
      return [
        ...[connect, disconnect].map(({ subject, body }) => [
          subject,
          JSON.parse(body).type,
          shape(without(JSON.parse(body))),
        ]),
        { sent, received, reason },
      ];
    },
  },
  {
    title: 'of a login that is refused',
    async play({ port, id }, { stranger, system }) {
      const listener = await login(port, system);
      listener.send(`SUB $SYS.SERVER.${id}.CLIENT.AUTH.ERR 1\r\n`);
      await listener.soFar();
      const client = await RawClient.open(port);
      client.send(await client.connectLine(stranger));
      await client.untilClosed();
      const { body } = await message(listener);
      const { reason, type } = JSON.parse(body);
      return { reason, type, shape: shape(without(JSON.parse(body))) };
    },
  },
  {
    title: 'connections of an account, under both names',
    async play({ port }, { user, account, system }) {
      const listener = await login(port, system);
      listener.send(
        `SUB $SYS.ACCOUNT.${account.id}.SERVER.CONNS 1\r\nSUB $SYS.SERVER.ACCOUNT.${account.id}.CONNS 2\r\n`,
      );
      await listener.soFar();
      await login(port, user);
      const told = [await message(listener), await message(listener)];
      return told
        .map(({ subject, body }) => [subject, shape(without(JSON.parse(body)))])
        .sort(([a], [b]) => String(a).localeCompare(String(b)));
    },
  },
  {
    title: 'STATSZ now and then',
    async play({ port, id }, { system }) {
      const listener = await login(port, system);
      listener.send(`SUB $SYS.SERVER.${id}.STATSZ 1\r\nPUB $SYS.REQ.SERVER.PING 0\r\n\r\n`);
      const { body } = await message(listener);
      return shape(without(JSON.parse(body)));
    },
  },
]);
