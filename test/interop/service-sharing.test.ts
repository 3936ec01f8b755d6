/** What is requested, approved and revoked at the service, as a nats-server with the URL resolver has it. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RequestError } from '@nats-io/nats-core';
import { expect, it, onTestFinished } from 'vitest';
import { startNatsServer } from '../nats-server.js';
import { peer } from '../peers.js';
import { testFolder } from '../unit/service/folder.js';
import { runService, type TestService } from '../unit/service/service.js';
import { client, linked, untilSettled } from '../unit/service/system.js';
import { tenant } from '../unit/service/tenant.js';

const program = peer('nats-server');

async function urlServer({ url, operator }: TestService) {
  const config = path.join(await testFolder(), 'server.conf');
  const lines = [
    `operator: ${operator.token}`,
    `system_account: ${operator.system.publicKey}`,
    `resolver: URL(${url}/jwt/v1/accounts/)`,
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const server = await startNatsServer(program as string, config);
  onTestFinished(() => server.stop());
  return server;
}

it.skipIf(!program)('a private service is called once it is approved, and no more once it is revoked', async () => {
  const service = await runService();
  const server = await urlServer(service);
  await linked(service, server);
  const [orders, shop] = [await tenant(service, 'orders'), await tenant(service, 'shop')];
  await orders.api('POST', '/exports', { type: 'service', subject: 'orders.*', token_req: true });
  const user = async ({ api }: typeof orders) =>
    client(server.port, (await api('POST', '/users', { name: 'u' })).json.creds);
  const [answering, asking] = [await user(orders), await user(shop)];
  answering.subscribe('orders.*', {
    callback: (_error, message) => {
      message.respond(`got ${message.subject}`);
    },
  });
  await answering.flush();
  const call = async () => {
    await untilSettled(service);
    return asking.request('get', 'x', { timeout: 1_000 }).then(
      (reply) => reply.string(),
      (error: RequestError) => (error.isNoResponders() ? 'nobody' : error.message),
    );
  };
  expect(await call()).toBe('nobody');

  const wanted = { exporter: orders.key, type: 'service', subject: 'orders.get', attach: true, local_subject: 'get' };
  const { id } = (await shop.api('POST', '/activation-requests', wanted)).json;
  expect(await call()).toBe('nobody');
  const decide = (verb: string) => orders.api('POST', `/activation-requests/${id}/${verb}`, {});
  expect((await decide('approve')).json).toMatchObject({ attached: true });
  await expect.poll(call).toBe('got orders.get');

  const revoked = await decide('revoke');
  expect(revoked.json.announced).toMatchObject([{ serverId: server.id, ok: true }]);
  await expect.poll(call).toBe('nobody');

  expect((await shop.api('POST', '/activation-requests', wanted)).json).toMatchObject({ id, status: 'pending' });
  await decide('approve');
  await expect.poll(call).toBe('got orders.get');
});
