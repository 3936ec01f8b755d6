import { jwtAuthenticator } from '@nats-io/transport-node';
import { noLimits } from '../../../claims/jwt/new.js';
import { Seed } from '../../../claims/keys/seed.js';
import type { AuthorizationRequestClaims } from '../../../claims/types.js';
import { type Service, startService, type Verdict } from '../../unit/broker/callout-service.js';
import type { TestAccount, TestUser, World } from '../../unit/broker/world.js';
import { tryLogin } from './auth-scene.js';
import { conforms, type Subject } from './both.js';

interface Cast {
  auth: TestAccount;
  service: TestUser;
  /** A bearer user that may do nothing, which every client has. */
  sentinel: TestUser;
  /** A user that signs. */
  signer: TestUser;
  a: TestAccount;
  aKey: Seed;
  scoped: Seed;
  b: TestAccount;
  curve: Seed;
  bearer: TestAccount;
}

async function makeCast(world: World, sealed: boolean, any = false): Promise<Cast> {
  const curve = Seed.generate('curve');
  const a = await world.account('A');
  const aKey = await a.signingKey();
  const template = noLimits();
  template.pub.allow.push('$SYS.REQ.USER.INFO', 'to.{{name()}}');
  const scoped = await a.signingKey(template);
  const b = await world.account('B');
  const bearer = await world.account('NB', ({ nats }) => void Object.assign(nats.limits, { disallow_bearer: true }));
  const auth = await world.account('AUTH');
  const service = await auth.user('service');
  await auth.change(({ nats }) => {
    nats.authorization.auth_users.push(service.id);
    nats.authorization.allowed_accounts.push(...(any ? ['*'] : [a.id, bearer.id]));
    if (sealed) nats.authorization.xkey = curve.publicKey;
  });
  const sentinel = await auth.user('sentinel', ({ nats }) => {
    nats.bearer_token = true;
    nats.pub.deny.push('>');
    nats.sub.deny.push('>');
  });
  return { auth, service, sentinel, signer: await auth.user('signer'), a, aKey, scoped, b, curve, bearer };
}

/** What the service says, by the name that the client claims. */
function verdict(name: string, { auth, a, aKey, scoped, b, bearer }: Cast): Verdict | null {
  const stranger = Seed.generate('account');
  const named = (user: string) => (claims: { name?: string }) => void Object.assign(claims, { name: user });
  const inA = (claims: Parameters<NonNullable<Verdict['user']>>[0]): void => {
    claims.name = name;
    claims.nats.issuer_account = a.id;
  };
  const bare = (claims: Parameters<NonNullable<Verdict['user']>>[0]): void => {
    inA(claims);
    Object.assign(claims.nats, { subs: 0, data: 0, payload: 0 });
  };
  const all: Record<string, Verdict | null> = {
    here: { user: named('here') },
    'in A': { user: named('in A'), userKey: a.seed },
    'in A by key': { user: inA, userKey: aKey },
    'in A by scope': { user: bare, userKey: scoped },
    'in A by scope with limits': { user: inA, userKey: scoped },
    'in A by stranger': { user: inA, userKey: stranger },
    'in B': { user: named('in B'), userKey: b.seed },
    'bearer where none may be': {
      user: (claims) => {
        claims.name = name;
        claims.nats.bearer_token = true;
      },
      userKey: bearer.seed,
    },
    elsewhere: {
      user: (claims) => {
        claims.name = name;
        claims.nats.src.push('10.0.0.0/8');
      },
    },
    'answered by stranger': { answerKey: stranger },
    'answered by stranger for us': {
      user: named('answered by stranger for us'),
      answerKey: stranger,
      answer: ({ nats }) => void Object.assign(nats, { issuer_account: auth.id }),
    },
    nil: null,
  };
  return all[name] ?? null;
}

async function withService<T>(subject: Subject, cast: Cast, use: (service: Service) => Promise<T>): Promise<T> {
  const { service, auth, curve } = cast;
  const authenticator = jwtAuthenticator(service.token, new TextEncoder().encode(service.seed.reveal()));
  const judge = ({ nats }: AuthorizationRequestClaims) => verdict(nats.connect_opts.user ?? '', cast);
  const running = await startService({ servers: subject.url, authenticator }, { signer: auth.seed, curve }, judge);
  try {
    return await use(running);
  } finally {
    await running.close();
  }
}

/** Ids of users are made for each login. */
function withoutIds(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replace(/\bU[A-Z2-7]{55}\b/g, '<user>'));
}

const logins = (names: string[]) => (subject: Subject, cast: Cast) =>
  withService(subject, cast, async () => {
    const said: unknown[] = [];
    for (const user of names) said.push([user, await tryLogin(subject.port, { jwt: cast.sentinel.token, user })]);
    return withoutIds(said);
  });

const REFUSED = { said: "-ERR 'Authorization Violation'" };

conforms<Cast>('auth callout of an account', { cast: (world) => makeCast(world, false) }, [
  {
    title: 'gives users of its own and of allowed accounts',
    play: logins(['here', 'in A', 'in A by key', 'in A by scope']),
  },
  {
    title: 'gives nobody by keys that may not',
    play: logins(['in A by scope with limits', 'in A by stranger', 'in B', 'answered by stranger']),
  },
  {
    title: 'believes no name of an account beside the key',
    play: async (subject, cast) => {
      const [[, answer]] = (await logins(['answered by stranger for us'])(subject, cast)) as [
        [string, { said: string }],
      ];
      return answer.said;
    },
  },
  {
    title: 'gives no bearer where the account has none, and nobody from elsewhere',
    play: async (subject, cast) => {
      const said = await logins(['bearer where none may be', 'elsewhere'])(subject, cast);
      return (said as [string, { said: string }][]).map(([, answer]) => answer.said);
    },
    differs: { ours: [REFUSED.said, REFUSED.said], theirs: ['PONG', 'PONG'] },
  },
  {
    title: 'is not asked about its own users, nor about sentinels that fail',
    play: (subject, cast) =>
      withService(subject, cast, async ({ requests }) => [
        await tryLogin(subject.port, { jwt: cast.service.token, sign: cast.service.seed }),
        await tryLogin(subject.port, { jwt: cast.service.token }),
        requests.length,
      ]),
  },
  {
    title: 'is asked about users who sign',
    play: (subject, cast) =>
      withService(subject, cast, async ({ requests }) => {
        const said = await tryLogin(subject.port, { jwt: cast.signer.token, sign: cast.signer.seed, user: 'here' });
        const [{ claims }] = requests as [Service['requests'][number]];
        const { server_id, client_info, ...nats } = claims.nats;
        return withoutIds([
          said,
          claims.sub === cast.auth.id,
          Object.keys(server_id).sort(),
          { ...client_info, id: 0, nonce: client_info.nonce?.length },
          { ...nats, connect_opts: { ...nats.connect_opts, sig: nats.connect_opts.sig?.length } },
        ]);
      }),
  },
  {
    title: 'is skipped by nobody who only names its user',
    play: (subject, cast) =>
      withService(subject, cast, async ({ requests }) => {
        const { said } = await tryLogin(subject.port, { jwt: cast.sentinel.token, nkey: cast.service.id }, false);
        return [said, requests.length];
      }),
  },
]);

conforms<Cast>('auth callout of an account, sealed', { cast: (world) => makeCast(world, true, true) }, [
  {
    title: 'gives users of any account',
    play: (subject, cast) =>
      withService(subject, cast, async ({ requests }) => {
        const said = [];
        for (const user of ['here', 'in A', 'in B']) {
          said.push(await tryLogin(subject.port, { jwt: cast.sentinel.token, user }));
        }
        return withoutIds([
          said,
          requests.map(({ sealed, header, claims }) => [sealed, header === claims.nats.server_id.xkey]),
        ]);
      }),
  },
]);

conforms<Cast>(
  'auth callout of an account, for clients without a JWT',
  {
    cast: (world) => makeCast(world, false),
    options: (_world, { sentinel }) => ({ defaultSentinel: sentinel.token }),
    config: (_world, { sentinel }) => `default_sentinel: ${sentinel.token}`,
  },
  [
    {
      title: 'stands them on the sentinel',
      play: (subject, cast) =>
        withService(subject, cast, async ({ requests }) => {
          const said = await tryLogin(subject.port, { user: 'here' });
          return withoutIds([said, requests[0]?.claims.nats.connect_opts.jwt === cast.sentinel.token]);
        }),
    },
    {
      title: 'stands nobody on it who has a JWT that is none',
      play: (subject, cast) =>
        withService(subject, cast, async () => [
          (await tryLogin(subject.port, { user: 'here', jwt: 'nonsense' })).said,
          (await tryLogin(subject.port, { user: 'here', jwt: `${cast.signer.token.slice(0, -4)}AAAA` })).said,
        ]),
      differs: { ours: [REFUSED.said, REFUSED.said], theirs: ['PONG', 'PONG'] },
    },
  ],
);
