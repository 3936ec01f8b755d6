import { NatsctlError } from '../errors.js';
import type { Unsigned } from '../jwt/encode.js';
import type {
  AccountClaims,
  AccountData,
  AccountLimits,
  Export,
  ExternalAuthorization,
  Import,
  JetStreamLimits,
  Permission,
  Permissions,
} from '../types.js';
import { at, type Conflict, mergeFields, mergeMap, mergeSet, mergeValue, same } from './three-way.js';

export type MergeErrorCode = 'ERR_MERGE_ACCOUNT';

export interface MergedAccount {
  /** Ready to be signed when there are no conflicts; where there is one, theirs stands. */
  merged: Unsigned<AccountClaims>;
  conflicts: Conflict[];
  /** False when the merge is what the resolver holds already: nothing to push. */
  changedFromTheirs: boolean;
}

/**
 * Joins two versions of an account that were made from one: `ours` of the local store and `theirs` of the resolver, with
 * `base` the version both came from, or null where it is not known.
 *
 * Revocations are never dropped, whoever dropped them: of each the newest time is kept, so a merge cannot bring a revoked
 * user back.
 *
 * @throws ERR_MERGE_ACCOUNT when they are not versions of one account
 */
export function mergeAccounts(base: AccountClaims | null, ours: AccountClaims, theirs: AccountClaims): MergedAccount {
  if (ours.sub !== theirs.sub || (base !== null && base.sub !== theirs.sub)) {
    throw new NatsctlError<MergeErrorCode>(
      'ERR_MERGE_ACCOUNT',
      `accounts ${ours.sub} and ${theirs.sub} are not versions of one account`,
      { details: { ours: ours.sub, theirs: theirs.sub, base: base?.sub } },
    );
  }
  const conflicts: Conflict[] = [];
  const envelope = mergeFields(conflicts, '', base, ours, theirs, ['name', 'aud', 'exp', 'nbf']);
  const { iss: _iss, iat: _iat, jti: _jti, ...unsigned } = envelope;
  const nats = mergeData(conflicts, base?.nats ?? null, ours.nats, theirs.nats);
  return { merged: { ...unsigned, nats }, conflicts, changedFromTheirs: !same({ ...envelope, nats }, theirs) };
}

function mergeData(
  conflicts: Conflict[],
  base: AccountData | null,
  ours: AccountData,
  theirs: AccountData,
): AccountData {
  const scalars = mergeFields(conflicts, '/nats', base, ours, theirs, [
    'trace',
    'cluster_traffic',
    'description',
    'info_url',
  ]);
  return {
    ...scalars,
    ...mergeTags(conflicts, base, ours, theirs),
    imports: mergeImports(conflicts, base, ours, theirs),
    exports: mergeExports(conflicts, base, ours, theirs),
    limits: mergeLimits(conflicts, base?.limits ?? null, ours.limits, theirs.limits),
    signing_keys: mergeSigningKeys(conflicts, base, ours, theirs),
    revocations: uniteRevocations(ours.revocations, theirs.revocations),
    default_permissions: mergePermissions(
      conflicts,
      base?.default_permissions ?? null,
      ours.default_permissions,
      theirs.default_permissions,
    ),
    mappings: mergeMap(conflicts, '/nats/mappings', base?.mappings, ours.mappings, theirs.mappings),
    authorization: mergeAuthorization(conflicts, base?.authorization ?? null, ours.authorization, theirs.authorization),
  };
}

/** Of each key the newest time. */
function uniteRevocations(ours: ReadonlyMap<string, number>, theirs: ReadonlyMap<string, number>): Map<string, number> {
  const united = new Map(theirs);
  for (const [user, time] of ours) united.set(user, Math.max(time, united.get(user) ?? time));
  return united;
}

function mergeTags(
  conflicts: Conflict[],
  base: AccountData | null,
  ours: AccountData,
  theirs: AccountData,
): Pick<AccountData, 'tags'> {
  const tags = mergeSet(conflicts, '/nats/tags', base?.tags, ours.tags ?? [], theirs.tags ?? []);
  return tags.length > 0 || theirs.tags !== undefined ? { tags } : {};
}

function mergeSigningKeys(
  conflicts: Conflict[],
  base: AccountData | null,
  ours: AccountData,
  theirs: AccountData,
): AccountData['signing_keys'] {
  return mergeMap(conflicts, '/nats/signing_keys', base?.signing_keys, ours.signing_keys, theirs.signing_keys);
}

const JETSTREAM_FIELDS = [
  'mem_storage',
  'disk_storage',
  'streams',
  'consumer',
  'max_ack_pending',
  'mem_max_stream_bytes',
  'disk_max_stream_bytes',
  'max_bytes_required',
] as const satisfies readonly (keyof JetStreamLimits)[];

const LIMIT_FIELDS = [
  'subs',
  'data',
  'payload',
  'imports',
  'exports',
  'wildcards',
  'disallow_bearer',
  'conn',
  'leaf',
] as const satisfies readonly (keyof AccountLimits)[];

function mergeLimits(
  conflicts: Conflict[],
  base: AccountLimits | null,
  ours: AccountLimits,
  theirs: AccountLimits,
): AccountLimits {
  const path = '/nats/limits';
  const limits = mergeFields(conflicts, path, base, ours, theirs, [...LIMIT_FIELDS, ...JETSTREAM_FIELDS]);
  limits.tiered_limits = mergeMap(
    conflicts,
    at(path, 'tiered_limits'),
    base?.tiered_limits,
    ours.tiered_limits,
    theirs.tiered_limits,
    (tierPath, b, o, t) => mergeFields(conflicts, tierPath, b?.value ?? null, o, t, JETSTREAM_FIELDS),
  );
  // JetStream has either flat limits or tiers; one side going over to tiers while the other edits the flat ones is a clash.
  if (mixesTiers(limits) && !mixesTiers(theirs)) {
    conflicts.push({ path: at(path, 'tiered_limits'), ours: ours.tiered_limits, theirs: theirs.tiered_limits });
    limits.tiered_limits = theirs.tiered_limits;
    for (const field of JETSTREAM_FIELDS) Object.assign(limits, { [field]: theirs[field] });
  }
  return limits;
}

function mixesTiers(limits: AccountLimits): boolean {
  return limits.tiered_limits.size > 0 && JETSTREAM_FIELDS.some((field) => limits[field]);
}

function mergePermissions(
  conflicts: Conflict[],
  base: Permissions | null,
  ours: Permissions,
  theirs: Permissions,
): Permissions {
  const path = '/nats/default_permissions';
  const side = (name: 'pub' | 'sub'): Permission => {
    const [b, o, t] = [base?.[name], ours[name], theirs[name]];
    const sidePath = at(path, name);
    return {
      allow: mergeSet(conflicts, at(sidePath, 'allow'), b?.allow, o.allow, t.allow, { emptyMeansMore: true }),
      deny: mergeSet(conflicts, at(sidePath, 'deny'), b?.deny, o.deny, t.deny),
    };
  };
  return { ...mergeFields(conflicts, path, base, ours, theirs, ['resp']), pub: side('pub'), sub: side('sub') };
}

function mergeAuthorization(
  conflicts: Conflict[],
  base: ExternalAuthorization | null,
  ours: ExternalAuthorization,
  theirs: ExternalAuthorization,
): ExternalAuthorization {
  const path = '/nats/authorization';
  const merged = mergeFields(conflicts, path, base, ours, theirs, ['xkey']);
  // Without auth users the callout is off and everybody with a JWT comes in.
  merged.auth_users = mergeSet(
    conflicts,
    at(path, 'auth_users'),
    base?.auth_users,
    ours.auth_users,
    theirs.auth_users,
    { emptyMeansMore: true },
  );
  const accounts = mergeSet([], '', base?.allowed_accounts, ours.allowed_accounts, theirs.allowed_accounts);
  // `*` stands alone or not at all.
  const clash = accounts.includes('*') && accounts.length > 1;
  merged.allowed_accounts = clash
    ? mergeValue(conflicts, at(path, 'allowed_accounts'), null, ours.allowed_accounts, theirs.allowed_accounts)
    : accounts;
  return merged;
}

const IMPORT_FIELDS = ['name', 'token', 'share', 'allow_trace'] as const satisfies readonly (keyof Import)[];

function mergeImports(
  conflicts: Conflict[],
  base: AccountData | null,
  ours: AccountData,
  theirs: AccountData,
): Import[] {
  const identity = (i: Import) => [i.type, i.account, i.subject, i.local_subject ?? '', i.to ?? ''].join(' ').trimEnd();
  const merged = mergeMap(
    conflicts,
    '/nats/imports',
    base ? byIdentity(base.imports, identity) : undefined,
    byIdentity(ours.imports, identity),
    byIdentity(theirs.imports, identity),
    (path, b, o, t) => mergeFields(conflicts, path, b?.value ?? null, o, t, IMPORT_FIELDS),
  );
  return [...merged.values()];
}

const EXPORT_FIELDS = [
  'name',
  'token_req',
  'response_type',
  'response_threshold',
  'service_latency',
  'account_token_position',
  'advertise',
  'allow_trace',
  'description',
  'info_url',
] as const satisfies readonly (keyof Export)[];

function mergeExports(
  conflicts: Conflict[],
  base: AccountData | null,
  ours: AccountData,
  theirs: AccountData,
): Export[] {
  const identity = (e: Export) => `${e.type} ${e.subject}`;
  const merged = mergeMap(
    conflicts,
    '/nats/exports',
    base ? byIdentity(base.exports, identity) : undefined,
    byIdentity(ours.exports, identity),
    byIdentity(theirs.exports, identity),
    (path, b, o, t) => ({
      ...mergeFields(conflicts, path, b?.value ?? null, o, t, EXPORT_FIELDS),
      revocations: uniteRevocations(o.revocations, t.revocations),
    }),
  );
  return [...merged.values()];
}

/** A second one of the same identity is kept apart by its number, so that a faulty list loses nothing here. */
function byIdentity<T>(list: readonly T[], identity: (item: T) => string): Map<string, T> {
  const map = new Map<string, T>();
  for (const item of list) {
    const key = identity(item);
    let unique = key;
    for (let n = 2; map.has(unique); n++) unique = `${key} #${n}`;
    map.set(unique, item);
  }
  return map;
}
