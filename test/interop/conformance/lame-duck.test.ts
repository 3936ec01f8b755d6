import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../../broker/start.js';
import { startNatsServer } from '../../nats-server.js';
import { peer } from '../../peers.js';
import { RawClient } from '../../unit/broker/raw-client.js';
import { makeWorld, type World } from '../../unit/broker/world.js';

/** The shortest that either server takes. */
const DURATION_MS = 30_000;
const GRACE_MS = 1_000;

interface Lame {
  port: number;
  begin(): unknown;
  ended: Promise<unknown>;
}

const program = peer('nats-server');

it.skipIf(program === undefined).each([
  ['natsctl', ours],
  ['nats-server', theirs],
])('lame duck mode of %s tells its clients, takes no more, closes them silently, and ends', async (_name, start) => {
  const world = await makeWorld();
  const user = await (await world.account('A')).user('u');
  const server = await start(world);
  const client = await RawClient.open(server.port);
  client.send(await client.connectLine(user, { protocol: 1 }));
  client.send('PING\r\n');
  await client.until('PONG\r\n');
  await client.until('\r\n');
  const old = await RawClient.login(server.port, user, { protocol: 0 });
  server.begin();
  const told = JSON.parse((await client.until('\r\n')).slice(5));
  expect(told).toMatchObject({ ldm: true, max_payload: 1_048_576 });
  expect(await refused(server.port)).toBe(true);
  client.send('SUB foo 1\r\nPUB foo 2\r\nhi\r\n');
  expect(await client.soFar(), 'who is there is served until it is closed').toBe('MSG foo 1 2\r\nhi\r\n');
  expect([await client.untilClosed(), await old.untilClosed()]).toEqual(['', '']);
  await server.ended;
});

function refused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

async function ours(world: World): Promise<Lame> {
  const broker = await startBroker({
    port: -1,
    operators: [world.operatorToken],
    resolver: { memory: world.tokens() },
    lameDuckDurationMs: DURATION_MS,
    lameDuckGraceMs: GRACE_MS,
  });
  onTestFinished(() => broker.close());
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { port: broker.port, begin: () => broker.lameDuck().then(end), ended };
}

async function theirs(world: World): Promise<Lame> {
  const folder = await mkdtemp(path.join(tmpdir(), 'natsctl-lame-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'server.conf');
  const preload = world
    .tokens()
    .map((token) => `${JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sub}: ${token}`);
  await writeFile(
    file,
    `operator: ${world.operatorToken}
     system_account: ${world.system.id}
     resolver: MEMORY
     resolver_preload: {\n${preload.join('\n')}\n}
     lame_duck_duration: "${DURATION_MS / 1_000}s"
     lame_duck_grace_period: "${GRACE_MS / 1_000}s"`,
  );
  const server = await startNatsServer(program as string, file);
  onTestFinished(() => server.stop());
  const ended = new Promise((resolve) => server.process.once('exit', resolve));
  return { port: server.port, begin: () => server.process.kill('SIGUSR2'), ended };
}
