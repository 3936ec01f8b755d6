import { describe, expect, it } from 'vitest';
import {
  newAccount,
  newActivation,
  newAuthorizationRequest,
  newAuthorizationResponse,
  newScopedUser,
  newUser,
  noLimits,
} from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import type { UserData, UserScope } from '../../../../claims/types.js';
import { ISSUES } from '../../../../claims/validate/issues.js';
import { validateScopedUser } from '../../../../claims/validate/scoped-user.js';
import { validate } from '../../../../claims/validate/validate.js';

const account = Seed.generate('account').publicKey;
const user = Seed.generate('user').publicKey;
const server = Seed.generate('server').publicKey;

const lines = (claims: Parameters<typeof validate>[0]) =>
  validate(claims, 0).map(({ code, level, path }) => `${level} ${code} ${path}`);

function found(data: Partial<UserData>): string[] {
  const claims = newUser(user, 'ann');
  Object.assign(claims.nats, data);
  return lines(claims);
}

describe('a user', () => {
  it('of every sound form has no issue', () => {
    expect(found({})).toEqual([]);
    expect(
      found({
        pub: { allow: ['a.>', '*'], deny: ['a.b'] },
        sub: { allow: ['a.* q', 'b', 'c q.*'], deny: ['> q'] },
        resp: { max: -1, ttl: -1 },
        src: ['10.0.0.0/8', '::1/128'],
        times: [{ start: '22:00:00', end: '06:00:00' }],
        times_location: 'Europe/Paris',
        allowed_connection_types: ['STANDARD', 'mqtt'],
        issuer_account: account,
      }),
    ).toEqual([]);
  });

  it.each(['', ' ', '\t', '\n', '\u0000', 'a b c', 'a  b', ' a', 'a ', '.a', 'a.', 'a..b', 'a\tb', 'a q..r', '>.a'])(
    'may not subscribe to %j',
    (entry) => {
      expect(found({ sub: { allow: [entry], deny: [] } })).toEqual(['error ERR_PERMISSION_SUBJECT /nats/sub/allow/0']);
      expect(found({ sub: { allow: [], deny: ['ok', entry] } })).toEqual([
        'error ERR_PERMISSION_SUBJECT /nats/sub/deny/1',
      ]);
    },
  );

  it('publishes without queue groups', () => {
    expect(found({ pub: { allow: ['a q'], deny: ['b q'] } })).toEqual([
      'error ERR_PERMISSION_QUEUE /nats/pub/allow/0',
      'error ERR_PERMISSION_QUEUE /nats/pub/deny/0',
    ]);
  });

  it.each<[Partial<UserData>, string]>([
    [{ src: ['10.0.0.0'] }, 'error ERR_USER_SOURCE_NETWORK /nats/src/0'],
    [{ src: ['10.0.0.0/8', 'x'] }, 'error ERR_USER_SOURCE_NETWORK /nats/src/1'],
    [{ times: [{ start: '', end: '01:00:00' }] }, 'error ERR_USER_TIME_RANGE /nats/times/0/start'],
    [{ times: [{ start: '01:00:00', end: '24:00:00' }] }, 'error ERR_USER_TIME_RANGE /nats/times/0/end'],
    [{ times: [{ start: '01:00', end: '02:00:00' }] }, 'error ERR_USER_TIME_RANGE /nats/times/0/start'],
    [{ times_location: 'Nowhere/Town' }, 'error ERR_USER_TIME_ZONE /nats/times_location'],
    [{ issuer_account: user }, 'error ERR_USER_ISSUER_ACCOUNT /nats/issuer_account'],
    [
      { allowed_connection_types: ['PIGEON'] },
      'warning ERR_USER_UNKNOWN_CONNECTION_TYPE /nats/allowed_connection_types/0',
    ],
  ])('%j: %s', (data, issue) => expect(found(data)).toEqual([issue]));
});

describe('a user of a scoped key', () => {
  const scope = (template: Partial<UserScope['template']>): UserScope => ({
    kind: 'user_scope',
    key: account,
    role: 'r',
    template: { ...noLimits(), ...template },
    description: '',
  });
  const ask = (name: string, tags: string[], s: UserScope) => {
    const claims = newScopedUser(user, name, account);
    claims.nats.tags = tags;
    return validateScopedUser(claims, newAccount(account, 'acc'), s).map(({ code }) => code);
  };
  const byName = scope({ pub: { allow: ['u.{{name()}}', 'plain'], deny: [] } });

  it('with a plain name and the tags needed is fine', () => {
    expect(ask('ann', [], byName)).toEqual([]);
    expect(ask('ann', ['team:blue'], scope({ sub: { allow: ['{{tag(team)}}.x'], deny: [] } }))).toEqual([]);
  });

  it.each(['*', '>', 'a.b', 'a b', ''])('named %j loses what its name would give', (name) => {
    expect(ask(name, [], byName)).toEqual(['ERR_USER_TEMPLATE_DROPPED']);
    expect(ask(name, [], scope({ pub: { allow: [], deny: ['u.{{name()}}'] } }))).toEqual(['ERR_USER_TEMPLATE']);
  });

  it('has nothing of its own', () => {
    expect(
      validateScopedUser(newUser(user, 'ann'), newAccount(account, 'acc'), byName).map(({ code }) => code),
    ).toEqual(['ERR_USER_NOT_EMPTY']);
  });

  it('gets no more subjects than are bounded', () => {
    const tags = ['a', 'b', 'c'].flatMap((key) => Array.from({ length: 100 }, (_, n) => `${key}:${n}`));
    expect(ask('ann', tags, scope({ pub: { allow: ['{{tag(a)}}.{{tag(b)}}.{{tag(c)}}'], deny: [] } }))).toEqual([
      'ERR_USER_TEMPLATE',
    ]);
  });
});

describe('other kinds', () => {
  it('activations', () => {
    expect(lines(newActivation(account, 'a.>', 'stream'))).toEqual([]);
    expect(lines(newActivation(account, 'a b', 'both' as never))).toEqual([
      'error ERR_ACTIVATION_KIND /nats/kind',
      'error ERR_ACTIVATION_SUBJECT /nats/subject',
    ]);
    const claims = newActivation(account, 'a', 'service');
    claims.nats.issuer_account = user;
    expect(lines(claims)).toEqual(['error ERR_ACTIVATION_ISSUER_ACCOUNT /nats/issuer_account']);
  });

  it('authorization requests', () => {
    const request = (key: string) =>
      newAuthorizationRequest(account, {
        server_id: { name: '', host: '', id: server },
        user_nkey: key,
        client_info: {},
        connect_opts: { protocol: 1 },
      });
    expect(lines(request(user))).toEqual([]);
    for (const key of ['', account])
      expect(lines(request(key))).toEqual(['error ERR_AUTH_REQUEST_USER_KEY /nats/user_nkey']);
  });

  it('authorization responses', () => {
    const response = (more: object, data: object) => {
      const claims = { ...newAuthorizationResponse(user), aud: server, ...more };
      Object.assign(claims.nats, data);
      return lines(claims);
    };
    expect(response({}, { jwt: 'x' })).toEqual([]);
    expect(response({}, { error: 'x', issuer_account: account })).toEqual([]);
    expect(response({}, {})).toEqual(['error ERR_AUTH_RESPONSE_EMPTY /nats']);
    expect(response({}, { jwt: 'x', error: 'x' })).toEqual(['error ERR_AUTH_RESPONSE_BOTH /nats']);
    expect(response({ aud: undefined }, { jwt: 'x' })).toEqual(['error ERR_AUTH_RESPONSE_AUDIENCE /aud']);
    expect(response({ sub: account }, { jwt: 'x' })).toEqual(['error ERR_AUTH_RESPONSE_SUBJECT /sub']);
    expect(response({}, { jwt: 'x', issuer_account: user })).toEqual([
      'error ERR_AUTH_RESPONSE_ISSUER_ACCOUNT /nats/issuer_account',
    ]);
  });
});

describe('the table of issues', () => {
  it('has levels only of the three', () => {
    expect(new Set(Object.values(ISSUES))).toEqual(new Set(['error', 'warning', 'time']));
  });
});
