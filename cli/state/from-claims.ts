/** Claims as a state file says them: references by name where the store has the entity, and only what differs from the default. */
import { EVERYONE } from '../../claims/account/revocation.js';
import type { AccountClaims, Export, Import, OperatorClaims, UserClaims } from '../../claims/types.js';
import type { AccountEntry, Snapshot } from '../store/snapshot.js';
import { type AccountDraft, AUTO, type ImportDraft, type SigningKeyDraft } from './account-fields.js';
import { activationHolds, expiryOf, privateExport } from './activation.js';
import { OWN_KEY } from './identify.js';
import { API_VERSION, type State } from './operator-fields.js';
import { GENERATE } from './quantity.js';
import type { EntityDraft, UserDraft } from './user-fields.js';

export interface StateOptions {
  /** Unix seconds. */
  now: number;
  /** Leave out every key of an entity of the store: applied elsewhere, the file makes new ones. */
  withoutKeys?: boolean | undefined;
}

/** What a file may call by name. */
interface Known {
  operator: OperatorClaims;
  now: number;
  accounts: ReadonlyMap<string, AccountEntry>;
  withoutKeys: boolean;
}

export function stateOf(
  operator: { name: string; claims: OperatorClaims },
  { accounts }: Pick<Snapshot, 'accounts'>,
  { withoutKeys = false, now }: StateOptions,
): State {
  const known: Known = { operator: operator.claims, now, accounts: byUniqueKey(accounts), withoutKeys };
  const { nats } = operator.claims;
  const { account_server_url, assert_server_version, strict_signing_key_usage, system_account } = nats;
  return {
    apiVersion: API_VERSION,
    kind: 'Operator',
    ...entityOf(operator.name, operator.claims, withoutKeys),
    name: operator.name,
    signing_keys: withoutKeys ? nats.signing_keys.map(() => GENERATE) : nats.signing_keys,
    ...(strict_signing_key_usage && { strict_signing_key_usage }),
    operator_service_urls: nats.operator_service_urls,
    ...(account_server_url && { account_server_url }),
    ...(system_account && { system_account: nameOf(system_account, known) }),
    ...(assert_server_version && { assert_server_version }),
    accounts: new Map(accounts.map((account) => [account.name, accountOf(account, known)])),
  };
}

/** A key that two accounts of the store have says nothing. */
function byUniqueKey(accounts: AccountEntry[]): Map<string, AccountEntry> {
  const found = new Map<string, AccountEntry>();
  const twice = new Set<string>();
  for (const account of accounts) {
    const { sub } = account.jwt.claims;
    if (found.has(sub)) twice.add(sub);
    found.set(sub, account);
  }
  for (const key of twice) found.delete(key);
  return found;
}

function nameOf(key: string, { accounts }: Known): string {
  return accounts.get(key)?.name ?? key;
}

function entityOf(
  name: string,
  claims: Pick<OperatorClaims, 'sub' | 'name' | 'aud' | 'exp' | 'nbf'> & { nats: { tags?: string[] } },
  withoutKeys: boolean,
): EntityDraft {
  const { sub, aud, exp, nbf, nats } = claims;
  return {
    ...(!withoutKeys && { key: sub }),
    ...((claims.name ?? '') !== name && { jwtName: claims.name ?? '' }),
    ...(aud && { aud }),
    ...(exp && { exp }),
    ...(nbf && { nbf }),
    ...(nats.tags && nats.tags.length > 0 && { tags: nats.tags }),
  };
}

function accountOf({ name, jwt, users }: AccountEntry, known: Known): AccountDraft {
  const { claims } = jwt;
  const { nats } = claims;
  const { tiered_limits, ...limits } = nats.limits;
  const { conn, leaf, subs, data, payload, imports, exports, wildcards, disallow_bearer, ...jetStream } = limits;
  const userNames = new Map(users.map((user) => [user.jwt.claims.sub, user.name]));
  const { withoutKeys } = known;
  return {
    ...entityOf(name, claims, withoutKeys),
    ...(nats.description && { description: nats.description }),
    ...(nats.info_url && { info_url: nats.info_url }),
    ...(nats.cluster_traffic && { cluster_traffic: nats.cluster_traffic }),
    signing_keys: signingKeysOf(claims, withoutKeys),
    amounts: { conn, leaf, subs, data, payload, imports, exports, wildcards, disallow_bearer },
    jetStream: { ...jetStream, tiered_limits },
    default_permissions: nats.default_permissions,
    exports: nats.exports.map((one) => exportOf(one, known)),
    imports: nats.imports.map((one) => importOf(one, claims, known)),
    mappings: nats.mappings,
    authorization: {
      auth_users: nats.authorization.auth_users.map((key) => userNames.get(key) ?? key),
      allowed_accounts: nats.authorization.allowed_accounts.map((key) => nameOf(key, known)),
      ...(nats.authorization.xkey && { xkey: withoutKeys ? GENERATE : nats.authorization.xkey }),
    },
    ...(nats.trace && { trace: nats.trace }),
    // New keys were never revoked.
    revocations: withoutKeys ? new Map([...nats.revocations].filter(([key]) => key === EVERYONE)) : nats.revocations,
    users: new Map(users.map((user) => [user.name, userOf(user.name, user.jwt.claims, claims, withoutKeys)])),
  };
}

function signingKeysOf({ nats }: AccountClaims, withoutKeys: boolean): SigningKeyDraft[] {
  const roles = [...nats.signing_keys.values()].map((scope) => scope?.role);
  return [...nats.signing_keys]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, scope]) => {
      const named = scope !== null && scope.role !== '' && roles.filter((role) => role === scope.role).length === 1;
      const kept = withoutKeys && (scope === null || named) ? {} : { key };
      if (scope === null) return kept;
      const { role, description, template } = scope;
      return { ...kept, scope: { role, description, template } };
    });
}

function exportOf(one: Export, known: Known): Export {
  return { ...one, revocations: new Map([...one.revocations].map(([key, at]) => [nameOf(key, known), at])) };
}

function importOf({ token, ...one }: Import, importer: AccountClaims, known: Known): ImportDraft {
  const own = (subject: string) => (known.withoutKeys ? subject.replaceAll(importer.sub, OWN_KEY) : subject);
  const draft: ImportDraft = { ...one, subject: own(one.subject), account: nameOf(one.account, known) };
  if (one.local_subject !== undefined) draft.local_subject = own(one.local_subject);
  if (one.to !== undefined) draft.to = own(one.to);
  if (token === undefined) return draft;
  const exporter = known.accounts.get(one.account)?.jwt.claims;
  const expires = expiryOf(token);
  if (exporter === undefined || expires === null) return { ...draft, activation: token };
  const auto = { ...draft, activation: AUTO, ...(expires > 0 && { activationExpires: expires }) };
  // A public export needs none, and of a new account an old one would say nothing.
  if (known.withoutKeys) return privateExport(exporter, one) === null ? draft : auto;
  const { operator, now } = known;
  const holds = activationHolds({ ...one, token }, importer.sub, { claims: exporter, operator }, { expires, now });
  return holds ? auto : { ...draft, activation: token };
}

function userOf(name: string, claims: UserClaims, account: AccountClaims, withoutKeys: boolean): UserDraft {
  const {
    issuer_account: _account,
    type: _type,
    version: _version,
    tags: _tags,
    subs,
    data,
    payload,
    ...own
  } = claims.nats;
  const scope = account.nats.signing_keys.get(claims.iss);
  const absent = scope ? 0 : -1;
  const amounts = { subs, data, payload };
  return {
    ...entityOf(name, claims, withoutKeys),
    ...(scope && signerOf(scope.role, claims.iss, account)),
    ...own,
    ...Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount !== absent)),
  };
}

/** The role where it names one key. */
function signerOf(role: string, key: string, { nats }: AccountClaims): { role: string } | { signer: string } {
  const same = [...nats.signing_keys.values()].filter((scope) => scope?.role === role);
  return role !== '' && same.length === 1 ? { role } : { signer: key };
}
