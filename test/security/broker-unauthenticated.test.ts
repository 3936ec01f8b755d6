/** Whoever has not shown who it is costs a small fixed amount of memory, for a short time, and disturbs nobody. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawClient } from '../unit/broker/raw-client.js';
import { makeWorld, type TestUser, type World } from '../unit/broker/world.js';

const dist = fileURLToPath(new URL('../../dist/broker/start.js', import.meta.url));

let world: World;
let user: TestUser;
let program: ChildProcess;
let port: number;
let lines: AsyncIterator<string>;
const sockets: Socket[] = [];

/** The broker in a process of its own, whose memory is only its own. */
async function start(resolver: object, authTimeoutMs = 2_000): Promise<void> {
  const options = { port: -1, operators: [world.operatorToken], resolver, authTimeoutMs };
  const source = `
    const { startBroker } = await import(${JSON.stringify(`file://${dist}`)});
    const broker = await startBroker(${JSON.stringify(options)});
    console.log(broker.port);
    process.stdin.on('data', () => {
      globalThis.gc();
      console.log(JSON.stringify({ bytes: process.memoryUsage().rss, connections: broker.connections() }));
    });`;
  program = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', source], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  lines = createInterface({ input: program.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  port = Number((await lines.next()).value);
}

async function used(): Promise<{ bytes: number; connections: number }> {
  program.stdin?.write('x');
  return JSON.parse((await lines.next()).value as string);
}

/** Connected, the INFO of the broker read. */
async function open(): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, 'data');
  return socket;
}

async function othersAreServed(): Promise<void> {
  const client = await RawClient.login(port, user);
  client.send('SUB foo 1\r\nPUB foo 2\r\nhi\r\n');
  expect(await client.soFar()).toBe('MSG foo 1 2\r\nhi\r\n');
  client.close();
}

beforeEach(async () => {
  world = await makeWorld();
  user = await (await world.account('A')).user('u');
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  program.kill('SIGKILL');
  await once(program, 'exit');
});

describe('connections without a login', () => {
  it('cost some kilobytes each, whatever they send, and are gone after the timeout', async () => {
    await start({ memory: world.tokens() }, 8_000);
    await othersAreServed();
    const before = await used();
    const count = 500;
    // As much of a CONNECT as is kept: its end never comes.
    const unfinished = Buffer.concat([Buffer.from('CONNECT '), Buffer.alloc(4_000, 0x20)]);
    const all = await Promise.all(Array.from({ length: count }, open));
    for (const socket of all) socket.write(unfinished);
    await expect.poll(async () => (await used()).connections).toBe(count);
    const during = await used();
    expect((during.bytes - before.bytes) / count).toBeLessThan(48 * 1_024);
    await othersAreServed();
    const last = sockets.at(-1) as Socket;
    if (!last.destroyed) await once(last, 'close');
    await expect.poll(async () => (await used()).connections).toBe(0);
  });

  it.each([
    ['a line without an end', Buffer.alloc(1_000_000, 0x61), "-ERR 'Authorization Violation'"],
    [
      'CONNECT without an end',
      Buffer.concat([Buffer.from('CONNECT {'), Buffer.alloc(1_000_000, 0x61)]),
      "-ERR 'maximum control line exceeded'",
    ],
    ['a message', Buffer.from(`PUB foo 1000000\r\n${'x'.repeat(1_000_000)}\r\n`), "-ERR 'Authorization Violation'"],
  ])('are closed at once for %s', async (_what, bytes, said) => {
    await start({ memory: world.tokens() });
    const client = await RawClient.open(port);
    client.send(bytes);
    expect(await client.untilClosed()).toContain(said);
    await othersAreServed();
  });

  it('that drip a byte now and then are closed by the same timeout', async () => {
    await start({ memory: world.tokens() });
    const socket = await open();
    const drip = setInterval(() => socket.write(' '), 50);
    socket.write('CONNECT');
    const [said] = await once(socket, 'data');
    clearInterval(drip);
    expect(String(said)).toBe("-ERR 'Authentication Timeout'\r\n");
  });
});

describe('a login that waits for its account', () => {
  it('is not read from meanwhile, however much it sends', async () => {
    const asked = createServer(({ url }, response) => {
      // The probe is answered, an account never.
      if (url?.endsWith('/')) response.end();
    }).listen(0, '127.0.0.1');
    await once(asked, 'listening');
    try {
      await start({ url: `http://127.0.0.1:${(asked.address() as AddressInfo).port}/jwt/v1/accounts` });
      const client = await RawClient.open(port);
      const before = await used();
      client.send(await client.connectLine(user));
      client.send(Buffer.alloc(64 * 1024 * 1024, 0x61));
      await once(asked, 'request');
      const during = await used();
      expect(during.bytes - before.bytes).toBeLessThan(8 * 1024 * 1024);
      expect(await client.untilClosed()).toContain("-ERR 'Authorization Violation'");
    } finally {
      asked.closeAllConnections();
      asked.close();
    }
  });
});
