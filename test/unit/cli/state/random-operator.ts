import fc from 'fast-check';
import { revoke } from '../../../../claims/account/revocation.js';
import { signClaims } from '../../../../claims/jwt/encode.js';
import { newAccount, newActivation, newOperator, newUser } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import { seedSigner } from '../../../../claims/keys/signer.js';
import {
  type AccountLimits,
  CONNECTION_TYPES,
  type Export,
  type Import,
  type JetStreamLimits,
  type Permissions,
  type UserPermissionLimits,
  type UserScope,
} from '../../../../claims/types.js';
import type { AccountEntry, NamedJwt, Snapshot } from '../../../../cli/store/snapshot.js';
import { NOW } from '../temp.js';

/** Names that YAML, JSON or JavaScript could take for something else. */
const NAMES = [
  'orders',
  'true',
  'null',
  '1e3',
  '0x10',
  '12:30',
  'yes',
  '~',
  '__proto__',
  'constructor',
  'ä b',
  '- x',
  '#h',
  'a: b',
  '{}',
  "'",
];
const names = (maxLength: number) => fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength });
const text = fc.oneof(
  fc.constantFrom(
    'x',
    'no',
    '2020-01-01',
    'a # b',
    'line\nbreak ',
    '"',
    '%',
    '\u0085\u2028\u202e\u009b\u0007\u001b[2J',
    '\ufeff',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
);
const subject = fc.constantFrom(
  'a',
  'a.*',
  'a.b.>',
  '$JS.API.>',
  '$SYS.REQ.x',
  '>',
  '*',
  '_INBOX.>',
  '0',
  'true',
  '#.x',
  '{{name()}}.x',
);
const subjects = fc.array(subject, { maxLength: 3 });
const limit = fc.oneof(fc.constantFrom(-1, 0, 1, 1024, 10 * 1024 ** 2, 1_000_000, 2 ** 53 - 1), fc.nat());
const nanoseconds = fc.oneof(fc.constantFrom(-1, 0, 1, 1500, 5e9, 5400e9, 3600e9), fc.integer({ min: -5, max: 1e12 }));
const time = fc.oneof(fc.constantFrom(1, NOW, 4_000_000_000, 253_402_300_799, 253_402_300_800, 2 ** 53 - 1), fc.nat());
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const tags = fc.option(fc.array(fc.constantFrom('a', 'team:x', '1', 'yes'), { minLength: 1, maxLength: 2 }), {
  nil: undefined,
});

const permissions: fc.Arbitrary<Permissions> = fc.record(
  {
    pub: fc.record({ allow: subjects, deny: subjects }),
    sub: fc.record({ allow: fc.array(fc.oneof(subject, fc.constant('a.b queue')), { maxLength: 2 }), deny: subjects }),
    resp: fc.record({ max: fc.constantFrom(-1, 0, 1, 5), ttl: nanoseconds }),
  },
  { requiredKeys: ['pub', 'sub'] },
);

const limits: fc.Arbitrary<UserPermissionLimits> = fc
  .tuple(
    permissions,
    fc.record(
      {
        src: fc.array(fc.constantFrom('10.0.0.0/8', '::1/128'), { maxLength: 2 }),
        times: fc.array(
          fc.constantFrom({ start: '08:30:00', end: '17:00:00' }, { start: '23:00:00', end: '01:00:00' }),
          { maxLength: 2 },
        ),
        times_location: fc.constantFrom('Europe/Paris', 'UTC'),
        subs: limit,
        data: limit,
        payload: limit,
        bearer_token: fc.constant(true),
        proxy_required: fc.constant(true),
        allowed_connection_types: fc.subarray([...CONNECTION_TYPES]),
      },
      { requiredKeys: ['src', 'times', 'subs', 'data', 'payload', 'allowed_connection_types'] },
    ),
  )
  .map(([some, rest]) => ({ ...some, ...rest }));

const jetStream: fc.Arbitrary<JetStreamLimits> = fc.record({
  mem_storage: limit,
  disk_storage: limit,
  streams: limit,
  consumer: limit,
  max_ack_pending: limit,
  mem_max_stream_bytes: limit,
  disk_max_stream_bytes: limit,
  max_bytes_required: fc.boolean(),
});

const accountLimits: fc.Arbitrary<AccountLimits> = fc
  .tuple(
    fc.record({
      subs: limit,
      data: limit,
      payload: limit,
      imports: limit,
      exports: limit,
      wildcards: fc.boolean(),
      disallow_bearer: fc.boolean(),
      conn: limit,
      leaf: limit,
    }),
    fc.oneof(
      fc.tuple(jetStream, fc.constant(new Map<string, JetStreamLimits>())),
      fc.tuple(
        fc.constant(null),
        fc.tuple(jetStream, jetStream).map(
          ([one, three]) =>
            new Map([
              ['R1', one],
              ['R3', three],
            ]),
        ),
      ),
    ),
  )
  .map(([plain, [flat, tiered_limits]]) => ({ ...newAccount('', '').nats.limits, ...plain, ...flat, tiered_limits }));

const exported = fc.record(
  {
    name: text,
    subject,
    type: fc.constantFrom('stream' as const, 'service' as const),
    token_req: fc.constant(true),
    response_type: fc.constantFrom('Singleton' as const, 'Stream' as const, 'Chunked' as const),
    response_threshold: nanoseconds,
    service_latency: fc.record({ sampling: fc.constantFrom(1, 50, 'headers' as const), results: subject }),
    account_token_position: fc.constantFrom(0, 2),
    advertise: fc.constant(true),
    allow_trace: fc.constant(true),
    description: text,
    info_url: fc.constant('https://x.example/a?b#c'),
    /** Filled in: which accounts are revoked. */
    revoked: fc.array(fc.tuple(fc.nat(), time), { maxLength: 2 }),
  },
  { requiredKeys: ['subject', 'type', 'revoked'] },
);

const imported = fc.record(
  {
    name: text,
    subject,
    type: fc.constantFrom('stream' as const, 'service' as const),
    to: subject,
    local_subject: fc.constantFrom('x', 'x.$1', 'y.>'),
    share: fc.constant(true),
    allow_trace: fc.constant(true),
    /** Which account it is from, and whether it has a token, until when. */
    from: fc.nat(),
    own: fc.boolean(),
    token: fc.record({ exp: maybe(fc.constant(4_000_000_000)) }),
  },
  { requiredKeys: ['subject', 'type', 'from', 'own'] },
);

const entity = fc.record(
  { aud: text, exp: time, nbf: time, tags, jwtName: fc.oneof(text, fc.constant('')) },
  { requiredKeys: [] },
);

const user = fc.record({ entity, limits, signer: fc.nat() });

const account = fc.record(
  {
    entity,
    description: text,
    info_url: fc.constant('https://x.example'),
    cluster_traffic: fc.constantFrom('system', 'owner'),
    plainKeys: fc.nat(2),
    roles: fc.array(
      fc.record({
        role: fc.constantFrom('sales', 'true', '', 'a b'),
        description: fc.oneof(text, fc.constant('')),
        template: limits,
      }),
      { maxLength: 3 },
    ),
    limits: accountLimits,
    default_permissions: permissions,
    exports: fc.array(exported, { maxLength: 3 }),
    imports: fc.array(imported, { maxLength: 3 }),
    mappings: fc.dictionary(
      subject,
      fc.array(
        fc.record({ subject, weight: fc.constantFrom(0, 10, 100), cluster: text }, { requiredKeys: ['subject'] }),
        { minLength: 1, maxLength: 2 },
      ),
      { maxKeys: 3 },
    ),
    callout: fc.record({
      users: fc.array(fc.nat(), { maxLength: 2 }),
      accounts: fc.array(fc.oneof(fc.nat(), fc.constant('*' as const)), { maxLength: 2 }),
      xkey: fc.boolean(),
    }),
    trace: fc.record({ dest: subject, sampling: fc.constantFrom(0, 20) }, { requiredKeys: ['dest'] }),
    revocations: fc.array(fc.tuple(fc.oneof(fc.nat(), fc.constant('*' as const)), time), { maxLength: 3 }),
    users: fc.tuple(names(4), fc.array(user, { minLength: 4, maxLength: 4 })),
  },
  {
    requiredKeys: [
      'entity',
      'plainKeys',
      'roles',
      'limits',
      'default_permissions',
      'exports',
      'imports',
      'mappings',
      'callout',
      'revocations',
      'users',
    ],
  },
);

/** What an operator is made of; keys are made with it, so that a failing case can be shrunk. */
export const operatorRecipe = fc.record({
  entity,
  signingKeys: fc.nat(2),
  nats: fc.record(
    {
      account_server_url: fc.constant('https://jwt.example/jwt/v1'),
      operator_service_urls: fc.array(fc.constantFrom('nats://a:4222', 'wss://b'), { maxLength: 2 }),
      assert_server_version: fc.constant('2.10.0'),
      strict_signing_key_usage: fc.constant(true),
    },
    { requiredKeys: ['operator_service_urls'] },
  ),
  system: maybe(fc.nat()),
  accounts: fc.tuple(names(4), fc.array(account, { minLength: 4, maxLength: 4 })),
});
type Recipe = typeof operatorRecipe extends fc.Arbitrary<infer R> ? R : never;
type AccountRecipe = Recipe['accounts'][1][number];
type EntityRecipe = AccountRecipe['entity'];

function envelope(name: string, { aud, exp, nbf, jwtName }: EntityRecipe) {
  return { name: jwtName ?? name, ...(aud && { aud }), ...(exp && { exp }), ...(nbf && { nbf }) };
}

const tagged = ({ tags }: EntityRecipe) => (tags ? { tags } : {});

interface Keys {
  key: Seed;
  plain: Seed[];
  roles: Seed[];
  users: Seed[];
}

/** A store in memory, signed. */
export async function makeOperator(
  recipe: Recipe,
): Promise<Snapshot & { operator: NonNullable<Snapshot['operator']>; seeds: Seed[] }> {
  const identity = Seed.generate('operator');
  const signing = Array.from({ length: recipe.signingKeys }, () => Seed.generate('operator'));
  const [accountNames, accountRecipes] = recipe.accounts;
  const keys = accountNames.map((_name, at): Keys => {
    const { plainKeys, roles, users } = accountRecipes[at] as AccountRecipe;
    return {
      key: Seed.generate('account'),
      plain: Array.from({ length: plainKeys }, () => Seed.generate('account')),
      roles: roles.map(() => Seed.generate('account')),
      users: users[0].map(() => Seed.generate('user')),
    };
  });
  const operatorClaims = newOperator(identity.publicKey, 'x');
  Object.assign(operatorClaims, envelope('acme', recipe.entity));
  Object.assign(operatorClaims.nats, recipe.nats, tagged(recipe.entity), {
    signing_keys: signing.map((one) => one.publicKey),
  });
  if (recipe.system !== undefined)
    operatorClaims.nats.system_account = keys[recipe.system % keys.length]?.key.publicKey as string;
  const operator = await signClaims(operatorClaims, seedSigner(identity), { now: NOW });
  const accounts: AccountEntry[] = [];
  for (const [at, name] of accountNames.entries()) {
    accounts.push(
      await makeAccount(name, accountRecipes[at] as AccountRecipe, keys[at] as Keys, keys, signing[0] ?? identity),
    );
  }
  const seeds = [
    identity,
    ...signing,
    ...keys.flatMap(({ key, plain, roles, users }) => [key, ...plain, ...roles, ...users]),
  ];
  return { operator: { name: 'acme', jwt: operator }, accounts, damaged: [], seeds };
}

async function makeAccount(
  name: string,
  recipe: AccountRecipe,
  own: Keys,
  all: Keys[],
  signer: Seed,
): Promise<AccountEntry> {
  const keyAt = (at: number) => (all[at % all.length] as Keys).key.publicKey;
  const userAt = (at: number) => (own.users[at % own.users.length] as Seed).publicKey;
  const claims = newAccount(own.key.publicKey, name);
  Object.assign(claims, envelope(name, recipe.entity));
  const { description, info_url, cluster_traffic, trace, callout } = recipe;
  const scopes = own.roles.map((seed, at): [string, UserScope] => {
    const role = recipe.roles[at] as AccountRecipe['roles'][number];
    return [seed.publicKey, { kind: 'user_scope', key: seed.publicKey, ...role }];
  });
  let revocations = new Map<string, number>();
  for (const [who, when] of recipe.revocations)
    revocations = revoke(revocations, who === '*' ? who : userAt(who), when);
  Object.assign(claims.nats, {
    ...(description && { description }),
    ...(info_url && { info_url }),
    ...(cluster_traffic && { cluster_traffic }),
    ...(trace && { trace }),
    ...tagged(recipe.entity),
    limits: recipe.limits,
    default_permissions: recipe.default_permissions,
    signing_keys: new Map<string, UserScope | null>([
      ...own.plain.map((seed): [string, null] => [seed.publicKey, null]),
      ...scopes,
    ]),
    exports: recipe.exports.map(
      ({ revoked, ...one }): Export => ({
        ...one,
        revocations: new Map(revoked.map(([who, when]) => [keyAt(who), when])),
      }),
    ),
    mappings: new Map(Object.entries(recipe.mappings)),
    authorization: {
      auth_users: callout.users.map(userAt),
      allowed_accounts: callout.accounts.map((who) => (who === '*' ? who : keyAt(who))),
      ...(callout.xkey && { xkey: Seed.generate('curve').publicKey }),
    },
    revocations,
  });
  for (const { from, own: ownKey, token, ...one } of recipe.imports) {
    const exporter = all[from % all.length] as Keys;
    const imp: Import = { ...one, account: exporter.key.publicKey };
    if (ownKey) imp.subject = `${claims.sub}.${imp.subject}`;
    if (token) {
      const activation = newActivation(claims.sub, imp.subject, imp.type);
      if (token.exp) activation.exp = token.exp;
      imp.token = (await signClaims(activation, seedSigner(exporter.key), { now: NOW })).token;
    }
    claims.nats.imports.push(imp);
  }
  const jwt = await signClaims(claims, seedSigner(signer), { now: NOW });
  const users: NamedJwt<import('../../../../claims/types.js').UserClaims>[] = [];
  for (const [at, userName] of recipe.users[0].entries()) {
    const { entity: of, limits: some, signer: which } = recipe.users[1][at] as AccountRecipe['users'][1][number];
    const signers = [own.key, ...own.plain, ...own.roles];
    const seed = signers[which % signers.length] as Seed;
    const user = newUser(
      (own.users[at] as Seed).publicKey,
      userName,
      seed === own.key ? {} : { issuerAccount: claims.sub },
    );
    Object.assign(user, envelope(userName, of));
    Object.assign(user.nats, some, tagged(of));
    if (own.roles.includes(seed))
      Object.assign(
        user.nats,
        {
          subs: 0,
          data: 0,
          payload: 0,
          pub: { allow: [], deny: [] },
          sub: { allow: [], deny: [] },
          src: [],
          times: [],
          allowed_connection_types: [],
        },
        { resp: undefined, times_location: undefined, bearer_token: undefined, proxy_required: undefined },
      );
    users.push({ name: userName, jwt: await signClaims(user, seedSigner(seed), { now: NOW }) });
  }
  return { name, jwt, users };
}
