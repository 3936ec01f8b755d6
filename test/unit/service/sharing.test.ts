import { describe, expect, it } from 'vitest';
import { Seed } from '../../../claims/keys/seed.js';
import { type Reply, runService } from './service.js';
import { tenant } from './tenant.js';

async function tenants() {
  const service = await runService();
  return { service, orders: await tenant(service, 'orders'), shop: await tenant(service, 'shop') };
}

const path = (id: string) => encodeURIComponent(id);
const seen = ({ status, json }: Reply) => [status, json?.code];

describe('exports over REST', () => {
  it('are made, read, changed and deleted by an id that people read', async () => {
    const { orders } = await tenants();
    const made = await orders.api('POST', '/exports', {
      type: 'service',
      subject: 'orders.get.*',
      response_type: 'Stream',
      service_latency: { sampling: 50, results: 'latency.orders' },
    });
    expect(made).toMatchObject({ status: 201, json: { id: 'service:orders.get.*', warnings: [], revocations: [] } });
    expect(made.headers.get('location')).toBe(`/api/v1/accounts/${orders.key}/exports/${path('service:orders.get.*')}`);
    expect(made.headers.get('etag')).toBe('"v2"');
    const at = `/exports/${path('service:orders.get.*')}`;
    const one = await orders.api('GET', at);
    expect(one).toMatchObject({ status: 200, json: { service_latency: { sampling: 50 }, response_type: 'Stream' } });
    const patch = { service_latency: null, subject: 'orders.read.*', description: 'reads' };
    expect(seen(await orders.api('PATCH', at, patch))).toEqual([428, 'ERR_PRECONDITION_REQUIRED']);
    expect(seen(await orders.api('PATCH', at, patch, { 'if-match': '"v1"' }))).toEqual([412, 'ERR_PRECONDITION']);
    const changed = await orders.api('PATCH', at, patch, { 'if-match': '"v2"' });
    expect(changed).toMatchObject({ status: 200, json: { id: 'service:orders.read.*', description: 'reads' } });
    expect(changed.json).not.toHaveProperty('service_latency');
    expect((await orders.api('GET', '/exports')).json.items.map((item: { id: string }) => item.id)).toEqual([
      'service:orders.read.*',
    ]);
    const away = await orders.api('DELETE', `/exports/${path('service:orders.read.*')}`, undefined, {
      'if-match': '"v3"',
    });
    expect([away.status, away.headers.get('etag')]).toEqual([204, '"v4"']);
    expect((await orders.api('GET', '')).json.claims.nats).not.toHaveProperty('exports');
  });

  it('are refused by the law of claims, and where they are not there', async () => {
    const { orders } = await tenants();
    await orders.api('POST', '/exports', { type: 'stream', subject: 'a.>' });
    const cases: [method: string, at: string, body: unknown, status: number, code: string][] = [
      ['POST', '', { type: 'stream', subject: 'a.>' }, 409, 'ERR_EXPORT_TAKEN'],
      ['POST', '', { type: 'stream', subject: 'a.b' }, 400, 'ERR_CLAIMS_INVALID'],
      ['POST', '', { type: 'stream', subject: 'a b' }, 400, 'ERR_CLAIMS_INVALID'],
      ['POST', '', { type: 'stream', subject: 'x.*', account_token_position: 1 }, 400, 'ERR_CLAIMS_INVALID'],
      ['POST', '', { type: 'queue', subject: 'x' }, 400, 'ERR_REQUEST_INVALID'],
      ['POST', '', { type: 'stream', subject: 'x', revocations: {} }, 400, 'ERR_REQUEST_INVALID'],
      ['PATCH', `/${path('stream:a.>')}`, { response_type: 'Stream' }, 400, 'ERR_CLAIMS_INVALID'],
      ['PATCH', `/${path('service:a.>')}`, {}, 404, 'ERR_EXPORT_UNKNOWN'],
      ['DELETE', '/none', undefined, 404, 'ERR_EXPORT_UNKNOWN'],
      ['GET', '/none', undefined, 404, 'ERR_EXPORT_UNKNOWN'],
    ];
    for (const [method, at, body, status, code] of cases) {
      const headers: Record<string, string> = method === 'GET' ? {} : { 'if-match': '*' };
      expect(seen(await orders.api(method, `/exports${at}`, body, headers)), `${method} ${at}`).toEqual([status, code]);
    }
    expect((await orders.api('GET', '')).json.version).toBe(2);
  });

  it('that others import are taken away only by force, and who relies on them is named to whom may know', async () => {
    const { service, orders, shop } = await tenants();
    await orders.api('POST', '/exports', { type: 'service', subject: 'orders.>' });
    const wanted = { type: 'service', account: orders.key, subject: 'orders.get' };
    expect((await shop.api('POST', '/imports', wanted)).json).toMatchObject({ warnings: [] });
    const at = `/exports/${path('service:orders.>')}`;
    const any = { 'if-match': '*' };
    const inUse = { status: 409, json: { code: 'ERR_EXPORT_IN_USE' } };
    const asOwner = await orders.api('DELETE', at, undefined, any);
    expect(asOwner).toMatchObject(inUse);
    expect(asOwner.text).toContain('another account imports');
    expect(asOwner.text).not.toContain(shop.key);
    const asOperator = await service.api('DELETE', `/accounts/${orders.key}${at}`, undefined, any);
    expect(asOperator.json.errors).toEqual([
      { pointer: `/accounts/${shop.key}`, message: 'account shop imports the service "orders.get"' },
    ]);
    expect(await orders.api('PATCH', at, { subject: 'orders.put' }, any)).toMatchObject(inUse);
    expect(await orders.api('PATCH', at, { token_req: true }, any)).toMatchObject(inUse);
    expect((await orders.api('PATCH', at, { subject: 'orders.*', description: 'x' }, any)).status).toBe(200);
    const narrower = `/exports/${path('service:orders.*')}`;
    const tried = await orders.api('DELETE', `${narrower}?force=true&dryRun=true`, undefined, any);
    expect(tried).toMatchObject({ status: 200, json: { changes: [{ action: 'account.update' }] } });
    expect((await orders.api('DELETE', `${narrower}?force=true`, undefined, any)).status).toBe(204);
  });
});

describe('imports over REST', () => {
  it('are made, read, changed and deleted', async () => {
    const { orders, shop } = await tenants();
    await orders.api('POST', '/exports', { type: 'stream', subject: 'orders.*' });
    const wanted = { type: 'stream', account: orders.key, subject: 'orders.*', local_subject: 'got.*' };
    const made = await shop.api('POST', '/imports', wanted);
    const id = `stream:${orders.key}:orders.*`;
    expect(made).toMatchObject({ status: 201, json: { id, local_subject: 'got.*', warnings: [] } });
    expect(made.headers.get('location')).toBe(`/api/v1/accounts/${shop.key}/imports/${path(id)}`);
    const at = `/imports/${path(id)}`;
    const changed = await shop.api('PATCH', at, { local_subject: null, allow_trace: true }, { 'if-match': '"v2"' });
    expect(changed).toMatchObject({ status: 200, json: { id, allow_trace: true } });
    expect(changed.json).not.toHaveProperty('local_subject');
    expect((await shop.api('GET', '/imports')).json.items).toHaveLength(1);
    expect((await shop.api('GET', at)).json).toMatchObject({ id, account: orders.key });
    expect((await shop.api('DELETE', at, undefined, { 'if-match': '"v3"' })).status).toBe(204);
    expect(seen(await shop.api('GET', at))).toEqual([404, 'ERR_IMPORT_UNKNOWN']);
  });

  it('are told what the exporter, as far as it is known, makes of them', async () => {
    const { service, orders, shop } = await tenants();
    await orders.api('POST', '/exports', { type: 'service', subject: 'mine.*', account_token_position: 2 });
    await orders.api('POST', '/exports', { type: 'service', subject: 'private', token_req: true });
    await orders.api('POST', '/exports', { type: 'service', subject: 'ring' });
    await orders.api('POST', '/imports', {
      type: 'service',
      account: shop.key,
      subject: 'loop',
      local_subject: 'ring',
    });
    const make = (body: object) => shop.api('POST', '/imports', { type: 'service', account: orders.key, ...body });
    expect(seen(await make({ subject: 'private' }))).toEqual([400, 'ERR_ACTIVATION_MISSING']);
    expect((await make({ subject: 'private' })).json.hint).toContain(`/accounts/${shop.key}/activation-requests`);
    expect(seen(await make({ subject: 'private', token: 'x.y.z' }))).toEqual([400, 'ERR_CLAIMS_INVALID']);
    expect(seen(await make({ subject: 'x', account: shop.key }))).toEqual([400, 'ERR_IMPORT_SELF']);
    expect(seen(await make({ subject: 'x', account: 'AB' }))).toEqual([400, 'ERR_KEY_INVALID']);
    expect(seen(await make({ subject: 'ring', local_subject: 'loop' }))).toEqual([400, 'ERR_IMPORT_CYCLE']);
    const missing = await make({ subject: 'later' });
    expect(missing).toMatchObject({ status: 201, json: { warnings: [{ code: 'ERR_IMPORT_NOT_EXPORTED' }] } });
    expect(seen(await make({ subject: 'later' }))).toEqual([409, 'ERR_IMPORT_TAKEN']);
    const foreign = `mine.${orders.key}`;
    expect((await make({ subject: foreign, local_subject: 'not.mine' })).json.warnings).toMatchObject([
      { code: 'ERR_IMPORT_NOT_EXPORTED', path: expect.stringMatching(/^\/nats\/imports\/\d+$/) },
    ]);
    expect((await make({ subject: `mine.${shop.key}`, local_subject: 'own' })).json.warnings).toEqual([]);
    const unknown = await make({ account: Seed.generate('account').publicKey, subject: 'far' });
    expect(unknown).toMatchObject({ status: 201, json: { warnings: [] } });
    // Who manages both accounts lets himself in.
    const both = await service.api('POST', `/accounts/${shop.key}/imports`, {
      type: 'service',
      account: orders.key,
      subject: 'private',
    });
    expect(both).toMatchObject({ status: 201, json: { token: expect.any(String), warnings: [] } });
    expect((await shop.api('GET', '/activation-requests?status=approved')).json.items).toHaveLength(1);
  });
});

describe('the settings of an account over REST', () => {
  it('are limits, which the operator gives', async () => {
    const { service, orders } = await tenants();
    const at = `/accounts/${orders.key}`;
    expect((await orders.api('GET', '/limits')).json).toMatchObject({ conn: -1, disk_storage: 0, tiered_limits: {} });
    const patch = { conn: 5, tiered_limits: { R1: { disk_storage: 1_024, streams: 2 } } };
    const any = { 'if-match': '*' };
    expect(seen(await orders.api('PATCH', '/limits', patch, any))).toEqual([403, 'ERR_AUTH_FORBIDDEN']);
    const whole = { nats: { limits: { conn: 5 } } };
    expect(seen(await orders.api('PATCH', '', whole, any))).toEqual([403, 'ERR_AUTH_FORBIDDEN']);
    expect(seen(await service.api('PATCH', `${at}/limits`, patch))).toEqual([428, 'ERR_PRECONDITION_REQUIRED']);
    const given = await service.api('PATCH', `${at}/limits`, patch, any);
    expect(given).toMatchObject({
      status: 200,
      json: { conn: 5, leaf: -1, tiered_limits: { R1: { disk_storage: 1_024, mem_storage: 0 } }, warnings: [] },
    });
    const flat = await service.api('PATCH', `${at}/limits`, { disk_storage: 1 }, any);
    expect(flat).toMatchObject({ status: 400, json: { code: 'ERR_CLAIMS_INVALID' } });
    const tiers = { R1: { streams: 3 }, R3: { disk_storage: -1 } };
    expect(
      (await service.api('PATCH', `${at}/limits`, { tiered_limits: tiers }, any)).json.tiered_limits,
    ).toMatchObject({ R1: { disk_storage: 1_024, streams: 3 }, R3: { disk_storage: -1 } });
    const off = await service.api('PATCH', `${at}/limits`, { tiered_limits: { R1: null, R3: null } }, any);
    expect(off.json.tiered_limits).toEqual({});
    expect(seen(await service.api('PATCH', `${at}/limits`, { con: 1 }, any))).toEqual([400, 'ERR_REQUEST_INVALID']);
  });

  it('are default permissions, auth callout, tracing and mappings', async () => {
    const { orders } = await tenants();
    const any = { 'if-match': '*' };
    const put = (at: string, body: unknown) => orders.api('PUT', at, body, any);
    const permissions = {
      pub: { allow: ['a.>'], deny: [] },
      sub: { allow: [], deny: ['b q'] },
      resp: { max: 1, ttl: 0 },
    };
    expect(await put('/default-permissions', permissions)).toMatchObject({ status: 200, json: permissions });
    expect((await orders.api('GET', '/default-permissions')).json).toEqual(permissions);
    const wrong = { ...permissions, pub: { allow: ['a b c'], deny: [] } };
    expect(seen(await put('/default-permissions', wrong))).toEqual([400, 'ERR_CLAIMS_INVALID']);

    const user = Seed.generate('user').publicKey;
    const callout = { auth_users: [user], allowed_accounts: [orders.key] };
    expect(await put('/auth-callout', callout)).toMatchObject({ status: 200, json: callout });
    expect((await orders.api('GET', '/auth-callout')).json).toEqual(callout);
    expect(seen(await put('/auth-callout', { auth_users: [], allowed_accounts: ['*'] }))).toEqual([
      400,
      'ERR_CLAIMS_INVALID',
    ]);
    expect((await put('/auth-callout', { auth_users: [], allowed_accounts: [] })).status).toBe(200);

    expect(seen(await orders.api('GET', '/tracing'))).toEqual([404, 'ERR_TRACING_OFF']);
    expect((await put('/tracing', { dest: 'traces', sampling: 5 })).status).toBe(200);
    expect((await orders.api('GET', '/tracing')).json).toEqual({ dest: 'traces', sampling: 5 });
    expect((await orders.api('DELETE', '/tracing', undefined, any)).status).toBe(204);
    expect((await orders.api('GET', '')).json.claims.nats).not.toHaveProperty('trace');

    const destinations = [
      { subject: 'b.$1', weight: 40 },
      { subject: 'c.$1', weight: 60 },
    ];
    const at = `/mappings/${path('a.*')}`;
    expect(await put(at, { destinations })).toMatchObject({ status: 200, json: { subject: 'a.*', warnings: [] } });
    expect((await orders.api('GET', '/mappings')).json.items).toEqual([{ subject: 'a.*', destinations }]);
    expect((await orders.api('GET', at)).json.destinations).toEqual(destinations);
    const odd = await put('/mappings/x', { destinations: [{ subject: 'y.$1' }] });
    expect(odd.json.warnings).toMatchObject([{ code: 'ERR_MAPPING_TRANSFORM' }]);
    const heavy = [
      { subject: 'b', weight: 60 },
      { subject: 'c', weight: 60 },
    ];
    expect(seen(await put('/mappings/z', { destinations: heavy }))).toEqual([400, 'ERR_CLAIMS_INVALID']);
    expect(seen(await orders.api('DELETE', '/mappings/z', undefined, any))).toEqual([404, 'ERR_MAPPING_UNKNOWN']);
    expect((await orders.api('DELETE', at, undefined, any)).status).toBe(204);
    expect((await orders.api('GET', '/mappings')).json.items).toHaveLength(1);
  });
});
