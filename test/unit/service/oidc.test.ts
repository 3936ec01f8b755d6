import { generateKeyPairSync, type webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { exportJWK, exportSPKI, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import { checkOidc } from '../../../service/auth/oidc/settings.js';
import { authority, hasOpenssl } from '../../certificates.js';
import { testFolder } from './folder.js';
import { DISCOVERY, startIssuer, type TestIssuer } from './oidc-issuer.js';
import { NOW, runService, type TestService } from './service.js';

/** What an issuer of these tests is believed for: who is in the group `nats` may read everything. */
const believed = ({ issuer, audience }: TestIssuer, more: object = {}) => ({
  issuer,
  audience,
  rules: [{ when: { groups: 'nats' }, role: 'viewer' }],
  ...more,
});
const GROUPS = { groups: ['staff', 'nats'] };
const whoami = (service: TestService, token: string) =>
  service.api('GET', '/whoami', undefined, { authorization: `Bearer ${token}` });
const invalid = { status: 401, json: { code: 'ERR_AUTH_TOKEN_INVALID', status: 401 } };
const unavailable = { status: 503, json: { code: 'ERR_OIDC_ISSUER', status: 503 } };
const withoutFailureLimit = { rateLimits: { failures: 0 } };

/** A token signed as it stands, whatever stands in it. */
async function signedAsIs(header: string, payload: string, key: JWK): Promise<string> {
  const input = [header, payload].map((text) => Buffer.from(text).toString('base64url')).join('.');
  const signingKey = (await importJWK(key, 'ES256')) as webcrypto.CryptoKey;
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const signature = await crypto.subtle.sign(algorithm, signingKey, Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}

/** Lets this much time pass for service, issuer and test alike. */
function pass(seconds: number): void {
  const at = Date.now() + seconds * 1_000;
  vi.useFakeTimers({ toFake: ['Date'], now: at });
}
afterEach(() => void vi.useRealTimers());

describe('a token of an identity provider', () => {
  it('is worth what the settings say since they were read again; bad ones change nothing, and are told', async () => {
    const [issuer, other] = [await startIssuer(), await startIssuer()];
    const lines: string[] = [];
    const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
    const service = await runService({ oidc: [believed(issuer)], logger });
    const roleOf = async (token: string) => {
      const { status, json } = await whoami(service, token);
      return status === 200 ? json.grants[0].role : json.code;
    };
    const token = await issuer.token(GROUPS);
    expect(await roleOf(token)).toBe('viewer');
    const asAuditor = [{ when: { groups: 'nats' }, role: 'auditor' }];
    await service.reloadOidc(async () => [believed(issuer, { rules: asAuditor }), believed(other)]);
    expect(await roleOf(token)).toBe('auditor');
    expect(await roleOf(await other.token(GROUPS))).toBe('viewer');
    const told = lines.length;
    for (const bad of [undefined, 'x', [believed(issuer), believed(issuer)], [{ ...believed(issuer), rules: [] }]]) {
      await service.reloadOidc(async () => bad);
    }
    await service.reloadOidc(() => Promise.reject(new Error('the file is gone')));
    const faults = lines.slice(told).filter((line) => line.includes('those in use stay'));
    expect(faults).toHaveLength(5);
    expect(await roleOf(token), 'those in use stay').toBe('auditor');
    // A key that its issuer has withdrawn is believed no longer, and not for ten minutes.
    issuer.keys.length = 0;
    await issuer.addKey('second');
    await service.reloadOidc(async () => [believed(issuer)]);
    expect(await roleOf(token)).toBe('ERR_AUTH_TOKEN_INVALID');
    expect(await roleOf(await issuer.token(GROUPS))).toBe('viewer');
    await service.reloadOidc(async () => []);
    expect(await roleOf(await issuer.token(GROUPS))).toBe('ERR_AUTH_TOKEN_INVALID');
  });

  it('has the roles that the rules give its claims, and stands in the audit by issuer and subject', async () => {
    const issuer = await startIssuer();
    const [account, other] = [Seed.generate('account').publicKey, Seed.generate('account').publicKey];
    const operator = Seed.generate('operator').publicKey;
    const rules = [
      { when: { groups: ['nats', 'ops'] }, role: 'viewer' },
      { when: { 'realm.roles': 'chief', admin: true }, role: 'admin', operator },
      { when: { '/kubernetes.io/namespace': 'shop', level: 3 }, role: 'issuer', account },
      { when: { groups: 'staff' }, role: 'viewer' },
      { when: { sub: 'root' }, role: 'admin' },
    ];
    const service = await runService({ oidc: [believed(issuer, { rules, required: { tenant: 'acme' } })] });
    expect(issuer.asked, 'a start asks nobody').toEqual([]);
    const who = async (claims: object) =>
      (await whoami(service, await issuer.token({ tenant: 'acme', ...claims }))).json;

    const viewer = { role: 'viewer' };
    expect(await who({ ...GROUPS, exp: NOW + 5_000 })).toEqual({
      actor: `oidc:${issuer.issuer}#ada`,
      grants: [viewer],
      expires: NOW + 5_000,
    });
    expect(await who({ groups: 'ops' })).toMatchObject({ grants: [viewer] });
    expect(await who({ realm: { roles: ['x', 'chief'] }, admin: true })).toMatchObject({
      grants: [{ role: 'admin', operator }],
    });
    expect(
      await who({ groups: 'nats', 'kubernetes.io': { namespace: 'shop' }, level: 3, realm: { roles: 'chief' } }),
    ).toMatchObject({ grants: [viewer, { role: 'issuer', account }] });

    const refusal = await who({});
    expect(refusal).toMatchObject({ status: 403, code: 'ERR_AUTH_NO_ROLE' });
    const nearly = [
      { groups: ['Nats', 'nats ', 'natsx', ['nats']] },
      { groups: { 0: 'nats' } },
      { realm: { roles: 'chief' }, admin: 'true' },
      { realm: [{ roles: 'chief' }], admin: true },
      { 'realm.roles': 'chief', admin: true },
      { 'kubernetes.io': { namespace: 'shop' }, level: '3' },
      { ...GROUPS, tenant: 'other' },
      { ...GROUPS, tenant: undefined },
    ];
    for (const claims of nearly) {
      expect(await who(claims), JSON.stringify(claims)).toEqual(refusal);
    }

    const root = { authorization: `Bearer ${await issuer.token({ sub: 'root', tenant: 'acme' })}` };
    const made = await service.api('POST', '/accounts', { name: 'shop', publicKey: other }, root);
    expect(made.status).toBe(201);
    const { items } = (await service.api('GET', '/audit', undefined, root)).json;
    const entry = items.find((one: { entity: string }) => one.entity === other);
    expect(entry).toMatchObject({ actor: `oidc:${issuer.issuer}#root`, action: 'account.create' });

    const reader = { authorization: `Bearer ${await issuer.token({ tenant: 'acme', ...GROUPS })}` };
    expect(await service.api('GET', `/accounts/${other}`, undefined, reader)).toMatchObject({ status: 200 });
    expect(await service.api('POST', '/accounts', { name: 'x' }, reader)).toMatchObject({
      status: 403,
      json: { code: 'ERR_AUTH_FORBIDDEN' },
    });
    const inner = await issuer.token({ tenant: 'acme', 'kubernetes.io': { namespace: 'shop' }, level: 3 });
    const foreign = await service.api('GET', `/accounts/${other}`, undefined, { authorization: `Bearer ${inner}` });
    expect(foreign).toMatchObject({ status: 404, json: { code: 'ERR_ACCOUNT_UNKNOWN' } });
  });

  it('is taken with each kind of asymmetric key, by their key ids or where there is one that fits', async () => {
    const issuer = await startIssuer({ kid: 'EdDSA', alg: 'EdDSA' });
    for (const alg of ['RS256', 'ES256', 'PS512']) await issuer.addKey(alg, alg);
    const service = await runService({ oidc: [believed(issuer)], ...withoutFailureLimit });
    for (const { kid, alg } of issuer.keys) {
      expect((await whoami(service, await issuer.token(GROUPS, { kid, alg }))).status, alg).toBe(200);
    }
    const unnamed = await issuer.token(GROUPS, { kid: undefined, typ: 'at+jwt' } as object);
    expect((await whoami(service, unnamed)).status).toBe(200);
    await issuer.addKey('another', 'EdDSA');
    pass(601);
    expect(await whoami(service, await issuer.token(GROUPS, { kid: undefined } as object))).toMatchObject(invalid);
    const narrow = await runService({ oidc: [believed(issuer, { algorithms: ['ES256'] })], ...withoutFailureLimit });
    expect((await whoami(narrow, await issuer.token(GROUPS, { kid: 'ES256', alg: 'ES256' }))).status).toBe(200);
    expect(await whoami(narrow, await issuer.token(GROUPS, { kid: 'RS256', alg: 'RS256' }))).toMatchObject(invalid);
  });

  it('of two issuers with the same subject is of two callers, each by its own keys and rules', async () => {
    const [one, two] = [await startIssuer(), await startIssuer()];
    const rules = [{ when: { groups: 'nats' }, role: 'auditor' }];
    const oidc = [believed(one), believed(two, { rules, audience: ['other', 'natsctl'] })];
    const service = await runService({ oidc, ...withoutFailureLimit });
    const [first, second] = [await one.token(GROUPS), await two.token(GROUPS)];
    expect((await whoami(service, first)).json).toMatchObject({
      actor: `oidc:${one.issuer}#ada`,
      grants: [{ role: 'viewer' }],
    });
    expect((await whoami(service, second)).json).toMatchObject({
      actor: `oidc:${two.issuer}#ada`,
      grants: [{ role: 'auditor' }],
    });
    const [, theirs] = [one.keys[0], two.keys[0]];
    // Signed by the other issuer's key; and with the id of that key, which this issuer does not have.
    expect(await whoami(service, await one.token(GROUPS, {}, theirs?.privateKey))).toMatchObject(invalid);
    await two.addKey('only-of-two');
    const foreign = two.keys.find(({ kid }) => kid === 'only-of-two');
    const forged = await one.token(GROUPS, { kid: 'only-of-two' }, foreign?.privateKey);
    expect(await whoami(service, forged)).toMatchObject(invalid);
  });

  it('is refused when anything about it is not as it must be', async () => {
    const issuer = await startIssuer();
    const stranger = await startIssuer();
    const service = await runService({ oidc: [believed(issuer)], ...withoutFailureLimit });
    const now = Math.floor(Date.now() / 1_000);
    const [known] = issuer.keys;
    if (!known) throw new Error('no key');
    const privateJwk = await exportJWK(known.privateKey as webcrypto.CryptoKey);
    const secret = Buffer.from(await exportSPKI((await importJWK(known.jwk as JWK, 'ES256')) as webcrypto.CryptoKey));
    const own = await generateKeyPair('ES256', { extractable: true });
    const ownJwk = { ...(await exportJWK(own.publicKey)), kid: 'first', alg: 'ES256' };
    const good = await issuer.token(GROUPS);
    const [head, body, signature] = good.split('.');
    const claims = Buffer.from(body ?? '', 'base64url').toString();
    const header = '{"alg":"ES256","kid":"first"}';
    const none = Buffer.from('{"alg":"none","kid":"first"}').toString('base64url');
    const hs256 = (key: Uint8Array) =>
      new SignJWT(JSON.parse(claims)).setProtectedHeader({ alg: 'HS256', kid: 'first' }).sign(key);
    const attacks: Record<string, string> = {
      'no signature, alg none': `${none}.${body}.`,
      'alg none with a signature': `${none}.${body}.${signature}`,
      'HMAC with the public key (PEM)': await hs256(secret),
      'HMAC with the public key (JWK)': await hs256(Buffer.from(JSON.stringify(known.jwk))),
      'an algorithm of another key': await issuer.token(
        GROUPS,
        { alg: 'EdDSA' },
        generateKeyPairSync('ed25519').privateKey,
      ),
      'another audience': await issuer.token({ ...GROUPS, aud: 'nats' }),
      'other audiences': await issuer.token({ ...GROUPS, aud: ['nats', 'natsctl/'] }),
      'no audience': await issuer.token({ ...GROUPS, aud: undefined }),
      expired: await issuer.token({ ...GROUPS, exp: now - 60 }),
      'no expiry': await issuer.token({ ...GROUPS, exp: undefined }),
      'an expiry that is a text': await issuer.token({ ...GROUPS, exp: String(now + 300) }),
      'an expiry beyond all numbers': await issuer.token({ ...GROUPS, exp: 1e300 }),
      'not valid yet': await issuer.token({ ...GROUPS, nbf: now + 120 }),
      'issued in the future': await issuer.token({ ...GROUPS, iat: now + 120 }),
      'no time of issue': await issuer.token({ ...GROUPS, iat: undefined }),
      'no subject': await issuer.token({ ...GROUPS, sub: undefined }),
      'an empty subject': await issuer.token({ ...GROUPS, sub: '' }),
      'a subject that is a number': await issuer.token({ ...GROUPS, sub: 7 }),
      'a subject with a control character': await issuer.token({ ...GROUPS, sub: 'ada\nroot' }),
      'a subject that turns the line around': await issuer.token({ ...GROUPS, sub: 'ada\u202e' }),
      'a subject without end': await issuer.token({ ...GROUPS, sub: 'a'.repeat(256) }),
      'an issuer with a slash more': await issuer.token({ ...GROUPS, iss: `${issuer.issuer}/` }),
      'an issuer in another case': await issuer.token({ ...GROUPS, iss: issuer.issuer.toUpperCase() }),
      'an issuer that is a list': await issuer.token({ ...GROUPS, iss: [issuer.issuer] }),
      'no issuer': await issuer.token({ ...GROUPS, iss: undefined }),
      'the issuer of our own sessions': await issuer.token({ ...GROUPS, iss: 'natsctl', aud: 'natsctl service' }),
      'an issuer nobody named': await stranger.token(GROUPS),
      'a logout token': await issuer.token(GROUPS, { typ: 'logout+jwt' }),
      'a proof of possession': await issuer.token(GROUPS, { typ: 'dpop+jwt' }),
      'a security event': await issuer.token({ ...GROUPS, events: { 'http://schemas.openid.net/event': {} } }),
      'a critical header': await signedAsIs('{"alg":"ES256","kid":"first","crit":["x"],"x":1}', claims, privateJwk),
      'unencoded payload': await signedAsIs(
        '{"alg":"ES256","kid":"first","crit":["b64"],"b64":false}',
        claims,
        privateJwk,
      ),
      'a claim that is there twice': await signedAsIs(header, claims.replace('{', '{"groups":"x",'), privateJwk),
      'a header that is there twice': await signedAsIs(header.replace('{', '{"alg":"none",'), claims, privateJwk),
      __proto__: await signedAsIs(header, claims.replace('{', '{"__proto__":{"groups":"nats"},'), privateJwk),
      'claims that are a list': await signedAsIs(header, '[]', privateJwk),
      'claims in no UTF-8': `${head}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.${signature}`,
      'a key in its header': await issuer.token(GROUPS, { jwk: ownJwk }, own.privateKey),
      'the address of a key in its header': await issuer.token(
        GROUPS,
        { jku: `${stranger.issuer}/keys`, x5u: `${stranger.issuer}/cert` },
        own.privateKey,
      ),
      'another payload': `${head}.${Buffer.from(claims.replace('ada', 'eve')).toString('base64url')}.${signature}`,
      'a signature cut off': `${head}.${body}.${signature?.slice(0, -2)}`,
      'four parts': `${good}.x`,
      'more than anybody reads': await issuer.token({ ...GROUPS, padding: 'x'.repeat(10_000) }),
    };
    for (const [what, token] of Object.entries(attacks)) {
      const refused = await whoami(service, token);
      expect(refused, what).toMatchObject(invalid);
      expect(refused.headers.get('content-type'), what).toMatch(/^application\/problem\+json/);
      expect(refused.headers.get('www-authenticate'), what).toMatch(/^Bearer/);
      expect(refused.text, what).not.toContain(token.slice(0, 40) || 'nothing');
    }
    // Beyond what Node reads of headers at all.
    expect(await whoami(service, await issuer.token({ padding: 'x'.repeat(20_000) }))).toMatchObject({
      status: 431,
      json: { code: 'ERR_HEADERS_TOO_LARGE' },
    });
    expect(stranger.asked, 'nobody is asked because a token names him').toEqual([]);
    // What makes them wrong is what is told of them: the same token without it holds.
    expect((await whoami(service, await signedAsIs(header, claims, privateJwk))).status).toBe(200);
    expect((await whoami(service, await issuer.token({ ...GROUPS, exp: now - 10, nbf: now + 10 }))).status).toBe(200);
  });

  it('without a role counts as a failed authentication', async () => {
    const issuer = await startIssuer();
    const service = await runService({ oidc: [believed(issuer)], rateLimits: { failures: 2 } });
    const token = await issuer.token();
    const statuses = [];
    for (let n = 0; n < 3; n++) statuses.push((await whoami(service, token)).status);
    expect(statuses).toEqual([403, 403, 429]);
  });
});

describe('the keys of an issuer', () => {
  it('may be rotated; ids that nobody has do not make the service ask', async () => {
    const issuer = await startIssuer();
    const service = await runService({ oidc: [believed(issuer)], ...withoutFailureLimit });
    const old = await issuer.token({ ...GROUPS, exp: NOW + 10_000 });
    expect((await whoami(service, old)).status).toBe(200);
    const once = [DISCOVERY, '/keys'];
    expect(issuer.asked).toEqual(once);
    await issuer.addKey('second');
    const fresh = await issuer.token({ ...GROUPS, exp: NOW + 10_000 }, { kid: 'second' });
    const flood = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => whoami(service, await issuer.token(GROUPS, { kid: `none-${n}` }))),
    );
    for (const refused of flood) expect(refused).toMatchObject(invalid);
    expect(await whoami(service, fresh)).toMatchObject(invalid);
    expect(issuer.asked, 'within half a minute of an answer').toEqual(once);
    pass(31);
    expect((await whoami(service, fresh)).status).toBe(200);
    expect((await whoami(service, old)).status).toBe(200);
    expect(issuer.asked).toEqual([...once, ...once]);
    issuer.keys.splice(0, 1);
    pass(601);
    expect(await whoami(service, old), 'withdrawn').toMatchObject(invalid);
    expect((await whoami(service, fresh)).status).toBe(200);
  });

  it('are asked for again soon after the issuer was down: until then 503, also for callers of the rest', async () => {
    const issuer = await startIssuer();
    const service = await runService({ oidc: [believed(issuer)] });
    const token = await issuer.token({ ...GROUPS, exp: NOW + 10_000 });
    issuer.instead.set('/keys', (response) => void response.destroy());
    const down = await Promise.all(Array.from({ length: 8 }, () => whoami(service, token)));
    for (const refused of down) expect(refused).toMatchObject(unavailable);
    expect(down[0]?.text).not.toContain(issuer.issuer);
    expect(issuer.asked).toEqual([DISCOVERY, '/keys']);
    expect((await service.api('GET', '/whoami')).status).toBe(200);
    issuer.instead.clear();
    expect(await whoami(service, token)).toMatchObject(unavailable);
    pass(6);
    expect((await whoami(service, token)).status).toBe(200);
    await issuer.close();
    expect((await whoami(service, token)).status, 'by the keys that are known').toBe(200);
    pass(601);
    expect(await whoami(service, token)).toMatchObject(unavailable);
  });

  it('are taken from nobody else, and from nothing else than a key set', async () => {
    const [issuer, elsewhere] = [await startIssuer(), await startIssuer()];
    const service = await runService({ oidc: [believed(issuer)], ...withoutFailureLimit });
    const token = await issuer.token({ ...GROUPS, exp: NOW + 10_000 });
    const json = (value: unknown) => (response: ServerResponse) => void response.end(JSON.stringify(value));
    const jwks_uri = `${issuer.issuer}/keys`;
    const redirect = (to: string) => (response: ServerResponse) => void response.writeHead(302, { location: to }).end();
    const wrong: [path: string, what: Parameters<TestIssuer['instead']['set']>[1]][] = [
      [DISCOVERY, json({ issuer: `${issuer.issuer}/`, jwks_uri })],
      [DISCOVERY, json({ issuer: elsewhere.issuer, jwks_uri: `${elsewhere.issuer}/keys` })],
      [DISCOVERY, json({ issuer: issuer.issuer })],
      [DISCOVERY, json({ issuer: issuer.issuer, jwks_uri: 'file:///etc/passwd' })],
      [DISCOVERY, json({ issuer: issuer.issuer, jwks_uri: 'http://192.0.2.1/keys' })],
      [DISCOVERY, json([])],
      [DISCOVERY, (response) => void response.end('<html>')],
      [DISCOVERY, redirect(`${elsewhere.issuer}${DISCOVERY}`)],
      ['/keys', redirect(`${elsewhere.issuer}/keys`)],
      ['/keys', (response) => void response.writeHead(500).end()],
      ['/keys', json({ keys: [...issuer.keys.map(({ jwk }) => jwk), { x: 'x'.repeat(300_000) }] })],
      ['/keys', json({ keys: 'none' })],
      ['/keys', json({ keys: [1] })],
      ['/keys', json(issuer.keys.map(({ jwk }) => jwk))],
    ];
    for (const [at, what] of wrong) {
      issuer.instead.clear();
      issuer.instead.set(at, what);
      expect(await whoami(service, token), `${at} ${what}`).toMatchObject(unavailable);
      pass(6);
    }
    expect(elsewhere.asked).toEqual([]);
    issuer.instead.clear();
    expect((await whoami(service, token)).status).toBe(200);
  });

  it('may be at an address that is given, without discovery', async () => {
    const issuer = await startIssuer();
    const named = { ...believed(issuer), issuer: 'https://accounts.example.com', jwksUri: `${issuer.issuer}/keys` };
    const service = await runService({ oidc: [named] });
    const token = await issuer.token({ ...GROUPS, iss: named.issuer });
    expect((await whoami(service, token)).json).toMatchObject({ actor: `oidc:${named.issuer}#ada` });
    expect(issuer.asked).toEqual(['/keys']);
  });

  it.skipIf(!hasOpenssl)('come over TLS, by the authority that is named and no other', async () => {
    const ca = authority();
    ca.issue('server');
    const tls = { cert: ca.read('server.pem'), key: ca.read('server.key') };
    const issuer = await startIssuer({ tls });
    const token = await issuer.token(GROUPS);
    const trusting = await runService({ oidc: [believed(issuer, { caFile: ca.ca })] });
    expect((await whoami(trusting, token)).status).toBe(200);
    const doubting = await runService({ oidc: [believed(issuer)] });
    expect(await whoami(doubting, token)).toMatchObject(unavailable);
  });
});

describe('the settings', () => {
  const issuer = 'https://id.example.com';
  const rules = [{ when: { sub: 'ada' }, role: 'viewer' }];
  const good = { issuer, audience: 'natsctl', rules };
  const [operator, account] = [Seed.generate('operator').publicKey, Seed.generate('account').publicKey];
  const cases: [given: unknown, pointers: string[]][] = [
    [good, ['']],
    [[good, good], ['/1/issuer']],
    [[{ ...good, issuer: 'http://id.example.com' }], ['/0/issuer']],
    [[{ ...good, issuer: 'https://id.example.com/?x' }], ['/0/issuer']],
    [[{ ...good, issuer: 'https://id.example.com/#x' }], ['/0/issuer']],
    [[{ ...good, issuer: 'https://me@id.example.com' }], ['/0/issuer']],
    [[{ ...good, issuer: 'https://id.example.com/\n' }], ['/0/issuer']],
    [[{ ...good, audience: [] }], ['/0/audience']],
    [[{ issuer, rules }], ['/0']],
    [[{ ...good, algorithms: ['RS256', 'HS256'] }], ['/0/algorithms/1']],
    [[{ ...good, algorithms: ['none'] }], ['/0/algorithms/0']],
    [[{ ...good, jwksUri: 'http://id.example.com/keys' }], ['/0/jwksUri']],
    [[{ ...good, caFile: '/nowhere/ca.pem' }], ['/0/caFile']],
    [[{ ...good, caFile: import.meta.filename }], ['/0/caFile']],
    [[{ ...good, jwks: 'x' }], ['/0/jwks']],
    [[{ ...good, rules: [] }], ['/0/rules']],
    [[{ ...good, rules: [{ when: {}, role: 'viewer' }] }], ['/0/rules/0/when']],
    [[{ ...good, required: { tenant: 'a' }, rules: [{ when: {}, role: 'viewer' }] }], ['/0/rules/0/when']],
    [[{ ...good, rules: [{ when: { 'a..b': 'x' }, role: 'viewer' }] }], ['/0/rules/0/when/a..b']],
    [[{ ...good, rules: [{ when: { '/a~2': 'x' }, role: 'viewer' }] }], ['/0/rules/0/when/~1a~02']],
    [[{ ...good, rules: [{ when: { a: null }, role: 'viewer' }] }], ['/0/rules/0/when/a']],
    [[{ ...good, rules: [{ when: { a: ['x', null] }, role: 'viewer' }] }], ['/0/rules/0/when/a']],
    [[{ ...good, rules: [{ when: { a: 'x' }, role: 'root' }] }], ['/0/rules/0/role']],
    [[{ ...good, rules: [{ when: { a: 'x' }, role: 'admin', operator: account }] }], ['/0/rules/0/operator']],
    [[{ ...good, rules: [{ when: { a: 'x' }, role: 'admin', account: 'shop' }] }], ['/0/rules/0/account']],
    [[{ ...good, rules: [{ when: { a: 'x' }, role: 'admin', operator, account }] }], ['/0/rules/0/account']],
    [
      [{ ...good, issuer: 'x', audience: 1, rules: [{ when: { a: 'x' }, role: 'root' }] }],
      ['/0/audience', '/0/rules/0/role'],
    ],
  ];
  it('are refused with every fault and its place', () => {
    for (const [given, pointers] of cases) {
      let refused: unknown;
      try {
        checkOidc(given);
      } catch (error) {
        refused = error;
      }
      const issues = pointers.map((path) => expect.objectContaining({ path }));
      expect(refused, JSON.stringify(given)).toMatchObject({ code: 'ERR_SETTING_INVALID', details: { issues } });
    }
  });

  it('of the examples in docs/service.md are right', () => {
    const page = readFileSync('docs/service.md', 'utf8');
    const examples = [...page.matchAll(/```yaml\n(oidc:\n.*?)```/gs)].map(([, text = '']) => parse(text).oidc);
    expect(examples).toHaveLength(3);
    for (const [{ caFile, ...one }] of examples) expect(checkOidc([one])).toHaveLength(1);
  });

  it('stop a start before anything is opened', async () => {
    const dataDir = await testFolder();
    await expect(runService({ dataDir, oidc: [{ issuer }] })).rejects.toMatchObject({ code: 'ERR_SETTING_INVALID' });
    expect(await readdir(dataDir)).toEqual([]);
  });
});

describe('whoami', () => {
  it('answers every kind of token with its actor, its grants and its end', async () => {
    const service = await runService();
    expect((await service.api('GET', '/whoami')).json).toEqual({
      actor: 'token:admin.token',
      grants: [{ role: 'admin' }],
    });
    const scope = { role: 'issuer', operator: service.operator.claims.sub };
    const { token } = (await service.api('POST', '/tokens', { name: 'ci', ...scope, expires: NOW + 5_000 })).json;
    expect((await whoami(service, token)).json).toEqual({ actor: 'token:ci', grants: [scope], expires: NOW + 5_000 });
    const { identity } = service.operator;
    const { challenge } = (await service.api('POST', '/sessions/challenge', { key: identity.publicKey })).json;
    const signature = Buffer.from(await seedSigner(identity).sign(Buffer.from(challenge))).toString('base64url');
    const session = (await service.api('POST', '/sessions', { challenge, signature })).json;
    expect((await whoami(service, session.token)).json).toEqual({
      actor: `key:${identity.publicKey}`,
      grants: session.grants,
      expires: session.expires,
    });
    expect((await service.get('/api/v1/whoami')).status).toBe(401);
  });
});
