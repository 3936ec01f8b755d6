import { describe, expect, it } from 'vitest';
import { decode, decodeAs, MAX_TOKEN_BYTES, unknownFields } from '../../../../claims/jwt/decode.js';
import { encodeBase32 } from '../../../../claims/keys/base32.js';
import { PREFIX_BYTE, withChecksum } from '../../../../claims/keys/nkey.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { header, rawToken, rawV1Token } from './raw.js';
import { testSeed, vectors } from './vectors.js';

const account = Seed.generate('account');
const operator = Seed.generate('operator');
const user = Seed.generate('user');

function code(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'accepted';
}

const userPayload = (nats: object = {}, top: object = {}) =>
  JSON.stringify({
    iss: account.publicKey,
    sub: user.publicKey,
    iat: 1,
    ...top,
    nats: { type: 'user', version: 2, ...nats },
  });

const good = rawToken(userPayload(), account);
const outcome = (token: unknown) => code(() => decode(token as string));
const ofUser = (nats: object, top: object = {}) => outcome(rawToken(userPayload(nats, top), account));
const ofText = (payload: string | Uint8Array) => outcome(rawToken(payload, account));

describe('a token', () => {
  it('is three parts of canonical base64url', () => {
    expect(outcome(good)).toBe('accepted');
    const [head, payload, signature] = good.split('.') as [string, string, string];
    for (const bad of [
      '',
      '.',
      `${head}.${payload}`,
      `${good}.`,
      `${good}.x`,
      `.${good}`,
      `${good}\n`,
      `${good}=`,
      ` ${good}`,
      `${head}.${payload} .${signature}`,
      `${head}\n.${payload}.${signature}`,
      `${head}.${payload}.${signature.slice(0, -1)}`,
      good.replaceAll('.', '..'),
      undefined,
      null,
      7,
      {},
      [],
    ]) {
      expect(outcome(bad), JSON.stringify(bad)).toBe('ERR_JWT_FORMAT');
    }
  });

  it('has one spelling: other spare bits in its last character are refused', () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = letters.indexOf(good.at(-1) as string);
    for (let spare = 1; spare < 16; spare++) {
      expect(outcome(good.slice(0, -1) + letters[(last & 48) | ((last + spare) & 15)])).toBe('ERR_JWT_FORMAT');
    }
  });

  it('has at most 1 MiB, and more is refused before any decoding', () => {
    expect(outcome('x'.repeat(MAX_TOKEN_BYTES + 1))).toBe('ERR_JWT_TOO_LARGE');
    expect(outcome('x'.repeat(MAX_TOKEN_BYTES))).toBe('ERR_JWT_FORMAT');
    expect(outcome('.'.repeat(MAX_TOKEN_BYTES))).toBe('ERR_JWT_FORMAT');
  });

  it('is signed by its issuer, over exactly these bytes', () => {
    const [head, payload] = good.split('.') as [string, string, string];
    expect(outcome(rawToken(userPayload(), Seed.generate('account')))).toBe('ERR_JWT_SIGNATURE');
    expect(outcome(`${head}.${payload}.${Buffer.alloc(64).toString('base64url')}`)).toBe('ERR_JWT_SIGNATURE');
    expect(outcome(`${head}.${payload}.`)).toBe('ERR_JWT_SIGNATURE');
    expect(outcome(`${head}.${payload}.${Buffer.alloc(65).toString('base64url')}`)).toBe('ERR_JWT_SIGNATURE');
  });
});

describe('the header', () => {
  const withHeader = (json: object | string) => outcome(rawToken(userPayload(), account, header(json)));

  it('is read in any letter case, and v1 algorithm, and with more in it', () => {
    for (const json of [
      { typ: 'JWT', alg: 'ed25519-nkey' },
      { alg: 'ED25519-NKEY', typ: 'jwt' },
      { typ: 'jWt', alg: 'Ed25519' },
      { typ: 'JWT', alg: 'ed25519-nkey', kid: '../../etc/passwd', jwk: {}, jku: 'https://x' },
    ]) {
      expect(withHeader(json)).toBe('accepted');
    }
  });

  it.each([
    {},
    { typ: 'JWT' },
    { alg: 'ed25519-nkey' },
    { typ: 'JWT', alg: 'none' },
    { typ: 'JWT', alg: 'HS256' },
    { typ: 'JWT', alg: 'EdDSA' },
    { typ: 'JWT', alg: 'ed25519-nkeyx' },
    { typ: 'JWS', alg: 'ed25519-nkey' },
    { typ: null, alg: 'ed25519-nkey' },
    { typ: 'JWT', alg: ['ed25519-nkey'] },
    { typ: 'JWT', alg: 'ed25519-nkey', crit: ['exp'] },
    { typ: 'JWT', alg: 'ed25519-nkey', CRIT: [] },
    { typ: 'JWT', alg: 'ed25519-nkey', Alg: 'none' },
    '{"typ":"JWT","alg":"ed25519-nkey","alg":"none"}',
    '[]',
    'null',
    '"x"',
    'x',
    '',
    '{"typ":"JWT","alg":"ed25519-nkey"} ',
    '{"typ":"JWT","alg":"ed25519-nkey"}x',
  ])('%j', (json) => {
    expect(withHeader(json)).toBe(json === '{"typ":"JWT","alg":"ed25519-nkey"} ' ? 'accepted' : 'ERR_JWT_HEADER');
  });
});

describe('the payload', () => {
  it.each([
    '',
    'x',
    '[]',
    'null',
    '"x"',
    '7',
    `${userPayload()}x`,
    userPayload().replace('"sub"', '"iss"'),
    userPayload().replace('"iat":1', '"iat":1,"__proto__":{}'),
    userPayload({ x: { constructor: 1 } }),
    `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`,
    '\ufeff{}',
  ])('must be strict JSON, an object: %.60s', (payload) => expect(ofText(payload)).toBe('ERR_JWT_JSON'));

  it('must be UTF-8', () => {
    const bytes = Buffer.from(userPayload({}, { name: 'XX' }));
    bytes.fill(0xff, bytes.indexOf('XX'), bytes.indexOf('XX') + 2);
    expect(ofText(bytes)).toBe('ERR_JWT_JSON');
  });

  // Go's reader would honour them: a policy check that does not see them would be passed by.
  it.each([
    [{ BEARER_TOKEN: true }, {}],
    [{ Pub: {} }, {}],
    [{ pub: { ALLOW: ['>'] } }, {}],
    [{ Version: 1 }, {}],
    [{}, { Sub: 'x' }],
    [{}, { EXP: 1 }],
    [{}, { ISS: 'x' }],
    [{}, { Nats: {} }],
    [{}, { Type: 'user' }],
    [{ \u017frc: [] }, {}],
    [{ '\u212aind': 1, bearer_to\u212aen: true }, {}],
  ])('is refused with look-alikes of known fields: %j %j', (nats, top) =>
    expect(ofUser(nats, top)).toBe('ERR_JWT_CLAIMS'),
  );

  it('may have fields that are not known yet, which are told apart', () => {
    const decoded = decode(rawToken(userPayload({ new_limit: 7, pub: { some: 1.5 } }, { 'x/y': null }), account));
    expect(unknownFields(decoded)).toEqual(['/x~1y', '/nats/new_limit', '/nats/pub/some']);
    expect(unknownFields(decode(good))).toEqual([]);
    expect(decoded.claims.nats).not.toHaveProperty('new_limit');
  });

  it.each([
    ['exp', -1],
    ['exp', 1.5],
    ['exp', '5'],
    ['exp', true],
    ['exp', 1e300],
    ['exp', []],
    ['nbf', -1],
    ['iat', 'x'],
    ['name', 7],
    ['aud', {}],
    ['jti', 1],
    ['sub', 7],
  ])('has whole seconds and texts: %s is not %j', (field, value) => {
    expect(() => decode(rawToken(userPayload({}, { [field]: value }), account))).toThrowError(
      expect.objectContaining({ code: 'ERR_JWT_CLAIMS', details: { path: `/${field}` } }),
    );
  });

  it('has integers up to 2^53 - 1, written as integers', () => {
    const at = (number: string) => ofText(userPayload({ subs: 12345 }).replace('12345', number));
    expect(at('9007199254740991')).toBe('accepted');
    expect(at('-9007199254740991')).toBe('accepted');
    for (const number of ['9007199254740992', '9223372036854775807', '1.0', '1e3', '1E0', '1e400'])
      expect(at(number)).toBe('ERR_JWT_CLAIMS');
    expect(at('-0')).toBe('accepted');
  });
});

describe('the version', () => {
  it('is 2', () => {
    for (const nats of [
      { version: undefined },
      { version: 1 },
      { version: 0 },
      { version: 3 },
      { version: '2' },
      { version: null },
      { version: 2.5 },
    ]) {
      expect(ofUser(nats)).toBe('ERR_JWT_VERSION');
    }
    expect(ofUser({}, { nats: null })).not.toBe('x');
    expect(ofText(JSON.stringify({ iss: account.publicKey, sub: user.publicKey }))).toBe('ERR_JWT_VERSION');
    expect(ofText(JSON.stringify({ iss: account.publicKey, sub: user.publicKey, nats: null }))).toBe('ERR_JWT_VERSION');
    for (const nats of [7, 'x', [], true]) {
      expect(ofText(JSON.stringify({ iss: account.publicKey, sub: user.publicKey, nats }))).toBe('ERR_JWT_CLAIMS');
    }
  });

  it('1 is told by a type in the envelope, and read only where asked for', () => {
    const payload = JSON.stringify({
      iss: account.publicKey,
      sub: user.publicKey,
      iat: 1,
      type: 'user',
      nats: { pub: {}, sub: {} },
    });
    const token = rawV1Token(payload, account);
    expect(outcome(token)).toBe('ERR_JWT_VERSION');
    const { claims, version } = decode(token, { allowV1: true });
    expect(version).toBe(1);
    expect(claims.nats).toMatchObject({ version: 1, type: 'user', subs: -1, data: -1, payload: -1 });
    // A v2 signature does not make a v1 payload good, nor the other way.
    expect(code(() => decode(rawToken(payload, account), { allowV1: true }))).toBe('ERR_JWT_SIGNATURE');
    expect(code(() => decode(rawV1Token(userPayload(), account), { allowV1: true }))).toBe('ERR_JWT_SIGNATURE');
  });

  it('kinds that are gone, and v1 kinds that never were, are refused', () => {
    for (const type of ['server', 'cluster']) {
      expect(ofUser({ type })).toBe('ERR_JWT_KIND');
      const payload = JSON.stringify({ iss: operator.publicKey, sub: user.publicKey, type, nats: {} });
      expect(code(() => decode(rawV1Token(payload, operator), { allowV1: true }))).toBe('ERR_JWT_KIND');
    }
    const request = JSON.stringify({
      iss: account.publicKey,
      sub: user.publicKey,
      type: 'authorization_response',
      nats: {},
    });
    expect(code(() => decode(rawV1Token(request, account), { allowV1: true }))).toBe('ERR_JWT_VERSION');
  });
});

describe('issuer and subject', () => {
  it('are keys of the kinds that a token needs', () => {
    const make = (type: string, signer: Seed, sub: string) =>
      outcome(
        rawToken(JSON.stringify({ iss: signer.publicKey, sub, nats: { type, version: 2, kind: 'stream' } }), signer),
      );
    const server = Seed.generate('server');
    expect(make('user', account, user.publicKey)).toBe('accepted');
    expect(make('user', operator, user.publicKey)).toBe('ERR_JWT_ISSUER');
    expect(make('user', account, account.publicKey)).toBe('ERR_JWT_SUBJECT');
    expect(make('account', operator, account.publicKey)).toBe('accepted');
    expect(make('account', account, account.publicKey)).toBe('accepted');
    expect(make('account', user, account.publicKey)).toBe('ERR_JWT_ISSUER');
    expect(make('operator', operator, operator.publicKey)).toBe('accepted');
    expect(make('operator', account, operator.publicKey)).toBe('ERR_JWT_ISSUER');
    expect(make('operator', operator, account.publicKey)).toBe('ERR_JWT_SUBJECT');
    expect(make('activation', account, account.publicKey)).toBe('accepted');
    expect(make('activation', user, account.publicKey)).toBe('ERR_JWT_ISSUER');
    expect(make('authorization_request', server, 'anything')).toBe('accepted');
    expect(make('authorization_request', account, 'anything')).toBe('ERR_JWT_ISSUER');
    expect(make('authorization_response', account, user.publicKey)).toBe('accepted');
    expect(make('authorization_response', server, user.publicKey)).toBe('ERR_JWT_ISSUER');
    for (const signer of [operator, account, user, server])
      expect(make('my_kind', signer, 'anything')).toBe('accepted');
  });

  // NATS advisory 2026-23: keys of odd length, in every place a token has one.
  it.each([0, 1, 31, 33])('of %i bytes with a right checksum are refused, and nothing breaks', (length) => {
    const odd = (kind: 'operator' | 'account' | 'user') =>
      encodeBase32(withChecksum(new Uint8Array([PREFIX_BYTE[kind], ...new Uint8Array(length).fill(9)])));
    const signature = Buffer.alloc(64).toString('base64url');
    const payload = header({ iss: odd('operator'), sub: odd('account'), nats: { type: 'account', version: 2 } });
    expect(outcome(`${good.split('.')[0]}.${payload}.${signature}`)).toBe('ERR_JWT_ISSUER');
    expect(ofUser({}, { sub: odd('user') })).toBe('ERR_JWT_SUBJECT');
    expect(ofUser({ issuer_account: odd('account') })).toBe('accepted');
  });
});

describe('decodeAs', () => {
  it('gives claims of the kind asked for, or says which kind it is', () => {
    expect(decodeAs('user', good).claims.nats.type).toBe('user');
    expect(() => decodeAs('account', good)).toThrowError(
      expect.objectContaining({ code: 'ERR_JWT_KIND', message: expect.stringContaining('"user"') }),
    );
  });
});

describe('what Go makes of absent fields', () => {
  const accountOf = (nats: object) =>
    decodeAs(
      'account',
      rawToken(
        JSON.stringify({
          iss: account.publicKey,
          sub: account.publicKey,
          nats: { type: 'account', version: 2, ...nats },
        }),
        account,
      ),
    ).claims.nats;

  it('is 0 for limits of accounts and users', () => {
    expect(accountOf({}).limits).toMatchObject({
      subs: 0,
      conn: 0,
      imports: 0,
      wildcards: false,
      tiered_limits: new Map(),
    });
    expect(decodeAs('user', good).claims.nats).toMatchObject({ subs: 0, data: 0, payload: 0, src: [], times: [] });
  });

  it('is -1 for subs, data and payload of a template', () => {
    const key = Seed.generate('account').publicKey;
    const scope = { kind: 'user_scope', key, role: 'r', template: { subs: 5, data: null } };
    expect(accountOf({ signing_keys: [scope] }).signing_keys.get(key)?.template).toMatchObject({
      subs: 5,
      data: -1,
      payload: -1,
    });
    const { template: _template, ...bare } = scope;
    expect(accountOf({ signing_keys: [bare] }).signing_keys.get(key)).toMatchObject({
      description: '',
      template: { subs: -1, data: -1, payload: -1 },
    });
  });

  it('drops flat JetStream limits where there are tiers', () => {
    const tiers = { R1: { streams: 1 } };
    expect(accountOf({ limits: { disk_storage: 5, tiered_limits: tiers } }).limits).toMatchObject({ disk_storage: 0 });
    expect(accountOf({ limits: { disk_storage: 5, tiered_limits: {} } }).limits).toMatchObject({ disk_storage: 5 });
  });

  it('reads networks from one text with commas', () => {
    const token = rawToken(userPayload({ src: ' 10.0.0.0/8, FE80::/10 ,,10.0.0.0/8' }), account);
    expect(decodeAs('user', token).claims.nats.src).toEqual(['10.0.0.0/8', 'fe80::/10']);
  });

  it('takes sampling 0 and any spelling of headers as headers', () => {
    for (const sampling of [0, null, 'headers', 'Headers', undefined]) {
      const [item] = accountOf({
        exports: [{ subject: 'a', type: 'service', service_latency: { sampling, results: 'r' } }],
      }).exports;
      expect(item?.service_latency).toEqual({ sampling: 'headers', results: 'r' });
    }
  });

  it('keeps dictionaries of outside text away from JavaScript', () => {
    const { mappings, revocations } = accountOf({
      mappings: { toString: [] },
      revocations: { hasOwnProperty: 1, valueOf: 2 },
    });
    expect([...mappings.keys()]).toEqual(['toString']);
    expect([...revocations]).toEqual([
      ['hasOwnProperty', 1],
      ['valueOf', 2],
    ]);
  });
});

describe('throwaway keys of the vectors', () => {
  it('are those that Go derives', () => {
    const everything = vectors.find(({ name }) => name === 'account: everything');
    const { claims } = decodeAs('account', everything?.token as string);
    expect(claims.nats.authorization.xkey).toBe(testSeed('curve').publicKey);
    expect(claims.iss).toBe(testSeed('operator_signing').publicKey);
  });
});
