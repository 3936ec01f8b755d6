import { describe, expect, it } from 'vitest';
import { formatCreds } from '../../../claims/creds.js';
import { signClaims } from '../../../claims/jwt/encode.js';
import { newActivation, newUser } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import type { AccountClaims } from '../../../claims/types.js';
import { NOW, runService, send } from './service.js';

const newKey = () => Seed.generate('account').publicKey;

describe('GET /jwt/v1/accounts/{id}', () => {
  it('gives the bare token as text, to who asks so in any letters', async () => {
    const service = await runService();
    const [id, token] = [service.operator.system.publicKey, service.operator.systemToken];
    const got = await service.get(`/jwt/v1/accounts/${id}?text=TRUE`);
    expect(got).toMatchObject({ status: 200, text: token });
    expect(got.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(got.headers.get('etag')).toBeNull();
    const not = await service.get(`/jwt/v1/accounts/${id}?text=yes`);
    expect(not.headers.get('content-type')).toBe('application/jwt');
  });

  it('decoded is two JSON documents, with dates and with activation tokens opened', async () => {
    const service = await runService();
    const exporter = Seed.generate('account');
    const id = newKey();
    const activation = await signClaims(newActivation(id, 'private.a', 'stream'), seedSigner(exporter), { now: NOW });
    const token = await service.operator.account(id, (claims) => {
      claims.nats.description = 'right\u202eleft';
      claims.exp = NOW + 3_600;
      claims.nats.imports.push({
        subject: 'private.a',
        account: exporter.publicKey,
        type: 'stream',
        token: activation.token,
      });
    });
    await service.push(id, token);
    const got = await service.get(`/jwt/v1/accounts/${id}?decode=true`);
    expect(got.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(got.text).not.toContain('\u202e');
    const [header, claims] = got.text.split('\n\n').map((part) => JSON.parse(part));
    expect(header).toEqual({ typ: 'JWT', alg: 'ed25519-nkey' });
    expect(claims).toMatchObject({
      sub: id,
      exp_date: new Date((NOW + 3_600) * 1_000).toISOString().replace('.000', ''),
      nats: {
        description: 'right\u202eleft',
        imports: [{ token: { iss: exporter.publicKey, iat_date: expect.any(String), nats: { kind: 'stream' } } }],
      },
    });
    const operator = await service.get('/jwt/v1/operator?decode=true');
    expect(JSON.parse(operator.text.split('\n\n')[1] as string)).toMatchObject({ sub: service.operator.claims.sub });
    expect((await service.get('/jwt/v2/operator?text=true')).headers.get('content-type')).toMatch(/^text\/plain/);
  });

  it('checked is 404 once it has expired; unchecked it is still given, as theirs is', async () => {
    let now = NOW;
    const service = await runService({ now: () => now });
    const id = newKey();
    await service.push(
      id,
      await service.operator.account(id, (claims) => {
        claims.exp = NOW + 10;
      }),
    );
    expect(await service.get(`/jwt/v1/accounts/${id}?check=true`)).toMatchObject({ status: 200 });
    now = NOW + 11;
    const checked = await service.get(`/jwt/v1/accounts/${id}?check=true`, { accept: 'application/json' });
    expect(checked).toMatchObject({ status: 404, json: { code: 'ERR_ACCOUNT_LAPSED' } });
    expect(await service.get(`/jwt/v1/accounts/${id}`)).toMatchObject({ status: 200 });
  });

  it('by jti is not supported', async () => {
    const service = await runService();
    const path = `/jwt/v1/accounts/${service.operator.system.publicKey}?jti=X`;
    expect(await service.get(path)).toMatchObject({ status: 501, text: expect.stringContaining('ERR_JTI_LOOKUP') });
  });

  it('announces again for an admin only, and with nobody to tell that is well', async () => {
    const service = await runService();
    const path = `/jwt/v1/accounts/${service.operator.system.publicKey}?notify=true`;
    expect(await service.get(path)).toMatchObject({ status: 401 });
    expect(await service.get(path, { authorization: 'Bearer x.y.z' })).toMatchObject({ status: 401 });
    const authorization = `Bearer ${service.adminToken}`;
    expect(await service.get(path, { authorization })).toMatchObject({ status: 200 });
  });

  it('says when no server took the announcement', async () => {
    const service = await runService();
    const id = service.operator.system.publicKey;
    const user = Seed.generate('user');
    const { token } = await signClaims(newUser(user.publicKey, 'sys'), seedSigner(service.operator.system), {
      now: NOW,
    });
    await service.attach({ servers: ['nats://127.0.0.1:1'], creds: formatCreds(token, user) });
    const refused = await service.get(`/jwt/v1/accounts/${id}?notify=true`, {
      authorization: `Bearer ${service.adminToken}`,
    });
    expect(refused).toMatchObject({
      status: 500,
      text: expect.stringMatching(/^error sending notification of change/),
    });
  });

  it('is never the version from before a change that was acknowledged', async () => {
    const service = await runService();
    const id = newKey();
    let token = await service.operator.account(id, () => {}, { iat: NOW - 50 });
    await service.push(id, token);
    for (let round = 1; round <= 20; round++) {
      const next = await service.operator.account(id, (claims) => (claims.nats.description = `${round}`), {
        iat: NOW - 50 + round,
      });
      const reads = Array.from({ length: 5 }, () => service.get(`/jwt/v1/accounts/${id}`));
      const pushed = service.push(id, next).then(() => service.get(`/jwt/v1/accounts/${id}`));
      for (const { text } of await Promise.all(reads)) expect([token, next]).toContain(text);
      expect((await pushed).text).toBe(next);
      expect((await service.get(`/jwt/v1/accounts/${id}`)).text).toBe(next);
      token = next;
    }
  });
});

describe('/jwt/v1/help and pack', () => {
  it('help is a text', async () => {
    const got = await (await runService()).get('/jwt/v1/help');
    expect(got).toMatchObject({ status: 200, text: expect.stringContaining('/jwt/v1/accounts/{key}') });
    expect(got.headers.get('content-type')).toMatch(/^text\/plain/);
  });

  it('pack gives every account to an admin, as many as asked for, and to nobody else', async () => {
    const service = await runService();
    const tokens = new Map([[service.operator.system.publicKey, service.operator.systemToken]]);
    for (let i = 0; i < 3; i++) {
      const id = newKey();
      tokens.set(id, await service.operator.account(id));
      await service.push(id, tokens.get(id) as string);
    }
    const authorization = `Bearer ${service.adminToken}`;
    const lines = [...tokens].map(([id, token]) => `${id}|${token}`).sort();
    const whole = await service.get('/jwt/v1/pack', { authorization });
    expect(whole.text).toBe(`${lines.join('\n')}\n`);
    expect(whole.headers.get('content-type')).toMatch(/^text\/plain/);
    expect((await service.get('/jwt/v1/pack?max=2', { authorization })).text).toBe(`${lines.slice(0, 2).join('\n')}\n`);
    for (const max of ['0', '-1', '10001', 'x']) {
      const refused = await service.get(`/jwt/v1/pack?max=${max}`, { authorization });
      expect(refused, max).toMatchObject({ status: 400, text: expect.stringContaining('ERR_REQUEST_INVALID') });
    }
    expect(await service.get('/jwt/v1/pack')).toMatchObject({ status: 401 });
  });
});

describe('a push is told', () => {
  const json = { accept: 'application/json' };
  const exporting = (tokenReq: boolean) => (claims: AccountClaims) => {
    claims.nats.exports.push({ subject: 'orders.>', type: 'stream', token_req: tokenReq, revocations: new Map() });
  };
  const importing = (account: string, token?: string) => (claims: AccountClaims) => {
    claims.nats.imports.push({ subject: 'orders.eu', type: 'stream', account, ...(token && { token }) });
  };

  it('of an import that its exporter here does not let it have', async () => {
    const service = await runService();
    const [exporter, id] = [newKey(), newKey()];
    const push = async (change: (claims: AccountClaims) => void, iat: number, headers = {}) =>
      service.push(id, await service.operator.account(id, change, { iat }), headers);
    const elsewhere = await push(importing(exporter), NOW - 40, json);
    expect(elsewhere).toMatchObject({ status: 201, json: { status: 'created', account: id, warnings: [] } });
    await service.push(exporter, await service.operator.account(exporter));
    const unmatched = await push(importing(exporter), NOW - 39, json);
    expect(unmatched.json.warnings).toEqual([
      { code: 'ERR_IMPORT_NOT_EXPORTED', message: expect.any(String), path: '/nats/imports/0' },
    ]);
    const text = await push(importing(exporter), NOW - 38, { accept: '*/*' });
    expect(text.text).toMatch(/^jwt updated\nwarning: account .* does not export .*\n$/);
  });

  it('of an activation that is missing, and not of one that holds', async () => {
    const service = await runService();
    const exporter = Seed.generate('account');
    const [from, id] = [exporter.publicKey, newKey()];
    await service.push(from, await service.operator.account(from, exporting(true)));
    const missing = await service.push(
      id,
      await service.operator.account(id, importing(from), { iat: NOW - 40 }),
      json,
    );
    expect(missing.json.warnings).toMatchObject([{ code: 'ERR_ACTIVATION_MISSING', path: '/nats/imports/0/token' }]);
    const { token } = await signClaims(newActivation(id, 'orders.eu', 'stream'), seedSigner(exporter), { now: NOW });
    const good = await service.push(
      id,
      await service.operator.account(id, importing(from, token), { iat: NOW - 30 }),
      json,
    );
    expect(good.json.warnings).toEqual([]);
  });

  it('that others import the export it takes away', async () => {
    const service = await runService();
    const [exporter, id] = [newKey(), newKey()];
    await service.push(exporter, await service.operator.account(exporter, exporting(false)));
    await service.push(id, await service.operator.account(id, importing(exporter)));
    const without = await service.operator.account(exporter, () => {}, { iat: NOW - 40 });
    const pushed = await service.push(exporter, without, json);
    expect(pushed).toMatchObject({ status: 200, json: { warnings: [{ code: 'ERR_EXPORT_IN_USE' }] } });
    expect(pushed.json.warnings[0].message).toContain(id);
    await service.push(id, await service.operator.account(id, () => {}, { iat: NOW - 30 }));
    await service.push(exporter, await service.operator.account(exporter, exporting(false), { iat: NOW - 20 }));
    const again = await service.push(
      exporter,
      await service.operator.account(exporter, () => {}, { iat: NOW - 10 }),
      json,
    );
    expect(again.json.warnings).toEqual([]);
  });

  it('that it drops the revocation of an activation, which is refused', async () => {
    const service = await runService();
    const [exporter, importer] = [newKey(), newKey()];
    const revoked = await service.operator.account(exporter, (claims) => {
      exporting(true)(claims);
      claims.nats.exports[0]?.revocations.set(importer, NOW - 60);
    });
    await service.push(exporter, revoked);
    const without = await service.operator.account(exporter, exporting(true), { iat: NOW - 40 });
    const refused = await service.push(exporter, without);
    expect(refused).toMatchObject({ status: 409, json: { code: 'ERR_PUSH_REVOCATION_DROPPED' } });
    expect(refused.json.detail).toContain(importer);
    expect((await service.get(`/jwt/v1/accounts/${exporter}`)).text).toBe(revoked);
    const gone = await service.operator.account(exporter, () => {}, { iat: NOW - 40 });
    expect(await service.push(exporter, gone)).toMatchObject({ status: 200 });
  });
});

it('a token posted by curl as it sends by itself is read', async () => {
  const service = await runService();
  const id = newKey();
  const body = await service.operator.account(id);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  expect(await send(`${service.url}/jwt/v1/accounts/${id}`, { method: 'POST', body, headers })).toMatchObject({
    status: 201,
    text: 'jwt created\n',
  });
});
