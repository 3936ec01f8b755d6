import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAccount } from '../../../../cli/account/create.js';
import { type ClientOptions, openClient } from '../../../../cli/client/connection.js';
import { checkMessage, publish } from '../../../../cli/client/publish.js';
import { checkSubscription, describeMessage, type Received, subscribe } from '../../../../cli/client/subscribe.js';
import { generateConfig } from '../../../../cli/server-config/generate.js';
import { createUser } from '../../../../cli/user/create.js';
import { startNatsServer } from '../../../nats-server.js';
import { peer } from '../../../peers.js';
import { tempDir } from '../temp.js';
import { noPermissions, tempWorkspace } from '../temp-workspace.js';

const program = peer('nats-server');

async function served() {
  const workspace = await tempWorkspace({ now: Math.floor(Date.now() / 1000) });
  await createAccount(workspace, { name: 'orders' });
  await createUser(workspace, { name: 'all', account: 'orders', ...noPermissions });
  const narrow = { ...noPermissions, allowPub: ['mine.>'], allowSub: ['mine.>'] };
  await createUser(workspace, { name: 'narrow', account: 'orders', ...narrow });
  const file = path.join(tempDir(), 'server.conf');
  writeFileSync(file, (await generateConfig(workspace, { resolver: 'memory', jwtDir: '' })).text);
  const peerServer = await startNatsServer(program as string, file);
  onTestFinished(() => peerServer.stop());
  const server = peerServer.url;
  const client = (more: Partial<ClientOptions>) =>
    openClient({ server, account: 'orders', reconnect: false, ...more }, async () => workspace);
  return { workspace, server, client };
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe.skipIf(!program)('pub and sub', () => {
  it('bring payload, headers and reply across, and end after the count', async () => {
    const { client } = await served();
    const [a, b] = [await client({ user: 'all' }), await client({ user: 'all' })];
    const received: Received[] = [];
    let listening = () => {};
    const ready = new Promise<void>((resolve) => {
      listening = resolve;
    });
    const done = subscribe(
      a,
      { subject: 'x.*', count: 2 },
      { listening, deliver: (m) => received.push(describeMessage(m)) },
    );
    await ready;
    await publish(b, { subject: 'x.1', payload: bytes('é'), reply: 'y', headers: ['A: 1', 'A: 2', 'B:3'] });
    await publish(b, { subject: 'x.2', payload: new Uint8Array([255, 0]), headers: [] });
    await done;
    expect(received).toEqual([
      { subject: 'x.1', data: 'é', reply: 'y', headers: { A: ['1', '2'], B: ['3'] } },
      { subject: 'x.2', data: '/wA=', encoding: 'base64' },
    ]);
    await Promise.all([a.connection.close(), b.connection.close()]);
  });

  it('tell what the user may not do', async () => {
    const { client } = await served();
    const narrow = await client({ user: 'narrow' });
    const message = { subject: 'yours', payload: bytes(''), headers: [] };
    await expect(publish(narrow, message)).rejects.toMatchObject({ code: 'ERR_BROKER_PERMISSION' });
    await narrow.connection.close();
    const again = await client({ user: 'narrow' });
    const events = { listening: () => expect.unreachable(), deliver: () => {} };
    await expect(subscribe(again, { subject: 'yours' }, events)).rejects.toMatchObject({
      code: 'ERR_BROKER_PERMISSION',
    });
    await again.connection.close();
  });

  it('tell that the server does not know the user, or is not there', async () => {
    const { workspace, client } = await served();
    await createAccount(workspace, { name: 'unpushed' });
    await createUser(workspace, { name: 'u', account: 'unpushed', ...noPermissions });
    await expect(client({ account: 'unpushed' })).rejects.toMatchObject({
      code: 'ERR_BROKER_AUTHORIZATION',
      hint: expect.stringContaining('natsctl push'),
    });
    await expect(client({ user: 'all', server: 'nats://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'ERR_BROKER_UNREACHABLE',
    });
  });

  it('take a creds file without any store, with the line ends of either world, and refuse a torn one', async () => {
    const { workspace, server } = await served();
    const creds = path.join(workspace.keystore, 'creds/acme/orders/all.creds');
    const text = readFileSync(creds, 'utf8');
    const noStore = () => Promise.reject(new Error('no store is to be opened'));
    writeFileSync(creds, text.replaceAll('\n', '\r\n'));
    const client = await openClient({ server, creds, reconnect: false }, noStore);
    await publish(client, { subject: 'x', payload: bytes(''), headers: [] });
    await client.connection.close();
    writeFileSync(creds, text.slice(0, 400));
    await expect(openClient({ server, creds, reconnect: false }, noStore)).rejects.toMatchObject({
      code: 'ERR_CREDS_INVALID',
    });
  });

  it('ask which user where there are several', async () => {
    const { client } = await served();
    await expect(client({})).rejects.toMatchObject({ code: 'ERR_USAGE', hint: 'one of: all, narrow' });
    await expect(client({ user: 'nobody' })).rejects.toMatchObject({ code: 'ERR_USER_UNKNOWN' });
  });

  it('end without a fault when they are stopped', async () => {
    const { client } = await served();
    const one = await client({ user: 'all' });
    const ended = subscribe(one, { subject: 'x' }, { listening: () => void one.connection.close(), deliver: () => {} });
    await expect(ended).resolves.toBeUndefined();
  });
});

describe('what is checked before connecting', () => {
  it.each(['', 'a..b', 'a b', 'a.*', '>', 'a.'])('no publishing to %j', (subject) => {
    expect(() => checkMessage({ subject, payload: bytes(''), headers: [] })).toThrow(
      expect.objectContaining({ code: 'ERR_SUBJECT_INVALID' }),
    );
  });
  it.each(['a', ': b', 'a b: c', 'a: b\r\nc: d', 'a: b\nc'])('no header %j', (header) => {
    expect(() => checkMessage({ subject: 'x', payload: bytes(''), headers: [header] })).toThrow(
      expect.objectContaining({ code: 'ERR_HEADER_INVALID' }),
    );
  });
  it.each(['', 'a..b', 'a b', 'a.>.b'])('no subscribing to %j', (subject) => {
    expect(() => checkSubscription({ subject })).toThrow(expect.objectContaining({ code: 'ERR_SUBJECT_INVALID' }));
  });
});
