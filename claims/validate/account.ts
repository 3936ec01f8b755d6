import { isNatsctlError } from '../errors.js';
import { isPublicKey } from '../keys/nkey.js';
import { compileMappings } from '../mapping/mapping.js';
import { parseTemplateEntry } from '../scope/template-entry.js';
import { checkSubject, hasWildcard } from '../subject/subject.js';
import type { AccountClaims, AccountData, AccountLimits, UserScope, WeightedMapping } from '../types.js';
import { checkExports } from './exports.js';
import { checkImports } from './imports.js';
import { checkInfo } from './info.js';
import { type IssuePath, quote, type Report } from './issues.js';
import { checkConditions, checkPermission, checkPermissions } from './user.js';

export function checkAccount({ sub, iss, nats }: AccountClaims, now: number, report: Report): void {
  checkImports(nats.imports, sub, now, report);
  checkExports(nats.exports, report);
  checkTiers(nats.limits, report);
  checkCounts(nats, report);
  checkPermissions(nats.default_permissions, ['nats', 'default_permissions'], report);
  for (const [source, list] of nats.mappings) checkMapping(source, list, report);
  checkAuthorization(nats, report);
  checkTrace(nats, report);
  for (const [key, scope] of nats.signing_keys) checkSigningKey(key, scope, report);
  for (const key of nats.revocations.keys()) {
    if (key !== '*' && !isPublicKey(key, 'user')) {
      report(
        'ERR_ACCOUNT_REVOCATION_KEY',
        ['nats', 'revocations', key],
        `the account revokes ${quote(key)}, which is no user public key`,
      );
    }
  }
  checkInfo(nats, ['nats'], report);
  if (!['', 'system', 'owner'].includes(nats.cluster_traffic ?? '')) {
    report(
      'ERR_ACCOUNT_CLUSTER_TRAFFIC',
      ['nats', 'cluster_traffic'],
      `the cluster traffic is ${quote(nats.cluster_traffic)}, not system or owner`,
    );
  }
  if (isPublicKey(iss, 'account') && !isWithoutLimits(nats.limits)) {
    report('ERR_ACCOUNT_SELF_SIGNED_LIMITS', ['nats', 'limits'], 'a self-signed account should not set its own limits');
  }
}

function checkTiers(limits: AccountLimits, report: Report): void {
  if (limits.tiered_limits.size === 0) return;
  if (flatJetStream(limits).some((value) => value !== 0 && value !== false)) {
    report(
      'ERR_ACCOUNT_JETSTREAM_TIERS',
      ['nats', 'limits', 'tiered_limits'],
      'JetStream limits are given both flat and by tier; only one can be',
    );
  }
  if (limits.tiered_limits.has(''))
    report('ERR_ACCOUNT_TIER_NAME', ['nats', 'limits', 'tiered_limits', ''], 'a JetStream tier has an empty name');
}

function flatJetStream(limits: AccountLimits): (number | boolean)[] {
  const { mem_storage, disk_storage, streams, consumer, max_ack_pending } = limits;
  const { mem_max_stream_bytes, disk_max_stream_bytes, max_bytes_required } = limits;
  return [
    mem_storage,
    disk_storage,
    streams,
    consumer,
    max_ack_pending,
    mem_max_stream_bytes,
    disk_max_stream_bytes,
    max_bytes_required,
  ];
}

/** All zero and false, which is "none given" on the wire. */
function isWithoutLimits({ tiered_limits, ...limits }: AccountLimits): boolean {
  return tiered_limits.size === 0 && Object.values(limits).every((value) => value === 0 || value === false);
}

/** Only -1 is unlimited here: 0 and other negative numbers allow none. */
function checkCounts({ imports, exports, limits }: AccountData, report: Report): void {
  if (limits.imports !== -1 && imports.length > limits.imports) {
    report(
      'ERR_ACCOUNT_TOO_MANY_IMPORTS',
      ['nats', 'imports'],
      `the account has ${imports.length} imports; its limit is ${limits.imports}`,
    );
  }
  if (limits.exports === -1) return;
  if (exports.length > limits.exports) {
    report(
      'ERR_ACCOUNT_TOO_MANY_EXPORTS',
      ['nats', 'exports'],
      `the account has ${exports.length} exports; its limit is ${limits.exports}`,
    );
  }
  if (limits.wildcards) return;
  for (const [index, { subject }] of exports.entries()) {
    if (hasWildcard(subject)) {
      report(
        'ERR_ACCOUNT_WILDCARD_EXPORT',
        ['nats', 'exports', index, 'subject'],
        `the account may not export wildcards such as ${quote(subject)}`,
      );
    }
  }
}

/** Weights are added as integers: in a byte, 90 + 90 + 90 was once 14. */
function checkMapping(source: string, list: readonly WeightedMapping[], report: Report): void {
  const at: IssuePath = ['nats', 'mappings', source];
  const sums = new Map<string, number>();
  let sound = checkSubject(source);
  if (sound !== null) report('ERR_MAPPING_SUBJECT', at, `the mapping of ${quote(source)} is not usable: ${sound}`);
  for (const [index, { subject, weight, cluster }] of list.entries()) {
    const fault = checkSubject(subject);
    if (fault !== null)
      report(
        'ERR_MAPPING_SUBJECT',
        [...at, index, 'subject'],
        `the mapping of ${quote(source)} to ${quote(subject)} is not usable: ${fault}`,
      );
    const percent = weight || 100;
    if (percent < 0 || percent > 100) {
      report(
        'ERR_MAPPING_WEIGHT',
        [...at, index, 'weight'],
        `the mapping of ${quote(source)} has the weight ${percent}; 1 to 100 can be`,
      );
    }
    sound ??= fault;
    sums.set(cluster ?? '', (sums.get(cluster ?? '') ?? 0) + percent);
  }
  for (const [cluster, sum] of sums) {
    if (sum > 100) {
      const where = cluster === '' ? '' : ` in cluster ${quote(cluster)}`;
      report(
        'ERR_MAPPING_WEIGHT_SUM',
        at,
        `the weights of the mapping of ${quote(source)}${where} add up to ${sum}, more than 100`,
      );
      sound ??= 'weights';
    }
  }
  if (sound !== null) return;
  compileMappings(new Map([[source, [...list]]]), {
    onFault: (fault) => report('ERR_MAPPING_TRANSFORM', at, fault.message),
  });
}

function checkAuthorization({ authorization }: AccountData, report: Report): void {
  const at: IssuePath = ['nats', 'authorization'];
  const { auth_users, allowed_accounts, xkey } = authorization;
  if (allowed_accounts.length > 0 && auth_users.length === 0) {
    report(
      'ERR_AUTHORIZATION_NO_USERS',
      [...at, 'auth_users'],
      'auth callout has allowed accounts but no auth users, so it is off',
    );
  }
  for (const [index, key] of auth_users.entries()) {
    if (!isPublicKey(key, 'user'))
      report(
        'ERR_AUTHORIZATION_USER',
        [...at, 'auth_users', index],
        `the auth user ${quote(key)} is not a user public key`,
      );
  }
  for (const [index, key] of allowed_accounts.entries()) {
    const path = [...at, 'allowed_accounts', index];
    if (key === '*') {
      if (allowed_accounts.length > 1)
        report('ERR_AUTHORIZATION_ANY_ACCOUNT', path, 'allowed accounts are a list of accounts or "*" alone');
    } else if (!isPublicKey(key, 'account')) {
      report('ERR_AUTHORIZATION_ACCOUNT', path, `the allowed account ${quote(key)} is not an account public key`);
    }
  }
  if (xkey !== undefined && !isPublicKey(xkey, 'curve')) {
    report('ERR_AUTHORIZATION_XKEY', [...at, 'xkey'], `the xkey ${quote(xkey)} is not a curve public key`);
  }
}

function checkTrace({ trace }: AccountData, report: Report): void {
  if (trace === undefined) return;
  const { dest, sampling = 0 } = trace;
  const fault = checkSubject(dest) ?? (hasWildcard(dest) ? 'it has a wildcard' : null);
  if (fault !== null)
    report('ERR_ACCOUNT_TRACE_SUBJECT', ['nats', 'trace', 'dest'], `traces cannot be sent to ${quote(dest)}: ${fault}`);
  if (sampling < 0 || sampling > 100) {
    report(
      'ERR_ACCOUNT_TRACE_SAMPLING',
      ['nats', 'trace', 'sampling'],
      `traces are sampled at ${sampling} percent; 1 to 100 can be`,
    );
  }
}

function checkSigningKey(key: string, scope: UserScope | null, report: Report): void {
  const at: IssuePath = ['nats', 'signing_keys', key];
  if (scope === null) {
    if (!isPublicKey(key, 'account'))
      report('ERR_ACCOUNT_SIGNING_KEY', at, `the signing key ${quote(key)} is not an account public key`);
    return;
  }
  if (scope.key !== key || !isPublicKey(key, 'account')) {
    report(
      'ERR_ACCOUNT_SCOPE_KEY',
      at,
      `the key ${quote(key)} of the role ${quote(scope.role)} is not an account public key`,
    );
  }
  checkTemplate(scope, at, report);
}

/** A template is filled when a user connects, so what is wrong with it is no fault of the account; but its users will not get in. */
function checkTemplate({ role, template }: UserScope, at: IssuePath, report: Report): void {
  const warn: Report = (_code, path, message) =>
    report('ERR_ACCOUNT_SCOPE_TEMPLATE', path, `in the role ${quote(role)}, ${message}`);
  const within = [...at, 'template'];
  checkConditions(template, within, warn);
  for (const side of ['pub', 'sub'] as const) {
    for (const list of ['allow', 'deny'] as const) {
      for (const [index, entry] of template[side][list].entries()) {
        const path = [...within, side, list, index];
        try {
          const filled = parseTemplateEntry(entry).map((part) => (typeof part === 'string' ? part : 'x'));
          checkPermission(filled.join(''), side === 'sub', path, warn);
        } catch (error) {
          if (!isNatsctlError(error)) throw error;
          warn('ERR_ACCOUNT_SCOPE_TEMPLATE', path, error.message);
        }
      }
    }
  }
}
