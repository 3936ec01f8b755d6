import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseClaims } from '../../../../claims/jwt/claims-json.js';
import { decode, decodeAs, MAX_TOKEN_BYTES } from '../../../../claims/jwt/decode.js';
import { payloadJson, signClaims } from '../../../../claims/jwt/encode.js';
import {
  newAccount,
  newActivation,
  newAuthorizationRequest,
  newAuthorizationResponse,
  newGeneric,
  newOperator,
  newScopedUser,
  newUser,
  noJetStream,
  noLimits,
} from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { type Signer, seedSigner } from '../../../../claims/keys/signer.js';
import type { AccountData, UserPermissionLimits } from '../../../../claims/types.js';
import { payloadOf, testSeed, testSigner, vectors } from './vectors.js';

const operator = Seed.generate('operator');
const account = Seed.generate('account');
const user = Seed.generate('user');
const server = Seed.generate('server');

describe('new claims', () => {
  const sameAs = async (name: string, signed: Promise<{ token: string }>) => {
    const vector = vectors.find((v) => v.name === name);
    expect(payloadOf((await signed).token)).toBe(payloadOf(vector?.token as string));
  };
  const at = (name: string) => ({ now: decode(vectors.find((v) => v.name === name)?.token as string).claims.iat });
  const key = (name: string) => testSeed(name).publicKey;

  it('have the defaults of Go', async () => {
    await sameAs(
      'operator: plain',
      signClaims(newOperator(key('operator'), 'plain'), testSigner('operator'), at('operator: plain')),
    );
    await sameAs(
      'account: as new',
      signClaims(newAccount(key('account'), 'new'), testSigner('operator'), at('account: as new')),
    );
    await sameAs('user: as new', signClaims(newUser(key('user'), 'ann'), testSigner('account'), at('user: as new')));
    const scoped = newScopedUser(key('user'), 'scoped', key('account'));
    scoped.nats.tags = ['team:blue', 'team:red'];
    await sameAs('user: scoped', signClaims(scoped, testSigner('account_scoped'), at('user: scoped')));
    const activation = newActivation(key('account'), 'secret.>', 'stream');
    await sameAs('activation: stream', signClaims(activation, testSigner('other_account'), at('activation: stream')));
    await sameAs('generic: empty', signClaims(newGeneric(key('user')), testSigner('account'), at('generic: empty')));
    const request = newAuthorizationRequest(key('account'), {
      server_id: { name: '', host: '', id: '' },
      user_nkey: key('user'),
      client_info: {},
      connect_opts: { protocol: 0 },
    });
    const least = 'authorization request: least';
    await sameAs(least, signClaims(request, testSigner('server'), at(least)));
    const response = { ...newAuthorizationResponse(key('user')), aud: key('server') };
    response.nats.error = 'no <access>';
    const error = 'authorization response: error';
    await sameAs(error, signClaims(response, testSigner('account'), at(error)));
  });

  it('of users of a signing key name the account', () => {
    expect(newUser(user.publicKey, 'ann', { issuerAccount: account.publicKey }).nats.issuer_account).toBe(
      account.publicKey,
    );
    expect(newUser(user.publicKey, 'ann').nats).not.toHaveProperty('issuer_account');
  });
});

describe('signing', () => {
  it('sets issuer, time and id, and leaves the claims given alone', async () => {
    const claims = Object.freeze(newUser(user.publicKey, 'ann'));
    const { claims: signed } = await signClaims(claims, seedSigner(account), { now: 100 });
    expect(signed).toMatchObject({ iss: account.publicKey, iat: 100, jti: expect.stringMatching(/^[A-Z2-7]{52}$/) });
    expect(claims).not.toHaveProperty('iat');
  });

  it('is later than what it replaces, so that the id differs', async () => {
    const claims = newAccount(account.publicKey, 'a');
    const first = await signClaims(claims, seedSigner(operator), { now: 100 });
    const second = await signClaims(claims, seedSigner(operator), { now: 100, after: first.claims.iat });
    expect(second.claims.iat).toBe(101);
    expect(second.claims.jti).not.toBe(first.claims.jti);
    expect((await signClaims(claims, seedSigner(operator), { now: 500, after: 100 })).claims.iat).toBe(500);
  });

  it('asks for a signer that may sign the kind', async () => {
    const cases = [
      signClaims(newOperator(operator.publicKey, 'o'), seedSigner(account), { now: 1 }),
      signClaims(newAccount(account.publicKey, 'a'), seedSigner(user), { now: 1 }),
      signClaims(newUser(user.publicKey, 'u'), seedSigner(operator), { now: 1 }),
      signClaims(newActivation(account.publicKey, 'x', 'stream'), seedSigner(server), { now: 1 }),
      signClaims(newAuthorizationResponse(user.publicKey), seedSigner(server), { now: 1 }),
    ];
    for (const signing of cases) await expect(signing).rejects.toMatchObject({ code: 'ERR_KEY_KIND' });
    const noKey: Signer = { publicKey: 'x', sign: () => new Uint8Array(64) };
    await expect(signClaims(newGeneric('x'), noKey, { now: 1 })).rejects.toMatchObject({ code: 'ERR_KEY_INVALID' });
    const curve: Signer = { publicKey: Seed.generate('curve').publicKey, sign: () => new Uint8Array(64) };
    await expect(signClaims(newGeneric('x'), curve, { now: 1 })).rejects.toMatchObject({ code: 'ERR_KEY_KIND' });
  });

  it('asks for a subject of the kind', async () => {
    await expect(signClaims(newUser(account.publicKey, 'u'), seedSigner(account), { now: 1 })).rejects.toMatchObject({
      code: 'ERR_JWT_SUBJECT',
    });
    await expect(signClaims(newAccount('junk', 'a'), seedSigner(operator), { now: 1 })).rejects.toMatchObject({
      code: 'ERR_JWT_SUBJECT',
    });
    await expect(signClaims(newGeneric(''), seedSigner(account), { now: 1 })).rejects.toMatchObject({
      code: 'ERR_JWT_SUBJECT',
    });
  });

  it('gives out no token with a bad signature', async () => {
    const good = seedSigner(account);
    const faulty: Signer = {
      publicKey: account.publicKey,
      sign: async (data) => {
        const signature = await good.sign(data);
        signature[5] = (signature[5] as number) ^ 1;
        return signature;
      },
    };
    await expect(signClaims(newUser(user.publicKey, 'u'), faulty, { now: 1 })).rejects.toMatchObject({
      code: 'ERR_JWT_SIGNATURE',
    });
    const short: Signer = { publicKey: account.publicKey, sign: () => new Uint8Array(3) };
    await expect(signClaims(newUser(user.publicKey, 'u'), short, { now: 1 })).rejects.toMatchObject({
      code: 'ERR_JWT_SIGNATURE',
    });
  });

  it.each<[string, (claims: ReturnType<typeof newUser>) => void]>([
    ['a fraction', (claims) => Object.assign(claims.nats, { subs: 1.5 })],
    ['NaN', (claims) => Object.assign(claims.nats, { resp: { max: Number.NaN, ttl: 0 } })],
    ['2^53', (claims) => Object.assign(claims.nats, { data: 2 ** 53 })],
    ['a text for a number', (claims) => Object.assign(claims.nats, { subs: '1' })],
    ['a number for a text', (claims) => Object.assign(claims, { name: 7 })],
    ['a list for a text', (claims) => Object.assign(claims.nats, { times_location: ['x'] })],
    ['a negative time', (claims) => Object.assign(claims, { exp: -1 })],
  ])('refuses %s', async (_what, change) => {
    const claims = newUser(user.publicKey, 'u');
    change(claims);
    await expect(signClaims(claims, seedSigner(account), { now: 1 })).rejects.toMatchObject({ code: 'ERR_JWT_CLAIMS' });
  });

  it('refuses half a surrogate pair, and more than a reader would take', async () => {
    await expect(signClaims(newUser(user.publicKey, 'a\ud800'), seedSigner(account), { now: 1 })).rejects.toMatchObject(
      { code: 'ERR_JWT_JSON' },
    );
    const big = newUser(user.publicKey, 'x'.repeat(MAX_TOKEN_BYTES));
    await expect(signClaims(big, seedSigner(account), { now: 1 })).rejects.toMatchObject({ code: 'ERR_JWT_TOO_LARGE' });
  });

  it('writes nothing that is not in the model', async () => {
    const claims = newUser(user.publicKey, 'u');
    Object.assign(claims.nats, { BEARER_TOKEN: true, extra: 1 });
    Object.assign(claims, { admin: true });
    const { token } = await signClaims(claims, seedSigner(account), { now: 1 });
    expect(payloadOf(token)).not.toMatch(/BEARER|extra|admin/);
  });
});

describe('any claims', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 });
  const texts = fc.array(text, { maxLength: 3 });
  const integer = fc.oneof(fc.constantFrom(-1, 0, 1, Number.MAX_SAFE_INTEGER), fc.maxSafeInteger());
  const permission = fc.record({ allow: texts, deny: texts });
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const key = fc.string({ maxLength: 8 }).filter((name) => !['__proto__', 'constructor', 'prototype'].includes(name));

  const limits: fc.Arbitrary<UserPermissionLimits> = fc
    .record({
      pub: permission,
      sub: permission,
      resp: optional(fc.record({ max: integer, ttl: integer })),
      src: texts,
      times: fc.array(fc.record({ start: text, end: text }), { maxLength: 2 }),
      times_location: optional(fc.constant('UTC')),
      subs: integer,
      data: integer,
      payload: integer,
      bearer_token: optional(fc.constant(true)),
      proxy_required: optional(fc.constant(true)),
      allowed_connection_types: texts,
    })
    .map(
      (made) =>
        Object.fromEntries(
          Object.entries(made).filter(([, value]) => value !== undefined),
        ) as unknown as UserPermissionLimits,
    );

  it('of users are read as they were written', async () => {
    await fc.assert(
      fc.asyncProperty(limits, text, async (made, name) => {
        const claims = newUser(user.publicKey, name);
        Object.assign(claims.nats, made);
        const { claims: read, token } = await signClaims(claims, seedSigner(account), { now: 1 });
        expect(read.nats).toEqual({ ...made, type: 'user', version: 2 });
        expect(read.name ?? '').toBe(name);
        expect(decode(token).claims).toEqual(read);
      }),
      { numRuns: 60 },
    );
  });

  it('of accounts are read as they were written, and in one order whatever the order given', async () => {
    // A template's 0 is left out on the wire and read back as -1: Go has it so.
    const template = limits.map((made) => ({
      ...made,
      subs: made.subs || -1,
      data: made.data || -1,
      payload: made.payload || -1,
    }));
    const data: fc.Arbitrary<Partial<AccountData>> = fc.record({
      mappings: fc
        .array(
          fc.tuple(
            key,
            fc.array(fc.record({ subject: text, weight: fc.integer({ min: 1, max: 255 }) }), { maxLength: 2 }),
          ),
          { maxLength: 3 },
        )
        .map((entries) => new Map(entries)),
      revocations: fc.array(fc.tuple(key, integer), { maxLength: 4 }).map((entries) => new Map(entries)),
      signing_keys: fc
        .array(fc.tuple(key, fc.option(template)), { maxLength: 3 })
        .map(
          (entries) =>
            new Map(
              entries.map(([k, t]) => [
                k,
                t && { kind: 'user_scope' as const, key: k, role: 'r', template: t, description: '' },
              ]),
            ),
        ),
      default_permissions: fc.record({ pub: permission, sub: permission }),
    });
    await fc.assert(
      fc.asyncProperty(data, async (made) => {
        const forth = newAccount(account.publicKey, 'a');
        Object.assign(forth.nats, made);
        const back = newAccount(account.publicKey, 'a');
        Object.assign(back.nats, {
          ...made,
          mappings: new Map([...(made.mappings ?? [])].reverse()),
          revocations: new Map([...(made.revocations ?? [])].reverse()),
          signing_keys: new Map([...(made.signing_keys ?? [])].reverse()),
        });
        const { claims, token } = await signClaims(forth, seedSigner(operator), { now: 1 });
        expect(claims.nats).toEqual(forth.nats);
        expect((await signClaims(back, seedSigner(operator), { now: 1 })).token).toBe(token);
      }),
      { numRuns: 60 },
    );
  });
});

describe('claims written by a person', () => {
  it('are read back from what is shown', async () => {
    const claims = newAccount(account.publicKey, 'a');
    claims.nats.limits.tiered_limits.set('R1', { ...noJetStream(), streams: 3 });
    const signed = await signClaims(claims, seedSigner(operator), { now: 1 });
    const shown = JSON.stringify(JSON.parse(payloadJson('account', signed.claims)), null, 2);
    expect(parseClaims('account', shown)).toEqual(signed.claims);
  });

  it('may not have fields that are not known, which signing would lose', () => {
    const shown = JSON.parse(payloadJson('user', { ...newUser(user.publicKey, 'u'), iss: '', jti: '', iat: 1 })) as {
      nats: object;
    };
    Object.assign(shown.nats, { bearer: true });
    expect(() => parseClaims('user', JSON.stringify(shown))).toThrowError(
      expect.objectContaining({ code: 'ERR_JWT_CLAIMS', details: { path: '/nats/bearer' } }),
    );
    expect(() => parseClaims('user', '{')).toThrowError(expect.objectContaining({ code: 'ERR_JSON_INVALID' }));
    expect(() => parseClaims('user', '[]')).toThrowError(expect.objectContaining({ code: 'ERR_JWT_CLAIMS' }));
  });

  it('keep a template that is no limit at all', async () => {
    const claims = newAccount(account.publicKey, 'a');
    const key = Seed.generate('account').publicKey;
    claims.nats.signing_keys.set(key, { kind: 'user_scope', key, role: 'r', template: noLimits(), description: '' });
    const { token } = await signClaims(claims, seedSigner(operator), { now: 1 });
    expect(decodeAs('account', token).claims.nats.signing_keys.get(key)?.template).toEqual(noLimits());
  });
});
