import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { authority, hasOpenssl } from '../../certificates.js';
import { databaseBytes } from './database.js';
import { NOW, runService, type TestService } from './service.js';
import { receiver, verifies } from './webhook-receiver.js';

const HERE = { outbound: { allow: ['127.0.0.0/8'] } };

async function hookTo(service: TestService, url: string, more: object = {}, headers: Record<string, string> = {}) {
  const made = await service.api('POST', '/webhooks', { name: 'hook', url, types: ['account.*'], ...more }, headers);
  expect(made.status, made.text).toBe(201);
  return { ...made.json, etag: made.headers.get('etag') ?? '' };
}

const deliveries = async (service: TestService, hook: { id: string }, query = '') =>
  (await service.api('GET', `/webhooks/${hook.id}/deliveries${query}`)).json.items;

/** The log says it once the answer is written down, which is a moment after the receiver gave it. */
const logged = (service: TestService, hook: { id: string }, expected: object) =>
  expect.poll(() => deliveries(service, hook), { timeout: 20_000 }).toMatchObject(expected);

describe('webhooks', () => {
  it('tell of changes, once and in order, with signatures that any receiver can verify', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
    const service = await runService({ ...HERE, logger });
    const to = await receiver();
    const hook = await hookTo(service, to.url);
    expect(hook).toMatchObject({ signature: 'hmac', state: 'enabled', createdBy: 'token:admin.token' });
    const signed = await hookTo(service, to.url, { signature: 'ed25519', types: ['user.create'] });
    expect(signed.publicKey).toMatch(/^whpk_[\w+/]{43}=$/);
    expect(signed).not.toHaveProperty('secret');
    const names = ['one', 'two', 'three'];
    const made = [];
    for (const name of names) made.push((await service.api('POST', '/accounts', { name })).json);
    await service.api('POST', `/accounts/${made[0].publicKey}/users`, { name: 'u' });
    const calls = [await to.next(), await to.next(), await to.next(), await to.next()];
    const told = calls.filter(({ json }) => json.type === 'account.create');
    expect(told.map(({ json }) => json.data.entity)).toEqual(made.map(({ publicKey }) => publicKey));
    const first = told[0];
    const user = calls.find(({ json }) => json.type === 'user.create');
    if (!first || !user) throw new Error('not told');
    expect(first.json).toEqual({
      type: 'account.create',
      timestamp: new Date(first.json.data.at * 1_000).toISOString(),
      data: expect.objectContaining({ account: made[0].publicKey, jti: made[0].jti }),
    });
    expect(Object.keys(first.json.data).sort()).toEqual(['account', 'at', 'entity', 'jti', 'operator', 'seq', 'type']);
    expect(first.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'natsctl' });
    expect(first.id).toMatch(/^msg_\w+$/);
    expect([verifies(first, hook.secret), verifies(user, hook.secret)]).toEqual([true, false]);
    expect([verifies(user, signed.publicKey), verifies(first, signed.publicKey)]).toEqual([true, false]);
    expect(verifies({ ...first, body: `${first.body} ` }, hook.secret)).toBe(false);
    await logged(service, hook, Array(3).fill({ state: 'delivered', attempts: 1, responseStatus: 204 }));
    const log = await deliveries(service, hook);
    expect(log.map(({ id }: { id: string }) => id)).toEqual(told.map(({ id }) => id).reverse());
    const page = (await service.api('GET', `/webhooks/${hook.id}/deliveries?limit=2`)).json;
    expect(page.items).toEqual(log.slice(0, 2));
    expect(await deliveries(service, hook, `?after=${page.next}`)).toEqual(log.slice(2));
    expect(await deliveries(service, hook, '?state=failed')).toEqual([]);
    const metrics = (await service.get('/metrics')).text;
    expect(metrics).toContain('natsctl_webhook_deliveries{state="pending"} 0');
    expect(metrics).toContain('natsctl_webhooks{state="enabled"} 2');
    // The secret is nowhere but with the receiver, and its URL in no log and no audit.
    const audit = (await service.api('GET', '/audit?limit=1000')).text;
    const kept = await databaseBytes(service.dataDir);
    const wal = await readFile(path.join(service.dataDir, 'natsctl.db-wal')).catch(() => Buffer.alloc(0));
    const bare = hook.secret.slice('whsec_'.length);
    for (const text of [audit, lines.join(''), (await service.api('GET', `/webhooks/${hook.id}`)).text]) {
      expect(text).not.toContain(bare);
    }
    for (const text of [audit, lines.join('')]) expect(text).not.toContain('PASSWORD-OF-THE-RECEIVER');
    expect([kept.includes(bare), wal.includes(bare)]).toEqual([false, false]);
  });

  it('are sent again until they arrive, under one id, over a restart; a slow receiver holds no other', async () => {
    let now = NOW;
    const options = { ...HERE, now: () => now };
    const service = await runService(options);
    const to = await receiver({ hold: true });
    const slow = await receiver({ hold: true });
    const hook = await hookTo(service, to.url);
    const held = await hookTo(service, slow.url);
    await service.api('POST', '/accounts', { name: 'one' });
    await slow.next();
    const first = await to.next();
    first.answer(500, `${'x'.repeat(3_000)}\0`);
    await logged(service, hook, [{ state: 'pending', attempts: 1, responseStatus: 500 }]);
    const [failed] = await deliveries(service, hook);
    expect(failed.responseBody).toBe('x'.repeat(1_024));
    expect(failed.nextAttemptAt - now).toBeGreaterThanOrEqual(5);
    expect(failed.nextAttemptAt - now).toBeLessThanOrEqual(6);
    expect((await service.api('GET', `/webhooks/${hook.id}`)).json.failingSince).toBe(now);
    // What failed waits; what is new is not kept waiting by it. A redirect is a failure and leads nowhere.
    await service.api('POST', '/accounts', { name: 'two' });
    const second = await to.next();
    expect(second.id).not.toBe(first.id);
    second.answer(302, '', { location: slow.url });
    await logged(service, hook, [{ attempts: 1, responseStatus: 302 }, { attempts: 1 }]);
    expect(slow.calls).toHaveLength(1);
    // Cut off while an attempt is under way, which is then made again.
    await service.close();
    now += 10;
    const again = await runService({ ...options, dataDir: service.dataDir, operator: service.operator });
    const retried = [await to.next()];
    retried[0]?.answer(204);
    retried.push(await to.next());
    retried[1]?.answer(204);
    expect(new Set(retried.map(({ id }) => id))).toEqual(new Set([first.id, second.id]));
    for (const call of retried) expect(verifies(call, hook.secret)).toBe(true);
    expect(retried.find(({ id }) => id === first.id)?.body).toBe(first.body);
    await logged(again, hook, [
      { state: 'delivered', attempts: 2 },
      { state: 'delivered', attempts: 2 },
    ]);
    await expect
      .poll(async () => (await again.api('GET', `/webhooks/${hook.id}`)).json)
      .not.toHaveProperty('failingSince');
    const resent = await slow.next();
    expect(resent.id).toBe(slow.calls[0]?.id);
    resent.answer(204);
    await logged(again, held, [{ attempts: 0 }, { state: 'delivered', attempts: 1 }]);
    (await slow.next()).answer(429, '', { 'retry-after': '120' });
    await logged(again, held, [{ state: 'pending', nextAttemptAt: now + 120 }, {}]);
  });

  it('are disabled by 410 Gone, and after five days of nothing; enabling goes on from then, replays bring the rest', async () => {
    let now = NOW;
    const service = await runService({ ...HERE, now: () => now });
    const to = await receiver({ hold: true });
    const watcher = await receiver();
    await hookTo(service, watcher.url, { types: ['webhook.disable'] });
    const hook = await hookTo(service, to.url);
    const at = `/webhooks/${hook.id}`;
    const enable = async () => {
      const etag = (await service.api('GET', at)).headers.get('etag') ?? '';
      return service.api('PATCH', at, { enabled: true }, { 'if-match': etag });
    };
    await service.api('POST', '/accounts', { name: 'one' });
    const first = await to.next();
    first.answer(410);
    const gone = await watcher.next();
    expect(gone.json.data).toMatchObject({ type: 'webhook.disable', entity: hook.id });
    expect((await service.api('GET', at)).json).toMatchObject({ state: 'disabled', disabledReason: 'gone' });
    expect(await deliveries(service, hook)).toMatchObject([{ state: 'failed', responseStatus: 410 }]);
    const disabled = { status: 409, json: { code: 'ERR_WEBHOOK_DISABLED' } };
    expect(await service.api('POST', `${at}/replay`, { after: 0 })).toMatchObject(disabled);
    expect(await service.api('POST', `${at}/deliveries/${first.id}/replay`)).toMatchObject(disabled);
    const two = (await service.api('POST', '/accounts', { name: 'two' })).json.publicKey;
    expect((await enable()).json).toMatchObject({ state: 'enabled' });
    await service.api('POST', '/accounts', { name: 'three' });
    const third = await to.next();
    expect(third.json.data.entity).not.toBe(two);
    third.answer(204);
    // One event again, then all of them, also the one that nobody was told of while it was disabled.
    expect((await service.api('POST', `${at}/deliveries/${first.id}/replay?dryRun=true`)).json.changes).toMatchObject([
      { action: 'webhook.replay' },
    ]);
    expect(await service.api('POST', `${at}/deliveries/${first.id}/replay`)).toMatchObject({
      status: 202,
      json: { id: first.id, state: 'pending', attempts: 0 },
    });
    const once = await to.next();
    expect([once.id, once.body]).toEqual([first.id, first.body]);
    once.answer(204);
    await logged(service, hook, [{ state: 'delivered' }, { state: 'delivered' }]);
    expect((await service.api('POST', `${at}/replay`, { after: first.json.data.seq - 1 })).status).toBe(202);
    const replayed = [];
    for (let n = 0; n < 3; n++) {
      replayed.push(await to.next());
      replayed.at(-1)?.answer(500);
    }
    expect(replayed.map(({ json }) => json.data.entity)).toEqual([first.json.data.entity, two, third.json.data.entity]);
    expect([replayed[0]?.id, replayed[2]?.id]).toEqual([first.id, third.id]);
    await logged(service, hook, Array(3).fill({ state: 'pending', attempts: 1 }));
    now += 5 * 24 * 3_600;
    await service.api('POST', '/accounts', { name: 'four' });
    (await to.next()).answer(500);
    expect((await watcher.next()).json.data).toMatchObject({ type: 'webhook.disable', entity: hook.id });
    expect((await service.api('GET', at)).json).toMatchObject({ state: 'disabled', disabledReason: 'failing' });
    const { items } = (await service.api('GET', `/audit?entity=${hook.id}`)).json;
    const detail = items.filter(({ action }: { action: string }) => action === 'webhook.disable');
    expect(detail).toMatchObject([
      { actor: 'service', detail: { reason: 'gone' } },
      { actor: 'service', detail: { reason: 'failing' } },
    ]);
  });

  it('keep to what they were told meanwhile: a replay, an end, other types', async () => {
    let now = NOW;
    const options = { ...HERE, now: () => now };
    const service = await runService(options);
    const to = await receiver({ hold: true });
    const hook = await hookTo(service, to.url);
    const at = `/webhooks/${hook.id}`;
    const edit = (body: object) => service.api('PATCH', at, body, { 'if-match': '*' });
    // Asked for while an attempt is under way, it is one more.
    const { publicKey: account } = (await service.api('POST', '/accounts', { name: 'one' })).json;
    const first = await to.next();
    now += 1;
    expect((await service.api('POST', `${at}/deliveries/${first.id}/replay`)).status).toBe(202);
    first.answer(204);
    const again = await to.next();
    expect(again.id).toBe(first.id);
    again.answer(204);
    await logged(service, hook, [{ state: 'delivered', attempts: 1 }]);
    // Given up with its hook, it is not due again because the attempt that was under way failed.
    await service.api('POST', '/accounts', { name: 'two' });
    const second = await to.next();
    expect((await edit({ enabled: false })).status).toBe(200);
    second.answer(500);
    expect((await edit({ enabled: true })).status).toBe(200);
    // Types that it did not want before are told of from the edit on, also after a restart; those it did, whenever they happened.
    await service.api('POST', '/accounts', { name: 'three' });
    await edit({ types: ['account.create', 'token.*'] });
    const third = await to.next();
    third.answer(204);
    await logged(service, hook, [{ state: 'delivered' }, {}, {}]);
    const before = (await service.api('POST', `/accounts/${account}/users`, { name: 'before' })).json.publicKey;
    expect((await edit({ types: ['account.create', 'user.*'] })).status).toBe(200);
    await service.close();
    const restarted = await runService({ ...options, dataDir: service.dataDir, operator: service.operator });
    await restarted.api('POST', `/accounts/${account}/users`, { name: 'after' });
    const fourth = await to.next();
    expect([fourth.json.type, fourth.json.data.entity === before]).toEqual(['user.create', false]);
    fourth.answer(204);
    const delivered = { state: 'delivered' };
    await logged(restarted, hook, [{ ...delivered, type: 'user.create' }, delivered, { state: 'failed' }, delivered]);
  });

  it('have keys that are rotated with an overlap, and are tested by one request', async () => {
    let now = NOW;
    const service = await runService({ ...HERE, now: () => now });
    const to = await receiver();
    const hook = await hookTo(service, to.url);
    const at = `/webhooks/${hook.id}`;
    const test = async () => {
      const result = await service.api('POST', `${at}/test`);
      return { result, call: await to.next() };
    };
    const { result, call } = await test();
    expect(result).toMatchObject({ status: 200, json: { ok: true, responseStatus: 204 } });
    expect(call.json).toEqual({
      type: 'webhook.test',
      timestamp: new Date(now * 1_000).toISOString(),
      data: { webhook: hook.id },
    });
    expect((await service.api('POST', `${at}/rotate`, {})).status).toBe(428);
    const rotate = async (body: object, etag: string) => {
      const rotated = await service.api('POST', `${at}/rotate`, body, { 'if-match': etag });
      expect(rotated.status, rotated.text).toBe(200);
      return { ...rotated.json, etag: rotated.headers.get('etag') ?? '' };
    };
    const second = await rotate({ overlapHours: 1 }, hook.etag);
    expect(second.secret).not.toBe(hook.secret);
    const third = await rotate({ overlapHours: 2, signature: 'ed25519' }, second.etag);
    expect(third).not.toHaveProperty('secret');
    const verified = async () => {
      const { call: one } = await test();
      return [hook.secret, second.secret, third.publicKey].map((key) => verifies(one, key));
    };
    expect(await verified()).toEqual([true, true, true]);
    // The specification has receivers refuse timestamps that are hours away, and `verifies` does: these signatures are counted.
    now += 2 * 3_600 - 1;
    const counted = async () => String((await test()).call.headers['webhook-signature']).split(' ').length;
    expect(await counted()).toBe(2);
    now += 1;
    expect(await counted()).toBe(1);
    await rotate({ overlapHours: 0 }, third.etag);
    expect(await counted()).toBe(1);
  });

  it('go nowhere that is closed, and are refused as problems that change nothing', async () => {
    const service = await runService({ outbound: { allow: ['127.0.0.1'] } });
    const { url: open } = await receiver();
    const post = (body: object) => service.api('POST', '/webhooks', { name: 'h', url: open, ...body });
    const refused = async (body: object, code: string, status = 400) =>
      expect(await post(body), JSON.stringify(body)).toMatchObject({ status, json: { code } });
    for (const url of ['http://127.0.0.2:1/', 'https://169.254.169.254/latest', 'https://[::ffff:10.0.0.1]/']) {
      await refused({ url }, 'ERR_OUTBOUND_REFUSED');
    }
    await refused({ url: 'https://[::1]/' }, 'ERR_OUTBOUND_REFUSED');
    await refused({ url: 'https://user:secret@127.0.0.1/' }, 'ERR_OUTBOUND_URL');
    await refused({ url: 'gopher://127.0.0.1/' }, 'ERR_OUTBOUND_URL');
    for (const bad of [{ types: ['*'] }, { types: ['a.b.c'] }, { types: ["account.'"] }, { secret: 'whsec_x' }]) {
      await refused(bad, 'ERR_REQUEST_INVALID');
    }
    await refused({ name: '../x' }, 'ERR_NAME_INVALID');
    const operator = service.operator.claims.sub;
    await refused({ operator, account: service.operator.system.publicKey }, 'ERR_WEBHOOK_SCOPE');
    expect((await post({})).status).toBe(201);
    const { items } = (await service.api('GET', '/webhooks')).json;
    expect(items).toHaveLength(1);
    const at = `/webhooks/${items[0].id}`;
    const patch = (body: object, headers = {}) => service.api('PATCH', at, body, headers);
    expect(await patch({ name: 'x' })).toMatchObject({ status: 428, json: { code: 'ERR_PRECONDITION_REQUIRED' } });
    expect(await patch({ name: 'x' }, { 'if-match': '"v7"' })).toMatchObject({ json: { code: 'ERR_PRECONDITION' } });
    expect(await patch({ url: 'https://10.0.0.1/' }, { 'if-match': '*' })).toMatchObject({
      json: { code: 'ERR_OUTBOUND_REFUSED' },
    });
    expect((await patch({ enabled: false }, { 'if-match': '"v1"' })).json).toMatchObject({
      state: 'disabled',
      disabledReason: 'by-request',
    });
    expect(await service.api('POST', `${at}/deliveries/msg_x/replay`)).toMatchObject({
      json: { code: 'ERR_WEBHOOK_DISABLED' },
    });
    expect((await service.api('DELETE', at)).status).toBe(428);
    expect((await service.api('DELETE', `${at}?dryRun=true`, undefined, { 'if-match': '"v2"' })).status).toBe(200);
    expect((await service.api('DELETE', at, undefined, { 'if-match': '"v2"' })).status).toBe(204);
    expect(await service.api('GET', at)).toMatchObject({ status: 404, json: { code: 'ERR_WEBHOOK_UNKNOWN' } });
    expect((await post({})).status).toBe(201);
    const again = (await service.api('GET', '/webhooks')).json.items[0].id;
    expect(await service.api('POST', `/webhooks/${again}/deliveries/msg_x/replay`)).toMatchObject({
      status: 404,
      json: { code: 'ERR_WEBHOOK_DELIVERY_UNKNOWN' },
    });
    for (let n = 1; n < 16; n++) expect((await post({})).status).toBe(201);
    await refused({}, 'ERR_WEBHOOKS_FULL', 409);
  });

  it('are told of their own part alone, and are there for those alone who manage it', async () => {
    const service = await runService(HERE);
    const to = await receiver();
    const [mine, theirs] = [
      (await service.api('POST', '/accounts', { name: 'mine' })).json.publicKey,
      (await service.api('POST', '/accounts', { name: 'theirs' })).json.publicKey,
    ];
    const tokenFor = async (role: string, account: string) => {
      const { id, token } = (await service.api('POST', '/tokens', { name: role, role, account })).json;
      return { id, headers: { authorization: `Bearer ${token}` } };
    };
    const own = await tokenFor('admin', mine);
    const other = await tokenFor('admin', theirs);
    const viewer = await tokenFor('viewer', mine);
    const hook = await hookTo(service, to.url, { account: mine, types: [] }, own.headers);
    const body = { name: 'x', url: to.url };
    const as = (caller: typeof own, method: string, at: string, sent?: object) =>
      service.api(method, at, sent, { ...caller.headers, 'if-match': '*' });
    // The service's token that made it is gone: the hook belongs to the account, and stays.
    expect((await service.api('DELETE', `/tokens/${own.id}`)).status).toBe(200);
    await service.api('POST', `/accounts/${theirs}/users`, { name: 'not told' });
    await service.api('POST', `/accounts/${mine}/users`, { name: 'told' });
    const told = [await to.next(), await to.next()];
    expect(told.map(({ json }) => [json.type, json.data.account])).toEqual([
      ['token.revoke', mine],
      ['user.create', mine],
    ]);
    expect(await as(viewer, 'GET', '/webhooks')).toMatchObject({ status: 403 });
    expect(await as(viewer, 'POST', '/webhooks', { ...body, account: mine })).toMatchObject({ status: 403 });
    expect((await as(other, 'GET', '/webhooks')).json.items).toEqual([]);
    expect(await as(other, 'POST', '/webhooks', { ...body, account: mine })).toMatchObject({
      status: 404,
      json: { code: 'ERR_ACCOUNT_UNKNOWN' },
    });
    expect(await as(other, 'POST', '/webhooks', { ...body, operator: service.operator.claims.sub })).toMatchObject({
      status: 404,
      json: { code: 'ERR_OPERATOR_UNKNOWN' },
    });
    expect(await as(other, 'POST', '/webhooks', body)).toMatchObject({ status: 403 });
    const nowhere = `wh_${'0'.repeat(32)}`;
    for (const [method, rest, sent] of [
      ['GET', ''],
      ['PATCH', '', { name: 'stolen' }],
      ['PATCH', '', { url: 'https://127.0.0.1/' }],
      ['DELETE', ''],
      ['POST', '/rotate', {}],
      ['POST', '/test'],
      ['GET', '/deliveries'],
      ['POST', '/replay', { after: 0 }],
      ['POST', `/deliveries/${told[0]?.id}/replay`],
    ] as const) {
      const there = await as(other, method, `/webhooks/${hook.id}${rest}`, sent);
      const gone = await as(other, method, `/webhooks/${nowhere}${rest}`, sent);
      expect(there, `${method} ${rest}`).toMatchObject({ status: 404, json: { code: 'ERR_WEBHOOK_UNKNOWN' } });
      expect(there.text.replaceAll(hook.id, 'ID')).toBe(gone.text.replaceAll(nowhere, 'ID'));
    }
    expect(to.calls).toHaveLength(2);
  });

  it.skipIf(!hasOpenssl)(
    'go to receivers with a certificate of an authority that was named, and of no other',
    async () => {
      const ours = authority();
      ours.issue('receiver');
      const tls = { cert: ours.read('receiver.pem'), key: ours.read('receiver.key') };
      const to = await receiver({ tls });
      const trusting = await runService({ outbound: { allow: ['127.0.0.1'], caFile: ours.ca } });
      const hook = await hookTo(trusting, to.url);
      expect((await trusting.api('POST', `/webhooks/${hook.id}/test`)).json).toMatchObject({ ok: true });
      const doubting = await runService(HERE);
      const other = await hookTo(doubting, to.url);
      const { json } = await doubting.api('POST', `/webhooks/${other.id}/test`);
      expect(json).toMatchObject({ ok: false, error: 'ERR_OUTBOUND_FAILED' });
      expect(to.calls).toHaveLength(1);
      await expect(runService({ outbound: { caFile: ours.file('ca.key') } })).rejects.toMatchObject({
        code: 'ERR_TLS',
      });
      await expect(runService({ outbound: { allow: ['0.0.0.0/0'] } })).rejects.toMatchObject({
        code: 'ERR_SETTING_INVALID',
      });
    },
  );
});
