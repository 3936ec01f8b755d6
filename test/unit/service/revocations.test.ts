import { describe, expect, it } from 'vitest';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { Seed } from '../../../claims/keys/seed.js';
import type { AccountClaims } from '../../../claims/types.js';
import { NOW, runService, type TestService } from './service.js';

const newUser = () => Seed.generate('user').publicKey;
const revocationsOf = async (service: TestService, id: string) =>
  decodeAs('account', (await service.get(`/jwt/v1/accounts/${id}`)).text).claims.nats.revocations;

async function withAccount(service: TestService): Promise<{ id: string; token: string }> {
  const id = Seed.generate('account').publicKey;
  const token = await service.operator.account(id);
  expect((await service.push(id, token)).status).toBe(201);
  return { id, token };
}

describe('a revocation over REST', () => {
  it('is in the account JWT when it is answered, signed by the key in custody, later than the one before', async () => {
    const service = await runService();
    const { id, token } = await withAccount(service);
    const user = newUser();
    const revoked = await service.api('POST', `/accounts/${id}/revocations`, { user });
    expect(revoked).toMatchObject({ status: 201, json: { account: id, user, known: false, announced: [] } });
    expect(revoked.json.revokedAt).toBeGreaterThanOrEqual(NOW);
    const got = await service.get(`/jwt/v1/accounts/${id}`);
    expect(got.headers.get('etag')).toBe(`"${revoked.json.jti}"`);
    const { claims } = decodeAs('account', got.text);
    expect([...claims.nats.revocations]).toEqual([[user, revoked.json.revokedAt]]);
    expect(claims.iss).toBe(service.operator.signing.publicKey);
    expect(claims.iat).toBeGreaterThan(decodeAs('account', token).claims.iat);
    expect((await service.api('GET', `/accounts/${id}/revocations`)).json.items).toEqual([
      { user, revokedAt: revoked.json.revokedAt },
    ]);
  });

  it('cannot be undone by pushing what was there before, in no way a client may try', async () => {
    const service = await runService();
    const { id, token } = await withAccount(service);
    const before = decodeAs('account', token).claims.jti;
    const user = newUser();
    const { json } = await service.api('POST', `/accounts/${id}/revocations`, { user });
    const newer = await service.operator.account(id, () => {}, { iat: NOW + 30 });
    const tries: [token: string, headers: Record<string, string>, status: number][] = [
      [token, {}, 409],
      [token, { 'if-match': `"${before}"` }, 412],
      [token, { 'if-match': `"${json.jti}"` }, 409],
      [token, { 'if-match': '*' }, 409],
      [token, { 'if-none-match': '*' }, 412],
      [newer, {}, 409],
      [newer, { 'if-match': `"${before}"` }, 412],
      [newer, { 'if-match': `"${json.jti}"` }, 409],
      [newer, { 'if-none-match': '*' }, 412],
      [newer, { 'natsctl-force': 'true' }, 401],
    ];
    for (const [pushed, headers, status] of tries) {
      const refused = await service.push(id, pushed, headers);
      expect(refused.status, JSON.stringify(headers)).toBe(status);
      expect([...(await revocationsOf(service, id))]).toEqual([[user, json.revokedAt]]);
    }
    await service.adoptOperator({ operatorToken: service.operator.token, accounts: [token, newer] });
    expect([...(await revocationsOf(service, id))]).toEqual([[user, json.revokedAt]]);
  });

  it('covers the newest JWT this service gave the user', async () => {
    let now = NOW;
    const service = await runService({ now: () => now });
    const { publicKey: account } = (await service.api('POST', '/accounts', { name: 'shop' })).json;
    now += 50;
    const { publicKey: user } = (await service.api('POST', `/accounts/${account}/users`, { name: 'till' })).json;
    now -= 20;
    const { json } = await service.api('POST', `/accounts/${account}/revocations`, { user });
    expect(json).toMatchObject({ known: true, revokedAt: NOW + 50 });
  });

  it('of everyone takes the place of those it covers; a time of its own is taken as given', async () => {
    const service = await runService();
    const { id } = await withAccount(service);
    const [early, late] = [newUser(), newUser()];
    await service.api('POST', `/accounts/${id}/revocations`, { user: early, at: 1_000 });
    await service.api('POST', `/accounts/${id}/revocations`, { user: late, at: NOW + 10 });
    const everyone = await service.api('POST', `/accounts/${id}/revocations`, { user: '*', at: 2_000 });
    expect(everyone).toMatchObject({ status: 201, json: { user: '*', revokedAt: 2_000 } });
    expect([...(await revocationsOf(service, id))].sort()).toEqual(
      [
        ['*', 2_000],
        [late, NOW + 10],
      ].sort(),
    );
  });

  it('is taken back by DELETE, once', async () => {
    const service = await runService();
    const { id } = await withAccount(service);
    const user = newUser();
    await service.api('POST', `/accounts/${id}/revocations`, { user });
    expect(await service.api('DELETE', `/accounts/${id}/revocations/${user}`)).toMatchObject({
      status: 200,
      json: { account: id, user },
    });
    expect((await revocationsOf(service, id)).size).toBe(0);
    expect(await service.api('DELETE', `/accounts/${id}/revocations/${user}`)).toMatchObject({
      status: 404,
      json: { code: 'ERR_REVOCATION_UNKNOWN' },
    });
  });

  it('lets none of many at once get lost', async () => {
    const service = await runService();
    const { id } = await withAccount(service);
    const users = Array.from({ length: 12 }, newUser);
    const replies = await Promise.all(
      users.map((user) => service.api('POST', `/accounts/${id}/revocations`, { user })),
    );
    expect(replies.map(({ status }) => status)).toEqual(users.map(() => 201));
    expect([...(await revocationsOf(service, id)).keys()].sort()).toEqual([...users].sort());
  });

  it('in a burst runs ahead of the clock, and a push made from the last one is still taken', async () => {
    const service = await runService({ now: () => NOW });
    const { id } = await withAccount(service);
    for (let count = 0; count < 115; count++) {
      await service.api('POST', `/accounts/${id}/revocations`, { user: '*', at: 1_000 + count });
    }
    const last = decodeAs('account', (await service.get(`/jwt/v1/accounts/${id}`)).text).claims;
    expect(last.iat).toBeGreaterThan(NOW + 60);
    const keep = (claims: AccountClaims) => {
      claims.nats.revocations = last.nats.revocations;
    };
    const next = await service.operator.account(id, keep, { iat: last.iat + 1 });
    expect((await service.push(id, next, { 'if-match': `"${last.jti}"` })).status).toBe(200);
  });

  it('of nothing that is a user is refused, and so is one in no account', async () => {
    const service = await runService();
    const { id } = await withAccount(service);
    const user = newUser();
    const wrong = `${user.slice(0, -1)}${user.endsWith('A') ? 'B' : 'A'}`;
    const cases: [path: string, body: unknown, status: number, code: string][] = [
      [id, { user: id }, 400, 'ERR_KEY_KIND'],
      [id, { user: wrong }, 400, 'ERR_KEY_INVALID'],
      [id, { user: '' }, 400, 'ERR_REQUEST_INVALID'],
      [id, {}, 400, 'ERR_REQUEST_INVALID'],
      [id, { user, extra: 1 }, 400, 'ERR_REQUEST_INVALID'],
      [id, { user, at: '5' }, 400, 'ERR_REQUEST_INVALID'],
      [id, { user, at: 1.5 }, 400, 'ERR_REQUEST_INVALID'],
      [id, { user, at: -1 }, 400, 'ERR_REQUEST_INVALID'],
      [id, { user: [user] }, 400, 'ERR_REQUEST_INVALID'],
      [id, { user: { not: '' } }, 400, 'ERR_REQUEST_INVALID'],
      [Seed.generate('account').publicKey, { user }, 404, 'ERR_ACCOUNT_UNKNOWN'],
      [user, { user }, 400, 'ERR_KEY_KIND'],
      ['A'.repeat(56), { user }, 400, 'ERR_KEY_INVALID'],
    ];
    for (const [account, body, status, code] of cases) {
      const refused = await service.api('POST', `/accounts/${account}/revocations`, body);
      expect([refused.status, refused.json.code], JSON.stringify(body)).toEqual([status, code]);
    }
    expect((await revocationsOf(service, id)).size).toBe(0);
  });

  it('needs a key of the operator in custody', async () => {
    const service = await runService({ custody: false });
    const { id } = await withAccount(service);
    expect(await service.api('POST', `/accounts/${id}/revocations`, { user: newUser() })).toMatchObject({
      status: 409,
      json: { code: 'ERR_SIGN_ELSEWHERE', hint: expect.any(String) },
    });
  });
});
