/** The folder of a full resolver goes from our broker to nats-server and back, and the service fills one that is empty. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../broker/start.js';
import { formatCreds } from '../../claims/creds.js';
import { startService } from '../../service/start.js';
import { startNatsServer } from '../nats-server.js';
import { peer } from '../peers.js';
import { RawClient } from '../unit/broker/raw-client.js';
import { makeWorld, type TestAccount, type World } from '../unit/broker/world.js';

const program = peer('nats-server');

function folder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'natsctl-directory-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function ours(world: World, dir: string, more: object = {}) {
  const broker = await startBroker({
    port: -1,
    operators: [world.operatorToken],
    resolver: { type: 'full', dir, ...more },
  });
  onTestFinished(() => broker.close());
  return broker;
}

async function theirs(world: World, dir: string) {
  const config = path.join(folder(), 'server.conf');
  const resolver = `{ type: full, dir: "${dir}", interval: "1m" }`;
  writeFileSync(
    config,
    `operator: ${world.operatorToken}\nsystem_account: ${world.system.id}\nresolver: ${resolver}\n`,
  );
  const server = await startNatsServer(program as string, config);
  onTestFinished(() => server.stop());
  return server;
}

async function push({ port }: { port: number }, world: World, account: TestAccount): Promise<string> {
  const client = await RawClient.login(port, await world.system.user('admin'));
  const subject = `$SYS.REQ.ACCOUNT.${account.id}.CLAIMS.UPDATE`;
  client.send(`SUB answer 1\r\nPUB ${subject} answer ${account.token.length}\r\n${account.token}\r\n`);
  const answer = await client.until('}}');
  client.close();
  return answer;
}

async function mayConnect({ port }: { port: number }, account: TestAccount): Promise<boolean> {
  const client = await RawClient.login(port, await account.user('u')).catch(() => null);
  client?.close();
  return client !== null;
}

it.skipIf(program === undefined)('nats-server goes on with what the broker kept, and the other way round', async () => {
  const world = await makeWorld();
  const [a, b] = [await world.account('A'), await world.account('B')];
  const dir = folder();
  const first = await ours(world, dir);
  for (const account of [world.system, a]) expect(await push(first, world, account)).toContain('jwt updated');
  await first.close();
  const second = await theirs(world, dir);
  expect(await mayConnect(second, a)).toBe(true);
  expect(await push(second, world, b)).toContain('jwt updated');
  await second.stop();
  const third = await ours(world, dir);
  expect([await mayConnect(third, a), await mayConnect(third, b)]).toEqual([true, true]);
});

it('an empty one is filled by a service that is attached', async () => {
  const world = await makeWorld();
  const a = await world.account('A');
  const home = folder();
  const broker = await ours(world, path.join(home, 'jwt'), { preload: [world.system.token], intervalMs: 100 });
  const service = await startService({ dataDir: path.join(home, 'service'), port: -1 });
  onTestFinished(() => service.close());
  await service.adoptOperator({ operatorToken: world.operatorToken, accounts: world.tokens() });
  const link = await world.system.user('service');
  await service.attach({ servers: [broker.url], creds: formatCreds(link.token, link.seed) });
  await expect.poll(() => readdirSync(path.join(home, 'jwt')), { timeout: 10_000 }).toContain(`${a.id}.jwt`);
  await service.close();
  expect(await mayConnect(broker, a)).toBe(true);
});
