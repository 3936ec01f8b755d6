/** Lists of the REST API: their cursors and their filters. */
import { describe, expect, it } from 'vitest';
import { Seed } from '../../../claims/keys/seed.js';
import { databaseOf, openRaw } from './database.js';
import { testFolder } from './folder.js';
import { makeOperator, NOW, runService, type TestService } from './service.js';

const names = (reply: { json: { items: { name: string }[] } }) => reply.json.items.map(({ name }) => name).sort();

async function everyPage(service: TestService, path: string) {
  const items: { name: string }[] = [];
  for (let after = ''; ; ) {
    const page = await service.api(
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}limit=2${after && `&after=${after}`}`,
    );
    expect(page.status).toBe(200);
    expect(page.json.items.length).toBeLessThanOrEqual(2);
    items.push(...page.json.items);
    if (page.json.next === undefined) return items;
    expect(page.json.next).toMatch(/^[\w-]+$/);
    after = page.json.next;
  }
}

describe('a cursor', () => {
  it('goes through a list once, whatever its filters, also after a restart', async () => {
    const dataDir = await testFolder();
    const operator = await makeOperator();
    const first = await runService({ dataDir, operator });
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2']) await first.api('POST', '/accounts', { name });
    expect((await everyPage(first, '/accounts')).map(({ name }) => name).sort()).toEqual(
      ['SYS', 'a1', 'a2', 'a3', 'b1', 'b2'].sort(),
    );
    expect((await everyPage(first, '/accounts?name=A')).map(({ name }) => name).sort()).toEqual(['a1', 'a2', 'a3']);
    expect((await everyPage(first, '/audit?action=account.create')).length).toBe(6);
    const { next } = (await first.api('GET', '/accounts?limit=5')).json;
    await first.close();
    await databaseOf(dataDir);
    const second = await runService({ dataDir, operator });
    expect((await second.api('GET', `/accounts?limit=5&after=${next}`)).json.items).toHaveLength(1);
  });

  it('has a page of a thousand, and the next one', async () => {
    const service = await runService();
    const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    const raw = await openRaw(service.dataDir);
    await raw.execute(`INSERT INTO "user" ("key", "account_key", "name", "name_fold", "iat", "created_at")
      WITH RECURSIVE c(n) AS (SELECT 10000 UNION ALL SELECT n + 1 FROM c WHERE n < 11001)
      SELECT 'U' || n, '${account}', 'user-' || n, 'user-' || n, ${NOW}, ${NOW} FROM c`);
    await raw.close();
    const first = await service.api('GET', `/accounts/${account}/users?limit=1000`);
    expect(first.status, first.text).toBe(200);
    const rest = await service.api('GET', `/accounts/${account}/users?limit=1000&after=${first.json.next}`);
    const keys = [first, rest].flatMap(({ json }) =>
      json.items.map(({ publicKey }: { publicKey: string }) => publicKey),
    );
    expect([keys.length, keys[0], keys.at(-1)]).toEqual([1_002, 'U10000', 'U11001']);
    expect(keys).toEqual([...keys].sort());
  });

  it('is of one list, and cannot be made up or changed', async () => {
    const service = await runService();
    const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    for (const name of ['a', 'b']) await service.api('POST', `/accounts/${account}/users`, { name });
    const { next } = (await service.api('GET', '/accounts?limit=1')).json;
    const bytes = Buffer.from(next, 'base64url');
    const elsewhere = Buffer.from(bytes);
    elsewhere.write('AAAA', 20);
    const ofUsers = (await service.api('GET', `/accounts/${account}/users?limit=1`)).json.next;
    for (const [at, after] of [
      ['/accounts', service.operator.system.publicKey],
      ['/accounts', ''],
      ['/accounts', 'x'],
      ['/accounts', elsewhere.toString('base64url')],
      ['/accounts', bytes.subarray(0, -1).toString('base64url')],
      ['/accounts', bytes.subarray(16).toString('base64url')],
      ['/accounts', ofUsers],
      ['/accounts?name=s', next],
      ['/tokens', next],
      ['/audit', next],
      [`/accounts/${account}/users`, next],
    ] as const) {
      const refused = await service.api('GET', `${at}${at.includes('?') ? '&' : '?'}after=${after}`);
      expect(refused, `${at} ${after}`).toMatchObject({
        status: 400,
        json: { code: 'ERR_CURSOR_INVALID', errors: [{ pointer: '/after' }] },
      });
    }
  });
});

describe('a filter', () => {
  it('of accounts leaves what it says', async () => {
    const service = await runService();
    const other = await makeOperator({ name: 'other' });
    await service.api('POST', '/operators', { jwt: other.token, signingKey: other.signing.reveal() });
    const operator = service.operator.claims.sub;
    for (const name of ['Shop_1', 'shopX1', 'sho%p', 'Ärger!', 'till']) {
      await service.api('POST', '/accounts', { name, operator });
    }
    await service.api('POST', '/accounts', { name: 'shop', operator: other.claims.sub });
    const found = async (query: string) => names(await service.api('GET', `/accounts?${query}`));
    expect(await found('name=SHOP')).toEqual(['Shop_1', 'shop', 'shopX1']);
    expect(await found('name=p_1')).toEqual(['Shop_1']);
    expect(await found('name=o%25p')).toEqual(['sho%p']);
    expect(await found('name=%25')).toEqual(['sho%p']);
    expect(await found('name=%C3%A4RGER!')).toEqual(['Ärger!']);
    expect(await found("name=' OR 1=1 --")).toEqual([]);
    expect(await found(`name=shop&operator=${other.claims.sub}`)).toEqual(['shop']);
    expect(await found(`operator=${Seed.generate('operator').publicKey}`)).toEqual([]);
    expect((await found(`updatedSince=${NOW - 10}`)).length).toBe(7);
    expect(await found(`updatedSince=${NOW + 3_600}`)).toEqual([]);
    // Filters are within what the caller may see, not beside it.
    const { token } = (await service.api('POST', '/tokens', { name: 't', role: 'viewer', operator: other.claims.sub }))
      .json;
    const theirs = await service.api('GET', '/accounts?name=shop', undefined, { authorization: `Bearer ${token}` });
    expect(names(theirs)).toEqual(['shop']);
  });

  it('of users, tokens and the audit leaves what it says', async () => {
    let now = NOW;
    const service = await runService({ now: () => now });
    const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
    const make = (name: string, expires?: number) =>
      service.api('POST', `/accounts/${account}/users`, { name, ...(expires && { expires }) });
    await make('till_1', NOW + 10);
    await make('till-2', NOW + 1_000);
    await make('office');
    const users = async (query: string) => names(await service.api('GET', `/accounts/${account}/users?${query}`));
    now = NOW + 20;
    expect(await users('name=TILL')).toEqual(['till-2', 'till_1']);
    expect(await users('name=l_')).toEqual(['till_1']);
    expect(await users('expired=true')).toEqual(['till_1']);
    expect(await users('expired=false')).toEqual(['office', 'till-2']);
    expect(await users(`expired=false&expiresBefore=${NOW + 2_000}`)).toEqual(['till-2']);

    const { id } = (await service.api('POST', '/tokens', { name: 'a', role: 'viewer', account })).json;
    await service.api('POST', '/tokens', { name: 'b', role: 'issuer', account });
    await service.api('DELETE', `/tokens/${id}`);
    const tokens = async (query: string) => names(await service.api('GET', `/tokens?${query}`));
    expect(await tokens(`account=${account}`)).toEqual(['a', 'b']);
    expect(await tokens('role=issuer')).toEqual(['b']);
    expect(await tokens('revoked=true')).toEqual(['a']);
    expect(await tokens(`revoked=false&account=${account}`)).toEqual(['b']);

    const actions = async (query: string) =>
      (await service.api('GET', `/audit?${query}`)).json.items.map(({ action }: { action: string }) => action);
    expect(await actions(`account=${account}&action=user.create`)).toHaveLength(3);
    expect(await actions(`since=${NOW + 20}`)).toEqual(['token.create', 'token.create', 'token.revoke']);
    expect(await actions(`until=${NOW + 20}&account=${account}`)).toEqual([
      'account.create',
      'user.create',
      'user.create',
      'user.create',
    ]);
    expect(await actions(`entity=${id}`)).toEqual(['token.create', 'token.revoke']);
    expect(await actions('operator=x')).toEqual([]);
  });

  it('that a list does not know is refused', async () => {
    const service = await runService();
    for (const query of [
      '/accounts?nam=x',
      '/accounts?name=',
      '/accounts?updatedSince=x',
      '/tokens?role=root',
      '/audit?seq=1',
      '/audit?since=-1',
      '/links?limit=1',
    ]) {
      expect((await service.api('GET', query)).json, query).toMatchObject({ status: 400, code: 'ERR_REQUEST_INVALID' });
    }
  });
});
