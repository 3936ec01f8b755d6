import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../claims/creds.js';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { Seed } from '../../../claims/keys/seed.js';
import { verifyAccount } from '../../../claims/trust/account.js';
import { trustOperators } from '../../../claims/trust/operators.js';
import { verifyUser } from '../../../claims/trust/user.js';
import { refuseInserts } from './database.js';
import { NOW, runService, send, type TestService } from './service.js';

const newKey = (kind: 'account' | 'user') => Seed.generate(kind).publicKey;

describe('accounts over REST', () => {
  it('are made with keys that stay in custody, and give users whose creds hold', async () => {
    const service = await runService();
    const made = await service.api('POST', '/accounts', {
      name: 'shop',
      description: 'sells',
      limits: { conn: 3, disallow_bearer: true },
    });
    expect(made.status).toBe(201);
    const account = made.json.publicKey;
    expect(made.headers.get('location')).toBe(`/api/v1/accounts/${account}`);
    const verified = verifyAccount(made.json.jwt, trustOperators([service.operator.claims]), {
      now: NOW,
      subject: account,
    });
    expect(verified.claims).toMatchObject({
      name: 'shop',
      nats: { description: 'sells', limits: { conn: 3, disallow_bearer: true } },
    });
    expect(verified.claims.nats.signing_keys.size).toBe(1);

    const user = await service.api('POST', `/accounts/${account}/users`, {
      name: 'till',
      expires: NOW + 3_600,
      permissions: { pub: { allow: ['sales.>'] }, sub: { deny: ['hr.>'] } },
      limits: { subs: 7 },
    });
    expect(user.status).toBe(201);
    const { token, seed } = parseCreds(user.json.creds);
    expect(seed.publicKey).toBe(user.json.publicKey);
    expect(user.json.jwt).toBe(token);
    const { claims, limits } = verifyUser(token, verified, { now: NOW + 1 });
    expect(claims).toMatchObject({ name: 'till', exp: NOW + 3_600, nats: { issuer_account: account } });
    expect(limits).toMatchObject({ pub: { allow: ['sales.>'] }, sub: { deny: ['hr.>'] }, subs: 7 });

    const shown = await service.api('GET', `/users/${user.json.publicKey}`);
    expect(shown).toMatchObject({
      status: 200,
      json: { publicKey: user.json.publicKey, name: 'till', account, expires: NOW + 3_600 },
    });
    expect(shown.text).not.toContain('creds');
    expect((await service.api('GET', `/accounts/${account}/users`)).json.items).toHaveLength(1);
  });

  it('are made for a key kept elsewhere, whose users this service cannot sign', async () => {
    const service = await runService();
    const publicKey = newKey('account');
    expect(await service.api('POST', '/accounts', { name: 'mine', publicKey })).toMatchObject({
      status: 201,
      json: { publicKey },
    });
    expect(await service.api('POST', `/accounts/${publicKey}/users`, { name: 'x' })).toMatchObject({
      status: 409,
      json: { code: 'ERR_PUBLIC_KEY_REQUIRED' },
    });
    expect(await service.api('POST', '/accounts', { name: 'again', publicKey })).toMatchObject({
      status: 409,
      json: { code: 'ERR_ACCOUNT_EXISTS' },
    });
  });

  it('are listed page by page', async () => {
    const service = await runService();
    for (const name of ['a', 'b', 'c', 'd']) await service.api('POST', '/accounts', { name });
    const names: string[] = [];
    for (let after = ''; ; ) {
      const page = await service.api('GET', `/accounts?limit=2${after && `&after=${after}`}`);
      expect(page.json.items.length).toBeLessThanOrEqual(2);
      names.push(...page.json.items.map((item: { name: string }) => item.name));
      if (!page.json.next) break;
      after = page.json.next;
    }
    expect(names.sort()).toEqual(['SYS', 'a', 'b', 'c', 'd']);
    for (const query of [
      'limit=0',
      'limit=-1',
      'limit=1001',
      'limit=x',
      'limit=1&limit=2',
      'name[contains]=a',
      'after[not]=',
    ]) {
      expect((await service.api('GET', `/accounts?${query}`)).status, query).toBe(400);
    }
  });

  it('cannot be made with a name that is taken or no name, nor with claims that are not valid', async () => {
    const service = await runService();
    await service.api('POST', '/accounts', { name: 'Shop' });
    const publicKey = newKey('account');
    const cases: [body: unknown, status: number, code: string][] = [
      [{ name: 'Shop' }, 409, 'ERR_ACCOUNT_NAME_TAKEN'],
      [{ name: 'sHOP' }, 409, 'ERR_ACCOUNT_NAME_TAKEN'],
      [{ name: 'a/b' }, 400, 'ERR_NAME_INVALID'],
      [{ name: '..' }, 400, 'ERR_NAME_INVALID'],
      [{ name: 'x', publicKey: newKey('user') }, 400, 'ERR_KEY_KIND'],
      [{ name: 'x', publicKey: 'A' }, 400, 'ERR_KEY_INVALID'],
      [{ name: '' }, 400, 'ERR_REQUEST_INVALID'],
      [{ name: 5 }, 400, 'ERR_REQUEST_INVALID'],
      [{ name: ['x'] }, 400, 'ERR_REQUEST_INVALID'],
      [{}, 400, 'ERR_REQUEST_INVALID'],
      [[], 400, 'ERR_REQUEST_INVALID'],
      [{ name: 'x', publicKey, limits: { conn: 1.5 } }, 400, 'ERR_REQUEST_INVALID'],
      [{ name: 'x', publicKey, limits: { conn: -2 } }, 400, 'ERR_REQUEST_INVALID'],
      [{ name: 'x', publicKey, limits: { conn: 2 ** 53 } }, 400, 'ERR_BODY_INVALID'],
      [{ name: 'x', publicKey, limits: { constructor: 1 } }, 400, 'ERR_BODY_INVALID'],
    ];
    for (const [body, status, code] of cases) {
      const refused = await service.api('POST', '/accounts', body);
      expect([refused.status, refused.json.code], JSON.stringify(body)).toEqual([status, code]);
    }
    expect((await service.api('GET', '/accounts')).json.items).toHaveLength(2);
  });

  it('give no second user of a name, of a key, or of a revoked key', async () => {
    const service = await runService();
    const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    const publicKey = newKey('user');
    const make = (body: unknown) => service.api('POST', `/accounts/${account}/users`, body);
    expect((await make({ name: 'till', publicKey })).json).not.toHaveProperty('creds');
    const gone = newKey('user');
    await service.api('POST', `/accounts/${account}/revocations`, { user: gone });
    const cases: [body: unknown, status: number, code: string][] = [
      [{ name: 'TILL' }, 409, 'ERR_USER_NAME_TAKEN'],
      [{ name: 'other', publicKey }, 409, 'ERR_USER_EXISTS'],
      [{ name: 'other', publicKey: gone }, 409, 'ERR_USER_REVOKED'],
      [{ name: 'a\\b' }, 400, 'ERR_NAME_INVALID'],
      [{ name: 'x', permissions: { pub: { allow: ['a b..c'] } } }, 400, 'ERR_CLAIMS_INVALID'],
      [{ name: 'x', expires: NOW - 1 }, 400, 'ERR_CLAIMS_INVALID'],
    ];
    for (const [body, status, code] of cases) {
      const refused = await make(body);
      expect([refused.status, refused.json.code], JSON.stringify(body)).toEqual([status, code]);
    }
    expect((await service.api('GET', `/accounts/${account}/users`)).json.items).toHaveLength(1);
  });

  it('that revoked everyone can have new users in the same second', async () => {
    const service = await runService({ now: () => NOW });
    const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    await service.api('POST', `/accounts/${account}/revocations`, { user: '*' });
    const user = await service.api('POST', `/accounts/${account}/users`, { name: 'till' });
    expect(user.status).toBe(201);
    expect(decodeAs('user', user.json.jwt).claims.iat).toBe(NOW + 1);
  });
});

describe('the REST API', () => {
  const document = async (service: TestService) => (await service.get('/openapi.json')).json;

  it('is described with the schemas that it validates by', async () => {
    const service = await runService();
    const { paths, components } = await document(service);
    const post = paths['/api/v1/accounts'].post;
    expect(post.requestBody.content['application/json'].schema).toEqual({ $ref: '#/components/schemas/NewAccount' });
    expect(components.schemas.NewAccount).toMatchObject({
      type: 'object',
      additionalProperties: false,
      required: ['name'],
    });
    expect(post.responses['409'].content).toHaveProperty('application/problem+json');
    expect(post.security).toEqual([{ bearer: [] }]);
  });

  it('lets nobody into any route of /api/v1 without a token that holds', async () => {
    const service = await runService({ rateLimits: { failures: 0 } });
    const { paths } = await document(service);
    for (const [at, methods] of Object.entries(paths)) {
      if (!at.startsWith('/api/') || at.startsWith('/api/v1/sessions')) continue;
      for (const method of Object.keys(methods as object)) {
        for (const authorization of [
          undefined,
          'Bearer',
          'Bearer x',
          `Basic ${service.adminToken}`,
          `Bearer ${service.adminToken}x`,
        ]) {
          const url = service.url + at.replace(/\{\w+\}/g, 'x');
          const refused = await send(url, {
            method: method.toUpperCase(),
            ...(authorization && { headers: { authorization } }),
          });
          expect(refused.status, `${method} ${at} ${authorization}`).toBe(401);
          expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer/);
          expect(refused.headers.get('cache-control')).toBe('no-store');
        }
      }
    }
  });

  it('makes tokens that hold until they are revoked', async () => {
    const service = await runService();
    const { id, token } = (await service.api('POST', '/tokens', { name: 'ci', role: 'admin' })).json;
    const authorization = `Bearer ${token}`;
    expect((await service.api('GET', '/accounts', undefined, { authorization })).status).toBe(200);
    expect((await service.api('DELETE', `/tokens/${id}`)).status).toBe(200);
    expect((await service.api('GET', '/accounts', undefined, { authorization })).status).toBe(401);
    expect((await service.api('GET', '/tokens')).text).not.toContain(token);
    expect((await service.api('POST', '/tokens', { name: 'x', role: 'root' })).status).toBe(400);
    expect((await service.api('DELETE', '/tokens/none')).status).toBe(404);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/jwt',
    'application/json-patch+json',
  ])('takes no body as %j', async (type) => {
    const service = await runService();
    const refused = await service.api('POST', '/accounts', { name: 'x' }, { 'content-type': type });
    expect(refused.status).toBe(415);
    expect((await service.api('GET', '/accounts')).json.items).toHaveLength(1);
  });

  it.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json;',
    'application/json ; charset=utf-8',
    'application/json\t;x',
    ' application/json',
  ])('checks a body that comes as %j', async (type) => {
    const service = await runService();
    const refused = await service.api('POST', '/accounts', { name: 'x', operatorKey: 'x' }, { 'content-type': type });
    expect(refused).toMatchObject({
      status: 400,
      json: { code: 'ERR_REQUEST_INVALID', errors: [{ pointer: expect.any(String) }] },
    });
  });

  it('refuses a body that two readers could understand differently', async () => {
    const service = await runService();
    for (const body of [
      '{"name":"a","name":"b"}',
      '{"__proto__":{},"name":"a"}',
      '{"name":"a"',
      '',
      'null',
      '{"name":"a"}{}',
    ]) {
      const refused = await send(`${service.url}/api/v1/accounts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${service.adminToken}`, 'content-type': 'application/json' },
        body,
      });
      expect(refused.status, body).toBe(400);
      expect(refused.json.code).toMatch(/^ERR_(BODY|REQUEST)_INVALID$/);
    }
    expect((await service.api('GET', '/accounts')).json.items).toHaveLength(1);
  });

  it('takes no column of its tables that a body does not have', async () => {
    const service = await runService();
    const columns = [
      'id',
      'key',
      'operatorKey',
      'accountKey',
      'nameFold',
      'jwt',
      'jti',
      'iat',
      'version',
      'createdAt',
      'sealed',
      'seed',
      'Name',
      'isSystem',
    ];
    const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    for (const column of columns) {
      expect((await service.api('POST', '/accounts', { name: 'n', [column]: 'x' })).status, column).toBe(400);
      expect(
        (await service.api('POST', `/accounts/${account}/users`, { name: 'n', [column]: 'x' })).status,
        column,
      ).toBe(400);
    }
  });

  it('says 404 for a route that is not there, as a problem', async () => {
    const service = await runService();
    const lost = await service.api('GET', '/nothing');
    expect(lost).toMatchObject({ status: 404, json: { code: 'ERR_ROUTE_UNKNOWN', instance: '/api/v1/nothing' } });
  });
});

describe('the audit', () => {
  it('tells who changed what, from which JWT to which', async () => {
    const service = await runService();
    const id = newKey('account');
    const token = await service.operator.account(id);
    await service.push(id, token);
    const user = newKey('user');
    const { json: revoked } = await service.api('POST', `/accounts/${id}/revocations`, { user });
    const { json } = await service.api('GET', '/audit?limit=1000');
    const before = decodeAs('account', token).claims.jti;
    expect(json.items.map((entry: { action: string }) => entry.action)).toEqual([
      'token.create',
      'operator.adopt',
      'signing-key.keep',
      'account.create',
      'account.create',
      'revocation.add',
    ]);
    expect(json.items.slice(-2)).toMatchObject([
      { actor: `signer:${service.operator.signing.publicKey}`, entity: id, beforeJti: null, afterJti: before },
      {
        actor: 'token:admin.token',
        entity: id,
        beforeJti: before,
        afterJti: revoked.jti,
        detail: { user, at: revoked.revokedAt },
      },
    ]);
    const first = await service.api('GET', '/audit?limit=2');
    const second = await service.api('GET', `/audit?limit=2&after=${first.json.next}`);
    expect(second.json.items.map((entry: { seq: number }) => entry.seq)).toEqual([3, 4]);
  });

  it('and its change are one: where the entry cannot be written, nothing is', async () => {
    const service = await runService();
    const id = newKey('account');
    const token = await service.operator.account(id);
    await service.push(id, token);
    const allow = await refuseInserts(service.dataDir, 'audit_entry');
    const newer = await service.operator.account(id, (claims) => (claims.nats.description = 'x'), { iat: NOW });
    expect(await service.push(id, newer)).toMatchObject({ status: 500, json: { code: 'ERR_INTERNAL' } });
    expect((await service.api('POST', `/accounts/${id}/revocations`, { user: newKey('user') })).status).toBe(500);
    expect((await service.api('POST', '/accounts', { name: 'shop' })).status).toBe(500);
    expect((await service.get(`/jwt/v1/accounts/${id}`)).text).toBe(token);
    await allow();
    expect((await service.api('GET', '/accounts')).json.items).toHaveLength(2);
    expect((await service.push(id, newer)).status).toBe(200);
  });
});
