import { expect, it } from 'vitest';
import { withoutPassword } from '../../../../resolver/url.js';
import { program } from '../sharing/program.js';
import { startFakeService } from './fake-service.js';

it('no password of an address is shown, whatever is wrong with it', { timeout: 60_000 }, async () => {
  const { json, run } = program();
  await json('operator', 'create', 'acme');
  await json('account', 'create', 'orders');
  const addresses = [
    'http://joe:hunter2@127.0.0.1:1',
    'http://joe:hunter2@127.0.0.1:xx',
    'nats://joe:hunter2@127.0.0.1:1',
    'nats://joe:hun@hunter2@127.0.0.1:1',
    'nats://joe:hunter2@127.0.0.1:1,ws://joe:hunter2@127.0.0.1:1',
    'nats://joe:hunter2@127.0.0.1:xx',
    'joe:hunter2@127.0.0.1:1',
    'tls://hunter2@127.0.0.1:1',
  ];
  for (const address of addresses) {
    const { code, stdout, stderr } = await run(['push', '--service', address]);
    expect([address, code !== 0, stdout]).toEqual([address, true, '']);
    expect(stderr).not.toContain('hunter2');
  }
  const { stderr } = await run(['account', 'delete', 'orders', '--yes', '--revoke', '-u', addresses[2] as string]);
  expect(stderr).toContain('nats://127.0.0.1:1');
  expect(stderr).not.toContain('hunter2');
});

it('a user and password in the address of a service are sent as Basic, and shown nowhere', async () => {
  const { json, run } = program();
  const service = await startFakeService();
  const address = service.url.replace('//', '//joe:hunter2%21@');
  await json('operator', 'create', 'acme');
  expect(await json('push', '--service', address)).toMatchObject({
    url: service.url,
    accounts: [{ result: 'created' }],
  });
  expect(new Set(service.authorizations)).toEqual(new Set([`Basic ${btoa('joe:hunter2!')}`]));
  for (const command of ['pull', 'diff']) {
    const { code, stdout, stderr } = await run([command, '--service', address]);
    expect([command, code]).toEqual([command, 0]);
    expect(stdout + stderr).not.toContain('hunter2');
  }
});

it('a host that nobody knows is a server that does not answer', async () => {
  const { json, fault } = program();
  await json('operator', 'create', 'acme');
  expect(await fault('push', '--service', 'nats://nowhere.invalid')).toEqual([1, 'ERR_BROKER_UNREACHABLE']);
});

it.each([
  ['nats://a:b@h:1,tls://c:d@h:2', 'nats://h:1,tls://h:2'],
  ['nats://a:b/c@h', 'nats://h'],
  ['a:b@h', 'h'],
  ['http://h/jwt/v1', 'http://h/jwt/v1'],
])('%s without its password', (given, shown) => {
  expect(withoutPassword(given)).toBe(shown);
});
