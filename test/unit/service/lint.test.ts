import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { Seed } from '../../../claims/keys/seed.js';
import { validateFile } from '../../../cli/validate/validate.js';
import { testFolder } from './folder.js';
import { makeOperator, NOW, runService } from './service.js';

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

it('what the service says of claims, `natsctl validate` says of them too, rule by rule', async () => {
  const service = await runService({ operator: await makeOperator({ strict: true }) });
  const { operator } = service;
  const folder = await testFolder();
  const key = Seed.generate('account').publicKey;
  const role = (template: object) => ({
    signing_keys: [
      {
        kind: 'user_scope',
        key,
        role: 'r',
        description: '',
        template: { subs: -1, data: -1, payload: -1, ...template },
      },
    ],
  });
  const jetStream = { mem_storage: -1, disk_storage: 0, streams: 0, consumer: -1 };
  const denied = { pub: { allow: ['a.b'], deny: ['a.>'] }, sub: {} };
  const accounts: [code: string, nats: object][] = [
    ['ERR_LIMIT_ZERO', { limits: { conn: 0, leaf: 0, subs: 0, payload: 0 } }],
    ['ERR_JETSTREAM_LIMIT_ZERO', { limits: jetStream }],
    ['ERR_JETSTREAM_LIMIT_ZERO', { limits: { tiered_limits: { R1: { ...jetStream, disk_storage: -1 } } } }],
    ['ERR_WEAK_EXPORT_EVERYTHING', { exports: [{ subject: '>', type: 'stream' }] }],
    ['ERR_PERMISSION_UNREACHABLE', { default_permissions: denied }],
    ['ERR_PERMISSION_UNREACHABLE', role(denied)],
    ['ERR_WEAK_EVERYTHING_ALLOWED', role({ pub: { allow: ['>'] }, sub: { allow: ['>'] } })],
    [
      'ERR_BEARER_DISALLOWED',
      { limits: { disallow_bearer: true }, ...role({ bearer_token: true, pub: { allow: ['a'] } }) },
    ],
    ['ERR_ACCOUNT_SCOPE_TEMPLATE', role({ pub: { allow: ['{{nonsense()}}'] } })],
    ['ERR_ACCOUNT_REVOCATION_KEY', { revocations: { [operator.claims.sub]: 5 } }],
    ['ERR_MAPPING_TRANSFORM', { mappings: { 'a.*': [{ subject: 'b.$2', weight: 100 }] } }],
  ];
  const users: [code: string, body: object][] = [
    ['ERR_LIMIT_ZERO', { limits: { subs: 0, payload: 0 } }],
    ['ERR_WEAK_BEARER_NO_EXPIRY', { bearer: true, permissions: { pub: { allow: ['a'] } } }],
    ['ERR_PERMISSION_UNREACHABLE', { permissions: denied }],
    [
      'ERR_CONNECT_TOO_LONG',
      { permissions: { pub: { allow: Array.from({ length: 200 }, (_, n) => `orders.${n}.created.>`) } } },
    ],
  ];
  const told = (list: readonly { code: string; path: string; message: string }[]) =>
    list.map(({ code, path: at, message }) => `${code} ${at}: ${message}`).sort();
  /** What is said of a whole store, not of one JWT of it. */
  const ofStores =
    /^ERR_(EXPORT_UNUSED|WEAK_NO_EXPIRY|WEAK_IDENTITY_KEY|IMPORT_|SYSTEM_ACCOUNT_|STRICT_SIGNING_KEYS_OF)/;
  const offline = async (kind: 'account' | 'user', tokens: string[]) => {
    const file = path.join(folder, 'tokens.jwt');
    await writeFile(file, [operator.token, ...tokens].join('\n'));
    const { findings } = await validateFile(file, NOW + 5);
    return told(findings.filter((one) => one.kind === kind && !ofStores.test(one.code)));
  };
  for (const [n, [code, nats]] of accounts.entries()) {
    const { json } = await service.api('POST', '/accounts', { name: `account-${n}` });
    const patched = await service.api('PATCH', `/accounts/${json.publicKey}`, { nats }, { 'if-match': '*' });
    expect(patched.status, `${code} ${patched.text}`).toBe(200);
    expect(codes(patched).join(), code).toContain(code);
    expect(told(patched.json.warnings), code).toEqual(await offline('account', [patched.json.jwt]));
  }
  const { publicKey: shop, jwt } = (await service.api('POST', '/accounts', { name: 'shop' })).json;
  for (const [n, [code, body]] of users.entries()) {
    const made = await service.api('POST', `/accounts/${shop}/users`, { name: `user-${n}`, ...body });
    expect(made.status, `${code} ${made.text}`).toBe(201);
    expect(codes(made).join(), code).toContain(code);
    // That a user may do everything is said by `validate` once, of the account.
    const own = made.json.warnings.filter((one: { code: string }) => one.code !== 'ERR_WEAK_EVERYTHING_ALLOWED');
    expect(told(own), code).toEqual(await offline('user', [jwt, made.json.jwt]));
  }
});
