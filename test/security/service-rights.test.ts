/** Every route of the REST API, walked by callers who may not: of another operator, of another account, with a weaker role. */
import { describe, expect, it } from 'vitest';
import { Seed } from '../../claims/keys/seed.js';
import { makeOperator, runService, type TestService } from '../unit/service/service.js';

/** What a route does to one operator, account or user; a route that names none is not walked here. */
const NAMED = /\{(operator|account|user)\}/;

async function tenants(options: Parameters<typeof runService>[0] = {}) {
  const service = await runService(options);
  const other = await makeOperator({ name: 'other' });
  const adopted = await service.api('POST', '/operators', {
    jwt: other.token,
    signingKey: other.signing.reveal(),
    accounts: [other.systemToken],
  });
  expect(adopted.status).toBe(201);
  const mine = (await service.api('POST', '/accounts', { name: 'mine', operator: service.operator.claims.sub })).json;
  const theirs = (await service.api('POST', '/accounts', { name: 'theirs', operator: other.claims.sub })).json;
  const user = (await service.api('POST', `/accounts/${theirs.publicKey}/users`, { name: 'u' })).json;
  const token = async (body: object) => (await service.api('POST', '/tokens', { name: 't', ...body })).json.token;
  return { service, other, mine, theirs, user, token };
}

// biome-ignore lint/suspicious/noExplicitAny: JSON schemas of the document.
type Schema = any;

interface Route {
  method: string;
  at: string;
  body: unknown;
}

const KEYS: Record<string, string> = {
  account: Seed.generate('account').publicKey,
  exporter: Seed.generate('account').publicKey,
  importer: Seed.generate('account').publicKey,
  operator: Seed.generate('operator').publicKey,
  publicKey: Seed.generate('user').publicKey,
  recipient: Seed.generate('curve').publicKey,
  user: Seed.generate('user').publicKey,
};

/** A body that a route takes: whether something exists is asked only after that. */
function example(given: Schema, named: Record<string, Schema>, name = ''): unknown {
  const schema = given.$ref ? named[given.$ref.replace('#/components/schemas/', '')] : given;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return example(schema.anyOf[0], named, name);
  if (schema.type === 'object') {
    const required: string[] = schema.required ?? [];
    return Object.fromEntries(required.map((each) => [each, example(schema.properties[each], named, each)]));
  }
  if (schema.type === 'array')
    return Array.from({ length: schema.minItems ?? 0 }, () => example(schema.items, named, name));
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1;
  if (schema.type === 'boolean') return false;
  return KEYS[name] ?? 'x'.repeat(Math.max(1, schema.minLength ?? 1));
}

async function routes(service: TestService): Promise<Route[]> {
  const { paths, components } = (await service.get('/openapi.json')).json;
  return Object.entries(paths as Record<string, object>)
    .filter(([at]) => at.startsWith('/api/v1/') && !at.startsWith('/api/v1/sessions'))
    .flatMap(([at, methods]) =>
      Object.entries(methods as Record<string, Schema>).map(([method, { requestBody }]) => {
        const schema = requestBody?.content['application/json']?.schema;
        return { method: method.toUpperCase(), at, body: schema && example(schema, components.schemas) };
      }),
    );
}

const filled = (at: string, names: Record<string, string>) =>
  at.slice('/api/v1'.length).replace(/\{(\w+)\}/g, (_all, name: string) => names[name] ?? 'x');

describe('a caller who has no right to an entity', () => {
  it('gets the answer of one that does not exist, byte for byte, from every route', async () => {
    const { service, other, mine, theirs, user, token } = await tenants();
    const operator = service.operator.claims.sub;
    const sibling = (await service.api('POST', '/accounts', { name: 'sibling', operator })).json.publicKey;
    const [member] = (await service.api('POST', `/accounts/${sibling}/users/bulk`, { users: [{ name: 'm' }] })).json
      .items;
    const callers = {
      operator: await token({ role: 'admin', operator }),
      admin: await token({ role: 'admin', account: mine.publicKey }),
      viewer: await token({ role: 'viewer', account: mine.publicKey }),
    };
    const foreign = { operator: other.claims.sub, account: theirs.publicKey, user: user.publicKey };
    const beside = { operator, account: sibling, user: member.publicKey };
    const pairs = [
      [callers.operator, foreign],
      [callers.admin, foreign],
      [callers.viewer, foreign],
      [callers.admin, beside],
    ] as const;
    const nowhere = {
      operator: Seed.generate('operator').publicKey,
      account: Seed.generate('account').publicKey,
      user: Seed.generate('user').publicKey,
    };
    const head = async () => (await service.api('GET', '/audit?limit=1000')).json.items.at(-1).seq;
    const before = await head();
    let walked = 0;
    for (const { method, at, body } of (await routes(service)).filter((route) => NAMED.test(route.at))) {
      for (const [caller, there] of pairs) {
        const ask = async (names: Record<string, string>) => {
          const headers = { authorization: `Bearer ${caller}`, 'if-match': '*' };
          const query = at.endsWith('/reachers') ? '?subject=x&action=pub' : '';
          const reply = await service.api(method, filled(at, names) + query, body, headers);
          const said = [...reply.headers].filter(([name]) => !/^(date|x-request-id|ratelimit)$/.test(name));
          let text = JSON.stringify([said, reply.text]);
          for (const name of Object.values(names)) text = text.replaceAll(name, 'KEY');
          return { status: reply.status, text };
        };
        const answer = await ask(there);
        expect(answer, `${method} ${at}`).toEqual(await ask(nowhere));
        // Not a 400: what was asked is in order, so that it was looked up.
        expect(answer.status, `${method} ${at} ${answer.text}`).toBe(404);
        walked++;
      }
    }
    expect(walked).toBeGreaterThan(200);
    expect(await head()).toBe(before);
  });

  it('learns nothing by naming it in a query or a body', async () => {
    const { service, other, mine, token } = await tenants({ outbound: { allow: ['127.0.0.0/8'] } });
    const operator = service.operator.claims.sub;
    const make = async (name: string) => {
      const account = (await service.api('POST', '/accounts', { name, operator })).json;
      const user = (await service.api('POST', `/accounts/${account.publicKey}/users`, { name })).json;
      return {
        operator: other.claims.sub,
        account: account.publicKey,
        jwt: account.jwt,
        user: user.publicKey,
        of: user.jwt,
      };
    };
    const there = await make('sibling');
    const nowhere = await make('nowhere');
    await service.api('DELETE', `/accounts/${nowhere.account}?force=true`, undefined, { 'if-match': '*' });
    nowhere.operator = Seed.generate('operator').publicKey;
    nowhere.user = Seed.generate('user').publicKey;
    nowhere.account = Seed.generate('account').publicKey;
    const hook = { name: 'h', url: 'http://127.0.0.1:9/', types: ['account.*'] };
    const made = await service.api('POST', '/webhooks', { ...hook, account: there.account });
    const webhook = made.json.id;
    const secret = (await service.api('POST', '/tokens', { name: 's', role: 'viewer', account: there.account })).json
      .id;
    const headers = {
      authorization: `Bearer ${await token({ role: 'admin', account: mine.publicKey })}`,
      'if-match': '*',
    };
    const at = `/accounts/${mine.publicKey}`;
    const asked = (names: typeof there, ids: { webhook: string; token: string }): [string, string, unknown?][] => [
      ['GET', `/explain?user=${names.user}&action=pub&subject=x`],
      ['GET', `/explain?user=sibling&account=${names.account}&action=pub&subject=x`],
      ['GET', `/doctor?user=${names.user}`],
      ['GET', `/ledger?account=${names.account}`],
      ['GET', `/ledger?operator=${names.operator}`],
      ['GET', `/ledger?subject=${names.user}`],
      ['GET', `/audit?account=${names.account}`],
      ['GET', `/audit?entity=${names.user}`],
      ['GET', `/tokens?account=${names.account}`],
      ['GET', `/accounts?operator=${names.operator}`],
      ['GET', `${at}/revocations/${names.user}/servers`],
      ['GET', `/webhooks/${ids.webhook}`],
      ['GET', `/webhooks/${ids.webhook}/deliveries`],
      ['PATCH', `/webhooks/${ids.webhook}`, { url: 'http://127.0.0.1:9/x' }],
      ['POST', `/webhooks/${ids.webhook}/rotate`, {}],
      ['POST', `/webhooks/${ids.webhook}/test`],
      ['POST', `/webhooks/${ids.webhook}/replay`, { after: 0 }],
      ['DELETE', `/webhooks/${ids.webhook}`],
      ['DELETE', `/tokens/${ids.token}`],
      ['POST', '/webhooks', { ...hook, account: names.account }],
      ['POST', '/webhooks', { ...hook, operator: names.operator }],
      ['POST', '/tokens', { name: 'x', role: 'viewer', account: names.account }],
      ['POST', '/accounts', { name: 'x', operator: names.operator }],
      ['POST', '/accounts/bulk', { accounts: [{ name: 'x', operator: names.operator }] }],
      ['POST', `${at}/revocations?dryRun=true`, { user: names.user }],
      ['POST', `${at}/activation-requests?dryRun=true`, { exporter: names.account, type: 'stream', subject: 'x' }],
    ];
    const foreign = asked(there, { webhook, token: secret });
    const unknown = asked(nowhere, { webhook: `${webhook.slice(0, -1)}x`, token: '0'.repeat(64) });
    for (const [n, [method, path, body]] of foreign.entries()) {
      const ask = async ([how, where, what]: [string, string, unknown?], names: object) => {
        const reply = await service.api(how, where, what, headers);
        let { text } = reply;
        for (const name of Object.values(names)) text = text.replaceAll(name, 'KEY');
        text = text.replaceAll(/"(jti|id|before|after)":"[^"]*"/g, '').replaceAll(/"iat":\d+/g, '');
        return {
          status: reply.status,
          text: text.replaceAll(/[0-9a-f]{64}|[0-9a-f-]{36}/g, 'ID').replaceAll(/wh_\w+/g, 'HOOK'),
        };
      };
      const answer = await ask([method, path, body], there);
      expect(answer, `${method} ${path}`).toEqual(await ask(unknown[n] ?? ['GET', '/'], nowhere));
    }
  });

  it('finds nothing of it in any list', async () => {
    const { service, other, mine, theirs, user, token } = await tenants();
    const foreign = [other.claims.sub, other.system.publicKey, theirs.publicKey, user.publicKey];
    for (const scope of [{ operator: service.operator.claims.sub }, { account: mine.publicKey }]) {
      const caller = await token({ role: 'admin', ...scope });
      for (const { method, at } of (await routes(service)).filter((route) => !NAMED.test(route.at))) {
        // Events have no end to wait for; what they tell whom is in test/unit/service/events.test.ts.
        if (method !== 'GET' || at.endsWith('/events')) continue;
        const { text } = await service.api('GET', filled(at, {}), undefined, { authorization: `Bearer ${caller}` });
        for (const key of foreign) expect(text, `${method} ${at}`).not.toContain(key);
      }
    }
  });

  it('makes nothing in it and takes nothing from it', async () => {
    const { service, other, mine, theirs, token } = await tenants();
    const headers = {
      authorization: `Bearer ${await token({ role: 'admin', operator: service.operator.claims.sub })}`,
    };
    const api = (method: string, path: string, body?: unknown) => service.api(method, path, body, headers);
    const unknown = { status: 404, json: { code: 'ERR_OPERATOR_UNKNOWN' } };
    expect(await api('POST', '/accounts', { name: 'x', operator: other.claims.sub })).toMatchObject(unknown);
    expect(await api('POST', '/tokens', { name: 'x', role: 'viewer', operator: other.claims.sub })).toMatchObject(
      unknown,
    );
    expect(await api('POST', '/tokens', { name: 'x', role: 'viewer', account: theirs.publicKey })).toMatchObject({
      status: 404,
      json: { code: 'ERR_ACCOUNT_UNKNOWN' },
    });
    expect(await api('POST', '/tokens', { name: 'x', role: 'admin' })).toMatchObject({ status: 403 });
    const foreignToken = (
      await service.api('POST', '/tokens', { name: 'x', role: 'viewer', account: theirs.publicKey })
    ).json;
    expect(await api('DELETE', `/tokens/${foreignToken.id}`)).toMatchObject({ json: { code: 'ERR_TOKEN_UNKNOWN' } });
    expect(await api('POST', '/tokens', { name: 'x', role: 'issuer', account: mine.publicKey })).toMatchObject({
      status: 201,
    });
    expect(await api('POST', '/operators', { jwt: other.token })).toMatchObject({ status: 403 });
  });

  it('manages its account, but not what the operator decides about it', async () => {
    const { service, mine } = await tenants();
    const { token } = (await service.api('POST', '/tokens', { name: 't', role: 'admin', account: mine.publicKey }))
      .json;
    const at = `/accounts/${mine.publicKey}`;
    const exp = Math.floor(Date.now() / 1_000) + 3_600;
    expect((await service.api('PATCH', at, { exp }, { 'if-match': '*' })).status).toBe(200);
    const own = { authorization: `Bearer ${token}`, 'if-match': '*' };
    const remoteKey = { provider: 'transit', mount: 'transit', name: 'of-another', version: 1 };
    const decided: [string, string, object][] = [
      ['PATCH', at, { exp: null }],
      ['PATCH', at, { exp: exp + 1 }],
      ['PATCH', at, { nbf: 1 }],
      ['PATCH', at, { nats: { limits: { conn: 9 } } }],
      ['PATCH', `${at}/limits`, { conn: 9 }],
      ['POST', `${at}/keys`, { remoteKey }],
      ['POST', `${at}/signing-keys`, { remoteKey }],
      ['DELETE', at, {}],
    ];
    for (const [method, path, body] of decided) {
      const refused = await service.api(method, path, body, own);
      expect([method, path, body, refused.status]).toEqual([method, path, body, 403]);
    }
    // Names are one list of all tenants of an operator; whose name it is that is taken would be the way to its JWT.
    const SYS = await service.api('PATCH', at, { name: 'sys' }, own);
    expect([SYS.status, SYS.json.code]).toEqual([409, 'ERR_ACCOUNT_NAME_TAKEN']);
    expect(SYS.text).not.toContain(service.operator.system.publicKey);
    expect((await service.api('PATCH', at, { nats: { tags: ['t'] } }, own)).status).toBe(200);
  });

  it('does not take an account over from one operator of the service to another', async () => {
    const { service, other, mine } = await tenants();
    const taken = await other.account(mine.publicKey, () => {}, { iat: Math.floor(Date.now() / 1_000) });
    expect(await service.push(mine.publicKey, taken)).toMatchObject({
      status: 403,
      json: { code: 'ERR_PUSH_OPERATOR' },
    });
  });

  it('adopts no operator that has a key of another', async () => {
    const { service, other } = await tenants();
    const thief = await makeOperator({ name: 'thief', signing: other.signing });
    expect(await service.api('POST', '/operators', { jwt: thief.token })).toMatchObject({
      status: 409,
      json: { code: 'ERR_OPERATOR_FOREIGN' },
    });
  });
});

describe('a role', () => {
  const may = {
    viewer: [200, 403, 403, 403],
    auditor: [200, 200, 403, 403],
    issuer: [200, 403, 201, 403],
    admin: [200, 200, 201, 201],
  };
  it.each(Object.entries(may))('of %s may do what it is for, and no more', async (role, expected) => {
    const { service, mine, token } = await tenants();
    const headers = { authorization: `Bearer ${await token({ role, operator: service.operator.claims.sub })}` };
    const asked = [
      await service.api('GET', `/accounts/${mine.publicKey}`, undefined, headers),
      await service.api('GET', '/audit', undefined, headers),
      await service.api('POST', `/accounts/${mine.publicKey}/users`, { name: 'n' }, headers),
      await service.api('POST', '/accounts', { name: 'n' }, headers),
    ];
    expect(asked.map(({ status }) => status)).toEqual(expected);
  });

  it('of issuer makes no users of the system account, who rule the servers', async () => {
    const { service, token } = await tenants();
    const { operator } = service;
    const path = `/accounts/${operator.system.publicKey}`;
    for (const scope of [{ operator: operator.claims.sub }, { account: operator.system.publicKey }]) {
      const headers = { authorization: `Bearer ${await token({ role: 'issuer', ...scope })}` };
      for (const asked of [
        await service.api('POST', `${path}/users`, { name: 'n' }, headers),
        await service.api('POST', `${path}/revocations`, { user: '*' }, headers),
      ]) {
        expect(asked).toMatchObject({ status: 403, json: { code: 'ERR_AUTH_FORBIDDEN' } });
      }
    }
  });
});
