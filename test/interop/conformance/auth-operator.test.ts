import { noLimits } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { now, type TestAccount, type TestUser, type World } from '../../unit/broker/world.js';
import { type Answer, type Credentials, firstContact, tryLogin } from './auth-scene.js';
import { conforms } from './both.js';

const PROXY = Seed.generate('user');

interface Cast {
  account: TestAccount;
  users: Record<string, TestUser>;
}

/** Logs in with each of these users as a client that holds its key. */
async function each(port: number, { users }: Cast, names: string[], more: Credentials = {}): Promise<unknown> {
  const said: [string, string][] = [];
  for (const name of names) {
    const user = users[name] as TestUser;
    said.push([name, (await tryLogin(port, { jwt: user.token, sign: user.seed, ...more }, false)).said]);
  }
  return said;
}

async function makeCast(world: World): Promise<Cast> {
  const account = await world.account('A');
  const strict = await world.account(
    'STRICT',
    ({ nats }) => void Object.assign(nats.limits, { disallow_bearer: true }),
  );
  const expired = await world.account('EXPIRED', (claims) => void Object.assign(claims, { exp: now() - 10 }));
  const full = await world.account('FULL', ({ nats }) => void Object.assign(nats.limits, { conn: 0 }));
  const other = await world.account('OTHER');
  const unknown = Seed.generate('account');
  const key = await account.signingKey();
  const scoped = await account.signingKey({
    ...noLimits(),
    pub: { allow: ['to.{{name()}}.{{tag(team)}}'], deny: [] },
  });
  const proxiedRole = await account.signingKey({ ...noLimits(), proxy_required: true });
  const badRole = await account.signingKey({ ...noLimits(), pub: { allow: ['{{nonsense()}}'], deny: [] } });
  const bearerRole = await strict.signingKey({ ...noLimits(), bearer_token: true });
  const revoked = await account.user('revoked', (claims) => void Object.assign(claims, { iat: now() - 100 }));
  const kept = await account.user('kept', (claims) => void Object.assign(claims, { iat: now() - 100 }));
  await account.change(({ nats }) => {
    nats.revocations.set(revoked.id, now() - 100);
    nats.revocations.set(kept.id, now() - 101);
  });
  const types = (list: string[]) =>
    account.user('typed', ({ nats }) => void nats.allowed_connection_types.push(...list));
  const clock = (offset: number): string => {
    const at = new Date(Date.now() + offset * 3_600_000);
    return at.toISOString().slice(11, 19);
  };
  const during = (start: string, end: string, zone = 'UTC') =>
    account.user('timed', ({ nats }) => {
      nats.times.push({ start, end });
      nats.times_location = zone;
    });
  const from = (...src: string[]) => account.user('placed', ({ nats }) => void nats.src.push(...src));
  const users: Record<string, TestUser> = {
    plain: await account.user('plain'),
    'of a signing key': await account.userOf(key, 'k', false),
    'of another account': await account.userOf(other.seed, 'k', false),
    'of a stranger': await account.userOf(Seed.generate('account'), 'k', false),
    'of a role': await account.userOf(scoped, 'k', true),
    'of a role with limits': await account.userOf(scoped, 'k', false),
    'of a role that no template fills': await account.userOf(badRole, 'k', true),
    'of a proxied role': await account.userOf(proxiedRole, 'k', true),
    'of an unknown account': { ...(await account.userOf(unknown, 'k', false)) },
    'of an expired account': await expired.user('x'),
    'of a full account': await full.user('x'),
    expired: await account.user('x', (claims) => void Object.assign(claims, { exp: now() - 5 })),
    'not yet': await account.user('x', (claims) => void Object.assign(claims, { nbf: now() + 500 })),
    bearer: await account.user('bearer', ({ nats }) => void Object.assign(nats, { bearer_token: true })),
    'bearer where none may be': await strict.user('b', ({ nats }) => void Object.assign(nats, { bearer_token: true })),
    'bearer by its role where none may be': await strict.userOf(bearerRole, 'b', true),
    revoked,
    kept,
    'with a bad permission': await account.user('x', ({ nats }) => void nats.pub.allow.push('a b c')),
    'with a bad network': await from('10.0.0.0/99'),
    'from here': await from('10.0.0.0/8', '127.0.0.0/8'),
    'from elsewhere': await from('10.0.0.0/8'),
    'by standard': await types(['STANDARD']),
    'by standard in lower case': await types(['standard']),
    'by websocket': await types(['WEBSOCKET']),
    'by an unknown type': await types(['PIGEON']),
    'by an unknown type or standard': await types(['PIGEON', 'STANDARD']),
    'by an unknown type or websocket': await types(['PIGEON', 'WEBSOCKET']),
    'at this time': await during(clock(-1), clock(1)),
    'at another time': await during(clock(1), clock(2)),
    'nowhere on earth': await during(clock(-1), clock(1), 'Nowhere/Town'),
    proxied: await account.user('proxied', ({ nats }) => void Object.assign(nats, { proxy_required: true })),
  };
  return { account, users };
}

conforms<Cast>(
  'a user JWT',
  {
    cast: makeCast,
    options: () => ({ trustedProxies: [PROXY.publicKey] }),
    config: () => `proxies { trusted: [ { key: ${PROXY.publicKey} } ] }`,
  },
  [
    { title: 'is needed', play: ({ port }) => firstContact(port) },
    {
      title: 'is what decides who it is',
      async play({ port }, { users: { plain } }) {
        const { token: jwt, seed: sign } = plain as TestUser;
        const answers: Answer[] = [await tryLogin(port, { jwt, sign })];
        for (const fields of [{ user: 'x', pass: 'y' }, { auth_token: 't' }]) {
          answers.push({ said: (await tryLogin(port, { jwt, sign, ...fields })).said });
        }
        return answers;
      },
    },
    {
      title: 'is proven by a signature of the nonce, unless it is a bearer token',
      async play({ port }, { users: { plain, bearer } }) {
        const { token: jwt, seed: sign } = plain as TestUser;
        const said = [];
        for (const fields of [
          { jwt, sign },
          { jwt },
          { jwt, sign: (bearer as TestUser).seed },
          { jwt, sig: 'x' },
          { sign },
          { jwt: 'a.b.c', sign },
          { jwt: `${jwt.slice(0, -4)}AAAA`, sign },
          { jwt: (bearer as TestUser).token },
        ]) {
          said.push((await tryLogin(port, fields, false)).said);
        }
        return said;
      },
    },
    {
      title: 'is signed by its account, or a key of it',
      play: ({ port }, cast) =>
        each(port, cast, ['plain', 'of a signing key', 'of another account', 'of a stranger', 'of an unknown account']),
    },
    {
      title: 'of a role has what the role says and nothing of its own',
      async play({ port }, cast) {
        const said = await each(port, cast, ['of a role', 'of a role with limits', 'of a role that no template fills']);
        return said;
      },
    },
    {
      title: 'holds in its time, and as long as its account',
      play: ({ port }, cast) => each(port, cast, ['expired', 'not yet', 'of an expired account', 'of a full account']),
    },
    {
      title: 'may be a bearer token where the account lets it',
      play: ({ port }, cast) =>
        each(port, cast, ['bearer', 'bearer where none may be', 'bearer by its role where none may be']),
    },
    { title: 'is void once revoked', play: ({ port }, cast) => each(port, cast, ['revoked', 'kept']) },
    {
      title: 'is sound',
      play: ({ port }, cast) => each(port, cast, ['with a bad permission', 'with a bad network']),
    },
    { title: 'may say from where', play: ({ port }, cast) => each(port, cast, ['from here', 'from elsewhere']) },
    {
      title: 'may say by which connection types',
      play: ({ port }, cast) =>
        each(port, cast, [
          'by standard',
          'by standard in lower case',
          'by websocket',
          'by an unknown type',
          'by an unknown type or standard',
          'by an unknown type or websocket',
        ]),
    },
    {
      title: 'may say when',
      play: ({ port }, cast) => each(port, cast, ['at this time', 'at another time', 'nowhere on earth']),
    },
    {
      title: 'may ask for a trusted proxy',
      play: async ({ port }, cast) => [
        await each(port, cast, ['proxied', 'plain'], { proxy: PROXY }),
        await each(port, cast, ['proxied']),
        await each(port, cast, ['proxied', 'plain'], { proxy: Seed.generate('user') }),
        await each(port, cast, ['of a proxied role'], { proxy: PROXY }),
      ],
    },
    {
      title: 'may ask for a trusted proxy by its role',
      play: ({ port }, cast) => each(port, cast, ['of a proxied role']),
    },
    {
      title: 'comes with no account beside it',
      play: async ({ port }, cast) => [
        await each(port, cast, ['plain'], { account: cast.account.id }),
        await each(port, cast, ['plain'], { new_account: true }),
      ],
    },
  ],
);

conforms<Cast>(
  'pinned accounts',
  {
    cast: makeCast,
    options: (_world, { account }) => ({ pinnedAccounts: [account.id] }),
    config: (_world, { account }) => `resolver_pinned_accounts: [ ${account.id} ]`,
  },
  [
    {
      title: 'are the only ones, with the system account',
      async play({ port }, cast, world) {
        const system = await world.system.user('s');
        return [
          await each(port, cast, ['plain', 'of a full account', 'of an expired account']),
          (await tryLogin(port, { jwt: system.token, sign: system.seed }, false)).said,
        ];
      },
    },
  ],
);
