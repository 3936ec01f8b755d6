/** Many changes with one request. */
import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../claims/creds.js';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { Seed } from '../../../claims/keys/seed.js';
import { makeOperator, NOW, runService, type TestService } from './service.js';

const newKey = (kind: 'account' | 'user') => Seed.generate(kind).publicKey;
const entries = async (service: TestService) => (await service.api('GET', '/audit?limit=1000')).json.items.length;

describe('users in bulk', () => {
  it('are all made, with their creds in the order they were asked for', async () => {
    const service = await runService();
    const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    const before = await entries(service);
    const users = Array.from({ length: 20 }, (_, n) => ({ name: `till-${n}`, expires: NOW + 3_600 }));
    const path = `/accounts/${account}/users/bulk`;
    const tried = await service.api('POST', `${path}?dryRun=true`, { users });
    expect(tried).toMatchObject({ status: 200, json: { dryRun: true } });
    expect(tried.json.changes).toHaveLength(20);
    expect(tried.text).not.toMatch(/"creds"|SU[A-Z2-7]{56}/);
    expect(await entries(service)).toBe(before);
    const made = await service.api('POST', path, { users });
    expect(made.status).toBe(201);
    for (const [n, { name, publicKey, creds }] of made.json.items.entries()) {
      expect(name).toBe(`till-${n}`);
      expect(parseCreds(creds).seed.publicKey).toBe(publicKey);
    }
    expect(await entries(service)).toBe(before + 20);
    expect((await service.api('POST', '/audit/verify', {})).json.whole).toBe(true);
  });

  it('are not made at all where one cannot be, and that one is pointed at', async () => {
    const service = await runService();
    const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    const before = await entries(service);
    const cases: [users: unknown[], status: number, code: string, pointer: string][] = [
      [[{ name: 'a' }, { name: 'A' }], 409, 'ERR_USER_NAME_TAKEN', '/users/1'],
      [[{ name: 'a' }, { name: 'b' }, { name: 'a/b' }], 400, 'ERR_NAME_INVALID', '/users/2'],
      [[{ name: 'a', expires: 1 }], 400, 'ERR_CLAIMS_INVALID', '/users/0'],
      [[{ name: 'a' }, { nam: 'b' }], 400, 'ERR_REQUEST_INVALID', '/users/1/name'],
      [[], 400, 'ERR_REQUEST_INVALID', '/users'],
      [Array.from({ length: 1_001 }, (_, n) => ({ name: `${n}` })), 400, 'ERR_REQUEST_INVALID', '/users'],
    ];
    for (const [users, status, code, pointer] of cases) {
      const refused = await service.api('POST', `/accounts/${account}/users/bulk`, { users });
      expect(refused.json, code).toMatchObject({ status, code });
      expect(refused.json.errors.map((one: { pointer: string }) => one.pointer)).toContain(pointer);
    }
    expect((await service.api('GET', `/accounts/${account}/users`)).json.items).toEqual([]);
    expect(await entries(service)).toBe(before);
  });
});

describe('accounts in bulk', () => {
  it('are all made or none, each for an operator that the caller manages', async () => {
    const service = await runService();
    const other = await makeOperator({ name: 'other' });
    await service.api('POST', '/operators', { jwt: other.token, signingKey: other.signing.reveal() });
    const operator = service.operator.claims.sub;
    const make = (accounts: unknown[], headers = {}) => service.api('POST', '/accounts/bulk', { accounts }, headers);
    const made = await make([
      { name: 'a', operator },
      { name: 'b', operator: other.claims.sub },
    ]);
    expect(made.status).toBe(201);
    expect(made.json.items).toMatchObject([
      { name: 'a', operator },
      { name: 'b', operator: other.claims.sub },
    ]);
    const { token } = (await service.api('POST', '/tokens', { name: 't', role: 'admin', operator })).json;
    const theirs = { authorization: `Bearer ${token}` };
    expect((await make([{ name: 'c' }, { name: 'd', operator: other.claims.sub }], theirs)).json).toMatchObject({
      status: 404,
      code: 'ERR_OPERATOR_UNKNOWN',
      errors: [{ pointer: '/accounts/1' }],
    });
    expect(
      (
        await make([
          { name: 'c', operator },
          { name: 'A', operator },
        ])
      ).json.code,
    ).toBe('ERR_ACCOUNT_NAME_TAKEN');
    expect((await service.api('GET', '/accounts?name=c')).json.items).toEqual([]);
    expect((await make([{ name: 'c' }, { name: 'd' }], theirs)).status).toBe(201);
  });
});

describe('revocations in bulk', () => {
  it('are in one JWT of the account, and hold one by one', async () => {
    const service = await runService({ now: () => NOW });
    const account = (await service.api('POST', '/accounts', { name: 'shop' })).json;
    const path = `/accounts/${account.publicKey}/revocations`;
    const users = Array.from({ length: 50 }, () => newKey('user'));
    const revocations = users.map((user, n) => ({ user, ...(n === 0 && { at: NOW - 5 }) }));
    expect((await service.api('POST', `${path}/bulk?dryRun=true`, { revocations })).json.changes).toHaveLength(1);
    expect((await service.api('GET', path)).json.items).toEqual([]);
    const done = await service.api('POST', `${path}/bulk`, { revocations });
    expect(done).toMatchObject({ status: 201, json: { account: account.publicKey, announced: [] } });
    expect(done.json.items[0]).toEqual({ user: users[0], revokedAt: NOW - 5, known: false });
    const { jwt, version } = (await service.api('GET', `/accounts/${account.publicKey}`)).json;
    expect(version).toBe(account.version + 1);
    const { claims } = decodeAs('account', jwt);
    expect(claims.jti).toBe(done.json.jti);
    expect([...claims.nats.revocations.keys()].sort()).toEqual([...users].sort());
    // What the audit keeps of each brings it back when a revocation of everyone is taken back.
    await service.api('POST', path, { user: '*' });
    expect((await service.api('GET', path)).json.items).toHaveLength(1);
    expect((await service.api('DELETE', `${path}/*`)).status).toBe(200);
    expect((await service.api('GET', path)).json.items).toHaveLength(50);
    const refused = await service.api('POST', `${path}/bulk`, {
      revocations: [{ user: newKey('user') }, { user: 'x' }],
    });
    expect(refused.json).toMatchObject({ code: 'ERR_KEY_INVALID', errors: [{ pointer: '/revocations/1' }] });
    expect((await service.api('GET', path)).json.items).toHaveLength(50);
  });
});

describe('an import of account JWTs', () => {
  it('judges each as a push of it, and stores those that pass', async () => {
    const service = await runService();
    const [fresh, known, named] = [newKey('account'), newKey('account'), newKey('account')];
    const older = await service.operator.account(known, undefined, { iat: NOW - 60 });
    await service.push(known, older);
    const foreign = await makeOperator({ name: 'foreign' });
    const name = (text: string) => (claims: { name?: string }) => {
      claims.name = text;
    };
    const tokens = [
      await service.operator.account(fresh),
      await service.operator.account(known, name('renamed'), { iat: NOW - 40 }),
      older,
      await foreign.account(newKey('account')),
      'x',
      await service.operator.account(named, name('RENAMED')),
    ];
    const [seen, stored] = [await entries(service), (await service.api('GET', '/accounts')).json.items.length];
    const tried = await service.api('POST', '/accounts/import?dryRun=true', { tokens });
    expect(tried.json.changes.map(({ action }: { action: string }) => action)).toEqual([
      'account.create',
      'account.update',
    ]);
    expect(await entries(service)).toBe(seen);
    const { status, json } = await service.api('POST', '/accounts/import', { tokens });
    expect(status).toBe(200);
    expect(json.items.map((item: { status: string; code?: string }) => item.code ?? item.status)).toEqual([
      'created',
      'updated',
      'ERR_PUSH_OLDER',
      'ERR_ACCOUNT_UNTRUSTED',
      'ERR_JWT_FORMAT',
      'ERR_ACCOUNT_NAME_TAKEN',
    ]);
    expect((await service.api('GET', '/accounts')).json.items).toHaveLength(stored + 1);
    expect((await service.get(`/jwt/v1/accounts/${known}`)).text).toBe(tokens[1]);
    expect((await service.api('POST', '/accounts/import', { tokens: tokens.slice(0, 2) })).json.items).toMatchObject([
      { status: 'unchanged' },
      { status: 'unchanged' },
    ]);
  });

  it('takes of each caller what it manages, and tells nothing of the rest', async () => {
    const service = await runService();
    const other = await makeOperator({ name: 'other' });
    await service.api('POST', '/operators', { jwt: other.token });
    const key = newKey('account');
    const theirs = await other.account(newKey('account'));
    const mine = await service.operator.account(key);
    const ask = async (grant: object) => {
      const { token } = (await service.api('POST', '/tokens', { name: 't', role: 'admin', ...grant })).json;
      const authorization = `Bearer ${token}`;
      const { json } = await service.api('POST', '/accounts/import', { tokens: [mine, theirs] }, { authorization });
      return json.items.map((item: { status: string; code?: string }) => item.code ?? item.status);
    };
    expect(await ask({ account: service.operator.system.publicKey })).toEqual([
      'ERR_ACCOUNT_UNTRUSTED',
      'ERR_ACCOUNT_UNTRUSTED',
    ]);
    expect(await ask({ operator: service.operator.claims.sub })).toEqual(['created', 'ERR_ACCOUNT_UNTRUSTED']);
    expect(await ask({ account: key })).toEqual(['unchanged', 'ERR_ACCOUNT_UNTRUSTED']);
    expect(await ask({})).toEqual(['unchanged', 'created']);
  });
});
