import { describe, expect, it } from 'vitest';
import { addressKey } from '../../../service/limits/address-key.js';
import { tokenBuckets } from '../../../service/limits/token-bucket.js';
import { runService, send } from './service.js';

describe('a token bucket', () => {
  it('gives its burst, then as much as time brings, and never more than it holds', () => {
    let at = 0;
    const buckets = tokenBuckets({ perSecond: 2, burst: 3, clock: () => at });
    const takes = (n: number) => Array.from({ length: n }, () => buckets.take('a').ok);
    expect(takes(4)).toEqual([true, true, true, false]);
    expect(buckets.look('a')).toEqual({ ok: false, remaining: 0, retryAfter: 1, fullIn: 2 });
    expect(buckets.take('b').ok).toBe(true);
    at = 500;
    expect(takes(2)).toEqual([true, false]);
    at = 1e9;
    expect(takes(4)).toEqual([true, true, true, false]);
  });

  it('takes what a thing costs, and never more than it can hold', () => {
    const buckets = tokenBuckets({ perSecond: 2, burst: 10, clock: () => 0 });
    expect(buckets.take('a', 7)).toMatchObject({ ok: true, remaining: 3 });
    expect(buckets.take('a', 7)).toEqual({ ok: false, remaining: 3, retryAfter: 2, fullIn: 4 });
    expect([buckets.take('a').ok, buckets.take('b', 100).ok, buckets.take('b').ok]).toEqual([true, true, false]);
  });

  it('remembers a bounded number of callers, those seen last', () => {
    const buckets = tokenBuckets({ perSecond: 1, burst: 1, maxKeys: 2, clock: () => 0 });
    for (const key of ['a', 'b', 'a', 'c']) buckets.take(key);
    expect([buckets.look('a').ok, buckets.look('b').ok, buckets.look('c').ok]).toEqual([false, true, false]);
  });
});

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});

describe('rate limits', () => {
  const limits = (given: object) => runService({ rateLimits: given });

  it('refuse a caller beyond its own budget, as a problem that says when to come back', async () => {
    const service = await limits({ requests: 1 });
    const { id, token } = (await service.api('POST', '/tokens', { name: 'other', role: 'admin' })).json;
    expect(id).toBeDefined();
    let last = await service.api('GET', '/links');
    for (let n = 0; n < 20 && last.status === 200; n++) last = await service.api('GET', '/links');
    expect([last.status, last.json.code]).toEqual([429, 'ERR_RATE_LIMITED']);
    expect(last.headers.get('retry-after')).toBe('1');
    expect(last.headers.get('ratelimit-policy')).toBe('"requests";q=10;w=10');
    expect(last.headers.get('ratelimit')).toMatch(/^"requests";r=0;t=\d+$/);
    const other = await send(`${service.url}/api/v1/links`, { headers: { authorization: `Bearer ${token}` } });
    expect(other.status).toBe(200);
  });

  it('count what takes long as many requests', async () => {
    const service = await limits({ requests: 10 });
    const { token } = (await service.api('POST', '/tokens', { name: 't', role: 'viewer' })).json;
    const asked = [];
    for (let n = 0; n < 3; n++) {
      const reply = await service.api('POST', '/doctor', { jwt: 'x' }, { authorization: `Bearer ${token}` });
      asked.push(reply.status);
    }
    expect(asked).toEqual([400, 400, 429]);
  });

  it('leave the reads of servers and the probes alone', async () => {
    const service = await limits({ requests: 1 });
    const { publicKey } = service.operator.system;
    for (let n = 0; n < 40; n++) {
      expect((await service.get(`/jwt/v1/accounts/${publicKey}`)).status).toBe(200);
      expect((await service.get('/livez')).status).toBe(200);
    }
  });

  it('stop who fails to authenticate before anything is verified, also with a token that holds', async () => {
    const service = await limits({ failures: 3 });
    const wrong = { authorization: 'Bearer wrong' };
    for (let n = 0; n < 3; n++) expect((await service.get('/api/v1/links', wrong)).status).toBe(401);
    const refused = await service.get('/api/v1/links', wrong);
    expect([refused.status, refused.json.code]).toEqual([429, 'ERR_RATE_LIMITED']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(1);
    expect((await service.api('GET', '/links')).status).toBe(429);
    // A sign-in shows no token; however its URL is written, it is one.
    const signIn = await send(`${service.url}/api/v1/%73essions`, { method: 'POST' });
    expect([signIn.status, signIn.json.code]).toEqual([429, 'ERR_RATE_LIMITED']);
    expect((await service.get(`/jwt/v1/accounts/${service.operator.system.publicKey}`)).status).toBe(200);
  });

  it('believe X-Forwarded-For from proxies that are named, and from nobody else', async () => {
    const tries = async (trustProxy: string[]) => {
      const service = await runService({ rateLimits: { failures: 1 }, trustProxy });
      const from = (address: string) =>
        service.get('/api/v1/links', { authorization: 'Bearer wrong', 'x-forwarded-for': address });
      return [(await from('192.0.2.1')).status, (await from('192.0.2.2')).status, (await from('192.0.2.1')).status];
    };
    expect(await tries([])).toEqual([401, 429, 429]);
    expect(await tries(['127.0.0.0/8'])).toEqual([401, 401, 429]);
    for (const bad of ['0.0.0.0/0', 'proxy.example', '10.0.0.0/33', '10.0.0.0/', '::/129', '10.0.0.1/8/8']) {
      await expect(runService({ trustProxy: [bad] }), bad).rejects.toMatchObject({ code: 'ERR_SETTING_INVALID' });
    }
  });
});
