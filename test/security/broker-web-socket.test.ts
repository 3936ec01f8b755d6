/** What a WebSocket can be made to hold before anybody has shown who they are, and after. */
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningBroker, WebSocketOptions } from '../../broker/options.js';
import { startBroker } from '../../broker/start.js';
import { frame, WebSocketClient } from '../unit/broker/web-socket.js';
import { makeWorld, type TestUser } from '../unit/broker/world.js';

let user: TestUser;
let broker: RunningBroker;
let start: (more?: Partial<WebSocketOptions>) => Promise<void>;
const clients: WebSocketClient[] = [];

beforeEach(async () => {
  const world = await makeWorld();
  user = await (await world.account('A')).user('u', ({ nats }) => {
    nats.bearer_token = true;
  });
  start = async (more = {}) => {
    const websocket = { port: -1, noTls: true, compression: true, ...more };
    const options = { port: -1, operators: [world.operatorToken], resolver: { memory: world.tokens() }, websocket };
    broker = await startBroker({ ...options, maxPayload: 1_000 });
  };
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await broker.close();
});

function dial(): WebSocketClient {
  const client = WebSocketClient.dial(Number(new URL(broker.webSocketUrl ?? '').port));
  clients.push(client);
  return client;
}

async function open(): Promise<WebSocketClient> {
  const client = dial();
  await client.upgrade({ 'Sec-WebSocket-Extensions': 'permessage-deflate' });
  await client.until('\r\n');
  return client;
}

async function othersAreServed(): Promise<void> {
  const client = await open();
  client.say(`CONNECT {"verbose":false,"pedantic":false,"jwt":"${user.token}"}\r\nPING\r\n`);
  expect(await client.until('PONG\r\n')).toContain('PONG');
}

const bomb = (bytes: number): Buffer =>
  frame(deflateRawSync(Buffer.alloc(bytes, 0x61), { finishFlush: 2 }).subarray(0, -4), { rsv: 4 });

describe('a WebSocket', () => {
  it.each([
    ['a frame that inflates to 64 MiB', bomb(64 * 1024 * 1024)],
    ['a frame of a length nobody sends', frame('x', { length: Number.MAX_SAFE_INTEGER })],
    [
      'a message that never ends',
      Buffer.concat(
        Array.from({ length: 200 }, (_, i) => frame('a'.repeat(100), { opcode: i === 0 ? 2 : 0, final: false })),
      ),
    ],
    ['CONNECT without an end', frame(`CONNECT {${'a'.repeat(100_000)}`)],
  ])('before CONNECT ends with %s', async (_what, bytes) => {
    await start();
    const client = await open();
    client.send(bytes);
    await client.closeStatus();
    await othersAreServed();
  });

  it('after CONNECT ends with what inflates beyond any message', async () => {
    await start();
    const client = await open();
    client.say(`CONNECT {"verbose":false,"pedantic":false,"jwt":"${user.token}"}\r\nPING\r\n`);
    await client.until('PONG\r\n');
    client.send(bomb(64 * 1024 * 1024));
    await client.closeStatus();
    await othersAreServed();
  });

  it('that never asks for its upgrade is ended', async () => {
    await start({ handshakeTimeoutMs: 200 });
    const silent = dial();
    expect(await silent.closeStatus()).toBe(null);
    await othersAreServed();
  });

  it('whose request is larger than any is ended', async () => {
    await start();
    const client = dial();
    const head = await client.upgrade({ 'X-Long': 'x'.repeat(100_000) }).catch(() => 'ended');
    expect(head).toMatch(/^(ended|HTTP\/1.1 4\d\d)/);
    await othersAreServed();
  });

  it.each([
    ['sec-websocket-key', 'é'.repeat(11)],
    ['origin', 'http://[::1'],
    ['cookie', `${'a=b; '.repeat(1_000)}`],
    ['sec-websocket-extensions', 'permessage-deflate; client_max_window_bits=99999'],
  ])('with an odd %s gets an answer', async (name, value) => {
    await start({ sameOrigin: true, cookies: { jwt: 'session' } });
    const head = await dial()
      .upgrade({ [name]: value })
      .catch(() => 'ended');
    expect(head).toMatch(/^(ended|HTTP\/1.1 (101|4\d\d))/);
    await othersAreServed();
  });
});
