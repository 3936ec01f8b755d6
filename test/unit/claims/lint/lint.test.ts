import { describe, expect, it } from 'vitest';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { newAccount, newUser, noLimits } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import { lintAccount } from '../../../../claims/lint/account.js';
import { lintUser } from '../../../../claims/lint/user.js';
import type { AccountClaims, UserClaims } from '../../../../claims/types.js';

const account = (change: (nats: AccountClaims['nats']) => void) => {
  const claims = newAccount(Seed.generate('account').publicKey, 'shop') as AccountClaims;
  change(claims.nats);
  return claims;
};
const ofAccount = (change: (nats: AccountClaims['nats']) => void, strict = false) =>
  lintAccount(account(change), { strict }).map(({ code, path }) => `${code} ${path}`);
const user = (change: (claims: UserClaims) => void) => {
  const claims = newUser(Seed.generate('user').publicKey, 'u') as UserClaims;
  Object.assign(claims, { iss: Seed.generate('account').publicKey, iat: 1_700_000_000, jti: 'J'.repeat(52) });
  change(claims);
  return claims;
};
const ofUser = (change: (claims: UserClaims) => void) =>
  lintUser(user(change), { scope: null }).map(({ code, path }) => `${code} ${path}`);

describe('lint of an account', () => {
  it('has nothing to say of a new one', () => {
    expect(ofAccount(() => {})).toEqual([]);
  });

  it.each(['conn', 'leaf', 'subs', 'payload'] as const)('asks whether %s 0 was meant', (limit) => {
    expect(ofAccount(({ limits }) => (limits[limit] = 0))).toEqual([`ERR_LIMIT_ZERO /nats/limits/${limit}`]);
  });

  it('knows what 0 is in JetStream: no storage, but any number of streams', () => {
    const tier = { mem_storage: 0, disk_storage: 9, streams: 0, consumer: -1, max_ack_pending: 0 };
    const rest = { mem_max_stream_bytes: 0, disk_max_stream_bytes: 0, max_bytes_required: false };
    expect(ofAccount(({ limits }) => limits.tiered_limits.set('R3', { ...tier, ...rest }))).toEqual([
      'ERR_JETSTREAM_LIMIT_ZERO /nats/limits/tiered_limits/R3/streams',
    ]);
    expect(ofAccount(({ limits }) => Object.assign(limits, { mem_storage: 5, streams: -1, consumer: -1 }))).toEqual([
      'ERR_JETSTREAM_LIMIT_ZERO /nats/limits/disk_storage',
    ]);
    expect(ofAccount(({ limits }) => Object.assign(limits, { streams: 5 }))).toEqual([
      'ERR_JETSTREAM_LIMIT_ZERO /nats/limits/disk_storage',
    ]);
  });

  it('sees what is open to everyone, what strict operators refuse and roles that contradict the account', () => {
    const everything = { name: 'all', subject: '>', type: 'stream' as const, revocations: new Map() };
    expect(ofAccount(({ exports }) => exports.push(everything, { ...everything, subject: 'a.>' }))).toEqual([
      'ERR_WEAK_EXPORT_EVERYTHING /nats/exports/0/subject',
    ]);
    expect(ofAccount(({ exports }) => exports.push({ ...everything, token_req: true }))).toEqual([]);
    expect(ofAccount(() => {}, true)).toEqual(['ERR_STRICT_SIGNING_KEYS /nats/signing_keys']);
    const key = Seed.generate('account').publicKey;
    const template = { ...noLimits(), bearer_token: true };
    template.pub.allow = ['>'];
    template.sub = { allow: ['>', 'a.b'], deny: [] };
    const at = `/nats/signing_keys/${key}/template`;
    const role = { key, kind: 'user_scope' as const, role: 'r', template };
    expect(
      ofAccount(({ signing_keys, limits }) => {
        signing_keys.set(key, role as never);
        limits.disallow_bearer = true;
      }, true),
    ).toEqual([`ERR_WEAK_EVERYTHING_ALLOWED ${at}`, `ERR_BEARER_DISALLOWED ${at}/bearer_token`]);
  });
});

describe('lint of a user', () => {
  it('has nothing to say of a new one', () => {
    expect(ofUser(() => {})).toEqual([]);
  });

  it('sees zeros, bearer tokens for ever, open lists and entries without effect', () => {
    expect(ofUser(({ nats }) => Object.assign(nats, { subs: 0, payload: 0 }))).toEqual([
      'ERR_LIMIT_ZERO /nats/subs',
      'ERR_LIMIT_ZERO /nats/payload',
    ]);
    expect(ofUser(({ nats }) => (nats.bearer_token = true))).toEqual(['ERR_WEAK_BEARER_NO_EXPIRY /exp']);
    expect(ofUser((claims) => Object.assign(claims, { exp: 2e9 }).nats.bearer_token === true)).toEqual([]);
    const open = { allow: ['>'], deny: [] };
    expect(ofUser(({ nats }) => Object.assign(nats, { pub: open, sub: open }))).toEqual([
      'ERR_WEAK_EVERYTHING_ALLOWED /nats/pub/allow',
    ]);
    expect(ofUser(({ nats }) => (nats.sub = { allow: ['a.b'], deny: ['a.>'] }))).toEqual([
      'ERR_PERMISSION_UNREACHABLE /nats/sub/allow/0',
    ]);
  });

  it('counts the CONNECT that its JWT will make before there is one, to a character', async () => {
    const long = user(({ nats }) => {
      nats.pub.allow = Array.from({ length: 120 }, (_, n) => `orders.${n}.created.>`);
    });
    expect(lintUser(long, { scope: null }).map(({ code }) => code)).toEqual(['ERR_CONNECT_TOO_LONG']);
    const by = Seed.generate('account');
    const { token, claims } = await signClaims<UserClaims>(long, seedSigner(by), { now: 1_700_000_000 });
    const message = lintUser(claims, { scope: null })[0]?.message;
    expect(message).toBe(lintUser(claims, { scope: null, length: token.length })[0]?.message);
  });
});
