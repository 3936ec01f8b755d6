import { describe, expect, it } from 'vitest';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { signClaims } from '../../../claims/jwt/encode.js';
import { newActivation } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { scanPage } from '../../../service/ledger/scan-page.js';
import { openRaw } from './database.js';
import { testFolder } from './folder.js';
import { makeOperator, NOW, runService, type TestService } from './service.js';

interface Entry {
  number: number;
  kind: string;
  subject: string;
  status: string;
  admitted: boolean;
  [field: string]: unknown;
}

const list = async (service: TestService, query = ''): Promise<Entry[]> =>
  (await service.api('GET', `/ledger${query}`)).json.items;
const newAccount = async (service: TestService, name: string): Promise<string> =>
  (await service.api('POST', '/accounts', { name })).json.publicKey;
const newUser = async (service: TestService, account: string, body: object) =>
  (await service.api('POST', `/accounts/${account}/users`, body)).json;
const change = async (service: TestService, account: string, patch: object) => {
  const { headers } = await service.api('GET', `/accounts/${account}`);
  const etag = { 'if-match': headers.get('etag') ?? '', 'content-type': 'application/merge-patch+json' };
  const changed = await service.api('PATCH', `/accounts/${account}`, patch, etag);
  expect(changed.status).toBe(200);
  return changed.json;
};

describe('the ledger', () => {
  it('has every JWT from the moment it is there, who had it issued, and no token', async () => {
    const dataDir = await testFolder();
    const service = await runService({ dataDir });
    const account = await newAccount(service, 'shop');
    const user = await newUser(service, account, { name: 'till', bearer: true, expires: NOW + 3_600 });
    const foreign = Seed.generate('account').publicKey;
    await service.push(foreign, await service.operator.account(foreign));
    const tried = await service.api('POST', `/accounts/${account}/users?dryRun=true`, { name: 'tried' });
    expect(tried.status).toBe(200);

    const entries = await list(service);
    expect(entries.map(({ kind, subject, origin }) => [kind, subject, origin])).toEqual([
      ['account', foreign, 'pushed'],
      ['user', user.publicKey, 'issued'],
      ['account', account, 'issued'],
      ['account', service.operator.system.publicKey, 'pushed'],
      ['operator', service.operator.claims.sub, 'pushed'],
    ]);
    const { claims } = decodeAs('user', user.jwt);
    expect(entries[1]).toMatchObject({
      name: 'till',
      jti: claims.jti,
      account,
      operator: service.operator.claims.sub,
      issuer: claims.iss,
      issuedAt: claims.iat,
      expires: NOW + 3_600,
      status: 'active',
      admitted: true,
      issuedBy: 'token:admin.token',
      requestId: expect.any(String),
      claims: { sub: user.publicKey, nats: { bearer_token: true } },
    });
    expect(entries[0]).toMatchObject({ issuedBy: `signer:${service.operator.signing.publicKey}` });

    const raw = await openRaw(dataDir);
    const { rows } = await raw.execute('SELECT * FROM "issued_jwt"');
    await raw.close();
    expect(rows).toHaveLength(5);
    expect(JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? Number(value) : value))).not.toContain(
      user.jwt.split('.')[2],
    );
  });

  it('tells what is true of a JWT now', async () => {
    let now = NOW;
    const service = await runService({ now: () => now });
    const account = await newAccount(service, 'shop');
    const short = await newUser(service, account, { name: 'short', expires: NOW + 60 });
    const gone = await newUser(service, account, { name: 'gone' });
    const stays = await newUser(service, account, { name: 'stays', bearer: true });
    now += 1;
    await service.api('POST', `/accounts/${account}/revocations`, { user: gone.publicKey });
    const of = async (key: string) =>
      (await list(service, `?subject=${key}`)).map(({ status, reason, admitted }) => [status, reason, admitted]);
    expect(await of(short.publicKey)).toEqual([['active', undefined, true]]);
    expect(await of(gone.publicKey)).toEqual([['revoked', 'subject-revoked', false]]);
    expect(await of(account)).toEqual([
      ['active', undefined, true],
      ['superseded', undefined, false],
    ]);
    now += 60;
    expect(await of(short.publicKey)).toEqual([['expired', undefined, false]]);

    await change(service, account, { nats: { limits: { disallow_bearer: true } } });
    expect(await of(stays.publicKey)).toEqual([['revoked', 'bearer-disallowed', false]]);
    await change(service, account, { nats: { limits: { disallow_bearer: false } } });
    expect(await of(stays.publicKey)).toEqual([['active', undefined, true]]);
    await service.api('POST', `/accounts/${account}/revocations`, { user: '*' });
    expect(await of(stays.publicKey)).toEqual([['revoked', 'everyone-revoked', false]]);
    await service.api('DELETE', `/accounts/${account}/revocations/*`);
    expect(await of(stays.publicKey)).toEqual([['active', undefined, true]]);

    await change(service, account, { nats: { signing_keys: [] } });
    expect(await of(stays.publicKey)).toEqual([['revoked', 'issuer-removed', false]]);
    now += 10;
    await change(service, account, { exp: now + 5 });
    now += 10;
    expect(await of(account)).toContainEqual(['expired', undefined, false]);
    expect(await of(stays.publicKey)).toEqual([['expired', 'account-expired', false]]);
    expect((await service.api('DELETE', `/accounts/${account}?force=true`)).status).toBe(200);
    expect(await of(stays.publicKey)).toEqual([['deleted', 'account-deleted', false]]);
  });

  it('knows activations: active, superseded, revoked by the export', async () => {
    const service = await runService();
    const [exporter, importer] = [Seed.generate('account'), Seed.generate('account').publicKey];
    const exported = (revokedAt?: number) =>
      service.operator.account(
        exporter.publicKey,
        ({ nats }) => {
          nats.exports = [
            {
              ...{ subject: 'orders.*', type: 'service' as const, token_req: true },
              revocations: new Map(revokedAt === undefined ? [] : [[importer, revokedAt]]),
            },
          ];
        },
        { iat: NOW - 50 + (revokedAt === undefined ? 0 : 1) },
      );
    expect((await service.push(exporter.publicKey, await exported())).status).toBe(201);
    for (const iat of [NOW - 10, NOW - 5]) {
      const claims = newActivation(importer, 'orders.*', 'service');
      const { token } = await signClaims({ ...claims, name: 'orders' }, seedSigner(exporter), { now: iat });
      const response = await fetch(`${service.url}/jwt/v1/activations`, { method: 'POST', body: token });
      expect(response.ok).toBe(true);
    }
    const standing = async () =>
      (await list(service, '?kind=activation')).map(({ status, reason, admitted }) => [status, reason, admitted]);
    expect(await standing()).toEqual([
      ['active', undefined, true],
      ['superseded', undefined, true],
    ]);
    expect((await service.push(exporter.publicKey, await exported(NOW - 7))).status).toBe(200);
    expect(await standing()).toEqual([
      ['active', undefined, true],
      ['revoked', 'subject-revoked', false],
    ]);
  });

  it('is filtered and paged', async () => {
    const service = await runService({ now: () => NOW });
    const account = await newAccount(service, 'shop');
    for (let n = 0; n < 5; n++) {
      await newUser(service, account, { name: `u${n}`, ...(n < 2 && { expires: NOW + 100 + n }) });
    }
    const gone = (await list(service, '?kind=user'))[2]?.subject;
    await service.api('POST', `/accounts/${account}/revocations`, { user: gone });
    const count = async (query: string) => (await list(service, query)).length;
    expect(await count('?kind=user')).toBe(5);
    expect(await count(`?account=${account}&kind=account`)).toBe(2);
    expect(await count(`?account=${account}&status=superseded`)).toBe(1);
    expect(await count(`?account=${account}&status=revoked`)).toBe(1);
    expect(await count('?kind=user&status=active')).toBe(4);
    expect(await count('?status=expired')).toBe(0);
    expect(await count(`?expiringBefore=${NOW + 101}`)).toBe(1);
    expect(await count(`?operator=${service.operator.claims.sub}&kind=operator`)).toBe(1);
    expect(await count(`?issuer=${service.operator.identity.publicKey}`)).toBe(1);
    expect(await count(`?issuedSince=${NOW + 1_000_000}`)).toBe(0);
    expect(await count(`?issuedUntil=${NOW - 100}&kind=operator`)).toBe(1);
    expect(await count(`?account=${Seed.generate('account').publicKey}`)).toBe(0);

    const all = await list(service);
    const paged: Entry[] = [];
    for (let next: string | undefined = ''; next !== undefined; ) {
      const { json } = await service.api('GET', `/ledger?limit=2${next && `&after=${next}`}`);
      paged.push(...json.items);
      next = json.next;
    }
    expect(paged).toEqual(all);
    const live: Entry[] = [];
    for (let next: string | undefined = ''; next !== undefined; ) {
      const { json } = await service.api('GET', `/ledger?limit=1&kind=user&status=active${next && `&after=${next}`}`);
      live.push(...json.items);
      next = json.next;
    }
    expect(live.map(({ subject }) => subject)).not.toContain(gone);
    expect(live).toHaveLength(4);
    for (const query of ['?status=odd', '?kind=', '?limit=0', '?nothing=1', '?issuedSince=x']) {
      expect(await service.api('GET', `/ledger${query}`), query).toMatchObject({
        status: 400,
        json: { code: 'ERR_REQUEST_INVALID' },
      });
    }
    expect(await service.api('GET', '/ledger?after=1')).toMatchObject({
      status: 400,
      json: { code: 'ERR_CURSOR_INVALID' },
    });
  });

  it('shows a caller its own part, and who issued what to those who may read the audit', async () => {
    const service = await runService();
    const [mine, theirs] = [await newAccount(service, 'mine'), await newAccount(service, 'theirs')];
    await newUser(service, mine, { name: 'm' });
    await newUser(service, theirs, { name: 't' });
    const as = async (body: object) => {
      const { token } = (await service.api('POST', '/tokens', { name: 't', ...body })).json;
      const { json } = await service.api('GET', '/ledger', undefined, { authorization: `Bearer ${token}` });
      return json.items as Entry[];
    };
    const seen = await as({ role: 'viewer', account: mine });
    expect(seen.map(({ kind, account }) => [kind, account])).toEqual([
      ['user', mine],
      ['account', mine],
    ]);
    expect(seen.every((entry) => entry.issuedBy === undefined && entry.requestId === undefined)).toBe(true);
    const audited = await as({ role: 'auditor', operator: service.operator.claims.sub });
    expect(audited).toHaveLength(6);
    expect(audited.every((entry) => entry.issuedBy !== undefined)).toBe(true);
  });

  it('takes up what was here before it, once', async () => {
    const dataDir = await testFolder();
    const operator = await makeOperator();
    const first = await runService({ dataDir, operator });
    const account = await newAccount(first, 'shop');
    const user = await newUser(first, account, { name: 'till' });
    await first.close();
    const raw = await openRaw(dataDir);
    await raw.execute('DELETE FROM "issued_jwt"');
    await raw.execute(`DELETE FROM "meta" WHERE "key" LIKE 'ledger-%'`);
    await raw.close();
    const second = await runService({ dataDir, operator });
    await expect.poll(() => list(second)).toHaveLength(4);
    const found = await list(second);
    expect(found.map(({ kind, origin }) => [kind, origin]).sort()).toEqual([
      ['account', 'found'],
      ['account', 'found'],
      ['operator', 'found'],
      ['user', 'found'],
    ]);
    expect(found.find(({ subject }) => subject === user.publicKey)).toMatchObject({ account, status: 'active' });
    await second.close();
    const third = await runService({ dataDir, operator });
    expect(await list(third)).toEqual(found);
  });
});

it('lets others have their turn while it looks for what is seldom', async () => {
  let [turns, reads] = [0, 0];
  let ended = false;
  const count = () => {
    turns++;
    if (!ended) setImmediate(count);
  };
  setImmediate(count);
  const found = await scanPage<number, number>(
    { limit: 1_000 },
    {
      read: async (after = '0', take) => {
        reads++;
        expect(take).toBeLessThanOrEqual(250);
        return Array.from({ length: take }, (_, n) => Number(after) + n + 1);
      },
      pick: async (rows) => rows.map(() => null),
      cursor: String,
    },
  );
  ended = true;
  expect(found).toEqual({ items: [], next: '5000' });
  expect(turns).toBeGreaterThanOrEqual(reads - 1);
});
