import { Seed } from '../../../claims/keys/seed.js';
import type { AuthorizationRequestClaims } from '../../../claims/types.js';
import { type Service, startService, type Verdict } from '../../unit/broker/callout-service.js';
import { now } from '../../unit/broker/world.js';
import { firstContact, tryLogin } from './auth-scene.js';
import { conforms, type Subject } from './both.js';

const ISSUER = Seed.generate('account');
const STRANGER = Seed.generate('account');
const CURVE = Seed.generate('curve');
const PROXY = Seed.generate('user');
const SERVICE = { user: 'auth', pass: 'pwd' };

/** What the service says, by the name that the client claims. */
const VERDICTS: Record<string, Verdict | null | undefined> = {
  good: {
    user: (claims) => {
      claims.aud = 'A';
      claims.name = 'known';
      claims.nats.pub.allow.push('$SYS.REQ.USER.INFO', 'ok');
    },
  },
  expiring: {
    user: (claims) => {
      claims.aud = 'A';
      claims.name = 'expiring';
      claims.exp = now() + 100;
    },
  },
  global: { user: (claims) => void Object.assign(claims, { aud: '$G', name: 'known' }) },
  guest: { user: (claims) => void Object.assign(claims, { aud: 'A', name: 'guest' }) },
  nil: null,
  silent: undefined,
  error: {
    answer: ({ nats }) => {
      delete nats.jwt;
      nats.error = 'not today';
    },
  },
  'other server': { answer: (claims) => void Object.assign(claims, { aud: Seed.generate('server').publicKey }) },
  'other user': { answer: (claims) => void Object.assign(claims, { sub: Seed.generate('user').publicKey }) },
  'other user inside': {
    user: (claims) => void Object.assign(claims, { aud: 'A', sub: Seed.generate('user').publicKey }),
  },
  'expired user': { user: (claims) => void Object.assign(claims, { aud: 'A', exp: now() - 5 }) },
  'future user': { user: (claims) => void Object.assign(claims, { aud: 'A', nbf: now() + 500 }) },
  'expired answer': {
    user: (claims) => void Object.assign(claims, { aud: 'A' }),
    answer: (claims) => void Object.assign(claims, { exp: now() - 5 }),
  },
  'other issuer': { user: (claims) => void Object.assign(claims, { aud: 'A' }), userKey: STRANGER },
  'issuer account': {
    user: (claims) => {
      claims.aud = 'A';
      claims.nats.issuer_account = ISSUER.publicKey;
    },
  },
  'no account': {},
  'unknown account': { user: (claims) => void Object.assign(claims, { aud: 'Z' }) },
  'unknown types': {
    user: (claims) => {
      claims.aud = 'A';
      claims.nats.allowed_connection_types.push('CARRIER_PIGEON');
    },
  },
  'some types': {
    user: (claims) => {
      claims.aud = 'A';
      claims.name = 'typed';
      claims.nats.allowed_connection_types.push('CARRIER_PIGEON', 'standard');
    },
  },
  'bad permission': {
    user: (claims) => {
      claims.aud = 'A';
      claims.nats.pub.allow.push('a..b');
    },
  },
  proxied: {
    user: (claims) => {
      claims.aud = 'A';
      claims.name = 'proxied';
      claims.nats.proxy_required = true;
    },
  },
  websocket: {
    user: (claims) => {
      claims.aud = 'A';
      claims.name = 'ws';
      claims.nats.allowed_connection_types.push('WEBSOCKET');
    },
  },
  'elsewhere only': {
    user: (claims) => {
      claims.aud = 'A';
      claims.name = 'far';
      claims.nats.src.push('10.0.0.0/8');
    },
  },
};

async function withService<T>({ url }: Subject, use: (service: Service) => Promise<T>, curve?: Seed): Promise<T> {
  const judge = ({ nats }: AuthorizationRequestClaims) => VERDICTS[nats.connect_opts.user || 'good'];
  const keys = { signer: ISSUER, ...(curve && { curve }) };
  const service = await startService({ servers: url, ...SERVICE }, keys, judge);
  try {
    return await use(service);
  } finally {
    await service.close();
  }
}

const logins = (names: string[]) => (subject: Subject) =>
  withService(subject, async () => {
    const said: unknown[] = [];
    for (const user of names) said.push([user, await tryLogin(subject.port, { user, pass: 'x' })]);
    return said;
  });

const CONFIG = (more: string) => `
  proxies { trusted: [ { key: ${PROXY.publicKey} } ] }
  accounts { AUTH { users: [ { user: auth, password: pwd } ] }, A { users: [ { user: guest, password: g } ] }, B { users: [ { user: b, password: b } ] } }
  authorization { timeout: 0.5, auth_callout { issuer: ${ISSUER.publicKey}, account: AUTH, auth_users: [ auth ] ${more} } }`;

const options = (more: { xkey?: string; allowedAccounts?: string[] }) => ({
  trustedProxies: [PROXY.publicKey],
  accounts: {
    AUTH: { users: [{ user: 'auth', password: 'pwd' }] },
    A: { users: [{ user: 'guest', password: 'g' }] },
    B: { users: [{ user: 'b', password: 'b' }] },
  },
  authorization: {
    timeoutMs: 500,
    callout: { issuer: ISSUER.publicKey, account: 'AUTH', authUsers: ['auth'], ...more },
  },
});

conforms(
  'auth callout by configuration',
  { mode: 'config', cast: async () => ({}), options: () => options({}), config: () => CONFIG('') },
  [
    { title: 'is announced by nothing but a login that is needed', play: ({ port }) => firstContact(port) },
    { title: 'places whom it lets in', play: logins(['good', 'expiring', 'global', 'some types']) },
    {
      title: 'keeps out whom it does not let in',
      play: logins(['nil', 'error', 'silent', 'other server', 'other user', 'other user inside']),
    },
    {
      title: 'gives nothing by an answer that does not hold',
      play: logins([
        'expired user',
        'future user',
        'expired answer',
        'other issuer',
        'issuer account',
        'no account',
        'unknown account',
        'unknown types',
        'bad permission',
        'proxied',
      ]),
    },
    {
      title: 'may ask for a trusted proxy',
      play: (subject) =>
        withService(subject, () => tryLogin(subject.port, { user: 'proxied', pass: 'x', proxy: PROXY })),
    },
    {
      title: 'gives a user that may not come this way',
      play: logins(['websocket']),
    },
    {
      title: 'gives a user that may not come from here',
      play: logins(['elsewhere only']),
      differs: {
        ours: [['elsewhere only', { said: "-ERR 'Authorization Violation'" }]],
        theirs: [['elsewhere only', letIn('far')]],
      },
    },
    {
      title: 'is not asked about its own users',
      play: (subject) =>
        withService(subject, async ({ requests }) => [
          await tryLogin(subject.port, { user: 'auth', pass: 'pwd' }),
          await tryLogin(subject.port, { user: 'auth', pass: 'wrong' }),
          requests.length,
        ]),
    },
    {
      title: 'is asked about configured users too',
      play: (subject) =>
        withService(subject, async ({ requests }) => {
          const said = await tryLogin(subject.port, { user: 'b', pass: 'b' });
          return [said, requests.map(({ claims }) => claims.nats.connect_opts.user)];
        }),
    },
    {
      title: 'is skipped by nobody who only names its user',
      play: (subject) =>
        withService(subject, async ({ requests }) => {
          const { said } = await tryLogin(subject.port, { user: 'b', pass: 'b', nkey: 'auth' });
          return [said, requests.length];
        }),
    },
    {
      title: 'is told all of it',
      play: (subject) =>
        withService(subject, async ({ requests }) => {
          await tryLogin(subject.port, {
            user: 'good',
            pass: 'secret',
            auth_token: 'tok',
            name: 'app',
            lang: 'x',
            version: '1',
            sig: 'abc',
            jwt: 'dropped',
          });
          const [{ claims, header }] = requests as [Service['requests'][number]];
          const { server_id, client_info, ...nats } = claims.nats;
          return {
            header,
            aud: claims.aud,
            sub: claims.sub,
            issuedByServer: claims.iss === server_id.id,
            endsSoon: (claims.exp ?? 0) - claims.iat <= 1,
            server: Object.keys(server_id).sort(),
            client: { ...client_info, id: typeof client_info.id, nonce: typeof client_info.nonce },
            ...nats,
            user_nkey: nats.user_nkey.slice(0, 1),
          };
        }),
    },
  ],
);

function letIn(user: string): unknown {
  return {
    said: 'PONG',
    account: 'A',
    system: undefined,
    info: 'true undefined',
    self: { user, account: 'A', account_name: 'A' },
  };
}

conforms(
  'auth callout of some accounts, sealed',
  {
    mode: 'config',
    cast: async () => ({}),
    options: () => ({ ...options({ xkey: CURVE.publicKey, allowedAccounts: ['A'] }), noAuthUser: 'guest' }),
    config: () => `${CONFIG(`, xkey: ${CURVE.publicKey}, allowed_accounts: [ A ]`)}\nno_auth_user: guest`,
  },
  [
    {
      title: 'leaves users of others alone',
      play: (subject) =>
        withService(
          subject,
          async ({ requests }) => [await tryLogin(subject.port, { user: 'b', pass: 'b' }), requests.length],
          CURVE,
        ),
    },
    {
      title: 'takes an answer in the clear',
      play: (subject) =>
        withService(
          subject,
          async ({ requests }) => [
            await tryLogin(subject.port, { user: 'good', pass: 'x' }),
            requests.map(({ sealed, header, claims }) => [sealed, header === claims.nats.server_id.xkey]),
          ],
          CURVE,
        ),
    },
    {
      title: 'takes a sealed answer, and none that another key sealed',
      async play(subject) {
        const said = [];
        for (const curve of [CURVE, Seed.generate('curve')]) {
          const service = await startService(
            { servers: subject.url, ...SERVICE },
            { signer: ISSUER, curve: CURVE },
            () => ({
              ...VERDICTS.good,
              sealed: true,
            }),
          );
          if (curve === CURVE) said.push(await tryLogin(subject.port, { user: 'x', pass: 'x' }));
          await service.close();
        }
        return said;
      },
    },
    {
      title: 'is asked about who comes without credentials, also before CONNECT',
      play: (subject) =>
        withService(
          subject,
          async ({ requests }) => {
            const first = await firstContact(subject.port, 'PUB ok 0\r\n\r\nPING\r\n');
            return [first, requests.map(({ claims }) => claims.nats.connect_opts.user)];
          },
          CURVE,
        ),
    },
  ],
);
