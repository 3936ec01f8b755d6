import { expect, it } from 'vitest';
import { Seed } from '../../../claims/keys/seed.js';
import { runService } from './service.js';

it('a NUL is refused wherever it stands, by either database', async () => {
  const service = await runService();
  const account = (await service.api('POST', '/accounts', { name: 'a' })).json.publicKey;
  const exporter = (await service.api('POST', '/accounts', { name: 'b' })).json.publicKey;
  const at = `/accounts/${account}`;
  const asked: [string, string, unknown?][] = [
    ['GET', '/accounts?name=%00'],
    ['GET', '/audit?actor=%00'],
    ['GET', '/ledger?account=%00'],
    ['DELETE', '/tokens/%00'],
    ['GET', '/webhooks/%00'],
    ['GET', `/explain?user=%00&account=${account}&action=pub&subject=x`],
    ['GET', `${at}/credential-policy/roles/%00`],
    ['POST', `${at}/activation-requests`, { exporter, type: 'stream', subject: 'x', note: 'a\0b' }],
    ['POST', `${at}/users`, { name: 'z', role: 'a\0b' }],
    ['PATCH', at, { nats: { description: 'a\0b' } }],
  ];
  for (const [method, path, body] of asked) {
    const { status, json } = await service.api(method, path, body, { 'if-match': '*' });
    expect([path, status, json.code]).toEqual([path, 400, 'ERR_REQUEST_INVALID']);
  }
  expect((await service.get('/jwt/v1/activations/%00')).status).toBe(400);
  const id = Seed.generate('account').publicKey;
  const named = await service.operator.account(id, (claims) => {
    claims.name = 'a\0b';
  });
  expect((await service.push(id, named)).status).toBe(400);
});
