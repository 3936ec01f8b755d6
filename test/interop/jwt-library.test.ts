/** Tokens of the JavaScript library, read and made, in both directions and for every kind it makes. */
import * as library from '@nats-io/jwt';
import { describe, expect, it } from 'vitest';
import { formatCreds, parseCreds } from '../../claims/creds.js';
import { decode, decodeAs, unknownFields } from '../../claims/jwt/decode.js';
import { signClaims } from '../../claims/jwt/encode.js';
import {
  newAccount,
  newActivation,
  newAuthorizationResponse,
  newGeneric,
  newOperator,
  newScopedUser,
  newUser,
  noLimits,
} from '../../claims/jwt/new.js';
import { Seed } from '../../claims/keys/seed.js';
import { seedSigner } from '../../claims/keys/signer.js';
import { verifyAccount } from '../../claims/trust/account.js';
import { trustOperators } from '../../claims/trust/operators.js';
import { verifyUser } from '../../claims/trust/user.js';
import type { AnyClaims, ClaimKind } from '../../claims/types.js';

const operator = Seed.generate('operator');
const operatorSigning = Seed.generate('operator');
const account = Seed.generate('account');
const accountSigning = Seed.generate('account');
const scopedKey = Seed.generate('account');
const user = Seed.generate('user');
const server = Seed.generate('server');
const pair = (seed: Seed) => library.fromSeed(new TextEncoder().encode(seed.reveal()));

/** What the library makes is read, and what we sign again from it the library reads with the same meaning. */
async function bothWays(kind: ClaimKind, token: string, signer: Seed): Promise<AnyClaims> {
  const ours = decode(token);
  expect(ours.kind).toBe(kind);
  const again = await signClaims<AnyClaims>(ours.claims, seedSigner(signer), { now: ours.claims.iat });
  const theirs = library.decode<Record<string, unknown>>(again.token);
  expect(theirs).toMatchObject({
    sub: ours.claims.sub,
    iss: signer.publicKey,
    nats: { type: ours.claims.nats.type, version: 2 },
  });
  expect(again.claims.nats).toEqual(ours.claims.nats);
  return ours.claims;
}

describe('tokens made by @nats-io/jwt', () => {
  it('operators', async () => {
    const plain = await library.encodeOperator('op', pair(operator));
    expect(await bothWays('operator', plain, operator)).toMatchObject({
      name: 'op',
      aud: 'NATS',
      nats: { signing_keys: [] },
    });
    const full = await library.encodeOperator('op', pair(operator), {
      signing_keys: [operatorSigning.publicKey],
      account_server_url: 'https://h/jwt/v1',
      operator_service_urls: ['nats://h'],
      system_account: account.publicKey,
      tags: ['a'],
    });
    expect(await bothWays('operator', full, operator)).toMatchObject({
      nats: { signing_keys: [operatorSigning.publicKey], tags: ['a'] },
    });
  });

  it('accounts, with scoped signers', async () => {
    const scoped = library.newScopedSigner(pair(scopedKey), 'worker', { pub: { allow: ['a.>'], deny: [] }, subs: 5 });
    const token = await library.encodeAccount(
      'acc',
      pair(account),
      {
        signing_keys: [accountSigning.publicKey, scoped],
        imports: [
          { name: 'i', subject: 'x.>', type: 'stream', account: accountSigning.publicKey, local_subject: 'y.>' },
        ],
        exports: [
          {
            name: 'e',
            subject: 'svc.*',
            type: 'service',
            token_req: true,
            response_type: 'Stream',
            service_latency: { sampling: 'headers', results: 'lat' },
          },
        ],
        limits: {
          subs: -1,
          data: -1,
          payload: -1,
          conn: -1,
          leaf: -1,
          imports: -1,
          exports: -1,
          wildcards: true,
          tiered_limits: { R1: { disk_storage: 1000 } },
        },
        revocations: { [user.publicKey]: 1600000000 },
        default_permissions: { pub: { allow: ['p'] } },
        authorization: { auth_users: [user.publicKey], allowed_accounts: ['*'] },
        description: 'd',
        info_url: 'https://h/x',
      },
      { signer: pair(operator), exp: 4102444800, nbf: 1 },
    );
    const claims = (await bothWays('account', token, operator)) as ReturnType<typeof decodeAs<'account'>>['claims'];
    expect(claims).toMatchObject({ exp: 4102444800, nbf: 1 });
    expect(claims.nats.signing_keys.get(accountSigning.publicKey)).toBeNull();
    expect(claims.nats.signing_keys.get(scopedKey.publicKey)).toMatchObject({
      role: 'worker',
      template: { subs: 5, pub: { allow: ['a.>'], deny: [] } },
    });
    expect(claims.nats.exports[0]?.service_latency).toEqual({ sampling: 'headers', results: 'lat' });
    expect(claims.nats.limits.tiered_limits.get('R1')?.disk_storage).toBe(1000);
    expect([...claims.nats.revocations]).toEqual([[user.publicKey, 1600000000]]);
  });

  it('users, of the account, of a signing key and of a scoped one', async () => {
    const direct = await library.encodeUser('ann', pair(user), pair(account), {
      pub: { allow: ['a'], deny: ['b'] },
      bearer_token: true,
      src: ['10.0.0.0/8'],
    });
    expect(await bothWays('user', direct, account)).toMatchObject({
      nats: { pub: { allow: ['a'], deny: ['b'] }, subs: -1, bearer_token: true, src: ['10.0.0.0/8'] },
    });
    const signed = await library.encodeUser('ann', pair(user), account.publicKey, {}, { signer: pair(accountSigning) });
    expect(await bothWays('user', signed, accountSigning)).toMatchObject({
      nats: { issuer_account: account.publicKey },
    });
    const scoped = await library.encodeUser(
      'ann',
      pair(user),
      account.publicKey,
      {},
      { signer: pair(scopedKey), scopedUser: true },
    );
    expect(await bothWays('user', scoped, scopedKey)).toMatchObject({
      nats: { subs: 0, issuer_account: account.publicKey },
    });
    // `locale` is the library's own misnomer of `times_location`; it is told apart, not taken.
    expect(unknownFields(decode(direct)).filter((path) => path !== '/nats/locale')).toEqual([]);
  });

  it('activations', async () => {
    const token = await library.encodeActivation('act', pair(account), pair(accountSigning), 'service', {
      subject: 'x.>',
    });
    expect(await bothWays('activation', token, accountSigning)).toMatchObject({
      nats: { subject: 'x.>', kind: 'service' },
    });
  });

  it('generic claims', async () => {
    const token = await library.encodeGeneric('g', pair(user), 'my_kind', { hello: [1.5, { world: null }] } as never);
    expect(await bothWays('generic', token, user)).toMatchObject({
      nats: { type: 'my_kind', hello: [1.5, { world: null }] },
    });
  });

  it('authorization responses', async () => {
    const token = await library.encodeAuthorizationResponse(
      pair(user),
      pair(server),
      pair(account),
      { error: 'no' },
      {},
    );
    expect(await bothWays('authorization_response', token, account)).toMatchObject({
      aud: server.publicKey,
      nats: { error: 'no' },
    });
  });

  it('of version 1 are read where asked for', async () => {
    const algorithm = library.Algorithms.v1;
    const tokens: [ClaimKind, string][] = [
      ['operator', await library.encodeOperator('op', pair(operator), {}, { algorithm })],
      ['account', await library.encodeAccount('acc', pair(account), {}, { algorithm, signer: pair(operator) })],
      ['user', await library.encodeUser('ann', pair(user), pair(account), {}, { algorithm })],
      [
        'activation',
        await library.encodeActivation('act', pair(account), pair(account), 'stream', { subject: 'x' }, { algorithm }),
      ],
      ['generic', await library.encodeGeneric('g', pair(user), 'my_kind', {}, { algorithm })],
    ];
    for (const [kind, token] of tokens) {
      expect(() => decode(token)).toThrowError(expect.objectContaining({ code: 'ERR_JWT_VERSION' }));
      expect(decode(token, { allowV1: true })).toMatchObject({ kind, version: 1 });
    }
  });
});

describe('tokens made here', () => {
  it('are read by @nats-io/jwt, for every kind', async () => {
    const now = 1700000000;
    const scope = {
      kind: 'user_scope' as const,
      key: scopedKey.publicKey,
      role: 'r',
      template: noLimits(),
      description: '',
    };
    const withScope = newAccount(account.publicKey, 'acc <&> \u2028');
    withScope.nats.signing_keys.set(scopedKey.publicKey, scope);
    const tokens = [
      await signClaims(newOperator(operator.publicKey, 'op'), seedSigner(operator), { now }),
      await signClaims(withScope, seedSigner(operator), { now }),
      await signClaims(newUser(user.publicKey, 'ann'), seedSigner(account), { now }),
      await signClaims(newScopedUser(user.publicKey, 'ann', account.publicKey), seedSigner(scopedKey), { now }),
      await signClaims(newActivation(account.publicKey, 'a.>', 'stream'), seedSigner(accountSigning), { now }),
      await signClaims({ ...newAuthorizationResponse(user.publicKey), aud: server.publicKey }, seedSigner(account), {
        now,
      }),
      await signClaims(newGeneric(user.publicKey), seedSigner(account), { now }),
    ];
    for (const { token, claims } of tokens) {
      const read = library.decode(token);
      expect(read).toMatchObject({ iss: claims.iss, sub: claims.sub, iat: now, jti: claims.jti });
      expect(read.name).toBe(claims.name);
    }
  });

  it('work as credentials in both directions', async () => {
    const { token } = await signClaims(newUser(user.publicKey, 'ann'), seedSigner(account), { now: 1 });
    const read = await library.parseCreds(new TextEncoder().encode(formatCreds(token, user)));
    expect(read).toMatchObject({ jwt: token, key: user.reveal(), aid: account.publicKey });
    const theirs = new TextDecoder().decode(library.fmtCreds(token, pair(user)));
    expect(parseCreds(theirs)).toMatchObject({ token });
  });
});

describe('a chain made by @nats-io/jwt', () => {
  it('is trusted from operator to user', async () => {
    const op = decodeAs(
      'operator',
      await library.encodeOperator('op', pair(operator), { signing_keys: [operatorSigning.publicKey] }),
    );
    const trusted = trustOperators([op.claims]);
    const token = await library.encodeAccount(
      'acc',
      pair(account),
      { signing_keys: [accountSigning.publicKey], limits: { exports: -1, imports: -1 } },
      { signer: pair(operatorSigning) },
    );
    const now = Math.ceil(Date.now() / 1000);
    const verified = verifyAccount(token, trusted, { now, subject: account.publicKey });
    const userToken = await library.encodeUser(
      'ann',
      pair(user),
      account.publicKey,
      {},
      { signer: pair(accountSigning) },
    );
    expect(verifyUser(userToken, verified, { now }).claims.sub).toBe(user.publicKey);
  });
});
