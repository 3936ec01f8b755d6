import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { RunningBroker } from '../../../broker/options.js';
import type { DirectoryResolver } from '../../../broker/resolver/directory-source.js';
import { startBroker } from '../../../broker/start.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { signDeletion } from '../../../claims/trust/deletion.js';
import { RawClient } from './raw-client.js';
import { makeWorld, type TestAccount, type TestUser, type World } from './world.js';

let world: World;
let system: TestUser;
let dir: string;

beforeEach(async () => {
  world = await makeWorld();
  system = await world.system.user('admin');
  dir = mkdtempSync(path.join(tmpdir(), 'natsctl-resolver-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
});

async function start(more: Partial<DirectoryResolver> = {}): Promise<RunningBroker> {
  const resolver = { type: 'full', dir, ...more } as const;
  const broker = await startBroker({ port: -1, operators: [world.operatorToken], resolver });
  onTestFinished(() => broker.close());
  return broker;
}

/** A request by the admin of the system account, and its answer. */
async function ask(broker: RawClient, subject: string, payload: string): Promise<string> {
  broker.send(`PUB ${subject} answer ${payload.length}\r\n${payload}\r\n`);
  const line = await broker.until('\r\n');
  const size = Number(line.trim().split(' ').at(-1));
  const body = await broker.until('\r\n');
  expect(body.length - 2).toBe(size);
  return body.slice(0, size);
}

async function admin(broker: RunningBroker): Promise<RawClient> {
  const client = await RawClient.login(broker.port, system);
  onTestFinished(() => client.close());
  client.send('SUB answer 1\r\n');
  return client;
}

async function push(client: RawClient, account: TestAccount): Promise<{ data?: object; error?: object }> {
  return JSON.parse(await ask(client, `$SYS.REQ.ACCOUNT.${account.id}.CLAIMS.UPDATE`, account.token));
}

const files = (): string[] => readdirSync(dir).sort();

async function mayConnect(broker: RunningBroker, account: TestAccount): Promise<boolean> {
  const client = await RawClient.login(broker.port, await account.user('u')).catch(() => null);
  client?.close();
  return client !== null;
}

describe('a full resolver', () => {
  it('begins empty: the identity key of the system account lets in who pushes its JWT, and the others', async () => {
    const a = await world.account('A');
    const broker = await start();
    const client = await admin(broker);
    expect(await mayConnect(broker, a)).toBe(false);
    expect(await push(client, world.system)).toMatchObject({
      data: { account: world.system.id, message: 'jwt updated' },
    });
    expect(await push(client, a)).toMatchObject({ data: { account: a.id, code: 200, message: 'jwt updated' } });
    expect(files()).toEqual([`${a.id}.jwt`, `${world.system.id}.jwt`].sort());
    expect(readFileSync(path.join(dir, `${a.id}.jwt`), 'utf8')).toBe(a.token);
    expect(await mayConnect(broker, a)).toBe(true);
    await broker.close();
    expect(await mayConnect(await start(), a), 'after a restart').toBe(true);
  });

  it('answers LOOKUP, LIST and PACK', async () => {
    const a = await world.account('A');
    const broker = await start({ preload: world.tokens() });
    const client = await admin(broker);
    expect(await ask(client, `$SYS.REQ.ACCOUNT.${a.id}.CLAIMS.LOOKUP`, '')).toBe(a.token);
    expect(await ask(client, `$SYS.REQ.ACCOUNT.${a.id.replace(/.$/, 'X')}.CLAIMS.UPDATE`, 'x')).toContain(
      'jwt update resulted in error',
    );
    const other = await makeWorld();
    expect(await ask(client, `$SYS.REQ.ACCOUNT.${other.system.id}.CLAIMS.LOOKUP`, ''), 'one it has not').toBe('');
    expect(JSON.parse(await ask(client, '$SYS.REQ.CLAIMS.LIST', '')).data.sort()).toEqual(
      [a.id, world.system.id].sort(),
    );
    const packed = [await ask(client, '$SYS.REQ.CLAIMS.PACK', 'x'.repeat(32))];
    const next = async (): Promise<string> => {
      const size = Number((await client.until('\r\n')).trim().split(' ').at(-1));
      return (await client.until('\r\n')).slice(0, size);
    };
    packed.push(await next(), await next());
    expect(packed.sort()).toEqual(['', `${a.id}|${a.token}`, `${world.system.id}|${world.system.token}`].sort());
  });

  it('keeps no JWT that is older, foreign, or lets revoked users back in, used here or not', async () => {
    const a = await world.account('A');
    const old = a.token;
    const broker = await start({ preload: [world.system.token] });
    const client = await admin(broker);
    await a.change(({ nats }) => nats.revocations.set(system.id, 1_000_000_000));
    const newest = a.token;
    expect(await push(client, a)).toHaveProperty('data');
    const refusals = [{ ...a, token: old }, await (await makeWorld()).account('FOREIGN')];
    for (const each of refusals) expect(await push(client, each)).toHaveProperty('error');
    await a.change(({ nats }) => nats.revocations.clear());
    expect(await push(client, a)).toMatchObject({
      error: { description: expect.stringContaining('REVOCATION_DROPPED') },
    });
    expect(readFileSync(path.join(dir, `${a.id}.jwt`), 'utf8')).toBe(newest);
    expect(files()).toHaveLength(2);
  });

  it('lets accounts be deleted only where it is told to, and keeps their file unless told otherwise', async () => {
    const a = await world.account('A');
    const request = await signDeletion([a.id], seedSigner(world.operator), Math.floor(Date.now() / 1_000));
    const remove = async (broker: RunningBroker) =>
      JSON.parse(await ask(await admin(broker), '$SYS.REQ.CLAIMS.DELETE', request));
    const preload = world.tokens();
    expect(await remove(await start({ preload }))).toMatchObject({
      error: { description: expect.stringContaining('delete must be enabled in server config') },
    });
    expect(files()).toContain(`${a.id}.jwt`);
    const soft = await start({ preload, allowDelete: true });
    expect(await mayConnect(soft, a)).toBe(true);
    expect(await remove(soft)).toMatchObject({ data: { message: 'deleted 1 accounts' } });
    expect(await mayConnect(soft, a)).toBe(false);
    expect(files()).toEqual([`${a.id}.jwt.deleted`, `${world.system.id}.jwt`].sort());
    await remove(await start({ preload, allowDelete: true, hardDelete: true }));
    expect(files()).not.toContain(`${a.id}.jwt`);
  });

  it('takes no more accounts than its limit', async () => {
    const [a, b] = [await world.account('A'), await world.account('B')];
    const client = await admin(await start({ preload: [world.system.token], limit: 2 }));
    expect(await push(client, a)).toHaveProperty('data');
    expect(await push(client, b)).toMatchObject({
      error: { description: expect.stringContaining('jwt store is full') },
    });
    await a.change(({ nats }) => nats.tags?.push('x'));
    expect(await push(client, a), 'one it has').toHaveProperty('data');
  });

  it('serves no damaged file and leaves it where it is', async () => {
    const [a, b] = [await world.account('A'), await world.account('B')];
    await (await start({ preload: world.tokens() })).close();
    writeFileSync(path.join(dir, `${a.id}.jwt`), a.token.slice(0, 40));
    writeFileSync(path.join(dir, 'note.txt'), 'not ours');
    const broker = await start();
    expect([await mayConnect(broker, a), await mayConnect(broker, b)]).toEqual([false, true]);
    expect(files()).toEqual([`${a.id}.jwt`, `${b.id}.jwt`, `${world.system.id}.jwt`, 'note.txt'].sort());
  });
});

describe('full resolvers', () => {
  it('take from each other what is newer, and nothing else', async () => {
    const [a, b] = [await world.account('A'), await world.account('B')];
    const old = a.token;
    await a.change(({ nats }) => nats.tags?.push('newer'));
    const broker = await start({ preload: [world.system.token, a.token], intervalMs: 50 });
    const other = await RawClient.login(broker.port, system);
    onTestFinished(() => other.close());
    other.send('SUB $SYS.REQ.CLAIMS.PACK responder 1\r\n');
    const [, , , reply, size] = (await other.until('\r\n')).trim().split(' ');
    expect(size, 'a hash of what it has').toBe('32');
    const foreign = await (await makeWorld()).account('FOREIGN');
    const lines = [`${a.id}|${old}`, `${foreign.id}|${foreign.token}`, `${b.id}|${b.token}`, ''];
    for (const line of lines) other.send(`PUB ${reply} ${line.length}\r\n${line}\r\n`);
    await expect.poll(files).toEqual([`${a.id}.jwt`, `${b.id}.jwt`, `${world.system.id}.jwt`].sort());
    expect(readFileSync(path.join(dir, `${a.id}.jwt`), 'utf8')).toBe(a.token);
  });
});

describe('a cache resolver', () => {
  it('asks others in the system account, keeps what it used last, and says of the rest that it skipped it', async () => {
    const [a, b] = [await world.account('A'), await world.account('B')];
    const broker = await start({ type: 'cache', preload: [world.system.token], limit: 2 });
    const client = await admin(broker);
    expect(await push(client, a)).toMatchObject({ data: { message: 'jwt update cache skipped' } });
    const other = await RawClient.login(broker.port, system);
    onTestFinished(() => other.close());
    other.send('SUB $SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP 1\r\n');
    await other.soFar();
    const answer = async (account: TestAccount): Promise<void> => {
      const [, subject, , reply] = (await other.until('0\r\n\r\n')).split(' ');
      expect(subject).toBe(`$SYS.REQ.ACCOUNT.${account.id}.CLAIMS.LOOKUP`);
      other.send(`PUB ${reply} ${account.token.length}\r\n${account.token}\r\n`);
    };
    for (const account of [a, b]) {
      const [connected] = await Promise.all([mayConnect(broker, account), answer(account)]);
      expect(connected).toBe(true);
    }
    expect(files(), 'the one that was used last').toContain(`${b.id}.jwt`);
    expect(files()).toHaveLength(2);
    await a.change(({ nats }) => nats.tags?.push('x'));
    expect(await push(client, a), 'in use here').toMatchObject({ data: { message: 'jwt updated cache' } });
  });
});
