import { describe, expect, it } from 'vitest';
import { activationHash } from '../../../claims/activation-hash.js';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { Seed } from '../../../claims/keys/seed.js';
import type { ServiceOptions } from '../../../service/start.js';
import { NOW, type Reply, runService } from './service.js';
import { type Tenant, tenant } from './tenant.js';

const seen = ({ status, json }: Reply) => [status, json?.code ?? json?.status];
const WANTED = { type: 'service', subject: 'orders.get' };
const ANY = { 'if-match': '*' };

/** `orders` exports privately, `shop` may ask. The clock stands still until it is moved. */
async function sharing(options: Partial<ServiceOptions> = {}) {
  const clock = { now: NOW };
  const service = await runService({ now: () => clock.now, ...options });
  const [orders, shop] = [await tenant(service, 'orders'), await tenant(service, 'shop')];
  expect((await orders.api('POST', '/exports', { type: 'service', subject: 'orders.*', token_req: true })).status).toBe(
    201,
  );
  const request = (body: object = {}) =>
    shop.api('POST', '/activation-requests', { exporter: orders.key, ...WANTED, ...body });
  const asked = async (body?: object): Promise<string> => (await request(body)).json.id;
  const decide = (id: string, verb: string, body: object = {}) =>
    orders.api('POST', `/activation-requests/${id}/${verb}`, body);
  return { service, clock, orders, shop, request, asked, decide };
}

const status = async ({ api }: Tenant, id: string) => (await api('GET', `/activation-requests/${id}`)).json.status;
const imports = async ({ api }: Tenant) => (await api('GET', '/imports')).json.items;
const revocations = async ({ api }: Tenant) => (await api('GET', '/exports')).json.items[0].revocations;

describe('an activation request', () => {
  it('is approved by the exporter, and its token goes into the import', async () => {
    const { service, clock, orders, shop, request, decide } = await sharing();
    const made = await request({ note: 'for the till', attach: true, local_subject: 'get' });
    expect(made).toMatchObject({
      status: 201,
      json: { status: 'pending', importer: shop.key, exporter: orders.key, note: 'for the till', attach: true },
    });
    const { id } = made.json;
    expect(made.headers.get('location')).toBe(`/api/v1/accounts/${shop.key}/activation-requests/${id}`);
    expect((await orders.api('GET', '/activation-requests?role=exporter&status=pending')).json.items).toMatchObject([
      { id },
    ]);
    expect((await orders.api('GET', '/activation-requests?role=importer')).json.items).toEqual([]);
    const tried = await orders.api('POST', `/activation-requests/${id}/approve?dryRun=true`, {});
    expect(tried.json.changes.map((one: { action: string }) => one.action)).toEqual(['activation.approve']);
    const approved = await decide(id, 'approve', { lifetime: 3_600 });
    expect(approved).toMatchObject({
      status: 200,
      json: { status: 'approved', attached: true, lifetime: 3_600, expires: NOW + 3_600 },
    });
    const { token } = approved.json;
    const { claims } = decodeAs('activation', token);
    expect(claims).toMatchObject({ sub: shop.key, nats: { subject: 'orders.get', issuer_account: orders.key } });
    expect((await service.get(`/jwt/v1/activations/${activationHash(claims)}`)).text).toBe(token);
    expect(await imports(shop)).toMatchObject([
      { id: `service:${orders.key}:orders.get`, token, local_subject: 'get' },
    ]);
    expect(seen(await request())).toEqual([409, 'ERR_ACTIVATION_REQUESTED']);
    expect(seen(await decide(id, 'approve'))).toEqual([409, 'ERR_ACTIVATION_DECIDED']);
    expect(seen(await decide(id, 'reject'))).toEqual([409, 'ERR_ACTIVATION_DECIDED']);
    expect(seen(await shop.api('DELETE', `/activation-requests/${id}`))).toEqual([409, 'ERR_ACTIVATION_DECIDED']);

    clock.now += 1_800;
    expect(seen(await decide(id, 'renew', { lifetime: 60 }))).toEqual([409, 'ERR_ACTIVATION_NOT_LATER']);
    const renewed = await decide(id, 'renew');
    expect(renewed.json).toMatchObject({ status: 'approved', attached: true, expires: clock.now + 3_600 });
    expect(await imports(shop)).toMatchObject([{ token: renewed.json.token }]);
    clock.now += 3_600;
    expect(await status(shop, id)).toBe('expired');
    expect((await shop.api('GET', '/activation-requests?status=expired')).json.items).toHaveLength(1);
    expect((await shop.api('GET', '/activation-requests?status=approved')).json.items).toEqual([]);
    const { items } = (await service.api('GET', '/audit?limit=1000')).json;
    const actions = items.map(({ action }: { action: string }) => action);
    expect(actions.slice(-5)).toEqual([
      'activation.request',
      'activation.approve',
      'account.update',
      'activation.renew',
      'account.update',
    ]);
  });

  it('is rejected with a reason, withdrawn, and made again', async () => {
    const { orders, shop, asked, request, decide } = await sharing();
    const id = await asked();
    expect(seen(await request())).toEqual([409, 'ERR_ACTIVATION_REQUESTED']);
    expect((await decide(id, 'reject', { reason: 'not yet' })).json).toMatchObject({ status: 'rejected' });
    expect((await shop.api('GET', `/activation-requests/${id}`)).json).toMatchObject({ reason: 'not yet' });
    expect(seen(await shop.api('POST', `/activation-requests/${id}/attach`, {}))).toEqual([
      409,
      'ERR_ACTIVATION_DECIDED',
    ]);
    expect((await request()).json).toMatchObject({ id, status: 'pending' });
    expect(seen(await orders.api('DELETE', `/activation-requests/${id}`))).toEqual([
      404,
      'ERR_ACTIVATION_REQUEST_UNKNOWN',
    ]);
    expect((await shop.api('DELETE', `/activation-requests/${id}`)).status).toBe(204);
    expect(seen(await decide(id, 'approve'))).toEqual([404, 'ERR_ACTIVATION_REQUEST_UNKNOWN']);
  });

  it('is decided by its exporter alone, and tells nobody what else there is', async () => {
    const { service, orders, shop, asked, request } = await sharing();
    const third = await tenant(service, 'third');
    const id = await asked();
    const unknown = [404, 'ERR_ACTIVATION_REQUEST_UNKNOWN'];
    for (const verb of ['approve', 'reject', 'renew', 'revoke']) {
      expect(seen(await shop.api('POST', `/activation-requests/${id}/${verb}`, {})), verb).toEqual(unknown);
      expect(seen(await third.api('POST', `/activation-requests/${id}/${verb}`, {})), verb).toEqual(unknown);
    }
    expect(seen(await third.api('GET', `/activation-requests/${id}`))).toEqual(unknown);
    expect((await third.api('GET', '/activation-requests')).json.items).toEqual([]);
    // An exporter that is not there, one that exports nothing of the kind, and one that does: all the same.
    const answers = [Seed.generate('account').publicKey, third.key, orders.key].map(async (exporter) => {
      const { status, text, json } = await request({ exporter, subject: 'orders.put' });
      return [status, text.replaceAll(exporter, 'KEY').replaceAll(json.id, 'ID')];
    });
    const [first, ...others] = await Promise.all(answers);
    expect(first?.[0]).toBe(201);
    for (const other of others) expect(other).toEqual(first);
    // Who may read the operator is told at once.
    const asAdmin = (body: object) =>
      service.api('POST', `/accounts/${shop.key}/activation-requests`, { exporter: orders.key, ...WANTED, ...body });
    const nobody = Seed.generate('account').publicKey;
    expect(seen(await asAdmin({ exporter: nobody }))).toEqual([404, 'ERR_ACCOUNT_UNKNOWN']);
    expect(seen(await asAdmin({ subject: 'other' }))).toEqual([400, 'ERR_ACTIVATION_NOT_ASKED']);
    expect(seen(await request({ exporter: shop.key }))).toEqual([400, 'ERR_ACTIVATION_SELF']);
    expect(seen(await request({ exporter: 'AB' }))).toEqual([400, 'ERR_KEY_INVALID']);
    expect(seen(await request({ subject: 'a b' }))).toEqual([400, 'ERR_CLAIMS_INVALID']);
  });

  it('gives nothing where the export is not there, is public, or its key is elsewhere', async () => {
    const { service, orders, shop, asked, decide } = await sharing();
    expect(seen(await decide(await asked({ subject: 'other' }), 'approve'))).toEqual([400, 'ERR_ACTIVATION_NOT_ASKED']);
    const far = Seed.generate('account');
    const jwt = await service.operator.account(far.publicKey, ({ nats }) => {
      nats.exports.push({ type: 'service', subject: 'far', token_req: true, revocations: new Map() });
    });
    await service.push(far.publicKey, jwt);
    const body = { exporter: far.publicKey, type: 'service', subject: 'far' };
    const { id } = (await shop.api('POST', '/activation-requests', body)).json;
    const approve = `/accounts/${far.publicKey}/activation-requests/${id}/approve`;
    expect(seen(await service.api('POST', approve, {}))).toEqual([409, 'ERR_SIGN_ELSEWHERE']);
    expect(await status(shop, id)).toBe('pending');
    // The exporter goes, and the request with it.
    await service.api('DELETE', `/accounts/${far.publicKey}?force=true`);
    expect((await shop.api('GET', `/activation-requests/${id}`)).status).toBe(404);
    expect((await orders.api('GET', '/activation-requests')).json.items).toHaveLength(1);
  });

  it('revoked, stays void: under an export made anew as well, until a new one is approved', async () => {
    const { service, clock, orders, shop, asked, request, decide } = await sharing();
    const id = await asked({ attach: true });
    const { token } = (await decide(id, 'approve')).json;
    expect((await shop.api('GET', '/imports')).json.items).toHaveLength(1);
    const revoked = await decide(id, 'revoke');
    expect(revoked).toMatchObject({
      status: 200,
      json: { export: 'service:orders.*', importer: shop.key, revokedAt: NOW, announced: [] },
    });
    expect(await revocations(orders)).toEqual([{ account: shop.key, revokedAt: NOW }]);
    expect(await status(shop, id)).toBe('revoked');
    const hash = activationHash(decodeAs('activation', token).claims);
    expect((await service.get(`/jwt/v1/activations/${hash}`)).status).toBe(404);
    expect(seen(await decide(id, 'renew'))).toEqual([409, 'ERR_ACTIVATION_DECIDED']);
    expect(seen(await decide(id, 'revoke'))).toEqual([409, 'ERR_ACTIVATION_DECIDED']);
    expect(seen(await shop.api('DELETE', `/activation-requests/${id}`))).toEqual([409, 'ERR_ACTIVATION_DECIDED']);
    const patch = { nats: { exports: [{ type: 'service', subject: 'orders.*', token_req: true }] } };
    expect(seen(await orders.api('PATCH', '', patch, ANY))).toEqual([409, 'ERR_PUSH_REVOCATION_DROPPED']);

    const at = `/exports/${encodeURIComponent('service:orders.*')}`;
    expect((await orders.api('DELETE', at, undefined, ANY)).status).toBe(204);
    await orders.api('POST', '/exports', { type: 'service', subject: 'orders.*', token_req: true });
    expect(await revocations(orders)).toEqual([{ account: shop.key, revokedAt: NOW }]);

    expect((await request({ attach: true })).json).toMatchObject({ id, status: 'pending' });
    const again = await decide(id, 'approve');
    expect(again.json).toMatchObject({ status: 'approved', attached: true });
    expect(decodeAs('activation', again.json.token).claims.iat).toBe(NOW + 1);

    // Revoked by whoever manages the export, for everyone, and taken back.
    clock.now += 10;
    const all = await orders.api('POST', `${at}/revocations`, { account: '*' });
    expect(all).toMatchObject({ status: 201, json: { importer: '*', revokedAt: NOW + 10 } });
    expect(await status(shop, id)).toBe('revoked');
    const back = `${at}/revocations/${encodeURIComponent('*')}`;
    expect((await orders.api('DELETE', back)).status).toBe(200);
    expect(await status(shop, id)).toBe('approved');
    expect(seen(await orders.api('DELETE', back))).toEqual([404, 'ERR_REVOCATION_UNKNOWN']);
    expect(seen(await orders.api('POST', `${at}/revocations`, { account: 'x' }))).toEqual([400, 'ERR_KEY_INVALID']);
  });

  it('of a public export that names the importer needs no token, of a private one both', async () => {
    const { orders, shop, asked, decide } = await sharing();
    const positioned = { type: 'service', subject: 'of.*', account_token_position: 2, token_req: true };
    await orders.api('POST', '/exports', positioned);
    const foreign = await asked({ subject: `of.${orders.key}` });
    expect(seen(await decide(foreign, 'approve'))).toEqual([400, 'ERR_IMPORT_NOT_EXPORTED']);
    const own = await asked({ subject: `of.${shop.key}` });
    expect((await decide(own, 'approve')).json).toMatchObject({ status: 'approved' });
    const wanted = { type: 'service', account: orders.key, subject: `of.${shop.key}` };
    // The token of the request that was approved is found by itself.
    expect(await shop.api('POST', '/imports', wanted)).toMatchObject({
      status: 201,
      json: { token: expect.any(String), warnings: [] },
    });
  });
});

describe('activations that the service may renew', () => {
  it('are renewed before they end, and no others', async () => {
    const { service, clock, orders, shop, asked, decide } = await sharing({ renewActivations: 4 });
    const id = await asked({ attach: true });
    await decide(id, 'approve', { lifetime: 60, renew: true });
    const other = await asked({ subject: 'orders.put' });
    await decide(other, 'approve', { lifetime: 60 });
    clock.now += 58;
    await expect
      .poll(async () => (await shop.api('GET', `/activation-requests/${id}`)).json.expires, { timeout: 20_000 })
      .toBe(clock.now + 60);
    const [claim] = (await imports(shop)) as { token: string }[];
    expect(decodeAs('activation', claim?.token ?? '').claims.exp).toBe(clock.now + 60);
    expect((await shop.api('GET', `/activation-requests/${other}`)).json.expires).toBe(NOW + 60);
    const { items } = (await service.api('GET', '/audit?limit=1000')).json;
    expect(items.find(({ action }: { action: string }) => action === 'activation.renew')).toMatchObject({
      actor: 'service',
      entity: orders.key,
      detail: { request: id },
    });
  });
});
