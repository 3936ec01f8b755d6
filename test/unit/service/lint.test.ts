import { expect, it } from 'vitest';
import { runService } from './service.js';

const codes = ({ json }: { json: { warnings: { code: string; path: string }[] } }) =>
  json.warnings.map(({ code, path }) => `${code} ${path}`);

it('what is valid and rarely meant is said where it is made, changed and tried', async () => {
  const service = await runService();
  const made = await service.api('POST', '/accounts', { name: 'shop', limits: { conn: 0 } });
  expect(codes(made)).toEqual(['ERR_LIMIT_ZERO /nats/limits/conn']);
  const path = `/accounts/${made.json.publicKey}`;
  const mend = { nats: { limits: { conn: -1, subs: 0 } } };
  const tried = await service.api('PATCH', `${path}?dryRun=true`, mend, { 'if-match': '*' });
  expect(tried.json).toMatchObject({ dryRun: true, changes: [{ action: 'account.update' }] });
  expect(codes(tried)).toEqual(['ERR_LIMIT_ZERO /nats/limits/subs']);
  expect(codes(await service.api('PATCH', path, { nats: { limits: { conn: -1 } } }, { 'if-match': '*' }))).toEqual([]);
  const allow = Array.from({ length: 120 }, (_, n) => `orders.${n}.created.>`);
  const user = { name: 'u', bearer: true, permissions: { pub: { allow } } };
  expect(codes(await service.api('POST', `${path}/users`, user))).toEqual([
    'ERR_CONNECT_TOO_LONG ',
    'ERR_WEAK_BEARER_NO_EXPIRY /exp',
  ]);
  expect(codes(await service.api('POST', `${path}/users`, { name: 'v' }))).toEqual([]);
});
