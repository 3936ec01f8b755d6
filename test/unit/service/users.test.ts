import { describe, expect, it } from 'vitest';
import { parseCreds } from '../../../claims/creds.js';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { noLimits } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { verifyAccount } from '../../../claims/trust/account.js';
import { trustOperators } from '../../../claims/trust/operators.js';
import { verifyUser } from '../../../claims/trust/user.js';
import type { UserPermissionLimits } from '../../../claims/types.js';
import { NOW, type Reply, runService, type TestService } from './service.js';

interface Shop {
  service: TestService;
  account: string;
  clock: { now: number };
  /** A change made from the newest version. */
  change(method: string, path: string, body?: unknown): Promise<Reply>;
  make(body: object): Promise<Reply>;
  /** What a server says of a JWT now. */
  judge(jwt: string): Promise<string>;
}

async function shop(): Promise<Shop> {
  const clock = { now: NOW };
  const service = await runService({ now: () => clock.now });
  const account = (await service.api('POST', '/accounts', { name: 'shop' })).json.publicKey;
  return {
    service,
    account,
    clock,
    async change(method, path, body) {
      const read = path.replace(/\?.*$/, '').replace(/\/(reissue|disable|enable)$/, '');
      const etag = (await service.api('GET', read)).headers.get('etag') ?? '';
      return service.api(method, path, body, { 'if-match': etag });
    },
    make: (body) => service.api('POST', `/accounts/${account}/users`, body),
    async judge(jwt) {
      const token = (await service.get(`/jwt/v1/accounts/${account}`)).text;
      const verified = verifyAccount(token, trustOperators([service.operator.claims]), { now: clock.now });
      try {
        verifyUser(jwt, verified, { now: clock.now });
        return 'in';
      } catch (error) {
        return (error as { code: string }).code;
      }
    },
  };
}

const claimsOf = (jwt: string) => decodeAs('user', jwt).claims;
const refusal = ({ status, json }: Reply) => [status, json.code];

describe('a user changed over REST', () => {
  it('is issued anew, later, with what the patch says and nothing else changed', async () => {
    const { service, change, make, judge } = await shop();
    const made = await make({ name: 'till', permissions: { pub: { allow: ['sales.>'] } }, tags: ['shop:1'] });
    const { publicKey: user, jwt } = made.json;
    const patch = { name: 'Till', nats: { pub: { allow: ['sales.new'] }, subs: 3, src: ['10.0.0.0/8'] } };
    const { status, json, headers } = await change('PATCH', `/users/${user}`, patch);
    expect(status).toBe(200);
    expect(headers.get('etag')).toBe('"v2"');
    const [before, after] = [claimsOf(jwt), claimsOf(json.jwt)];
    expect(after).toMatchObject({
      name: 'Till',
      nats: { pub: { allow: ['sales.new'], deny: [] }, subs: 3, src: ['10.0.0.0/8'], tags: ['shop:1'], data: -1 },
    });
    expect(after.iat).toBe(before.iat + 1);
    expect(json.supersedes).toEqual({ publicKey: user, jti: before.jti, issuedAt: before.iat, revoked: false });
    expect([await judge(jwt), await judge(json.jwt)]).toEqual(['in', 'in']);
    const [entry] = (await service.api('GET', `/audit?entity=${user}`)).json.items.slice(-1);
    expect(entry).toMatchObject({ action: 'user.update', before: { jti: before.jti }, after: { jti: after.jti } });
  });

  it('loses the rights of older JWTs at once where that is asked for', async () => {
    const { change, make, judge, clock } = await shop();
    const { publicKey: user, jwt } = (await make({ name: 'till', expires: NOW + 500 })).json;
    const { json } = await change('PATCH', `/users/${user}?revokeOlder=true`, { nats: { sub: { deny: ['hr.>'] } } });
    expect(json.supersedes).toMatchObject({ expires: NOW + 500, revoked: true });
    expect([await judge(jwt), await judge(json.jwt)]).toEqual(['ERR_USER_REVOKED', 'in']);
    // The revocation is of what came before: the user can be changed and issued on.
    clock.now += 5;
    const again = await change('POST', `/users/${user}/reissue`, {});
    expect(again.json).toMatchObject({ issuedAt: NOW + 5, expires: NOW + 504, supersedes: { revoked: false } });
    expect(again.json).not.toHaveProperty('creds');
    expect(await judge(again.json.jwt)).toBe('in');
  });

  it('is refused for what is not its to say, with a pointer to it, and stays as it was', async () => {
    const { service, change, make } = await shop();
    await make({ name: 'other' });
    const { publicKey: user, jwt } = (await make({ name: 'till' })).json;
    const cases: [patch: unknown, code: string, pointer?: string][] = [
      [{ sub: Seed.generate('user').publicKey }, 'ERR_CLAIMS_INVALID', '/sub'],
      [{ iat: 1 }, 'ERR_CLAIMS_INVALID', '/iat'],
      [{ nats: { issuer_account: null } }, 'ERR_CLAIMS_INVALID', '/nats/issuer_account'],
      [{ nats: 1 }, 'ERR_CLAIMS_INVALID', '/nats/issuer_account'],
      [{ nats: { src: ['10.0.0.0/8', 'x'] } }, 'ERR_CLAIMS_INVALID', '/nats/src/1'],
      [{ nats: { times: [{ start: '25:00:00', end: '08:00:00' }] } }, 'ERR_CLAIMS_INVALID', '/nats/times/0/start'],
      [{ exp: NOW - 1 }, 'ERR_CLAIMS_INVALID', '/exp'],
      [{ nats: { rank: 1 } }, 'ERR_JWT_CLAIMS', '/nats/rank'],
      [{ nats: { subs: 'many' } }, 'ERR_JWT_CLAIMS', '/nats/subs'],
      [{ name: 'a/b' }, 'ERR_NAME_INVALID'],
      [{ name: null }, 'ERR_NAME_INVALID'],
      [{ name: 'OTHER' }, 'ERR_USER_NAME_TAKEN'],
    ];
    for (const [patch, code, pointer] of cases) {
      const refused = await change('PATCH', `/users/${user}`, patch);
      expect(refused.json.code, JSON.stringify(patch)).toBe(code);
      if (pointer) expect(refused.json.errors[0].pointer, JSON.stringify(patch)).toBe(pointer);
    }
    const patch = { nats: { subs: 1 } };
    expect(refusal(await service.api('PATCH', `/users/${user}`, patch))).toEqual([428, 'ERR_PRECONDITION_REQUIRED']);
    const stale = await service.api('PATCH', `/users/${user}`, patch, { 'if-match': '"v2"' });
    expect(refusal(stale)).toEqual([412, 'ERR_PRECONDITION']);
    const tried = await change('PATCH', `/users/${user}?dryRun=true&revokeOlder=true`, patch);
    expect(tried.json.changes.map(({ action }: { action: string }) => action)).toEqual([
      'revocation.add',
      'user.update',
    ]);
    expect((await service.api('GET', `/users/${user}`)).json.jwt).toBe(jwt);
  });
});

describe('another key', () => {
  it('takes the name and the claims, and the old one is revoked with all its JWTs', async () => {
    const { service, account, change, make, judge } = await shop();
    const old = (await make({ name: 'till', limits: { subs: 4 } })).json;
    const rotated = await change('POST', `/users/${old.publicKey}/reissue`, { rotateKey: true });
    const { publicKey, creds, jwt, name } = rotated.json;
    expect(rotated).toMatchObject({ status: 200, json: { name: 'till', createdAt: old.createdAt } });
    expect(rotated.headers.get('location')).toBe(`/api/v1/users/${publicKey}`);
    expect(rotated.headers.get('cache-control')).toBe('no-store');
    expect(parseCreds(creds).seed.publicKey).toBe(publicKey);
    expect(claimsOf(jwt)).toMatchObject({ sub: publicKey, name, nats: { subs: 4 } });
    expect([await judge(old.jwt), await judge(jwt)]).toEqual(['ERR_USER_REVOKED', 'in']);
    expect(refusal(await service.api('GET', `/users/${old.publicKey}`))).toEqual([404, 'ERR_USER_UNKNOWN']);
    expect(refusal(await make({ name: 'x', publicKey: old.publicKey }))).toEqual([409, 'ERR_USER_REVOKED']);
    expect((await service.api('GET', `/accounts/${account}/users`)).json.items).toHaveLength(1);
    const brought = await change('POST', `/users/${publicKey}/reissue`, { publicKey: old.publicKey });
    expect(refusal(brought)).toEqual([400, 'ERR_REQUEST_INVALID']);
    const back = { rotateKey: true, publicKey: old.publicKey };
    expect(refusal(await change('POST', `/users/${publicKey}/reissue`, back))).toEqual([409, 'ERR_USER_REVOKED']);
    expect(refusal(await change('POST', `/users/${publicKey}/reissue`, { ...back, publicKey }))).toEqual([
      409,
      'ERR_USER_EXISTS',
    ]);
  });
});

describe('a user', () => {
  it('may begin later, and not after its end', async () => {
    const { make, judge, clock } = await shop();
    const made = await make({ name: 'tomorrow', notBefore: NOW + 60 });
    expect(made.status, made.text).toBe(201);
    expect(await judge(made.json.jwt)).toBe('ERR_USER_NOT_YET_VALID');
    const never = await make({ name: 'never', notBefore: NOW + 60, expires: NOW + 30 });
    expect(refusal(never)).toEqual([400, 'ERR_USER_EXPIRED']);
    clock.now += 60;
    expect(await judge(made.json.jwt)).toBe('in');
  });

  it('that is a bearer, by itself or by its role, is shown with its JWT to those alone who may issue one', async () => {
    const { service, account, make } = await shop();
    const template = { bearer_token: true };
    await service.api('POST', `/accounts/${account}/signing-keys`, { role: 'guest', template });
    const users = [
      await make({ name: 'b', bearer: true }),
      await make({ name: 'g', role: 'guest' }),
      await make({ name: 'u' }),
    ];
    const seenBy = async (role: string) => {
      const { token } = (await service.api('POST', '/tokens', { name: role, role, account })).json;
      const authorization = `Bearer ${token}`;
      const seen = users.map(({ json }) =>
        service.api('GET', `/users/${json.publicKey}`, undefined, { authorization }),
      );
      return (await Promise.all(seen)).map(({ status, json }) => [status, 'jwt' in json]);
    };
    expect(await seenBy('issuer')).toEqual([
      [200, true],
      [200, true],
      [200, true],
    ]);
    for (const role of ['viewer', 'auditor']) {
      expect(await seenBy(role)).toEqual([
        [200, false],
        [200, false],
        [200, true],
      ]);
    }
  });

  it('goes along with its role, and so does the policy, where that is given another name', async () => {
    const { service, account, change, make } = await shop();
    const keys = `/accounts/${account}/signing-keys`;
    const { publicKey: key } = (await service.api('POST', keys, { role: 'reader' })).json;
    const { publicKey: other } = (await service.api('POST', keys, { role: 'reader' })).json;
    const policy = `/accounts/${account}/credential-policy/roles`;
    const rules = { maxTtl: 60, defaultTtl: null, requireProof: false, allowBearer: false };
    await service.api('PUT', `${policy}/reader`, rules, { 'if-match': '"v0"' });
    const user = (await make({ name: 'till', role: 'reader' })).json;
    const signer = claimsOf(user.jwt).iss;
    expect([key, other]).toContain(signer);
    const { headers } = await service.api('GET', keys);
    const ifMatch = { 'if-match': headers.get('etag') ?? '' };
    expect((await service.api('PATCH', `${keys}/${signer}`, { role: 'readers' }, ifMatch)).status).toBe(200);
    expect((await service.api('GET', `${policy}/readers`)).json).toEqual(rules);
    expect((await service.api('GET', `${policy}/reader`)).json).toEqual(rules);
    const again = await change('POST', `/users/${user.publicKey}/reissue`, { expires: 0 });
    expect(again).toMatchObject({ status: 200, json: { role: 'readers', clamped: { maxTtl: 60 } } });
    expect(claimsOf(again.json.jwt).iss).toBe(signer);
    const nats = { signing_keys: [{ kind: 'user_scope', key: signer, role: 'writers', template: {} }] };
    expect((await change('PATCH', `/accounts/${account}`, { nats })).status).toBe(200);
    expect((await service.api('GET', `/users/${user.publicKey}`)).json.role).toBe('writers');
    expect((await make({ name: 'new', role: 'writers' })).json.clamped).toMatchObject({ maxTtl: 60 });
  });
});

describe('a disabled user', () => {
  it('is revoked and listed; enabled, the JWT its holder has works again', async () => {
    const { service, account, change, make, judge } = await shop();
    const { publicKey: user, jwt } = (await make({ name: 'till' })).json;
    const disabled = await change('POST', `/users/${user}/disable`);
    expect(disabled).toMatchObject({ status: 200, json: { disabledAt: NOW, revokedAt: NOW, announced: [] } });
    expect(await judge(jwt)).toBe('ERR_USER_REVOKED');
    expect((await service.api('GET', `/accounts/${account}/users`)).json.items[0]).toMatchObject({ disabledAt: NOW });
    const refused: [method: string, path: string, body?: unknown][] = [
      ['POST', `/users/${user}/disable`],
      ['POST', `/users/${user}/reissue`, {}],
      ['POST', `/users/${user}/reissue`, { rotateKey: true }],
      ['PATCH', `/users/${user}`, {}],
      ['DELETE', `/accounts/${account}/revocations/${user}`],
    ];
    for (const [method, path, body] of refused) {
      expect(refusal(await change(method, path, body)), path).toEqual([409, 'ERR_USER_DISABLED']);
    }
    const enabled = await change('POST', `/users/${user}/enable`);
    expect(enabled).toMatchObject({ status: 200, json: { jwt, reissued: false } });
    expect(enabled.json).not.toHaveProperty('disabledAt');
    expect(await judge(jwt)).toBe('in');
    expect((await service.api('GET', `/accounts/${account}/revocations`)).json.items).toEqual([]);
    expect(refusal(await change('POST', `/users/${user}/enable`))).toEqual([409, 'ERR_USER_NOT_DISABLED']);
  });

  it('that was revoked once more is enabled when that was taken back, and not before', async () => {
    const { service, account, change, make, judge, clock } = await shop();
    const { publicKey: user, jwt } = (await make({ name: 'till' })).json;
    await change('POST', `/users/${user}/disable`);
    clock.now += 10;
    const revocation = `/accounts/${account}/revocations/${user}`;
    await service.api('POST', `/accounts/${account}/revocations`, { user });
    expect(refusal(await change('POST', `/users/${user}/enable`))).toEqual([409, 'ERR_USER_REVOKED']);
    expect((await service.api('DELETE', revocation)).status).toBe(200);
    expect(refusal(await service.api('DELETE', revocation))).toEqual([409, 'ERR_USER_DISABLED']);
    expect(await judge(jwt)).toBe('ERR_USER_REVOKED');
    expect((await change('POST', `/users/${user}/enable`)).json).toMatchObject({ reissued: false, jwt });
    expect(await judge(jwt)).toBe('in');
  });

  it('gets no older JWT back that was revoked before, also not by way of a revocation of everyone', async () => {
    const { service, account, change, make, judge, clock } = await shop();
    const { publicKey: user, jwt: first } = (await make({ name: 'till' })).json;
    clock.now += 10;
    const second = (await change('PATCH', `/users/${user}?revokeOlder=true`, { nats: { subs: 1 } })).json.jwt;
    clock.now += 10;
    await change('POST', `/users/${user}/disable`);
    await change('POST', `/users/${user}/enable`);
    expect([await judge(first), await judge(second)]).toEqual(['ERR_USER_REVOKED', 'in']);
    clock.now += 10;
    await service.api('POST', `/accounts/${account}/revocations`, { user: '*' });
    await service.api('DELETE', `/accounts/${account}/revocations/*`);
    expect([await judge(first), await judge(second)]).toEqual(['ERR_USER_REVOKED', 'in']);
  });

  it('gets a new JWT where everyone was revoked meanwhile, and lets nobody else in', async () => {
    const { service, account, change, make, judge, clock } = await shop();
    const { publicKey: user, jwt } = (await make({ name: 'till', expires: NOW + 15 })).json;
    const other = (await make({ name: 'other' })).json;
    await change('POST', `/users/${user}/disable`);
    clock.now += 10;
    await service.api('POST', `/accounts/${account}/revocations`, { user: '*' });
    clock.now += 10;
    const enabled = await change('POST', `/users/${user}/enable`);
    // It had expired by then: the new one lives as long as it did.
    expect(enabled).toMatchObject({ status: 200, json: { reissued: true, issuedAt: NOW + 20, expires: NOW + 35 } });
    expect(await judge(enabled.json.jwt)).toBe('in');
    expect([await judge(jwt), await judge(other.jwt)]).toEqual(['ERR_USER_EXPIRED', 'ERR_USER_REVOKED']);
    const again = await change('POST', `/users/${other.publicKey}/reissue`, {});
    expect(await judge(again.json.jwt)).toBe('in');
  });

  it('stays out where somebody revoked it once more', async () => {
    const { service, account, change, make, clock } = await shop();
    const { publicKey: user } = (await make({ name: 'till' })).json;
    await change('POST', `/users/${user}/disable`);
    clock.now += 10;
    await service.api('POST', `/accounts/${account}/revocations`, { user });
    expect(refusal(await change('POST', `/users/${user}/enable`))).toEqual([409, 'ERR_USER_REVOKED']);
  });

  it('that was revoked but not disabled is not issued anew by the way', async () => {
    const { service, account, change, make, judge } = await shop();
    const { publicKey: user, jwt } = (await make({ name: 'till' })).json;
    await service.api('POST', `/accounts/${account}/revocations`, { user });
    for (const [method, path] of [
      ['POST', '/reissue'],
      ['PATCH', ''],
    ]) {
      expect(refusal(await change(String(method), `/users/${user}${path}`, {}))).toEqual([409, 'ERR_USER_REVOKED']);
    }
    await change('POST', `/users/${user}/disable`);
    await change('POST', `/users/${user}/enable`);
    expect(await judge(jwt)).toBe('in');
  });
});

describe('a user of a role', () => {
  it('is signed by the key of the role, and has nothing of its own, now or later', async () => {
    const { service, account, change, make, judge } = await shop();
    const held = await giveRole(service, change, account, { pub: { allow: ['sales.{{name()}}'], deny: [] } });
    const made = await make({ name: 'ann', role: 'seller', tags: ['a:1'], expires: NOW + 60 });
    expect(made).toMatchObject({ status: 201, json: { role: 'seller', expires: NOW + 60 } });
    const { publicKey: user, jwt } = made.json;
    expect(claimsOf(jwt)).toMatchObject({ iss: held, nats: { issuer_account: account, subs: 0, tags: ['a:1'] } });
    expect(await judge(jwt)).toBe('in');
    const own: [body: object, pointer: string][] = [
      [{ permissions: { sub: { allow: ['>'] } } }, '/permissions/sub/allow'],
      [{ permissions: { resp: { max: 1, ttl: 1 } } }, '/permissions/resp'],
      [{ limits: { payload: 10 } }, '/limits/payload'],
      [{ src: ['10.0.0.0/8'] }, '/src'],
      [{ connectionTypes: ['MQTT'] }, '/connectionTypes'],
      [{ bearer: true }, '/bearer'],
      [{ proxyRequired: true }, '/proxyRequired'],
      [{ timesLocation: 'Europe/Paris' }, '/timesLocation'],
    ];
    for (const [body, pointer] of own) {
      const refused = await make({ name: 'bob', role: 'seller', ...body });
      expect([...refusal(refused), refused.json.errors[0].pointer]).toEqual([400, 'ERR_CLAIMS_INVALID', pointer]);
    }
    const widened = await change('PATCH', `/users/${user}`, { nats: { pub: { allow: ['>'] } } });
    expect([widened.json.code, widened.json.errors[0].pointer]).toEqual(['ERR_CLAIMS_INVALID', '/nats/pub/allow']);
    const renamed = await change('PATCH', `/users/${user}`, { name: 'anna', nats: { tags: null } });
    expect(claimsOf(renamed.json.jwt)).toMatchObject({ name: 'anna', iss: held });
    const rotated = await change('POST', `/users/${user}/reissue`, { rotateKey: true });
    expect(rotated.json.role).toBe('seller');
    expect(claimsOf(rotated.json.jwt).iss).toBe(held);
    // Without a role it is not the role's key that signs.
    expect(claimsOf((await make({ name: 'plain' })).json.jwt).iss).toBe(account);
    expect(refusal(await make({ name: 'bob', role: 'buyer' }))).toEqual([409, 'ERR_ROLE_UNKNOWN']);
    const elsewhere = Seed.generate('account').publicKey;
    await change('PATCH', `/accounts/${account}`, { nats: { signing_keys: [scope(elsewhere, 'buyer', {})] } });
    // Its key is elsewhere: what it would sign is told, and no key is made for it that would be lost.
    expect((await make({ name: 'bob', role: 'buyer' })).json.code).toBe('ERR_PUBLIC_KEY_REQUIRED');
    const publicKey = Seed.generate('user').publicKey;
    expect((await make({ name: 'bob', role: 'buyer', publicKey })).json).toMatchObject({
      code: 'ERR_SIGN_ELSEWHERE',
      details: { kind: 'user', signers: [elsewhere], claims: { sub: publicKey, nats: { issuer_account: account } } },
    });
    expect(refusal(await change('POST', `/users/${rotated.json.publicKey}/reissue`, {}))).toEqual([
      409,
      'ERR_ROLE_UNKNOWN',
    ]);
  });
});

describe('a new user', () => {
  it('has all that a user JWT can say, and each fault has its place in the request', async () => {
    const { make } = await shop();
    const { json } = await make({
      name: 'till',
      permissions: { pub: { allow: ['a'], deny: ['b'] }, sub: { allow: ['c q'] }, resp: { max: 2, ttl: 1_000 } },
      src: ['192.168.0.0/16', '::1/128'],
      times: [{ start: '08:00:00', end: '18:00:00' }],
      timesLocation: 'Europe/Paris',
      connectionTypes: ['STANDARD', 'MQTT'],
      bearer: true,
      proxyRequired: true,
      notBefore: NOW - 5,
      limits: { subs: 1, data: 2, payload: 3 },
      tags: ['x'],
      expires: 0,
    });
    const { exp, nbf, nats } = claimsOf(json.jwt);
    expect([exp, nbf]).toEqual([undefined, NOW - 5]);
    expect(nats).toMatchObject({
      pub: { allow: ['a'], deny: ['b'] },
      sub: { allow: ['c q'], deny: [] },
      resp: { max: 2, ttl: 1_000 },
      src: ['192.168.0.0/16', '::1/128'],
      times: [{ start: '08:00:00', end: '18:00:00' }],
      times_location: 'Europe/Paris',
      allowed_connection_types: ['STANDARD', 'MQTT'],
      bearer_token: true,
      proxy_required: true,
      subs: 1,
      data: 2,
      payload: 3,
      tags: ['x'],
    });
    const faults: [body: object, pointer: string][] = [
      [{ permissions: { pub: { allow: ['ok', 'a..b'] } } }, '/permissions/pub/allow/1'],
      [{ src: ['nowhere'] }, '/src/0'],
      [{ times: [{ start: '08:00', end: 'x' }] }, '/times/0/start'],
      [{ timesLocation: 'Mars/Base' }, '/timesLocation'],
      [{ expires: NOW - 1 }, '/expires'],
    ];
    for (const [body, pointer] of faults) {
      const refused = await make({ name: 'x', ...body });
      expect([refused.json.code, refused.json.errors[0].pointer]).toEqual(['ERR_CLAIMS_INVALID', pointer]);
    }
  });
});

type Template = Partial<UserPermissionLimits>;

function scope(key: string, role: string, template: Template) {
  return { kind: 'user_scope', key, role, template: { ...noLimits(), ...template }, description: '' };
}

/** Makes the signing key that the service holds one of the role `seller`. */
async function giveRole(service: TestService, change: Shop['change'], account: string, template: Template) {
  const { jwt } = (await service.api('GET', `/accounts/${account}`)).json;
  const [key = ''] = decodeAs('account', jwt).claims.nats.signing_keys.keys();
  const patch = { nats: { signing_keys: [scope(key, 'seller', template)] } };
  expect((await change('PATCH', `/accounts/${account}`, patch)).status).toBe(200);
  return key;
}
