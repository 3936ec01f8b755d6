import { describe, expect, it } from 'vitest';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { Seed } from '../../../claims/keys/seed.js';
import { openRaw } from './database.js';
import { testFolder } from './folder.js';
import { NOW, runService, type TestService } from './service.js';

const DAY = 86_400;
const QUICK = { every: 0.02 };

const account = async (service: TestService, name: string, exp?: number): Promise<string> => {
  const id = Seed.generate('account').publicKey;
  const token = await service.operator.account(id, (claims) => {
    claims.name = name;
    if (exp !== undefined) claims.exp = exp;
  });
  expect((await service.push(id, token)).status).toBe(201);
  return id;
};
interface Audited {
  action: string;
  entity: string;
  actor: string;
  detail: Record<string, unknown>;
}
const audited = async (service: TestService, action: string): Promise<Audited[]> =>
  (await service.api('GET', '/audit?limit=1000')).json.items.filter((entry: Audited) => entry.action === action);
const claimsOf = async (service: TestService, id: string) =>
  (await service.api('GET', `/accounts/${id}`)).json.claims as { exp?: number; iat: number; nats: object };

describe('expirations', () => {
  it('are listed with the next one first, JWTs in force and access tokens', async () => {
    const service = await runService({ now: () => NOW });
    const shop = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    const ending = await account(service, 'ending', NOW + 300);
    const user = (name: string, expires: number) =>
      service.api('POST', `/accounts/${shop}/users`, { name, expires }).then(({ json }) => json.publicKey);
    const [late, soon, revoked] = [
      await user('late', NOW + 400),
      await user('soon', NOW + 200),
      await user('r', NOW + 250),
    ];
    await service.api('POST', `/accounts/${shop}/revocations`, { user: revoked, at: NOW + 100 });
    const tokens = [];
    for (const name of ['a', 'b', 'c']) {
      tokens.push(
        (await service.api('POST', '/tokens', { name, role: 'viewer', account: shop, expires: NOW + 300 })).json,
      );
    }
    const expected = [
      ['user', soon],
      ['account', ending],
      ...tokens.map(({ id }) => ['token', id]).sort(),
      ['user', late],
    ];
    const paged = async (limit: number, query = '', headers = {}) => {
      const found: string[][] = [];
      for (let next: string | undefined = ''; next !== undefined; ) {
        const path = `/expirations?limit=${limit}${query}${next && `&after=${next}`}`;
        const { json } = await service.api('GET', path, undefined, headers);
        found.push(...json.items.map(({ kind, id }: { kind: string; id: string }) => [kind, id]));
        next = json.next;
      }
      return found;
    };
    expect(await paged(100)).toEqual(expected);
    expect(await paged(1)).toEqual(expected);
    expect(await paged(2)).toEqual(expected);
    expect(await paged(100, `&before=${NOW + 300}`)).toEqual(expected.slice(0, 1));
    expect(await paged(100, '&kind=account')).toEqual([['account', ending]]);
    expect(await paged(1, '&kind=token')).toEqual(expected.slice(2, 5));
    const { token } = (await service.api('POST', '/tokens', { name: 'v', role: 'viewer', account: shop })).json;
    expect(await paged(100, '', { authorization: `Bearer ${token}` })).toEqual([
      ['user', soon],
      ['user', late],
    ]);
    for (const query of ['?after=1', '?kind=link', '?before=-1']) {
      expect(await service.api('GET', `/expirations${query}`), query).toMatchObject({ status: 400 });
    }
    const metrics = (await service.get('/metrics')).text;
    expect(metrics).toContain('natsctl_jwts_expiring{kind="user",within="7d"} 3');
    expect(metrics).toContain('natsctl_jwts_expiring{kind="account",within="30d"} 1');
    expect(metrics).toContain('natsctl_jwts_expiring{kind="operator",within="7d"} 0');
  });

  it('are told once for each threshold that is shorter than the life of the JWT, and only while it counts', async () => {
    let now = NOW;
    const service = await runService({ now: () => now, ledger: { ...QUICK, expiryWarnings: [7 * DAY, DAY] } });
    const ending = await account(service, 'ending', NOW + 10 * DAY);
    const gone = await account(service, 'gone', NOW + 10 * DAY);
    await account(service, 'short', NOW + DAY / 2);
    const warnings = async () =>
      (await audited(service, 'expiry.warning')).map(({ entity, detail }) => [entity, detail.within]).sort();
    expect((await service.api('DELETE', `/accounts/${gone}?force=true`)).status).toBe(200);
    now = NOW + 4 * DAY;
    await expect.poll(warnings).toEqual([[ending, 7 * DAY]]);
    now = NOW + 9 * DAY + 1;
    await expect.poll(warnings).toHaveLength(2);
    expect(await audited(service, 'expiry.warning')).toMatchObject([
      { actor: 'service', entity: ending, detail: { kind: 'account', name: 'ending', expires: NOW + 10 * DAY } },
      { entity: ending },
    ]);
    // A later round says nothing anew: this account's warning comes after it.
    const other = await account(service, 'other', now + DAY + 100);
    now += 101;
    await expect.poll(async () => (await warnings()).map(([entity]) => entity)).toContain(other);
    expect((await warnings()).filter(([entity]) => entity === ending)).toHaveLength(2);
  });
});

describe('renewal of account JWTs', () => {
  it('of extreme times is refused, or does what it says', async () => {
    const tenYears = 315_360_000;
    let now = NOW;
    const service = await runService({ now: () => now, ledger: QUICK });
    const at = `/operators/${service.operator.claims.sub}/renewal-policy`;
    const extremes = [-1, 0, 1, 59, 61.5, tenYears + 1, Number.MAX_SAFE_INTEGER, 2 ** 53, 1e300, '60', null];
    for (const seconds of extremes) {
      for (const policy of [
        { renewBefore: seconds, renewFor: 3_600 },
        { renewBefore: 60, renewFor: seconds },
      ]) {
        const refused = await service.api('PUT', at, policy);
        // A number that JSON readers would not agree on is none.
        const code = seconds === 2 ** 53 ? 'ERR_BODY_INVALID' : 'ERR_REQUEST_INVALID';
        expect([refused.status, refused.json.code], JSON.stringify(policy)).toEqual([400, code]);
      }
    }
    const soon = await account(service, 'soon', NOW + 1);
    const ended = await account(service, 'ended', NOW + 2);
    const last = await account(service, 'last', Number.MAX_SAFE_INTEGER);
    const due = await account(service, 'due', NOW + tenYears + 60);
    now = NOW + 100;
    expect((await service.api('PUT', at, { renewBefore: tenYears - 1, renewFor: tenYears })).status).toBe(200);
    await expect.poll(async () => (await claimsOf(service, due)).exp).toBe(now + tenYears);
    expect((await audited(service, 'account.renew')).map(({ entity }: { entity: string }) => entity)).toEqual([due]);
    const { items } = (await service.api('GET', '/ledger?kind=account&limit=1000')).json;
    const ends = (id: string) =>
      items
        .filter(({ subject }: { subject: string }) => subject === id)
        .map((one: { expires?: number }) => one.expires);
    expect([ends(soon), ends(ended), ends(last)]).toEqual([[NOW + 1], [NOW + 2], [Number.MAX_SAFE_INTEGER]]);
  });

  it('is done where the policy says so, and leaves what ends on purpose', async () => {
    let now = NOW;
    const service = await runService({ now: () => now, ledger: QUICK });
    const operator = service.operator.claims.sub;
    const due = await account(service, 'due', NOW + 20 * DAY);
    const meant = await account(service, 'meant', NOW + 3 * DAY);
    const never = await account(service, 'never');
    const at = `/operators/${operator}/renewal-policy`;
    expect(await service.api('GET', at)).toMatchObject({ status: 404, json: { code: 'ERR_RENEWAL_POLICY_UNKNOWN' } });
    const policy = { renewBefore: 5 * DAY, renewFor: 60 * DAY };
    expect(await service.api('PUT', at, { renewBefore: 60, renewFor: 60 })).toMatchObject({
      status: 400,
      json: { code: 'ERR_RENEWAL_POLICY' },
    });
    const tried = await service.api('PUT', `${at}?dryRun=true`, policy);
    expect(tried.json).toMatchObject({ changes: [{ action: 'renewal-policy.set', before: null, after: policy }] });
    const set = await service.api('PUT', at, policy);
    expect(set).toMatchObject({ status: 200, json: policy });
    expect(await service.api('PUT', at, policy)).toMatchObject({ status: 428 });
    expect(await service.api('PUT', at, policy, { 'if-match': '"v0"' })).toMatchObject({ status: 412 });

    // A change on the last days carries the end along; that does not make it one that is meant.
    now = NOW + 14 * DAY;
    const changed = await service.api('POST', `/accounts/${due}/revocations`, {
      user: Seed.generate('user').publicKey,
    });
    expect(changed.status).toBe(201);
    now = NOW + 16 * DAY;
    await expect.poll(async () => (await claimsOf(service, due)).exp).toBe(now + 60 * DAY);
    const [renewed, ...more] = await audited(service, 'account.renew');
    expect(more).toEqual([]);
    expect(renewed).toMatchObject({ entity: due, actor: 'service', detail: { expires: now + 60 * DAY } });
    const { claims } = decodeAs('account', (await service.get(`/jwt/v1/accounts/${due}`)).text);
    expect(claims.iss).toBe(service.operator.signing.publicKey);
    expect(claims.nats.revocations.size).toBe(1);
    expect((await claimsOf(service, meant)).exp).toBe(NOW + 3 * DAY);
    expect((await claimsOf(service, never)).exp).toBeUndefined();

    const etag = set.headers.get('etag') ?? '';
    expect(await service.api('DELETE', at)).toMatchObject({ status: 428 });
    expect(await service.api('DELETE', at, undefined, { 'if-match': etag })).toMatchObject({ status: 204 });
    expect(await service.api('DELETE', at, undefined, { 'if-match': etag })).toMatchObject({ status: 404 });
    expect(await service.api('PUT', at, policy)).toMatchObject({ status: 200 });
    expect(await service.api('DELETE', at, undefined, { 'if-match': etag }), 'not the one that was read').toMatchObject(
      {
        status: 412,
      },
    );
  });

  it('tells once what keeps it from being done', async () => {
    let now = NOW;
    const service = await runService({ now: () => now, custody: false, ledger: QUICK });
    const at = `/operators/${service.operator.claims.sub}/renewal-policy`;
    const due = await account(service, 'due', NOW + 20 * DAY);
    expect((await service.api('PUT', at, { renewBefore: 5 * DAY, renewFor: 60 * DAY })).status).toBe(200);
    now = NOW + 16 * DAY;
    const failed = () => audited(service, 'account.renewal-failed');
    await expect.poll(failed).toHaveLength(1);
    expect(await failed()).toMatchObject([{ entity: due, detail: { code: expect.stringMatching(/^ERR_/) } }]);
    expect((await service.get('/metrics')).text).toContain('natsctl_renewals_failing 1');
    // With the key it is done in one of the next rounds.
    const { token, signing } = service.operator;
    await service.adoptOperator({ operatorToken: token, signingSeed: signing });
    await expect.poll(async () => (await claimsOf(service, due)).exp).toBe(now + 60 * DAY);
    expect(await failed()).toHaveLength(1);
    expect((await service.get('/metrics')).text).toContain('natsctl_renewals_failing 0');
  });
});

describe('entries of the ledger', () => {
  it('go when they were kept long enough, but not those of what is in force or has not ended', async () => {
    let now = NOW;
    const dataDir = await testFolder();
    const service = await runService({ dataDir, now: () => now, ledger: { ...QUICK, retention: 30 } });
    const shop = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    const ended = await account(service, 'ended', NOW + DAY);
    for (const [name, expires] of [
      ['a', NOW + DAY],
      ['b', NOW + 40 * DAY],
      ['c', undefined],
    ] as const) {
      await service.api('POST', `/accounts/${shop}/users`, { name, ...(expires && { expires }) });
    }
    now = NOW + 32 * DAY;
    await expect.poll(() => audited(service, 'ledger.trim')).toMatchObject([{ detail: { entries: 1, days: 30 } }]);
    const { items } = (await service.api('GET', '/ledger')).json;
    expect(items.map(({ name }: { name: string }) => name).sort()).toEqual(['SYS', 'b', 'c', 'ended', 'shop', 'test']);
    expect(items.find(({ subject }: { subject: string }) => subject === ended)).toMatchObject({ status: 'expired' });
    const raw = await openRaw(dataDir);
    expect((await raw.execute('SELECT count(*) AS n FROM "issued_jwt"')).rows.map(({ n }) => Number(n))).toEqual([6]);
    await raw.close();
  });
});
