import { describe, expect, it } from 'vitest';
import { decodeAs } from '../../../../claims/jwt/decode.js';
import { noAccountLimits } from '../../../../claims/jwt/new.js';
import { accountOfUser, verifyUser } from '../../../../claims/trust/user.js';
import type { UserData } from '../../../../claims/types.js';
import {
  account,
  accountScoped,
  accountSigning,
  code,
  NOW,
  scope,
  scopedUserToken,
  stranger,
  user,
  userToken,
  verified,
} from './fixture.js';

describe('users', () => {
  it('signed by the account or by a plain signing key come in with their own limits', async () => {
    const own = await verified();
    const direct = verifyUser(await userToken({ subs: 7 }), own, { now: NOW });
    expect(direct).toMatchObject({ scope: null, limits: { subs: 7 }, account: own });
    expect(direct.limits).not.toHaveProperty('issuer_account');
    const token = await userToken({ issuer_account: account.publicKey }, { by: accountSigning });
    expect(verifyUser(token, own, { now: NOW }).claims.sub).toBe(user.publicKey);
    expect(verifyUser(decodeAs('user', token), own, { now: NOW }).claims.sub).toBe(user.publicKey);
  });

  it('name their account before it is known', async () => {
    expect(accountOfUser(await userToken())).toBe(account.publicKey);
    expect(accountOfUser(await userToken({ issuer_account: stranger.publicKey }, { by: accountSigning }))).toBe(
      stranger.publicKey,
    );
  });

  it('of another account, or signed by a key it does not list, are refused', async () => {
    const own = await verified();
    const foreign = await userToken({}, { by: stranger });
    expect(code(() => verifyUser(foreign, own, { now: NOW }))).toBe('ERR_USER_ACCOUNT');
    // Signed by a stranger, claiming our account; by a listed key that names no account; by us, naming another.
    const claiming = await userToken({ issuer_account: account.publicKey }, { by: stranger });
    expect(code(() => verifyUser(claiming, own, { now: NOW }))).toBe('ERR_USER_ISSUER');
    const unnamed = await userToken({}, { by: accountSigning });
    expect(code(() => verifyUser(unnamed, own, { now: NOW }))).toBe('ERR_USER_ACCOUNT');
    const naming = await userToken({ issuer_account: stranger.publicKey }, { by: account });
    expect(code(() => verifyUser(naming, own, { now: NOW }))).toBe('ERR_USER_ACCOUNT');
  });

  it('signed by the identity key are refused where the operator demands signing keys', async () => {
    const strict = await verified({}, { strict: true });
    const direct = await userToken();
    expect(code(() => verifyUser(direct, strict, { now: NOW }))).toBe('ERR_USER_ISSUER');
    const signed = await userToken({ issuer_account: account.publicKey }, { by: accountSigning });
    expect(verifyUser(signed, strict, { now: NOW }).scope).toBeNull();
  });

  it('come in up to the second of their expiry, and not before their time', async () => {
    const own = await verified();
    const token = await userToken({}, { exp: NOW });
    expect(verifyUser(token, own, { now: NOW }).claims.exp).toBe(NOW);
    expect(code(() => verifyUser(token, own, { now: NOW + 1 }))).toBe('ERR_USER_EXPIRED');
    const early = await userToken({}, { nbf: NOW + 5 });
    expect(code(() => verifyUser(early, own, { now: NOW }))).toBe('ERR_USER_NOT_YET_VALID');
  });

  it('of an expired account are refused', async () => {
    const expired = await verified({}, { exp: NOW - 1 });
    const token = await userToken();
    expect(code(() => verifyUser(token, expired, { now: NOW }))).toBe('ERR_ACCOUNT_EXPIRED');
  });

  it('are revoked by key or by "*", for JWTs issued at that second or before', async () => {
    for (const key of [user.publicKey, '*']) {
      const own = await verified({ revocations: new Map([[key, NOW]]) });
      for (const [iat, expected] of [
        [NOW - 1, 'ERR_USER_REVOKED'],
        [NOW, 'ERR_USER_REVOKED'],
        [NOW + 1, 'accepted'],
      ] as const) {
        const token = await userToken({}, { now: iat });
        expect(code(() => verifyUser(token, own, { now: NOW }))).toBe(expected);
      }
    }
  });

  it('that are bearer tokens are refused where the account does not allow them', async () => {
    const limits = { ...noAccountLimits(), disallow_bearer: true };
    const token = await userToken({ bearer_token: true });
    const open = await verified();
    expect(verifyUser(token, open, { now: NOW }).limits.bearer_token).toBe(true);
    const closed = await verified({ limits });
    expect(code(() => verifyUser(token, closed, { now: NOW }))).toBe('ERR_USER_BEARER');
  });

  it.each(['', ' ', '\t', '\n', 'a b', 'a..b', '.a', 'a.>.b', 'a b c'])(
    'with the publish permission %j are refused',
    async (entry) => {
      const own = await verified();
      const token = await userToken({ pub: { allow: [entry], deny: [] } });
      expect(code(() => verifyUser(token, own, { now: NOW }))).toBe('ERR_USER_INVALID');
    },
  );
});

describe('users of a scoped signing key', () => {
  const withScope = (template = {}) =>
    verified({
      signing_keys: new Map([
        [accountSigning.publicKey, null],
        [accountScoped.publicKey, scope(template)],
      ]),
    });

  it('get the template, filled for them, and nothing else', async () => {
    const own = await withScope({
      pub: { allow: ['u.{{name()}}.>', 't.{{tag(team)}}'], deny: [] },
      subs: 3,
      bearer_token: true,
    });
    const token = await scopedUserToken({ tags: ['team:blue', 'team:red'] });
    const verifiedUser = verifyUser(token, own, { now: NOW });
    expect(verifiedUser.scope?.role).toBe('worker');
    expect(verifiedUser.limits).toMatchObject({
      pub: { allow: ['u.ann.>', 't.blue', 't.red'], deny: [] },
      subs: 3,
      bearer_token: true,
      data: -1,
    });
  });

  it.each<[string, Partial<UserData>]>([
    ['permissions', { pub: { allow: ['x'], deny: [] } }],
    ['a deny list', { sub: { allow: [], deny: ['x'] } }],
    ['responses', { resp: { max: 0, ttl: 0 } }],
    ['unlimited limits', { subs: -1 }],
    ['a payload limit', { payload: 1 }],
    ['a data limit', { data: -1 }],
    ['networks', { src: ['10.0.0.0/8'] }],
    ['hours', { times: [{ start: '01:00:00', end: '02:00:00' }] }],
    ['a time zone', { times_location: 'Europe/Paris' }],
    ['bearer', { bearer_token: true }],
    ['proxies', { proxy_required: true }],
    ['connection types', { allowed_connection_types: ['STANDARD'] }],
  ])('with %s of their own are refused', async (_what, data) => {
    const own = await withScope();
    const token = await scopedUserToken(data);
    expect(code(() => verifyUser(token, own, { now: NOW }))).toBe('ERR_USER_SCOPE');
  });

  it('named with a wildcard get nothing in an allow list, and are refused by a deny list', async () => {
    const allow = await withScope({ sub: { allow: ['u.{{name()}}.x'], deny: [] } });
    const star = await scopedUserToken({}, { name: '*' });
    expect(verifyUser(star, allow, { now: NOW }).limits.sub).toEqual({ allow: [], deny: ['>'] });
    const deny = await withScope({ sub: { allow: [], deny: ['u.{{name()}}.x'] } });
    expect(code(() => verifyUser(star, deny, { now: NOW }))).toBe('ERR_USER_TEMPLATE');
  });

  it('are refused where the template is not usable', async () => {
    const token = await scopedUserToken();
    for (const entry of ['{{unknown()}}', '{{', '{{name()', '{{}}']) {
      const own = await withScope({ pub: { allow: [entry], deny: [] } });
      expect(code(() => verifyUser(token, own, { now: NOW }))).toBe('ERR_USER_TEMPLATE');
    }
    const tab = await withScope({ pub: { allow: ['\t'], deny: [] } });
    expect(code(() => verifyUser(token, tab, { now: NOW }))).toBe('ERR_USER_TEMPLATE');
  });

  it('fall under the account bearer rule by their template', async () => {
    const own = await verified({
      limits: { ...noAccountLimits(), disallow_bearer: true },
      signing_keys: new Map([[accountScoped.publicKey, scope({ bearer_token: true })]]),
    });
    const token = await scopedUserToken();
    expect(code(() => verifyUser(token, own, { now: NOW }))).toBe('ERR_USER_BEARER');
  });
});
