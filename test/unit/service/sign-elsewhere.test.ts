import { describe, expect, it } from 'vitest';
import { isRevoked } from '../../../claims/account/revocation.js';
import { activationHash } from '../../../claims/activation-hash.js';
import { parseClaims } from '../../../claims/jwt/claims-json.js';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { signClaims } from '../../../claims/jwt/encode.js';
import { newUser } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { verifyAccount } from '../../../claims/trust/account.js';
import { trustOperators } from '../../../claims/trust/operators.js';
import { verifyUser } from '../../../claims/trust/user.js';
import type { Export } from '../../../claims/types.js';
import { pushSigned } from '../../../cli/sign/push-signed.js';
import { readSignRequest } from '../../../cli/sign/sign-request.js';
import type { SignRequest } from '../../../service/custody/sign-elsewhere.js';
import { NOW, type Reply, runService, type TestService } from './service.js';

const newKey = (kind: 'account' | 'user' | 'operator') => Seed.generate(kind).publicKey;

/** A service that holds no key of its operator, and whoever does. */
async function keyless() {
  const service = await runService({ custody: false });
  const { operator } = service;
  const sign = async ({ kind, claims, signers, notIssuedBefore }: SignRequest, by: Seed = operator.signing) => {
    expect(signers).toContain(by.publicKey);
    const parsed = parseClaims(kind, JSON.stringify(claims));
    return (await signClaims(parsed, seedSigner(by), { now: NOW, after: notIssuedBefore - 1 })).token;
  };
  /** Does what a refusal says: signs, and sends it where it says. */
  const complete = async (refused: Reply): Promise<Reply> => {
    expect(refused).toMatchObject({ status: 409, json: { code: 'ERR_SIGN_ELSEWHERE' } });
    const request = refused.json.details as SignRequest;
    const token = await sign(request);
    const { url = '', headers = {} } = request.send ?? {};
    const force = 'natsctl-force' in headers && { authorization: `Bearer ${service.adminToken}` };
    return service.push(url.slice(url.lastIndexOf('/') + 1), token, { ...headers, ...force });
  };
  const account = async (name: string) => {
    const publicKey = newKey('account');
    expect((await complete(await service.api('POST', '/accounts', { name, publicKey }))).status).toBe(201);
    return publicKey;
  };
  return { service, operator, sign, complete, account };
}

const claimsOf = async (service: TestService, id: string) =>
  decodeAs('account', (await service.get(`/jwt/v1/accounts/${id}`)).text).claims;

describe('what no key here may sign', () => {
  it('is read and done to its end by `natsctl sign`: a user that is disabled, and enabled', async () => {
    const { service, operator, sign } = await keyless();
    const [account, user] = [Seed.generate('account'), Seed.generate('user')];
    const jwt = await signClaims(newUser(user.publicKey, 'till'), seedSigner(account), { now: NOW - 10 });
    const store = {
      operator: operator.token,
      accounts: [await operator.account(account.publicKey)],
      users: [jwt.token],
    };
    expect((await service.api('POST', '/operators/adopt-store', store)).status).toBe(201);
    const at = `/users/${user.publicKey}`;
    const to = { base: service.url, accessToken: service.adminToken, timeoutMs: 5_000 };
    for (const verb of ['disable', 'enable']) {
      const ifMatch = { 'if-match': (await service.api('GET', at)).headers.get('etag') ?? '' };
      const refused = await service.api('POST', `${at}/${verb}`, undefined, ifMatch);
      const request = readSignRequest(refused.text, NOW);
      const pushed = await pushSigned(to, request, await sign(refused.json.details));
      expect(pushed.rest).toEqual([{ request: `POST ${at}/${verb}`, done: true }]);
      expect('disabledAt' in (await service.api('GET', at)).json).toBe(verb === 'disable');
      const { revocations } = (await claimsOf(service, account.publicKey)).nats;
      expect(isRevoked(revocations, user.publicKey, NOW - 10)).toBe(verb === 'disable');
      const { details } = refused.json;
      const foreign = [{ method: 'POST', url: `/api/v1/users/${newKey('user')}/disable`, headers: {} }];
      const asked = JSON.stringify({ ...details, rest: foreign });
      expect(() => readSignRequest(asked, NOW)).toThrow(expect.objectContaining({ code: 'ERR_SIGN_REQUEST' }));
    }
  });

  it('is told as the claims to sign, and is the change once they were signed and pushed', async () => {
    const { service, complete, operator, account } = await keyless();
    const publicKey = newKey('account');
    const wanted = { name: 'orders', publicKey, limits: { conn: 5 } };
    const refused = await service.api('POST', '/accounts', wanted);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(refused.json.details).toMatchObject({
      kind: 'account',
      claims: { sub: publicKey, name: 'orders', nats: { limits: { conn: 5 } } },
      signers: [operator.signing.publicKey, operator.identity.publicKey],
      send: { method: 'POST', url: `/jwt/v1/accounts/${publicKey}`, headers: { 'if-none-match': '*' } },
      rest: [],
    });
    for (const field of ['iss', 'iat', 'jti']) expect(refused.json.details.claims).not.toHaveProperty(field);
    expect((await service.api('GET', `/accounts/${publicKey}`)).status).toBe(404);
    expect((await complete(refused)).status).toBe(201);

    const read = await service.api('GET', `/accounts/${publicKey}`);
    const etag = { 'if-match': read.headers.get('etag') ?? '' };
    const edit = await service.api('PATCH', `/accounts/${publicKey}`, { nats: { limits: { conn: 9 } } }, etag);
    expect(edit.json.details.send.headers).toMatchObject({ 'if-match': `"${read.json.jti}"` });
    expect((await complete(edit)).status).toBe(200);
    edit.json.details.notIssuedBefore = NOW + 30;
    expect((await complete(edit)).status, 'made from what is not stored any more').toBe(412);
    expect((await claimsOf(service, publicKey)).nats.limits.conn).toBe(9);
    const other = await account('other');
    expect(
      (await service.api('GET', '/accounts')).json.items.map(({ publicKey: key }: { publicKey: string }) => key),
    ).toContain(other);
  });

  it('was validated, and asked for by somebody who may, before it is told', async () => {
    const { service, account } = await keyless();
    const id = await account('orders');
    const bad = await service.api('POST', '/accounts', { name: 'a/b', publicKey: newKey('account') });
    expect([bad.status, bad.json.code]).toEqual([400, 'ERR_NAME_INVALID']);
    const etag = { 'if-match': '"v1"' };
    const invalid = { nats: { exports: [{ name: 'x', subject: 'a..b', type: 'stream' }] } };
    expect((await service.api('PATCH', `/accounts/${id}`, invalid, etag)).status).toBe(400);
    const { token } = (await service.api('POST', '/tokens', { name: 't', role: 'viewer', account: id })).json;
    const viewer = { ...etag, authorization: `Bearer ${token}` };
    expect((await service.api('PATCH', `/accounts/${id}`, { name: 'x' }, viewer)).status).toBe(403);
    expect((await service.api('PATCH', `/accounts/${id}`, { name: 'x' }, { 'if-match': '"v9"' })).status).toBe(412);
  });

  it('is never of a key that would be lost with it', async () => {
    const { service, account } = await keyless();
    const id = await account('orders');
    const required = { status: 409, json: { code: 'ERR_PUBLIC_KEY_REQUIRED' } };
    expect(await service.api('POST', '/accounts', { name: 'x' })).toMatchObject(required);
    expect(await service.api('POST', `/accounts/${id}/signing-keys`, {})).toMatchObject(required);
    expect(await service.api('POST', `/operators/${service.operator.claims.sub}/signing-keys`, {})).toMatchObject(
      required,
    );
  });

  it('is a revocation, and its end, which only an admin may push', async () => {
    const { service, complete, sign, account } = await keyless();
    const id = await account('orders');
    const user = newKey('user');
    expect((await complete(await service.api('POST', `/accounts/${id}/revocations`, { user, at: 5 }))).status).toBe(
      200,
    );
    expect((await claimsOf(service, id)).nats.revocations.get(user)).toBe(5);
    const back = await service.api('DELETE', `/accounts/${id}/revocations/${user}`);
    expect(back.json.details.send.headers).toMatchObject({ 'natsctl-force': 'true' });
    const token = await sign(back.json.details);
    expect((await service.push(id, token, { 'if-match': back.json.details.send.headers['if-match'] })).status).toBe(
      409,
    );
    expect((await complete(back)).status).toBe(200);
    expect((await claimsOf(service, id)).nats.revocations.size).toBe(0);
  });

  it('is a user of an account whose keys are elsewhere, and its deletion whole', async () => {
    const service = await runService();
    const identity = Seed.generate('account');
    const { publicKey: id, jwt } = (
      await service.api('POST', '/accounts', { name: 'mine', publicKey: identity.publicKey })
    ).json;
    const publicKey = newKey('user');
    const refused = await service.api('POST', `/accounts/${id}/users`, { name: 'till', publicKey });
    expect(refused.json).toMatchObject({
      code: 'ERR_SIGN_ELSEWHERE',
      details: { kind: 'user', signers: [id], send: null, claims: { sub: publicKey, name: 'till' } },
    });
    const claims = parseClaims('user', JSON.stringify(refused.json.details.claims));
    const { token } = await signClaims(claims, seedSigner(identity), { now: NOW });
    const account = verifyAccount(jwt, trustOperators([service.operator.claims]), { now: NOW + 1 });
    expect(verifyUser(token, account, { now: NOW + 1 }).claims.name).toBe('till');
  });

  it('is the deletion of a user, with all that is left to do once its revocation was pushed', async () => {
    const service = await runService();
    const { publicKey: id } = (await service.api('POST', '/accounts', { name: 'orders' })).json;
    const { publicKey: user } = (await service.api('POST', `/accounts/${id}/users`, { name: 'till' })).json;
    const operator = service.operator;
    const held = `/operators/${operator.claims.sub}/keys/${operator.signing.publicKey}`;
    expect((await service.api('DELETE', held)).status).toBe(200);
    const refused = await service.api('DELETE', `/users/${user}`, undefined, { 'if-match': '"v1"' });
    const { claims, send, rest, notIssuedBefore } = refused.json.details as SignRequest;
    expect(rest).toEqual([{ method: 'DELETE', url: `/api/v1/users/${user}`, headers: { 'if-match': '"v1"' } }]);
    expect((await service.api('GET', `/users/${user}`)).status, 'nothing of it is done yet').toBe(200);
    const { token } = await signClaims(parseClaims('account', JSON.stringify(claims)), seedSigner(operator.signing), {
      now: notIssuedBefore,
    });
    expect((await service.push(id, token, send?.headers)).status).toBe(200);
    const deleted = await service.api('DELETE', `/users/${user}`, undefined, rest[0]?.headers);
    expect(deleted).toMatchObject({ status: 200, json: { account: id, user, known: true } });
    expect((await service.api('GET', `/users/${user}`)).status).toBe(404);
  });

  it('is the deletion of an account, whose last JWT is signed elsewhere', async () => {
    const { service, complete, account } = await keyless();
    const id = await account('orders');
    const refused = await service.api('DELETE', `/accounts/${id}?force=true`);
    expect(refused.json.details.rest).toEqual([
      { method: 'DELETE', url: `/api/v1/accounts/${id}?force=true`, headers: {} },
    ]);
    expect((await complete(refused)).status).toBe(200);
    expect((await claimsOf(service, id)).nats.limits.conn).toBe(0);
    expect(await service.api('DELETE', `/accounts/${id}?force=true`)).toMatchObject({
      status: 200,
      json: { account: id },
    });
    expect((await service.get(`/jwt/v1/accounts/${id}`)).status).toBe(404);
  });

  it('is the JWT of an operator whose identity key is elsewhere', async () => {
    const service = await runService();
    const { operator } = service;
    const at = `/operators/${operator.claims.sub}`;
    const publicKey = newKey('operator');
    const refused = await service.api('POST', `${at}/signing-keys`, { publicKey });
    const { kind, claims, signers, send, notIssuedBefore } = refused.json.details as SignRequest;
    expect({ kind, signers, send }).toEqual({
      kind: 'operator',
      signers: [operator.identity.publicKey],
      send: {
        method: 'PATCH',
        url: `/api/v1${at}`,
        headers: { 'content-type': 'application/json', 'if-match': '"v1"' },
      },
    });
    const parsed = parseClaims('operator', JSON.stringify(claims));
    const { token: jwt } = await signClaims(parsed, seedSigner(operator.identity), {
      now: NOW,
      after: notIssuedBefore - 1,
    });
    const stored = await service.api('PATCH', at, { jwt }, send?.headers);
    expect(stored).toMatchObject({ status: 200, json: { version: 2, jwt } });
    const { items } = (await service.api('GET', `${at}/signing-keys`)).json;
    expect(items).toEqual([
      { publicKey: operator.signing.publicKey, held: 'local' },
      { publicKey, held: null },
    ]);
    const older = await service.api('PATCH', at, { jwt: operator.token }, { 'if-match': '"v2"' });
    expect([older.status, older.json.code]).toEqual([409, 'ERR_PUSH_OLDER']);
  });

  it('is an activation: approved, renewed, attached and revoked once it was signed and pushed', async () => {
    const { service, sign } = await keyless();
    const [orders, shop] = [Seed.generate('account'), Seed.generate('account')];
    const exports: Export[] = [{ type: 'service', subject: 'orders.*', token_req: true, revocations: new Map() }];
    const ofOrders = await service.operator.account(orders.publicKey, ({ nats }) => void nats.exports.push(...exports));
    expect((await service.push(orders.publicKey, ofOrders)).status).toBe(201);
    expect((await service.push(shop.publicKey, await service.operator.account(shop.publicKey))).status).toBe(201);
    const wanted = { exporter: orders.publicKey, type: 'service', subject: 'orders.get' };
    const to = { base: service.url, accessToken: service.adminToken, timeoutMs: 5_000 };
    const done = async (refused: Reply, by?: Seed) => {
      expect(refused).toMatchObject({ status: 409, json: { code: 'ERR_SIGN_ELSEWHERE' } });
      return pushSigned(to, readSignRequest(refused.text, NOW), await sign(refused.json.details, by));
    };
    const asked = `/accounts/${shop.publicKey}/activation-requests`;
    const { id } = (await service.api('POST', asked, wanted)).json;
    const at = `/accounts/${orders.publicKey}/activation-requests/${id}`;
    const approve = await service.api('POST', `${at}/approve`, { lifetime: 3_600, renew: true });
    expect(approve.json.details).toMatchObject({
      kind: 'activation',
      claims: { sub: shop.publicKey, exp: expect.any(Number), nats: { subject: 'orders.get' } },
      signers: [orders.publicKey],
      send: { method: 'POST', url: '/jwt/v1/activations' },
      rest: [{ method: 'POST', url: `/api/v1${at}/approve`, body: { lifetime: 3_600, renew: true } }],
    });
    expect((await service.api('GET', at)).json.status).toBe('pending');
    expect(await done(approve, orders)).toMatchObject({ result: 'created', rest: [{ done: true }] });
    const approved = (await service.api('GET', at)).json;
    expect(approved).toMatchObject({ status: 'approved', lifetime: 3_600, renew: true, token: expect.any(String) });
    const [last] = (await service.api('GET', `/audit?action=activation.approve`)).json.items;
    expect(last).toMatchObject({ entity: id, account: orders.publicKey });

    // What is stored is no renewal: it is the token there is.
    const renew = await service.api('POST', `${at}/renew`, { lifetime: 7_200 });
    expect(await done(renew, orders)).toMatchObject({ result: 'updated', rest: [{ done: true }] });
    const { token, expires } = (await service.api('GET', at)).json;
    expect(expires).toBeGreaterThan(approved.expires);

    const attach = await service.api('POST', `${asked}/${id}/attach`, {});
    await done(attach);
    expect((await claimsOf(service, shop.publicKey)).nats.imports).toMatchObject([{ token }]);
    expect((await service.api('GET', at)).json.attach).toBe(true);

    const revoke = await service.api('POST', `${at}/revoke`, {});
    expect(await done(revoke)).toMatchObject({ result: 'updated', rest: [{ done: true }] });
    expect((await service.api('GET', at)).json).toMatchObject({ status: 'revoked', revokedAt: expect.any(Number) });
    const hash = activationHash(decodeAs('activation', token).claims);
    expect((await service.get(`/jwt/v1/activations/${hash}`)).status).toBe(404);

    const { details } = approve.json;
    for (const rest of [
      { ...details.rest[0], url: details.rest[0].url.replace(orders.publicKey, shop.publicKey) },
      { ...details.rest[0], url: details.rest[0].url.replace('approve', 'revoke') },
      { ...attach.json.details.rest[0] },
      { method: 'DELETE', url: `/api/v1/accounts/${orders.publicKey}`, headers: {} },
    ]) {
      const text = JSON.stringify({ ...details, rest: [rest] });
      expect(() => readSignRequest(text, NOW)).toThrow(expect.objectContaining({ code: 'ERR_SIGN_REQUEST' }));
    }
  });

  it('is no activation that was granted before, or for longer', async () => {
    const { service, sign } = await keyless();
    const [orders, shop] = [Seed.generate('account'), Seed.generate('account')];
    const exports: Export[] = [{ type: 'service', subject: 'orders.*', token_req: true, revocations: new Map() }];
    const ofOrders = await service.operator.account(orders.publicKey, ({ nats }) => void nats.exports.push(...exports));
    expect((await service.push(orders.publicKey, ofOrders)).status).toBe(201);
    expect((await service.push(shop.publicKey, await service.operator.account(shop.publicKey))).status).toBe(201);
    const wanted = { exporter: orders.publicKey, type: 'service', subject: 'orders.get' };
    const { id } = (await service.api('POST', `/accounts/${shop.publicKey}/activation-requests`, wanted)).json;
    const approve = `/accounts/${orders.publicKey}/activation-requests/${id}/approve`;
    const leave = async (lifetime: number) => {
      const { details } = (await service.api('POST', approve, { lifetime })).json;
      const body = await sign(details, orders);
      const headers = { 'content-type': 'application/jwt' };
      expect((await fetch(`${service.url}/jwt/v1/activations`, { method: 'POST', headers, body })).ok).toBe(true);
    };
    await leave(3_600);
    for (const terms of [{ lifetime: 600 }, { lifetime: 86_400 }, {}]) {
      expect((await service.api('POST', approve, terms)).json.code, JSON.stringify(terms)).toBe('ERR_SIGN_ELSEWHERE');
    }
    expect((await service.api('POST', approve, { lifetime: 3_600 })).json).toMatchObject({ status: 'approved' });
  });

  it('is a signing key that takes the place of one: the old one is let go when that was pushed', async () => {
    const service = await runService();
    const { operator } = service;
    const { publicKey: id } = (await service.api('POST', '/accounts', { name: 'orders' })).json;
    const [{ publicKey: old }] = (await service.api('GET', `/accounts/${id}/signing-keys`)).json.items;
    expect((await service.api('POST', `/accounts/${id}/users`, { name: 'till' })).status).toBe(201);
    const held = `/operators/${operator.claims.sub}/keys/${operator.signing.publicKey}`;
    expect((await service.api('DELETE', held)).status).toBe(200);
    const rotate = `/accounts/${id}/signing-keys/${old}/rotate`;
    const publicKey = newKey('account');
    const inUse = await service.api('POST', rotate, { publicKey }, { 'if-match': '*' });
    expect([inUse.status, inUse.json.code]).toEqual([409, 'ERR_SIGNING_KEY_IN_USE']);
    const refused = await service.api('POST', `${rotate}?force=true`, { publicKey }, { 'if-match': '*' });
    expect(refused.json).toMatchObject({
      code: 'ERR_SIGN_ELSEWHERE',
      details: { rest: [{ method: 'DELETE', url: `/api/v1/accounts/${id}/keys/${old}` }] },
    });
    const request = readSignRequest(refused.text, NOW);
    const claims = parseClaims('account', JSON.stringify(refused.json.details.claims));
    const signed = await signClaims(claims, seedSigner(operator.signing), { now: request.notIssuedBefore });
    const to = { base: service.url, accessToken: service.adminToken, timeoutMs: 5_000 };
    expect((await pushSigned(to, request, signed.token)).rest).toEqual([
      { request: `DELETE /accounts/${id}/keys/${old}`, done: true },
    ]);
    expect([...(await claimsOf(service, id)).nats.signing_keys.keys()]).toEqual([publicKey]);
    const { items } = (await service.api('GET', `/accounts/${id}/keys`)).json;
    expect(items.map((one: { publicKey: string }) => one.publicKey)).not.toContain(old);
    const kept = {
      ...refused.json.details,
      rest: [{ method: 'DELETE', url: `/api/v1/accounts/${id}/keys/${publicKey}`, headers: {} }],
    };
    expect(() => readSignRequest(JSON.stringify(kept), NOW)).toThrow(
      expect.objectContaining({ code: 'ERR_SIGN_REQUEST' }),
    );
  });

  it('is what makes older JWTs void, and the new one comes after it: by that proof, and by no other', async () => {
    const clock = { now: NOW };
    const service = await runService({ now: () => clock.now });
    const { operator } = service;
    const { publicKey: id } = (await service.api('POST', '/accounts', { name: 'orders' })).json;
    const make = async (name: string) =>
      (await service.api('POST', `/accounts/${id}/users`, { name })).json as { publicKey: string; jwt: string };
    const [edited, reissued, shutOut] = [await make('edited'), await make('reissued'), await make('shut out')];
    const held = `/operators/${operator.claims.sub}/keys/${operator.signing.publicKey}`;
    expect((await service.api('DELETE', held)).status).toBe(200);
    const to = { base: service.url, accessToken: service.adminToken, timeoutMs: 5_000 };
    const any = { 'if-match': '*' };
    const done = async (refused: Reply) => {
      const request = readSignRequest(refused.text, clock.now);
      const claims = parseClaims('account', JSON.stringify(refused.json.details.claims));
      const signed = await signClaims(claims, seedSigner(operator.signing), { now: request.notIssuedBefore });
      return pushSigned(to, request, signed.token);
    };
    const edit = (user: string, query = '') =>
      service.api('PATCH', `/users/${user}?revokeOlder=true${query}`, { nats: { subs: 5 } }, any);
    expect((await edit(edited.publicKey)).json.code, 'in the second of its issue').toBe('ERR_USER_JUST_ISSUED');
    clock.now += 10;

    const refused = await edit(edited.publicKey);
    expect(refused.json.details).toMatchObject({
      kind: 'account',
      rest: [{ method: 'PATCH', headers: { 'if-match': '"v1"' }, body: { nats: { subs: 5 } } }],
    });
    expect((await done(refused)).rest).toEqual([{ request: `PATCH /users/${edited.publicKey}`, done: true }]);
    const { jwt, claims } = (await service.api('GET', `/users/${edited.publicKey}`)).json;
    expect(claims?.nats?.subs ?? decodeAs('user', jwt).claims.nats.subs).toBe(5);
    const { revocations } = (await claimsOf(service, id)).nats;
    const isVoid = (token: string) => {
      const { sub, iat } = decodeAs('user', token).claims;
      return isRevoked(revocations, sub, iat);
    };
    expect([isVoid(edited.jwt), isVoid(jwt)]).toEqual([true, false]);

    const at = `/users/${reissued.publicKey}/reissue`;
    const again = await service.api('POST', at, { revokeOlder: true }, any);
    expect((await done(again)).rest).toEqual([{ request: `POST ${at}`, done: true }]);
    expect((await service.api('POST', at, { rotateKey: true }, any)).json.code).toBe('ERR_ROTATION_ELSEWHERE');

    // Shut out by somebody else meanwhile: neither the proof of this change nor that of another lets it back in.
    const begun = await edit(shutOut.publicKey);
    const proof = (refusal: Reply) => new URL(refusal.json.details.rest[0].url, service.url).searchParams.get('proof');
    const revoke = await service.api('POST', `/accounts/${id}/revocations`, { user: shutOut.publicKey });
    await done(revoke);
    for (const one of [begun, refused, again]) {
      const late = await edit(shutOut.publicKey, `&proof=${proof(one)}`);
      expect([late.status, late.json.code]).toEqual([409, 'ERR_USER_REVOKED']);
    }
    expect((await edit(edited.publicKey, '&proof=AAAA')).json.code, 'a proof of nothing').toBe('ERR_USER_JUST_ISSUED');
  });

  it('is a user whose older JWTs go once the new one was signed', async () => {
    const clock = { now: NOW };
    const service = await runService({ now: () => clock.now });
    const identity = Seed.generate('account');
    const account = { name: 'mine', publicKey: identity.publicKey };
    const { publicKey: id } = (await service.api('POST', '/accounts', account)).json;
    const { publicKey: user, jwt } = await adoptUser(service, id, identity);
    clock.now += 10;
    const refused = await service.api('POST', `/users/${user}/reissue`, { revokeOlder: true }, { 'if-match': '*' });
    const at = decodeAs('user', jwt).claims.iat;
    expect(refused.json.details).toMatchObject({
      kind: 'user',
      send: null,
      rest: [{ method: 'POST', url: `/api/v1/accounts/${id}/revocations`, body: { user, at } }],
    });
    const request = readSignRequest(refused.text, clock.now);
    const claims = parseClaims('user', JSON.stringify(refused.json.details.claims));
    const signed = await signClaims(claims, seedSigner(identity), { now: request.notIssuedBefore });
    const to = { base: service.url, accessToken: service.adminToken, timeoutMs: 5_000 };
    expect(await pushSigned(to, request, signed.token)).toMatchObject({ result: null, rest: [{ done: true }] });
    const { revocations } = (await claimsOf(service, id)).nats;
    expect(isRevoked(revocations, user, at)).toBe(true);
    expect(isRevoked(revocations, user, signed.claims.iat)).toBe(false);
  });
});

/** A user of the lists whose key and account are elsewhere. */
async function adoptUser(service: TestService, account: string, identity: Seed) {
  const publicKey = newKey('user');
  const { token: jwt } = await signClaims(newUser(publicKey, 'till'), seedSigner(identity), { now: NOW - 10 });
  const { token } = { token: (await service.get(`/jwt/v1/accounts/${account}`)).text };
  const store = { operator: service.operator.token, accounts: [token], users: [jwt] };
  expect((await service.api('POST', '/operators/adopt-store', store)).status).toBe(201);
  return { publicKey, jwt };
}
