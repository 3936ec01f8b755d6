import { describe, expect, it } from 'vitest';
import { reachOf } from '../../../service/ledger/subject-reach.js';
import { NOW, runService, type TestService } from './service.js';

const permissions = (allow: string[], deny: string[] = []) => ({
  ...{ pub: { allow, deny }, sub: { allow, deny } },
});

describe('how much of a subject permissions give', () => {
  const cases: [allow: string[], deny: string[], subject: string, answer: 'all' | 'some' | 'none'][] = [
    [[], [], 'a.b', 'all'],
    [['a.*'], [], 'a.b', 'all'],
    [['a.*'], [], 'a.b.c', 'none'],
    [['a.b'], [], 'a.*', 'some'],
    [['a.*'], ['a.b'], 'a.b', 'none'],
    [['a.*'], ['a.b'], 'a.*', 'some'],
    [['*.b'], ['a.b'], 'a.*', 'none'],
    [['a.b', 'a.c'], ['a.b'], 'a.>', 'some'],
    [['>'], ['a.>'], 'a.b', 'none'],
    [[], ['a.b'], 'a.>', 'some'],
    [[], ['a.>'], 'a.*.c', 'none'],
    [['a.>'], [], 'a.b.>', 'all'],
    [['b'], [], 'a', 'none'],
  ];
  it.each(cases)('allow %j deny %j: %s is %s', (allow, deny, subject, answer) => {
    for (const action of ['pub', 'sub'] as const) {
      const reached = reachOf(permissions(allow, deny), action, subject);
      expect(reached === null ? 'none' : reached.all ? 'all' : 'some').toBe(answer);
    }
  });

  it('counts queue groups and responses as servers do', () => {
    expect(reachOf(permissions(['a q']), 'sub', 'a')).toEqual({ all: true, entries: ['a q'] });
    expect(reachOf(permissions([], ['a q']), 'sub', 'a')).toMatchObject({ all: true });
    expect(reachOf(permissions([], ['a q']), 'pub', 'a')).toBeNull();
    expect(reachOf({ ...permissions([]), resp: { max: 1, ttl: 0 } }, 'pub', 'a')).toBeNull();
    expect(reachOf({ ...permissions([]), resp: { max: 1, ttl: 0 } }, 'sub', 'a')).toMatchObject({ all: true });
  });
});

interface Reacher {
  name: string;
  reach: string;
  account: string;
  subject: string;
  permissions: string[];
}

const account = async (service: TestService, name: string): Promise<string> =>
  (await service.api('POST', '/accounts', { name })).json.publicKey;
const user = async (service: TestService, of: string, name: string, more: object = {}) =>
  (await service.api('POST', `/accounts/${of}/users`, { name, ...more })).json.publicKey;
const patch = async (service: TestService, id: string, body: object) => {
  const { headers } = await service.api('GET', `/accounts/${id}`);
  const etag = { 'if-match': headers.get('etag') ?? '', 'content-type': 'application/merge-patch+json' };
  expect((await service.api('PATCH', `/accounts/${id}`, body, etag)).status).toBe(200);
};

describe('who can reach a subject', () => {
  it('is answered from the user JWTs that are let in, roles and default permissions included', async () => {
    let now = NOW;
    const service = await runService({ now: () => now });
    const shop = await account(service, 'shop');
    await user(service, shop, 'free');
    await user(service, shop, 'orders', { permissions: { pub: { allow: ['orders.>'] }, sub: { allow: ['x'] } } });
    await user(service, shop, 'kept-out', { permissions: { pub: { deny: ['orders.*'] } } });
    await user(service, shop, 'short', { expires: NOW + 10 });
    const revoked = await user(service, shop, 'revoked');
    const ask = async (query: string): Promise<[string, string, string[]][]> => {
      const { json } = await service.api('GET', `/accounts/${shop}/reachers?${query}`);
      return json.items.map(({ name, reach, permissions }: Reacher) => [name, reach, permissions]).sort();
    };
    now += 1;
    await service.api('POST', `/accounts/${shop}/revocations`, { user: revoked });
    expect(await ask('subject=orders.new&action=pub')).toEqual([
      ['free', 'all', []],
      ['orders', 'all', ['orders.>']],
      ['short', 'all', []],
    ]);
    now += 20;
    expect(await ask('subject=orders.new&action=sub')).toEqual([
      ['free', 'all', []],
      ['kept-out', 'all', []],
    ]);
    expect(await ask('subject=%3E&action=pub')).toEqual([
      ['free', 'all', []],
      ['kept-out', 'some', []],
      ['orders', 'some', ['orders.>']],
    ]);
    // Permissions of the account hold for who has none of his own.
    await patch(service, shop, { nats: { default_permissions: { pub: { allow: ['other'] }, sub: {} } } });
    expect(await ask('subject=orders.new&action=pub')).toEqual([['orders', 'all', ['orders.>']]]);

    const page = async (query: string) => (await service.api('GET', `/accounts/${shop}/reachers?${query}`)).json;
    const first = await page('subject=other&action=sub&limit=1');
    const second = await page(`subject=other&action=sub&limit=1&after=${first.next}`);
    const names = [first, second].flatMap(({ items }) => items.map(({ name }: Reacher) => name));
    expect(names.sort()).toEqual(['free', 'kept-out']);
    for (const query of ['subject=a..b&action=pub', 'subject=a', 'subject=a&action=request']) {
      expect(await service.api('GET', `/accounts/${shop}/reachers?${query}`), query).toMatchObject({
        status: 400,
        json: { code: 'ERR_REQUEST_INVALID' },
      });
    }
  });

  it('goes through imports into the accounts that the caller may read', async () => {
    const service = await runService();
    const [shop, buyer] = [await account(service, 'shop'), await account(service, 'buyer')];
    await patch(service, shop, {
      nats: {
        exports: [
          { subject: 'orders.*', type: 'service' },
          { subject: 'news.>', type: 'stream' },
        ],
      },
    });
    await patch(service, buyer, {
      nats: {
        imports: [
          { subject: 'orders.*', type: 'service', account: shop, local_subject: 'buy.*' },
          { subject: 'news.>', type: 'stream', account: shop },
        ],
      },
    });
    await user(service, buyer, 'may', { permissions: { pub: { allow: ['buy.new'] }, sub: { allow: ['news.eu'] } } });
    await user(service, buyer, 'may-not', { permissions: { pub: { allow: ['orders.new'] }, sub: { allow: ['x'] } } });
    const ask = async (query: string, headers = {}) => {
      const { json } = await service.api('GET', `/accounts/${shop}/reachers?${query}`, undefined, headers);
      return json.items.map((item: Reacher) => [item.name, item.account, item.subject, item.reach]);
    };
    expect(await ask('subject=orders.new&action=pub')).toEqual([['may', buyer, 'buy.new', 'all']]);
    expect(await ask('subject=orders.*&action=pub')).toEqual([['may', buyer, 'buy.*', 'some']]);
    expect(await ask('subject=orders.new&action=sub')).toEqual([]);
    expect(await ask('subject=news.eu&action=sub')).toEqual([['may', buyer, 'news.eu', 'all']]);
    expect(await ask('subject=news.eu&action=pub')).toEqual([]);
    const { token } = (await service.api('POST', '/tokens', { name: 't', role: 'viewer', account: shop })).json;
    expect(await ask('subject=orders.new&action=pub', { authorization: `Bearer ${token}` })).toEqual([]);
  });
});

it('agrees with what is explained of each user', async () => {
  const service = await runService();
  const [bank, shop, till] = [
    await account(service, 'bank'),
    await account(service, 'shop'),
    await account(service, 'till'),
  ];
  const exported = (subject: string) => ({ exports: [{ subject, type: 'service' }] });
  const imported = (from: string, subject: string, local_subject: string) => ({
    imports: [{ subject, type: 'service', account: from, local_subject }],
  });
  // A request of `till` goes to `shop`, on to `bank`, and there to what the mapping says.
  await patch(service, bank, {
    nats: { ...exported('pay.*'), mappings: { 'pay.*': [{ subject: 'ledger.$1', weight: 100 }] } },
  });
  await patch(service, shop, { nats: { ...imported(bank, 'pay.*', 'bank.*'), ...exported('bank.*') } });
  await patch(service, till, { nats: imported(shop, 'bank.eur', 'money') });
  const pub = (allow: string[], deny: string[] = []) => ({ permissions: { pub: { allow, deny } } });
  const sub = (allow: string[], deny: string[] = []) => ({ permissions: { sub: { allow, deny } } });
  const users: [of: string, name: string, more: object][] = [
    [bank, 'free', {}],
    [bank, 'books', pub(['ledger.>'], ['ledger.usd'])],
    [bank, 'no-books', pub([], ['ledger.>'])],
    [bank, 'answers', { permissions: { resp: { max: 1, ttl: 0 } } }],
    [bank, 'reads', sub(['ledger.*'], ['ledger.eur'])],
    [bank, 'in-a-group', sub(['ledger.* workers'])],
    [bank, 'deaf', { limits: { subs: 0 } }],
    [shop, 'counter', pub(['bank.eur'])],
    [shop, 'window', pub(['bank.usd'])],
    [till, 'cashier', pub(['money'])],
    [till, 'cleaner', pub(['mops'])],
  ];
  const keys = new Map<string, string>();
  for (const [of, name, more] of users) {
    const key = await user(service, of, name, more);
    expect(key, name).toBeDefined();
    keys.set(name, key);
  }
  const found = async (of: string, action: string, subject: string) => {
    const { json } = await service.api('GET', `/accounts/${of}/reachers?subject=${subject}&action=${action}`);
    return json.items.map(({ name }: Reacher) => name).sort();
  };
  const explained = async (of: string, action: string, subject: string) => {
    const may: string[] = [];
    for (const [whose, name] of users) {
      if (whose !== of) continue;
      for (const queue of action === 'sub' ? ['', '&queue=workers'] : ['']) {
        const asked = `/explain?user=${keys.get(name)}&action=${action}&subject=${subject}${queue}`;
        const { json } = await service.api('GET', asked);
        expect(json.answer, asked).toBeDefined();
        if (json.answer !== 'no') may.push(name);
      }
    }
    return [...new Set(may)].sort();
  };
  for (const subject of ['ledger.usd', 'other']) {
    for (const action of ['pub', 'sub']) {
      const here = (await found(bank, action, subject)).filter((name: string) =>
        users.some(([of, known]) => of === bank && known === name),
      );
      expect(here, `${action} ${subject}`).toEqual(await explained(bank, action, subject));
    }
  }
  expect(await found(bank, 'sub', 'ledger.eur')).toEqual(await explained(bank, 'sub', 'ledger.eur'));
  const across = await found(bank, 'pub', 'ledger.eur');
  for (const name of ['books', 'cashier', 'counter', 'free']) expect(across).toContain(name);
  for (const name of ['no-books', 'answers', 'cleaner']) expect(across).not.toContain(name);
  expect(await found(shop, 'pub', 'bank.eur')).toEqual(['cashier', 'counter']);
  expect(await explained(till, 'request', 'money')).toEqual(['cashier']);
});
