import { describe, expect, it } from 'vitest';
import { newAccount, noAccountLimits, noJetStream, noLimits } from '../../../../claims/jwt/new.js';
import { Seed } from '../../../../claims/keys/seed.js';
import type { AccountData, Export, UserScope, WeightedMapping } from '../../../../claims/types.js';
import { validate } from '../../../../claims/validate/validate.js';

const operator = Seed.generate('operator').publicKey;
const account = Seed.generate('account').publicKey;
const signing = Seed.generate('account').publicKey;
const user = Seed.generate('user').publicKey;
const curve = Seed.generate('curve').publicKey;

function found(data: Partial<AccountData>, iss = operator): string[] {
  const claims = newAccount(account, 'acc');
  Object.assign(claims.nats, data);
  return validate({ ...claims, iss }, 0).map(({ code, level, path }) => `${level} ${code} ${path}`);
}

const exportOf = (more: Partial<Export>): Export => ({ subject: 'x', type: 'stream', revocations: new Map(), ...more });

describe('an account', () => {
  it('as new has no issue', () => expect(found({})).toEqual([]));

  it('that is self-signed should not limit itself', () => {
    expect(found({}, account)).toEqual(['warning ERR_ACCOUNT_SELF_SIGNED_LIMITS /nats/limits']);
    const none = {
      ...noAccountLimits(),
      subs: 0,
      data: 0,
      payload: 0,
      imports: 0,
      exports: 0,
      wildcards: false,
      conn: 0,
      leaf: 0,
    };
    expect(found({ limits: none }, account)).toEqual([]);
  });

  it('has JetStream limits flat or by tier', () => {
    const tiers = new Map([['R1', { ...noJetStream(), disk_storage: 1 }]]);
    expect(found({ limits: { ...noAccountLimits(), tiered_limits: tiers } })).toEqual([]);
    expect(found({ limits: { ...noAccountLimits(), streams: 1, tiered_limits: tiers } })).toEqual([
      'error ERR_ACCOUNT_JETSTREAM_TIERS /nats/limits/tiered_limits',
    ]);
    expect(found({ limits: { ...noAccountLimits(), tiered_limits: new Map([['', noJetStream()]]) } })).toEqual([
      'error ERR_ACCOUNT_TIER_NAME /nats/limits/tiered_limits/',
    ]);
  });

  it('has no more imports and exports than its limits; only -1 is unlimited', () => {
    const imports = [{ subject: 'x', account: signing, type: 'stream' as const }];
    const exports = [exportOf({}), exportOf({ subject: 'y' })];
    expect(found({ imports, limits: { ...noAccountLimits(), imports: 1 } })).toEqual([]);
    expect(found({ imports, limits: { ...noAccountLimits(), imports: 0 } })).toEqual([
      'error ERR_ACCOUNT_TOO_MANY_IMPORTS /nats/imports',
    ]);
    expect(found({ exports, limits: { ...noAccountLimits(), exports: 2 } })).toEqual([]);
    expect(found({ exports, limits: { ...noAccountLimits(), exports: 1 } })).toEqual([
      'error ERR_ACCOUNT_TOO_MANY_EXPORTS /nats/exports',
    ]);
    expect(found({ limits: { ...noAccountLimits(), exports: -2 } })).toEqual([
      'error ERR_ACCOUNT_TOO_MANY_EXPORTS /nats/exports',
    ]);
  });

  it('may be kept from exporting wildcards, where exports are limited at all', () => {
    const exports = [exportOf({ subject: 'a.*' }), exportOf({ subject: 'b' })];
    expect(found({ exports, limits: { ...noAccountLimits(), exports: 5, wildcards: false } })).toEqual([
      'error ERR_ACCOUNT_WILDCARD_EXPORT /nats/exports/0/subject',
    ]);
    expect(found({ exports, limits: { ...noAccountLimits(), exports: -1, wildcards: false } })).toEqual([]);
  });

  it('lists account keys to sign with, and user keys or "*" to revoke', () => {
    expect(
      found({
        signing_keys: new Map([
          [signing, null],
          [user, null],
          ['x/y~', null],
        ]),
      }),
    ).toEqual([
      `error ERR_ACCOUNT_SIGNING_KEY /nats/signing_keys/${user}`,
      'error ERR_ACCOUNT_SIGNING_KEY /nats/signing_keys/x~1y~0',
    ]);
    expect(
      found({
        revocations: new Map([
          [user, 1],
          ['*', 1],
          [account, 1],
        ]),
      }),
    ).toEqual([`warning ERR_ACCOUNT_REVOCATION_KEY /nats/revocations/${account}`]);
  });

  it('has texts of at most 8 KiB and an info URL with a host', () => {
    expect(found({ description: 'x'.repeat(8192), info_url: 'https://h/x' })).toEqual([]);
    expect(found({ description: 'é'.repeat(4097) })).toEqual(['error ERR_DESCRIPTION_TOO_LONG /nats/description']);
    for (const url of ['h', '/x', 'mailto:x', `https://h/${'x'.repeat(8192)}`]) {
      expect(found({ info_url: url })).toEqual(['error ERR_INFO_URL /nats/info_url']);
    }
  });

  it('sends cluster traffic by system or owner', () => {
    for (const traffic of ['system', 'owner']) expect(found({ cluster_traffic: traffic })).toEqual([]);
    expect(found({ cluster_traffic: 'both' })).toEqual(['error ERR_ACCOUNT_CLUSTER_TRAFFIC /nats/cluster_traffic']);
  });

  it('traces to a literal subject, 0 to 100 percent', () => {
    expect(found({ trace: { dest: 'a.b' } })).toEqual([]);
    for (const dest of ['', 'a.*', '>', 'a b']) {
      expect(found({ trace: { dest } })).toEqual(['error ERR_ACCOUNT_TRACE_SUBJECT /nats/trace/dest']);
    }
    for (const sampling of [-1, 101]) {
      expect(found({ trace: { dest: 'a', sampling } })).toEqual([
        'error ERR_ACCOUNT_TRACE_SAMPLING /nats/trace/sampling',
      ]);
    }
  });

  it('has default permissions that can be used', () => {
    expect(
      found({ default_permissions: { pub: { allow: ['a b'], deny: [] }, sub: { allow: ['a b'], deny: ['\t'] } } }),
    ).toEqual([
      'error ERR_PERMISSION_SUBJECT /nats/default_permissions/sub/deny/0',
      'error ERR_PERMISSION_QUEUE /nats/default_permissions/pub/allow/0',
    ]);
  });
});

describe('auth callout', () => {
  const with_ = (authorization: Partial<AccountData['authorization']>) =>
    found({ authorization: { auth_users: [], allowed_accounts: [], ...authorization } });

  it('has users, accounts or "*", and a curve key', () => {
    expect(with_({ auth_users: [user], allowed_accounts: [account], xkey: curve })).toEqual([]);
    expect(with_({ auth_users: [user], allowed_accounts: ['*'] })).toEqual([]);
  });

  it.each<[string, Partial<AccountData['authorization']>, string]>([
    [
      'accounts without users',
      { allowed_accounts: [account] },
      'error ERR_AUTHORIZATION_NO_USERS /nats/authorization/auth_users',
    ],
    ['a user that is none', { auth_users: [account] }, 'error ERR_AUTHORIZATION_USER /nats/authorization/auth_users/0'],
    [
      '"*" among others',
      { auth_users: [user], allowed_accounts: [account, '*'] },
      'error ERR_AUTHORIZATION_ANY_ACCOUNT /nats/authorization/allowed_accounts/1',
    ],
    [
      'an account that is none',
      { auth_users: [user], allowed_accounts: [user] },
      'error ERR_AUTHORIZATION_ACCOUNT /nats/authorization/allowed_accounts/0',
    ],
    [
      'an xkey that is none',
      { auth_users: [user], xkey: user },
      'error ERR_AUTHORIZATION_XKEY /nats/authorization/xkey',
    ],
  ])('refuses %s', (_what, authorization, issue) => expect(with_(authorization)).toEqual([issue]));
});

describe('mappings', () => {
  const of = (source: string, ...to: WeightedMapping[]) => found({ mappings: new Map([[source, to]]) });

  it('add up to 100 percent at most, for each cluster and without', () => {
    expect(of('a', { subject: 'b', weight: 60 }, { subject: 'c', weight: 40 })).toEqual([]);
    expect(of('a', { subject: 'b' }, { subject: 'c', weight: 100, cluster: 'x' })).toEqual([]);
    // nats-io/jwt e6531af: in a byte, 3 times 90 was 14.
    const ninety = ['b', 'c', 'd'].map((subject) => ({ subject, weight: 90 }));
    expect(of('a', ...ninety)).toEqual(['error ERR_MAPPING_WEIGHT_SUM /nats/mappings/a']);
    expect(of('a', ...ninety.map((to) => ({ ...to, cluster: 'x' })))).toEqual([
      'error ERR_MAPPING_WEIGHT_SUM /nats/mappings/a',
    ]);
    expect(of('a', { subject: 'b' }, { subject: 'c', weight: 1 })).toEqual([
      'error ERR_MAPPING_WEIGHT_SUM /nats/mappings/a',
    ]);
  });

  it('have weights up to 100', () => {
    expect(of('a', { subject: 'b', weight: 101 })).toContain('error ERR_MAPPING_WEIGHT /nats/mappings/a/0/weight');
  });

  it('have subjects at both ends', () => {
    expect(of('a b', { subject: 'c' })).toEqual(['error ERR_MAPPING_SUBJECT /nats/mappings/a b']);
    expect(of('a', { subject: '' })).toEqual(['error ERR_MAPPING_SUBJECT /nats/mappings/a/0/subject']);
  });

  it('that servers would skip are pointed out', () => {
    expect(of('a.*', { subject: 'b.$2' })).toEqual(['warning ERR_MAPPING_TRANSFORM /nats/mappings/a.*']);
    expect(of('a.*', { subject: 'b.{{wildcard(1)}}' })).toEqual([]);
  });
});

describe('scopes', () => {
  const scope = (template: Partial<UserScope['template']>, key = signing): UserScope => ({
    kind: 'user_scope',
    key,
    role: 'r',
    template: { ...noLimits(), ...template },
    description: '',
  });
  const at = `/nats/signing_keys/${signing}`;

  it('have an account key', () => {
    expect(found({ signing_keys: new Map([[signing, scope({})]]) })).toEqual([]);
    expect(found({ signing_keys: new Map([[user, scope({}, user)]]) })).toEqual([
      `error ERR_ACCOUNT_SCOPE_KEY /nats/signing_keys/${user}`,
    ]);
    expect(found({ signing_keys: new Map([[signing, scope({}, account)]]) })).toEqual([
      `error ERR_ACCOUNT_SCOPE_KEY ${at}`,
    ]);
  });

  it('have a template that can be filled', () => {
    const good = scope({
      pub: { allow: ['u.{{name()}}.>', 'a.{{tag(x)}}'], deny: [] },
      sub: { allow: ['a q'], deny: [] },
    });
    expect(found({ signing_keys: new Map([[signing, good]]) })).toEqual([]);
    for (const entry of ['{{x}}', '{{unknown()}}', '{{tag(}}', '{{}}', '{{{{name()}}}}', '{{', 'a b', '\t', '']) {
      const bad = scope({ pub: { allow: [entry], deny: [] } });
      expect(found({ signing_keys: new Map([[signing, bad]]) })).toContain(
        `warning ERR_ACCOUNT_SCOPE_TEMPLATE ${at}/template/pub/allow/0`,
      );
    }
    expect(found({ signing_keys: new Map([[signing, scope({ src: ['x'] })]]) })).toEqual([
      `warning ERR_ACCOUNT_SCOPE_TEMPLATE ${at}/template/src/0`,
    ]);
  });
});

describe('exports', () => {
  const of = (...exports: Partial<Export>[]) => found({ exports: exports.map(exportOf) });
  const at = '/nats/exports/0';

  it('of every sound form have no issue', () => {
    expect(
      of(
        { subject: 'a.*', account_token_position: 2, token_req: true },
        { subject: 'b', type: 'service', response_type: 'Stream', response_threshold: 1, allow_trace: true },
        { subject: 'c', type: 'service', service_latency: { sampling: 'headers', results: 'lat' } },
        { subject: 'd', type: 'service', service_latency: { sampling: 100, results: 'lat' } },
        { subject: 'c', type: 'stream' },
      ),
    ).toEqual([]);
  });

  it.each<[Partial<Export>, string]>([
    [{ type: 'both' as never }, `error ERR_EXPORT_TYPE ${at}/type`],
    [{ subject: '' }, `error ERR_EXPORT_SUBJECT ${at}/subject`],
    [{ subject: 'a b' }, `error ERR_EXPORT_SUBJECT ${at}/subject`],
    [{ subject: 'a..b' }, `error ERR_EXPORT_SUBJECT ${at}/subject`],
    [{ subject: 'a\nb' }, `error ERR_EXPORT_SUBJECT ${at}/subject`],
    [{ type: 'service', response_type: 'Odd' as never }, `error ERR_EXPORT_RESPONSE_TYPE ${at}/response_type`],
    [{ response_type: 'Singleton' }, `error ERR_EXPORT_STREAM_RESPONSE_TYPE ${at}/response_type`],
    [{ allow_trace: true }, `error ERR_EXPORT_STREAM_TRACE ${at}/allow_trace`],
    [{ service_latency: { sampling: 1, results: 'l' } }, `error ERR_EXPORT_STREAM_LATENCY ${at}/service_latency`],
    [{ response_threshold: 1 }, `error ERR_EXPORT_STREAM_THRESHOLD ${at}/response_threshold`],
    [{ type: 'service', response_threshold: -1 }, `error ERR_EXPORT_THRESHOLD ${at}/response_threshold`],
    [
      { type: 'service', service_latency: { sampling: 101, results: 'l' } },
      `error ERR_EXPORT_LATENCY_SAMPLING ${at}/service_latency/sampling`,
    ],
    [
      { type: 'service', service_latency: { sampling: -1, results: 'l' } },
      `error ERR_EXPORT_LATENCY_SAMPLING ${at}/service_latency/sampling`,
    ],
    [
      { type: 'service', service_latency: { sampling: 1, results: 'l.*' } },
      `error ERR_EXPORT_LATENCY_SUBJECT ${at}/service_latency/results`,
    ],
    [
      { type: 'service', service_latency: { sampling: 1, results: '' } },
      `error ERR_EXPORT_LATENCY_SUBJECT ${at}/service_latency/results`,
    ],
    [{ account_token_position: 1 }, `error ERR_EXPORT_TOKEN_POSITION ${at}/account_token_position`],
    [{ subject: 'a.*', account_token_position: 1 }, `error ERR_EXPORT_TOKEN_POSITION ${at}/account_token_position`],
    [{ subject: 'a.*', account_token_position: 3 }, `error ERR_EXPORT_TOKEN_POSITION ${at}/account_token_position`],
    [{ subject: 'a.>', account_token_position: 2 }, `error ERR_EXPORT_TOKEN_POSITION ${at}/account_token_position`],
    [{ info_url: 'x' }, `error ERR_INFO_URL ${at}/info_url`],
    [
      {
        revocations: new Map([
          ['x', 1],
          ['*', 1],
        ]),
      },
      `warning ERR_EXPORT_REVOCATION_KEY ${at}/revocations/x`,
    ],
  ])('%j: %s', (item, issue) => expect(of(item)).toEqual([issue]));

  it('of one kind do not contain each other', () => {
    expect(of({ subject: 'a.*' }, { subject: 'a.b' })).toEqual([`error ERR_EXPORT_OVERLAP ${at}/subject`]);
    expect(of({ subject: 'a.b' }, { subject: 'a.>' })).toEqual(['error ERR_EXPORT_OVERLAP /nats/exports/1/subject']);
    expect(of({ subject: 'a' }, { subject: 'a' })).toHaveLength(2);
    expect(of({ subject: 'a.>' }, { subject: 'a.b', type: 'service' })).toEqual([]);
    // They overlap, but neither contains the other, which Go lets pass.
    expect(of({ subject: 'a.*' }, { subject: '*.b' })).toEqual([]);
  });
});
