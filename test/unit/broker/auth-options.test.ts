import { describe, expect, it } from 'vitest';
import { Passwords } from '../../../broker/auth/passwords.js';
import { MAX_WAITING_PASSWORDS } from '../../../broker/limits.js';
import type { BrokerOptions } from '../../../broker/options.js';
import { startBroker } from '../../../broker/start.js';
import { Seed } from '../../../claims/keys/seed.js';
import { makeWorld } from './world.js';

const key = Seed.generate('user').publicKey;
const issuer = Seed.generate('account').publicKey;
const users = [{ user: 'a', password: 'a' }];
const callout = { issuer, authUsers: ['a'] };

describe('a start is refused with', () => {
  it.each<[string, BrokerOptions]>([
    ['a user and a token', { authorization: { user: 'u', password: 'p', token: 't' } }],
    ['a user and users', { authorization: { user: 'u', password: 'p', users } }],
    ['a token and users of accounts', { authorization: { token: 't' }, accounts: { A: { users } } }],
    ['the same user twice', { authorization: { users: [...users, ...users] } }],
    ['the same user in two accounts', { accounts: { A: { users }, B: { users } } }],
    ['the same nkey twice', { authorization: { users: [{ nkey: key }, { nkey: key }] } }],
    ['a user without a name', { authorization: { users: [{ password: 'x' }] } }],
    ['a user with an empty name', { authorization: { users: [{ user: '' }] } }],
    ['a user with a name and an nkey', { authorization: { users: [{ user: 'u', nkey: key }] } }],
    ['an nkey that is no user', { authorization: { users: [{ nkey: issuer }] } }],
    ['an nkey with a password', { authorization: { users: [{ nkey: key, password: 'x' }] } }],
    ['a user of an unknown account', { authorization: { users: [{ user: 'u', account: 'constructor' }] } }],
    ['an unknown connection type', { authorization: { users: [{ user: 'u', allowedConnectionTypes: ['PIGEON'] }] } }],
    [
      'a permission that is no subject',
      {
        authorization: {
          users: [{ user: 'u', permissions: { pub: { allow: ['a..b'], deny: [] }, sub: { allow: [], deny: [] } } }],
        },
      },
    ],
    ['half a bcrypt hash', { authorization: { token: '$2a$10$abc' } }],
    ['a bcrypt hash that takes minutes', { authorization: { token: `$2a$20$${'a'.repeat(53)}` } }],
    ['a no_auth_user that is nobody', { authorization: { users }, noAuthUser: 'b' }],
    ['a user named as those without credentials are', { accounts: { $SYS: { users: [{ user: 'nats-anonymous' }] } } }],
    ['a system account that is none', { systemAccount: 'X' }],
    ['a proxy key that is none', { trustedProxies: ['x'] }],
    ['pinned accounts without operators', { pinnedAccounts: [issuer] }],
    ['a sentinel without operators', { defaultSentinel: 'x' }],
    ['a callout whose user is nobody', { authorization: { users, callout: { issuer, authUsers: ['b'] } } }],
    ['a callout without users', { authorization: { users, callout: { issuer, authUsers: [] } } }],
    ['a callout in no account', { authorization: { users, callout: { ...callout, account: 'X' } } }],
    ['a callout for no account', { authorization: { users, callout: { ...callout, allowedAccounts: ['X'] } } }],
    ['a callout of a user key', { authorization: { users, callout: { ...callout, issuer: key } } }],
    ['a callout sealed to a user key', { authorization: { users, callout: { ...callout, xkey: key } } }],
  ])('%s', async (_title, options) => {
    await expect(startBroker({ port: -1, ...options })).rejects.toMatchObject({ code: 'ERR_BROKER_OPTIONS' });
  });

  it('operators and what only a configuration without them has', async () => {
    const world = await makeWorld();
    const account = await world.account('A');
    const plain = await account.user('plain');
    const base: BrokerOptions = { port: -1, operators: [world.operatorToken], resolver: { memory: world.tokens() } };
    const { resolver: _resolver, ...unresolved } = base;
    const all: BrokerOptions[] = [
      unresolved,
      { ...base, accounts: {} },
      { ...base, authorization: { users } },
      { ...base, authorization: { token: 't' } },
      { ...base, authorization: { callout } },
      { ...base, noAuthUser: 'a' },
      { ...base, pinnedAccounts: [key] },
      { ...base, defaultSentinel: 'x' },
      { ...base, defaultSentinel: plain.token },
    ];
    for (const options of all) {
      await expect(startBroker(options)).rejects.toMatchObject({ code: 'ERR_BROKER_OPTIONS' });
    }
  });
});

describe('passwords', () => {
  const hash = '$2a$04$XqxwAM.AEoWKuXbD2OkVTuLy/sAOBT2i8jy4xepQyEDbEiGI0/Ete';

  it('that are plain are compared at once, whatever their lengths', () => {
    const passwords = new Passwords();
    expect(passwords.matches('secret', 'secret', () => true)).toBe(true);
    for (const wrong of ['', 'secre', 'secrets', 'Secret', 'séc']) {
      expect(passwords.matches('secret', wrong, () => true)).toBe(false);
    }
  });

  it('that are hashed are not checked for somebody who left', async () => {
    expect(await new Passwords().matches(hash, 'secret', () => false)).toBe(false);
    expect(await new Passwords().matches(hash, 'secret', () => true)).toBe(true);
  });

  it('wait in a queue that has an end', async () => {
    const passwords = new Passwords();
    const waiting = Array.from({ length: MAX_WAITING_PASSWORDS }, () => passwords.matches(hash, 'x', () => false));
    expect(() => passwords.matches(hash, 'x', () => false)).toThrow(
      expect.objectContaining({ code: 'ERR_CONNECT_BUSY' }),
    );
    await Promise.all(waiting);
    expect(await passwords.matches(hash, 'secret', () => true)).toBe(true);
  });
});
