import { describe, expect, it } from 'vitest';
import { decodeAs } from '../../../claims/jwt/decode.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import type { AccountClaims } from '../../../claims/types.js';
import { makeOperator, NOW, runService, type TestService } from './service.js';

const newKey = () => Seed.generate('account').publicKey;
const jtiOf = (token: string) => decodeAs('account', token).claims.jti;
const USER = Seed.generate('user').publicKey;
/** An account with a revocation, and with something else besides. */
const revokedAnd =
  (change: Partial<AccountClaims> = {}) =>
  (claims: AccountClaims) => {
    claims.nats.revocations.set(USER, NOW - 60);
    Object.assign(claims, change);
  };
const revoked = revokedAnd();
const stored = async (service: TestService, id: string) => {
  const { status, text } = await service.get(`/jwt/v1/accounts/${id}`);
  return status === 200 ? text : status;
};

describe('the resolver as nats-server asks it', () => {
  it('answers its probe, with and without the slash, by an empty 200', async () => {
    const service = await runService();
    for (const path of ['/jwt/v1/accounts', '/jwt/v1/accounts/']) {
      const probed = await service.get(path);
      expect(probed).toMatchObject({ status: 200, text: '' });
      expect(probed.headers.get('cache-control')).toBe('no-cache, no-store, must-revalidate');
      expect([probed.headers.get('pragma'), probed.headers.get('expires')]).toEqual(['no-cache', '0']);
    }
    expect(await service.get('/healthz')).toMatchObject({ status: 200, json: { status: 'ok' } });
  });

  it('gives the bare JWT, its jti as ETag, and 304 to who knows it', async () => {
    const service = await runService();
    const [id, token] = [service.operator.system.publicKey, service.operator.systemToken];
    const got = await service.get(`/jwt/v1/accounts/${id}`);
    expect(got).toMatchObject({ status: 200, text: token });
    expect(got.headers.get('content-type')).toBe('application/jwt');
    expect(got.headers.get('etag')).toBe(`"${jtiOf(token)}"`);
    expect(got.headers.get('cache-control')).toBe('no-cache');
    for (const etag of [`"${jtiOf(token)}"`, `"x", W/"${jtiOf(token)}"`, '*']) {
      expect(await service.get(`/jwt/v1/accounts/${id}`, { 'if-none-match': etag })).toMatchObject({
        status: 304,
        text: '',
      });
    }
    expect(await service.get(`/jwt/v1/accounts/${id}`, { 'if-none-match': '"x"' })).toMatchObject({ status: 200 });
    const head = await fetch(`${service.url}/jwt/v1/accounts/${id}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      200,
      String(token.length),
      '',
    ]);
  });

  it('gives the operator under both versions', async () => {
    const service = await runService();
    for (const path of ['/jwt/v1/operator', '/jwt/v2/operator']) {
      expect(await service.get(path)).toMatchObject({ status: 200, text: service.operator.token });
    }
  });

  it('does not know an account by 404, and refuses what is no account id by 400', async () => {
    const service = await runService();
    const unknown = await service.get(`/jwt/v1/accounts/${newKey()}`);
    expect(unknown).toMatchObject({ status: 404, text: expect.stringMatching(/^no matching account JWT/) });
    expect(unknown.headers.get('content-type')).toMatch(/^text\/plain/);
    const key = newKey();
    const misspelt = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    for (const id of [USER, misspelt, 'x', '..%2f..%2fetc', '%00', 'A'.repeat(56)]) {
      expect((await service.get(`/jwt/v1/accounts/${id}`)).status, id).toBe(400);
    }
  });
});

describe('a push', () => {
  it('is stored: 201 the first time, 200 after it, 200 unchanged for the same token', async () => {
    const service = await runService();
    const id = newKey();
    const first = await service.operator.account(id);
    const second = await service.operator.account(id, () => {}, { iat: NOW });
    const created = await service.push(id, first);
    expect(created).toMatchObject({ status: 201, text: 'jwt created\n' });
    expect(created.headers.get('etag')).toBe(`"${jtiOf(first)}"`);
    expect(await service.push(id, first)).toMatchObject({ status: 200, text: 'jwt unchanged\n' });
    expect(await service.push(id, `${second}\r\n`)).toMatchObject({ status: 200, text: 'jwt updated\n' });
    expect(await stored(service, id)).toBe(second);
  });

  it('is judged in one order, and a refused one leaves the stored JWT alone', async () => {
    const service = await runService();
    const { operator } = service;
    const other = await makeOperator({ name: 'other' });
    const id = newKey();
    const base = await operator.account(id, revoked);
    expect((await service.push(id, base)).status).toBe(201);
    const taken = await operator.account(newKey(), (claims) => {
      claims.name = 'Taken';
    });
    await service.push(decodeAs('account', taken).claims.sub, taken);

    const [head, body, signature] = base.split('.') as [string, string, string];
    const changed = Buffer.from(body, 'base64url').toString().replace('"conn":-1', '"conn":-2');
    const tampered = `${head}.${Buffer.from(changed).toString('base64url')}.${signature}`;
    const fresh = (change: (claims: AccountClaims) => void = revoked, iat = NOW) =>
      operator.account(id, change, { iat });
    const self = Seed.generate('account');
    const cases: [
      what: string,
      id: string,
      token: string,
      headers: Record<string, string>,
      status: number,
      code: string,
    ][] = [
      ['no token', id, '', {}, 400, 'ERR_JWT_FORMAT'],
      ['something else', id, 'not a token', {}, 400, 'ERR_JWT_FORMAT'],
      ['the operator JWT', id, operator.token, {}, 400, 'ERR_JWT_KIND'],
      ['a tampered one', id, tampered, {}, 400, 'ERR_JWT_SIGNATURE'],
      ['one of another operator', id, await other.account(id, revoked), {}, 403, 'ERR_ACCOUNT_UNTRUSTED'],
      [
        'one signed by itself',
        self.publicKey,
        await operator.account(self.publicKey, () => {}, { by: seedSigner(self) }),
        {},
        403,
        'ERR_ACCOUNT_UNTRUSTED',
      ],
      ['an expired one', id, await fresh(revokedAnd({ exp: NOW - 1 })), {}, 400, 'ERR_ACCOUNT_EXPIRED'],
      [
        'an invalid one',
        id,
        await fresh((claims) => {
          revoked(claims);
          claims.nats.exports.push({ subject: 'a..b', type: 'stream', revocations: new Map() });
        }),
        {},
        400,
        'ERR_ACCOUNT_INVALID',
      ],
      ['one under the id of another', newKey(), await fresh(), {}, 400, 'ERR_PUSH_ID_MISMATCH'],
      ['one from the future', id, await fresh(revoked, NOW + 3_600), {}, 400, 'ERR_PUSH_IN_FUTURE'],
      ['a name that is a path', id, await fresh(revokedAnd({ name: '../evil' })), {}, 400, 'ERR_NAME_INVALID'],
      ['one made from another', id, await fresh(), { 'if-match': '"OTHER"' }, 412, 'ERR_PUSH_PRECONDITION'],
      ['one that thinks it is the first', id, await fresh(), { 'if-none-match': '*' }, 412, 'ERR_PUSH_PRECONDITION'],
      ['one made from what is not there', newKey(), '', { 'if-match': '"X"' }, 412, 'ERR_PUSH_PRECONDITION'],
      [
        'two preconditions',
        id,
        await fresh(),
        { 'if-match': '"X"', 'if-none-match': '*' },
        400,
        'ERR_PUSH_PRECONDITION_SYNTAX',
      ],
      ['a malformed precondition', id, await fresh(), { 'if-match': 'X' }, 400, 'ERR_PUSH_PRECONDITION_SYNTAX'],
      ['an older one that names no base', id, await fresh(revoked, NOW - 55), {}, 409, 'ERR_PUSH_OLDER'],
      ['one without a revocation', id, await fresh(() => {}), {}, 409, 'ERR_PUSH_REVOCATION_DROPPED'],
      [
        'the same, made from the stored one',
        id,
        await fresh(() => {}),
        { 'if-match': `"${jtiOf(base)}"` },
        409,
        'ERR_PUSH_REVOCATION_DROPPED',
      ],
      [
        'one with the revocation set back',
        id,
        await fresh((claims) => void claims.nats.revocations.set(USER, NOW - 61)),
        {},
        409,
        'ERR_PUSH_REVOCATION_DROPPED',
      ],
      [
        'a name that is taken, in other letters',
        id,
        await fresh(revokedAnd({ name: 'tAKEN' })),
        {},
        409,
        'ERR_ACCOUNT_NAME_TAKEN',
      ],
    ];
    for (const [what, at, token, headers, status, code] of cases) {
      const pushed = token === '' && status === 412 ? await operator.account(at, revoked) : token;
      const refused = await service.push(at, pushed, headers);
      expect([refused.status, refused.json?.code], what).toEqual([status, code]);
      expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(refused.json).toMatchObject({
        status,
        title: expect.any(String),
        type: `urn:natsctl:problem:${code}`,
        detail: expect.any(String),
      });
      expect(await stored(service, id), what).toBe(base);
      if (at !== id) expect(await stored(service, at), what).toBe(404);
    }
    const { json } = await service.api('GET', '/audit?limit=1000');
    expect(json.items.filter((entry: { entity: string }) => entry.entity === id)).toHaveLength(1);
  });

  it('made from the stored one is taken although it is older, by If-Match', async () => {
    const service = await runService();
    const id = newKey();
    const base = await service.operator.account(id, () => {}, { iat: NOW });
    const next = await service.operator.account(id, revoked, { iat: NOW - 10 });
    expect((await service.push(id, base, { 'if-none-match': '*' })).status).toBe(201);
    expect((await service.push(id, next, { 'if-match': `"${jtiOf(base)}"` })).status).toBe(200);
    expect(await stored(service, id)).toBe(next);
  });

  it('signed in the second of the stored one by the same key, which gives both one jti, is a conflict', async () => {
    const service = await runService();
    const id = newKey();
    const base = await service.operator.account(id, () => {}, { iat: NOW });
    const other = await service.operator.account(id, revoked, { iat: NOW });
    expect(jtiOf(other)).toBe(jtiOf(base));
    expect((await service.push(id, base)).status).toBe(201);
    for (const headers of [{}, { 'if-match': `"${jtiOf(base)}"` }] as Record<string, string>[]) {
      const refused = await service.push(id, other, headers);
      expect(refused).toMatchObject({
        status: 409,
        json: { code: 'ERR_PUSH_JTI', hint: expect.stringContaining('pull') },
      });
    }
    expect(await stored(service, id)).toBe(base);
  });

  it('that was applied already succeeds again, whatever it was made from', async () => {
    const service = await runService();
    const id = newKey();
    const token = await service.operator.account(id);
    for (const headers of [{ 'if-none-match': '*' }, { 'if-none-match': '*' }, { 'if-match': '"OLD"' }] as Record<
      string,
      string
    >[]) {
      expect((await service.push(id, token, headers)).status).toBeLessThan(300);
    }
  });

  it('tells who wants no JSON what to do, in the first line', async () => {
    const service = await runService();
    const id = newKey();
    await service.push(id, await service.operator.account(id, revoked));
    const refused = await service.push(id, await service.operator.account(id, () => {}, { iat: NOW }), {
      accept: '*/*',
    });
    expect(refused.status).toBe(409);
    expect(refused.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(refused.text.split('\n')[0]).toMatch(new RegExp(`${USER}.*pull first: run \`natsctl pull\``));
  });

  it('may drop a revocation only when an admin says so', async () => {
    const service = await runService();
    const id = newKey();
    await service.push(id, await service.operator.account(id, revoked));
    const without = await service.operator.account(id, () => {}, { iat: NOW });
    const force = { 'natsctl-force': 'true' };
    expect(await service.push(id, without, force)).toMatchObject({ status: 401, json: { code: 'ERR_AUTH_REQUIRED' } });
    expect(await service.push(id, without, { ...force, authorization: 'Bearer x.y.z' })).toMatchObject({ status: 401 });
    const authorization = `Bearer ${service.adminToken}`;
    expect(await service.push(id, without, { authorization })).toMatchObject({ status: 409 });
    expect(await service.push(id, without, { ...force, authorization })).toMatchObject({ status: 200 });
    const { json } = await service.api('GET', '/audit?limit=1000');
    expect(json.items.at(-1)).toMatchObject({
      action: 'account.update',
      actor: 'token:admin.token',
      entity: id,
      detail: { forced: true, restored: [{ user: USER, at: NOW - 60 }] },
    });
  });

  it('under a strict operator must be signed by a signing key', async () => {
    const service = await runService({ operator: await makeOperator({ strict: true }) });
    const id = newKey();
    const byIdentity = await service.operator.account(id, () => {}, { by: seedSigner(service.operator.identity) });
    expect(await service.push(id, byIdentity)).toMatchObject({ status: 403, json: { code: 'ERR_ACCOUNT_UNTRUSTED' } });
    expect((await service.push(id, await service.operator.account(id))).status).toBe(201);
  });

  it('of two that were made from the same one, exactly one wins', async () => {
    const service = await runService();
    const id = newKey();
    const base = await service.operator.account(id);
    await service.push(id, base);
    for (let round = 0, etag = jtiOf(base); round < 5; round++) {
      const tokens = await Promise.all(
        Array.from({ length: 4 }, (_, at) =>
          service.operator.account(id, (claims) => (claims.nats.description = `${round} ${at}`), {
            iat: NOW - 40 + round,
          }),
        ),
      );
      const replies = await Promise.all(tokens.map((token) => service.push(id, token, { 'if-match': `"${etag}"` })));
      expect(replies.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
      const winner = tokens[replies.findIndex(({ status }) => status === 200)] as string;
      expect(await stored(service, id)).toBe(winner);
      etag = jtiOf(winner);
    }
  });

  it('of two new accounts of one name, exactly one wins', async () => {
    const service = await runService();
    const [a, b] = [newKey(), newKey()];
    const named = (id: string, name: string) => service.operator.account(id, (claims) => (claims.name = name));
    const replies = await Promise.all([
      service.push(a, await named(a, 'pair')),
      service.push(b, await named(b, 'PAIR')),
    ]);
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409]);
  });
});

describe('the content type of a push', () => {
  it.each([
    'application/jwt',
    'application/text',
    'text/plain',
    'text/plain; charset=utf-8',
    'application/octet-stream',
    'application/x-www-form-urlencoded',
    'APPLICATION/JWT',
    null,
  ])('%s is taken', async (type) => {
    const service = await runService();
    const id = newKey();
    const body = Buffer.from(await service.operator.account(id));
    const headers = type === null ? undefined : { 'content-type': type };
    const response = await fetch(`${service.url}/jwt/v1/accounts/${id}`, {
      method: 'POST',
      body,
      ...(headers && { headers }),
    });
    expect(response.status).toBe(201);
  });

  it.each(['application/json', 'multipart/form-data', 'nonsense'])('%j is not', async (type) => {
    const service = await runService();
    const id = newKey();
    const pushed = await service.push(id, await service.operator.account(id), { 'content-type': type });
    expect(pushed.status).toBeGreaterThanOrEqual(400);
    expect(pushed.status).toBeLessThan(500);
    expect(await stored(service, id)).toBe(404);
  });

  it('matters less than the size: more than a token can have is refused', async () => {
    const service = await runService();
    const pushed = await service.push(newKey(), 'x'.repeat((1 << 20) + 2_048));
    expect(pushed).toMatchObject({ status: 413, json: { code: 'ERR_BODY_TOO_LARGE' } });
  });
});
