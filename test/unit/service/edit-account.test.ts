import { describe, expect, it } from 'vitest';
import { Seed } from '../../../claims/keys/seed.js';
import { type Reply, runService, type TestService } from './service.js';

async function withAccount() {
  const service = await runService();
  const made = await service.api('POST', '/accounts', { name: 'orders' });
  const at = `/accounts/${made.json.publicKey}`;
  const patch = (body: unknown, headers: Record<string, string> = {}, query = ''): Promise<Reply> =>
    service.api('PATCH', at + query, body, headers);
  return { service, at, etag: made.headers.get('etag') ?? '', key: made.json.publicKey as string, patch };
}

const snapshot = async (service: TestService) => [
  (await service.api('GET', '/accounts')).text,
  (await service.api('GET', '/audit')).text,
  (await service.api('GET', '/operators')).text,
];

describe('PATCH of an account', () => {
  it('changes any claim, signs it, and leaves the rest as it was', async () => {
    const { service, at, etag, patch } = await withAccount();
    const changed = await patch(
      {
        name: 'Orders',
        nats: {
          limits: { conn: 7, tiered_limits: { R3: { mem_storage: 0, disk_storage: 1024, streams: 1, consumer: 1 } } },
          exports: [{ name: 'all', subject: 'orders.>', type: 'stream' }],
          mappings: { 'a.*': [{ subject: 'b.$1', weight: 100 }] },
          default_permissions: { pub: { deny: ['$SYS.>'] } },
          description: 'what is ordered',
        },
      },
      { 'if-match': etag, 'content-type': 'application/merge-patch+json' },
    );
    expect(changed.status).toBe(200);
    const { claims, version } = (await service.api('GET', at)).json;
    expect(version).toBe(2);
    expect(changed.headers.get('etag')).toBe('"v2"');
    expect(claims).toMatchObject({
      name: 'Orders',
      nats: { limits: { conn: 7, leaf: -1 }, exports: [{ name: 'all' }], description: 'what is ordered' },
    });
    expect(Object.keys(claims.nats.signing_keys)).toHaveLength(1);
    const cleared = await patch({ nats: { description: null, exports: null } }, { 'if-match': '"v2"' });
    expect(cleared.json.claims.nats).not.toHaveProperty('description');
  });

  it('needs the version it was made from', async () => {
    const { patch, etag } = await withAccount();
    expect(await patch({ name: 'x' })).toMatchObject({ status: 428, json: { code: 'ERR_PRECONDITION_REQUIRED' } });
    expect((await patch({ name: 'x' }, { 'if-match': etag })).status).toBe(200);
    expect(await patch({ name: 'y' }, { 'if-match': etag })).toMatchObject({
      status: 412,
      json: { code: 'ERR_PRECONDITION' },
    });
    const both = await Promise.all([1, 2].map((n) => patch({ nats: { limits: { conn: n } } }, { 'if-match': '"v2"' })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  it.each([
    ['an unknown field', { nats: { limits: { connn: 1 } } }, 'ERR_JWT_CLAIMS'],
    ['a field of another case', { nats: { Limits: { conn: 1 } } }, 'ERR_JWT_CLAIMS'],
    ['a wrong type', { nats: { limits: { conn: 'many' } } }, 'ERR_JWT_CLAIMS'],
    ['another subject', { sub: 'AB' }, 'ERR_CLAIMS_INVALID'],
    ['an issue time of its own', { iat: 1 }, 'ERR_CLAIMS_INVALID'],
    ['claims that are not valid', { nats: { exports: [{ subject: 'a b', type: 'stream' }] } }, 'ERR_CLAIMS_INVALID'],
    ['a name that is no file name', { name: '../x' }, 'ERR_NAME_INVALID'],
    ['a prototype', JSON.parse('{"__proto__": {"name": "x"}}'), 'ERR_BODY_INVALID'],
  ])('refuses %s and changes nothing', async (_what, body, code) => {
    const { service, patch, etag } = await withAccount();
    const before = await snapshot(service);
    const refused = await patch(body, { 'if-match': etag });
    expect(refused.status).toBe(400);
    expect(refused.json.code).toBe(code);
    expect(await snapshot(service)).toEqual(before);
  });

  it('brings nobody back that was revoked', async () => {
    const { service, at, patch } = await withAccount();
    const user = Seed.generate('user').publicKey;
    await service.api('POST', `${at}/revocations`, { user });
    expect(await patch({ nats: { revocations: null } }, { 'if-match': '"v2"' })).toMatchObject({
      status: 409,
      json: { code: 'ERR_PUSH_REVOCATION_DROPPED' },
    });
  });
});

describe('dryRun', () => {
  it('tells what every kind of change would do, and does nothing', async () => {
    const { service, at, key, etag } = await withAccount();
    const user = Seed.generate('user').publicKey;
    const before = await snapshot(service);
    const tried: [string, string, unknown, string][] = [
      ['POST', '/accounts', { name: 'another' }, 'account.create'],
      ['PATCH', at, { nats: { limits: { conn: 1 } } }, 'account.update'],
      ['POST', `${at}/users`, { name: 'u' }, 'user.create'],
      ['POST', `${at}/revocations`, { user }, 'revocation.add'],
      ['POST', '/tokens', { name: 't', role: 'viewer' }, 'token.create'],
    ];
    for (const [method, path, body, action] of tried) {
      const { status, json, text } = await service.api(method, `${path}?dryRun=true`, body, { 'if-match': etag });
      expect(status, path).toBe(200);
      expect(json.dryRun).toBe(true);
      expect(json.changes.map((one: { action: string }) => one.action)).toContain(action);
      expect(text).not.toMatch(/nctl_|-----BEGIN|\bS[UAO][A-Z2-7]{56}/);
    }
    const { changes } = (await service.api('PATCH', `${at}?dryRun=true`, { name: 'new' }, { 'if-match': etag })).json;
    expect(changes).toMatchObject([{ entity: key, before: { name: 'orders' }, after: { name: 'new' } }]);
    expect(await snapshot(service)).toEqual(before);
  });

  it('is refused where a change cannot be tried, instead of being made', async () => {
    const { service } = await withAccount();
    const link = await service.api('POST', '/links?dryRun=true', { servers: ['nats://127.0.0.1:1'] });
    expect(link).toMatchObject({ status: 400, json: { code: 'ERR_REQUEST_INVALID' } });
    expect((await service.api('GET', '/accounts?dryrun=true')).status).toBe(400);
  });
});
