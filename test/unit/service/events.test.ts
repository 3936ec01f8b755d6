import { describe, expect, it } from 'vitest';
import { runService, type TestService } from './service.js';

interface Told {
  id: number;
  event: string;
  data: { seq: number; entity: string; account: string | null };
}

/** Opens a stream of events; `next` gives the next one, as it comes. */
async function follow(service: TestService, headers: Record<string, string> = {}, query = '') {
  const stop = new AbortController();
  const response = await fetch(`${service.url}/api/v1/events${query}`, {
    headers: { authorization: `Bearer ${service.adminToken}`, ...headers },
    signal: stop.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<Told | null> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const [, id, event, data] = /^id: (\d+)\nevent: (\S+)\ndata: (.*)$/.exec(block) ?? [];
        if (data !== undefined) return { id: Number(id), event: String(event), data: JSON.parse(data) };
        continue;
      }
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) return null;
      text += value;
    }
  };
  return { response, next, stop: () => stop.abort() };
}

describe('events', () => {
  it('are told as they are made, and again from where a connection ended', async () => {
    const service = await runService();
    const stream = await follow(service);
    expect(stream.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const one = (await service.api('POST', '/accounts', { name: 'one' })).json;
    const first = await stream.next();
    expect(first).toMatchObject({ event: 'account.create', data: { entity: one.publicKey, jti: one.jti } });
    stream.stop();
    const two = (await service.api('POST', '/accounts', { name: 'two' })).json;
    const again = await follow(service, { 'last-event-id': String(first?.id) });
    expect(await again.next()).toMatchObject({ id: (first?.id ?? 0) + 1, data: { entity: two.publicKey } });
    again.stop();
    const all = await follow(service, {}, '?after=0');
    const seen = [];
    while (seen.at(-1) !== two.publicKey) seen.push((await all.next())?.data.entity);
    expect(seen).toContain(one.publicKey);
    all.stop();
    // The newest id that was seen is none of this database any more, which was put back to an earlier day.
    const ahead = await follow(service, { 'last-event-id': '9999999999' });
    const three = (await service.api('POST', '/accounts', { name: 'three' })).json;
    expect(await ahead.next()).toMatchObject({ data: { entity: three.publicKey } });
    ahead.stop();
  });

  it('end with the token that they were asked for with', async () => {
    const service = await runService();
    const expires = Math.floor(Date.now() / 1_000) + 2;
    const { token } = (await service.api('POST', '/tokens', { name: 't', role: 'viewer', expires })).json;
    const stream = await follow(service, { authorization: `Bearer ${token}` });
    expect(stream.response.status).toBe(200);
    expect(await stream.next()).toBeNull();
  });

  it('end with the right to them: a token that is revoked is told nothing of what comes after', async () => {
    const service = await runService();
    const account = (await service.api('POST', '/accounts', { name: 'mine' })).json.publicKey;
    const { id, token } = (await service.api('POST', '/tokens', { name: 't', role: 'viewer', account })).json;
    const stream = await follow(service, { authorization: `Bearer ${token}` });
    const user = await service.api('POST', `/accounts/${account}/users`, { name: 'u' });
    expect((await stream.next())?.data.entity).toBe(user.json.publicKey);
    expect((await service.api('DELETE', `/tokens/${id}`)).status).toBe(200);
    await service.api('POST', `/accounts/${account}/users`, { name: 'v' });
    expect(await stream.next()).toBeNull();
  });

  it('are followed by so many of one caller, and the next caller still gets in', async () => {
    const service = await runService();
    const { token } = (await service.api('POST', '/tokens', { name: 't', role: 'viewer' })).json;
    const mine = { authorization: `Bearer ${token}` };
    const head = await fetch(`${service.url}/api/v1/events`, { method: 'HEAD', headers: mine });
    expect(head.status).toBe(404);
    const streams = await Promise.all(Array.from({ length: 16 }, () => follow(service, mine)));
    expect(await service.get('/api/v1/events', mine)).toMatchObject({ status: 503, json: { code: 'ERR_EVENTS_BUSY' } });
    streams.push(await follow(service));
    expect(streams.map(({ response }) => response.status)).toEqual(Array(17).fill(200));
    for (const stream of streams) stream.stop();
  });

  it('say nothing of other tenants, nor who made a change, nor any claims', async () => {
    const service = await runService();
    const own = (await service.api('POST', '/accounts', { name: 'mine' })).json.publicKey;
    const { token } = (await service.api('POST', '/tokens', { name: 't', role: 'viewer', account: own })).json;
    const stream = await follow(service, { authorization: `Bearer ${token}` }, '?after=0');
    await service.api('POST', '/accounts', { name: 'theirs' });
    await service.api('POST', `/accounts/${own}/users`, { name: 'u' });
    const told = [await stream.next(), await stream.next(), await stream.next()];
    expect(told.map((one) => one?.event)).toEqual(['account.create', 'token.create', 'user.create']);
    for (const one of told) {
      expect(one?.data.account).toBe(own);
      expect(Object.keys(one?.data ?? {}).sort()).toEqual([
        'account',
        'at',
        'entity',
        'jti',
        'operator',
        'seq',
        'type',
      ]);
    }
    stream.stop();
  });

  it('end when the service ends', async () => {
    const service = await runService();
    const stream = await follow(service);
    await service.close();
    expect(await stream.next()).toBeNull();
  });

  it('are refused without a token, and with an id that is none', async () => {
    const service = await runService();
    expect((await service.get('/api/v1/events')).status).toBe(401);
    const bad = await service.api('GET', '/events', undefined, { 'last-event-id': '-1' });
    expect(bad).toMatchObject({ status: 400, json: { code: 'ERR_REQUEST_INVALID' } });
  });
});

describe('deleting a user', () => {
  it('revokes it in the same change, and needs the version it was read in', async () => {
    const service = await runService();
    const account = (await service.api('POST', '/accounts', { name: 'a' })).json.publicKey;
    const made = await service.api('POST', `/accounts/${account}/users`, { name: 'u' });
    const at = `/users/${made.json.publicKey}`;
    expect((await service.api('DELETE', at)).status).toBe(428);
    expect((await service.api('DELETE', at, undefined, { 'if-match': '"v9"' })).status).toBe(412);
    const etag = made.headers.get('etag') ?? '';
    expect((await service.api('DELETE', `${at}?dryRun=true`, undefined, { 'if-match': etag })).json).toMatchObject({
      dryRun: true,
      changes: [{ action: 'revocation.add' }, { action: 'user.delete' }],
    });
    expect((await service.api('GET', at)).status).toBe(200);
    const gone = await service.api('DELETE', at, undefined, { 'if-match': etag });
    expect(gone).toMatchObject({ status: 200, json: { account, user: made.json.publicKey, known: true } });
    expect((await service.api('GET', at)).status).toBe(404);
    const { items } = (await service.api('GET', `/accounts/${account}/revocations`)).json;
    expect(items).toEqual([{ user: made.json.publicKey, revokedAt: gone.json.revokedAt }]);
    expect((await service.api('POST', `/accounts/${account}/users`, { name: 'u' })).status).toBe(201);
  });
});
