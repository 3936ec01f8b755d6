import { signClaims, type Unsigned } from '../../../claims/jwt/encode.js';
import { noLimits } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import { seedSigner } from '../../../claims/keys/signer.js';
import type { AccountClaims, AccountLimits } from '../../../claims/types.js';
import { now, type TestAccount, type TestUser, type World } from '../../unit/broker/world.js';
import { type Conversation, conforms, type Subject } from './both.js';
import { announce, exported, imported, later, outcome, say, withClients } from './scene.js';

type Change = (claims: Unsigned<AccountClaims>) => unknown;

interface Party {
  account: TestAccount;
  user: TestUser;
  tokens: string[];
}

async function party(world: World, first: Change, ...changes: Change[]): Promise<Party> {
  const account = await world.account('A', (claims) => void first(claims));
  const user = await account.user('u');
  return { account, user, tokens: await later(account, ...changes) };
}

const limits =
  (some: Partial<AccountLimits>): Change =>
  ({ nats }) =>
    Object.assign(nats.limits, some);

/** A conversation with parties of its own, made before the servers start. */
interface Play {
  title: string;
  make(world: World): Promise<Party>;
  play(subject: Subject, party: Party, world: World): Promise<unknown>;
  differs?: { ours: unknown; theirs: unknown };
}

/** Tries to connect, and says how each went. */
const connectAll = (subject: Subject, { user }: Party, count: number): Promise<unknown> =>
  withClients(subject, async (clients) => {
    const said = [];
    for (let i = 0; i < count; i++) said.push(await clients.attempt(user));
    return said;
  });

const PLAYS: readonly Play[] = [
  ...[0, 1, 2, -1, 2 ** 31, 2 ** 53 - 1].map(
    (conn): Play => ({
      title: `connections: ${conn}`,
      make: (world) => party(world, limits({ conn })),
      play: (subject, it) => connectAll(subject, it, 3),
    }),
  ),
  ...[0, 2, -1, 2 ** 31].map(
    (subs): Play => ({
      title: `subscriptions: ${subs}`,
      make: (world) => party(world, limits({ subs })),
      play: (subject, { user }) =>
        withClients(subject, async (clients) => {
          const client = await clients.login(user);
          client.send('SUB a 1\r\nSUB b 2\r\nSUB c 3\r\n');
          return client.soFar();
        }),
    }),
  ),
  ...[0, 2, -1, 2 ** 31].map(
    (payload): Play => ({
      title: `payload: ${payload}`,
      make: (world) => party(world, limits({ payload })),
      play: (subject, { user }) =>
        withClients(subject, async (clients) => {
          const client = await clients.login(user, ['a']);
          client.send('PUB a 0\r\n\r\nPUB a 2\r\nxx\r\nPUB a 3\r\nxxx\r\nPING\r\n');
          return outcome(client);
        }),
    }),
  ),
  {
    title: 'the smallest limit of account and user holds',
    async make(world) {
      const made = await party(world, limits({ subs: 1, payload: 10 }));
      const user = await made.account.user('u', ({ nats }) => Object.assign(nats, { subs: 5, payload: 3 }));
      return { ...made, user };
    },
    play: (subject, { user }) =>
      withClients(subject, async (clients) => {
        const client = await clients.login(user);
        client.send('SUB a 1\r\nSUB b 2\r\nPUB a 3\r\nxxx\r\nPUB a 4\r\nxxxx\r\n');
        return client.untilClosed();
      }),
  },
  {
    title: 'data is not limited',
    make: (world) => party(world, limits({ data: 1 })),
    play: (subject, { user }) =>
      withClients(subject, async (clients) => say(await clients.login(user, ['a']), ['a', 'more than a byte'])),
  },
  ...(
    [
      ['imports', limits({ imports: 0 })],
      ['exports', limits({ exports: 0 })],
      ['wildcards', limits({ exports: 2, wildcards: false })],
      ['wildcards with exports without limit', limits({ wildcards: false })],
    ] as const
  ).map(
    ([name, change]): Play => ({
      title: `of ${name} keep the account out`,
      async make(world) {
        const exporter = await world.account('E', ({ nats }) => nats.exports.push(exported('a', 'stream')));
        return party(world, (claims) => {
          change(claims);
          claims.nats.exports.push(exported('b.*', 'stream'));
          claims.nats.imports.push(imported(exporter, 'a', 'stream'));
        });
      },
      play: (subject, it) => connectAll(subject, it, 1),
    }),
  ),
  {
    title: 'connections lowered: the newest leave',
    make: (world) => party(world, limits({ conn: 3 }), limits({ conn: 1 }), limits({ conn: 2 })),
    play: (subject, { user, tokens }, world) =>
      withClients(subject, async (clients) => {
        const all = [await clients.login(user), await clients.login(user), await clients.login(user)];
        await announce(subject, world, tokens[0] as string);
        const said = [await all[2]?.untilClosed(), await all[1]?.untilClosed(), await all[0]?.soFar()];
        await announce(subject, world, tokens[1] as string);
        return [...said, await clients.attempt(user), await clients.attempt(user)];
      }),
  },
  {
    title: 'subscriptions lowered: who has more leaves',
    make: (world) => party(world, limits({}), limits({ subs: 2 })),
    play: (subject, { user, tokens }, world) =>
      withClients(subject, async (clients) => {
        const [more, less] = [await clients.login(user, ['a', 'b', 'c']), await clients.login(user, ['a'])];
        await announce(subject, world, tokens[0] as string);
        return [await more.untilClosed(), await less.soFar()];
      }),
  },
  {
    title: 'subscriptions at the limit, and an update about something else',
    make: (world) => party(world, limits({ subs: 2 }), ({ nats }) => nats.tags?.push('x')),
    async play(subject, { user, tokens }, world) {
      return withClients(subject, async (clients) => {
        const client = await clients.login(user, ['a', 'b']);
        await announce(subject, world, tokens[0] as string);
        if (subject.kind === 'nats-server') return client.untilClosed();
        return client.soFar();
      });
    },
    differs: { ours: '', theirs: "-ERR 'maximum subscriptions exceeded'\r\n" },
  },
  {
    title: 'payload lowered: the next publish',
    make: (world) => party(world, limits({}), limits({ payload: 2 }), limits({ payload: 4 })),
    play: (subject, { user, tokens }, world) =>
      withClients(subject, async (clients) => {
        const [one, other] = [await clients.login(user, ['a']), await clients.login(user)];
        const said = [await say(one, ['a', 'xxx'])];
        await announce(subject, world, tokens[0] as string);
        said.push(await one.soFar());
        one.send('PUB a 3\r\nxxx\r\n');
        said.push(await one.untilClosed());
        await announce(subject, world, tokens[1] as string);
        return [...said, await say(other, ['a', 'xxx'])];
      }),
  },
  {
    title: 'revocation of one and of all, and nobody else',
    async make(world) {
      const made = await party(world, () => {});
      const now = Math.floor(Date.now() / 1000);
      const old = await made.account.user('old', (claims) => {
        claims.iat = now - 1_000;
      });
      const tokens = await later(
        made.account,
        ({ nats }) => nats.revocations.set(old.id, now - 2_000),
        ({ nats }) => nats.revocations.set('*', now - 500),
      );
      return { ...made, tokens, old } as Party;
    },
    play: (subject, it, world) =>
      withClients(subject, async (clients) => {
        const { user, tokens, old } = it as Party & { old: TestUser };
        const [one, other] = [await clients.login(old), await clients.login(user)];
        await announce(subject, world, tokens[0] as string);
        const said = [await one.soFar(), await other.soFar()];
        await announce(subject, world, tokens[1] as string);
        return [...said, await one.untilClosed(), await other.soFar()];
      }),
  },
  {
    title: 'a signing key taken away, and a role changed',
    async make(world) {
      const made = await party(world, () => {});
      const plain = await made.account.signingKey();
      const role = await made.account.signingKey({ ...noLimits(), pub: { allow: ['a'], deny: [] } });
      const kept = await made.account.signingKey({ ...noLimits(), pub: { allow: ['a'], deny: [] } });
      const users = [
        await made.account.userOf(plain, 'p', false),
        await made.account.userOf(role, 'r', true),
        await made.account.userOf(kept, 'k', true),
      ];
      const tokens = await later(made.account, ({ nats }) => {
        nats.signing_keys.delete(plain.publicKey);
        const scope = nats.signing_keys.get(role.publicKey);
        if (scope) scope.template = { ...scope.template, pub: { allow: ['b'], deny: [] } };
      });
      return { ...made, tokens, users } as Party;
    },
    play: (subject, it, world) =>
      withClients(subject, async (clients) => {
        const { user, tokens, users } = it as Party & { users: TestUser[] };
        const all = [];
        for (const each of [...users, user]) all.push(await clients.login(each));
        await announce(subject, world, tokens[0] as string);
        return [
          await all[0]?.untilClosed(),
          await all[1]?.untilClosed(),
          await all[2]?.soFar(),
          await all[3]?.soFar(),
          await say(await clients.login(users[1] as TestUser), ['a', '1'], ['b', '2']),
        ];
      }),
  },
  {
    title: 'bearer tokens disallowed',
    async make(world) {
      const made = await party(world, () => {}, limits({ disallow_bearer: true }));
      const bearer = await made.account.user('b', ({ nats }) => {
        nats.bearer_token = true;
      });
      return { ...made, bearer } as Party;
    },
    play: (subject, it, world) =>
      withClients(subject, async (clients) => {
        const { user, tokens, bearer } = it as Party & { bearer: TestUser };
        const [one, other] = [await clients.login(bearer), await clients.login(user)];
        await announce(subject, world, tokens[0] as string);
        return [await one.untilClosed(), await other.soFar(), await clients.attempt(bearer)];
      }),
  },
  {
    title: 'signed by another key of the operator, then by none: nobody leaves',
    async make(world) {
      const made = await party(world, () => {});
      const { iss: _iss, iat: _iat, jti: _jti, ...claims } = made.account.claims as AccountClaims;
      const tokens = [];
      for (const seed of [world.signing, Seed.generate('operator')]) {
        tokens.push((await signClaims(claims as Unsigned<AccountClaims>, seedSigner(seed), { now: now() })).token);
      }
      return { ...made, tokens };
    },
    play: (subject, { user, tokens }, world) =>
      withClients(subject, async (clients) => {
        const client = await clients.login(user);
        await announce(subject, world, tokens[0] as string);
        const said = [await client.soFar(), await clients.attempt(user)];
        await announce(subject, world, tokens[1] as string);
        return [...said, await client.soFar(), await clients.attempt(user)];
      }),
  },
  {
    title: 'the time of the account is over',
    make: (world) => party(world, () => {}),
    play: (subject, { account, user }, world) =>
      withClients(subject, async (clients) => {
        const client = await clients.login(user);
        // Not the next second: what is left of this one may be too little.
        const ends = Math.floor(Date.now() / 1000) + 2;
        const token = await account.change((claims) => {
          claims.exp = ends;
        });
        await announce(subject, world, token);
        return client.untilClosed();
      }),
  },
];

conforms<Map<string, Party>>(
  'the account and its live connections',
  {
    async cast(world) {
      const parties = new Map<string, Party>();
      for (const { title, make } of PLAYS) parties.set(title, await make(world));
      return parties;
    },
  },
  PLAYS.map(
    ({ title, play, differs }): Conversation<Map<string, Party>> => ({
      title,
      ...(differs === undefined ? {} : { differs }),
      play: (subject, parties, world) => play(subject, parties.get(title) as Party, world),
    }),
  ),
);
