import type { AccountClaims, AccountLimits, JetStreamLimits, UserScope } from '../types.js';
import { type Lint, lint } from './lint.js';
import { unreachableLints, wideOpen } from './permission.js';

export interface AccountSurroundings {
  /** The operator demands signing keys. */
  strict: boolean;
}

const NONE = 'write -1 for no limit';

export function lintAccount({ nats }: Pick<AccountClaims, 'nats'>, { strict }: AccountSurroundings): Lint[] {
  return [
    ...zeroLimits(nats.limits),
    ...jetStreamLimits(nats.limits),
    ...(strict && nats.signing_keys.size === 0
      ? [
          lint(
            'ERR_STRICT_SIGNING_KEYS',
            '/nats/signing_keys',
            'the operator demands signing keys and the account has none: nobody can issue users of it',
            'add a signing key',
          ),
        ]
      : []),
    ...openExports(nats),
    ...unreachableLints(nats.default_permissions, '/nats/default_permissions'),
    ...[...nats.signing_keys].flatMap(([key, scope]) => (scope === null ? [] : roleLints(key, scope, nats.limits))),
  ];
}

/** nats-server takes these zeros at their word (`accounts.go`, `applyAccountLimits`): none may connect, subscribe, send. */
function zeroLimits(limits: AccountLimits): Lint[] {
  const meaning = {
    conn: 'no client may connect',
    leaf: 'no leaf node may connect',
    subs: 'no client may subscribe',
    payload: 'messages must be empty',
  };
  return Object.entries(meaning).flatMap(([name, effect]) =>
    limits[name as keyof typeof meaning] === 0
      ? [lint('ERR_LIMIT_ZERO', `/nats/limits/${name}`, `the limit ${name} is 0: ${effect}`, NONE)]
      : [],
  );
}

function jetStreamLimits({ tiered_limits, ...flat }: AccountLimits): Lint[] {
  const tiers = [...tiered_limits].map(([tier, limits]) => ({ at: `/nats/limits/tiered_limits/${tier}`, limits }));
  return [{ at: '/nats/limits', limits: flat }, ...tiers].flatMap(({ at, limits }) => tierLints(at, limits));
}

/**
 * Of storage 0 is none. Of streams and consumers it is no limit at all (nats-server `jetstream_cluster.go`, `tieredReservation` and
 * what follows: only what is above 0 is compared).
 */
function tierLints(at: string, { mem_storage, disk_storage, streams, consumer }: JetStreamLimits): Lint[] {
  const say = (field: string, message: string) => lint('ERR_JETSTREAM_LIMIT_ZERO', `${at}/${field}`, message, NONE);
  const isTier = at !== '/nats/limits';
  if (mem_storage === 0 && disk_storage === 0) {
    if (!isTier && streams <= 0 && consumer <= 0) return [];
    return [say('disk_storage', 'JetStream has neither disk nor memory here, so it cannot be used')];
  }
  const counts = [
    ['streams', streams],
    ['consumer', consumer],
  ] as const;
  return [
    ...(disk_storage === 0 ? [say('disk_storage', 'disk_storage is 0: streams can be in memory only')] : []),
    ...counts.flatMap(([name, value]) =>
      value === 0 ? [say(name, `the limit ${name} is 0, which servers take for no limit`)] : [],
    ),
  ];
}

function openExports({ exports }: AccountClaims['nats']): Lint[] {
  return exports.flatMap(({ subject, type, token_req }, index) => {
    if (subject !== '>' || token_req === true) return [];
    const path = `/nats/exports/${index}/subject`;
    const message = `every account may import all subjects, by its public ${type} export of ">"`;
    return [lint('ERR_WEAK_EXPORT_EVERYTHING', path, message, 'export what is meant, or require activation tokens')];
  });
}

function roleLints(key: string, { role, template }: UserScope, limits: AccountLimits): Lint[] {
  const at = `/nats/signing_keys/${key}/template`;
  const name = JSON.stringify(role);
  return [
    ...unreachableLints(template, at).map((one) => ({ ...one, message: `in the role ${name}, ${one.message}` })),
    ...(wideOpen(template)
      ? [
          lint(
            'ERR_WEAK_EVERYTHING_ALLOWED',
            at,
            `users of the role ${name} may publish and subscribe to everything in the account`,
            'name the subjects they need',
          ),
        ]
      : []),
    ...(template.bearer_token === true && limits.disallow_bearer
      ? [
          lint(
            'ERR_BEARER_DISALLOWED',
            `${at}/bearer_token`,
            `users of the role ${name} are bearer tokens, which the account forbids: none can connect`,
            'change one of the two',
          ),
        ]
      : []),
  ];
}
