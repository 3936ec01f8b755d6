import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import { hasNothingOfItsOwn } from '../../claims/trust/user.js';
import { type ConfiguredAccount, configuredAccount, GLOBAL_ACCOUNT, SYSTEM_ACCOUNT } from '../account/configured.js';
import type { BrokerOptions, CalloutOptions, ConfigAccount } from '../options.js';
import { type KnownUsers, knownUsers } from './config-users.js';
import { checkSecret, optionError } from './option-error.js';

/** How clients prove who they are. */
export interface AuthSettings {
  readonly trustedProxies: readonly string[];
  /** INFO carries a nonce: something may have to be signed (nats-server nkey.go nonceRequired). */
  readonly nonce: boolean;
  /** CONNECT must come, and in time. */
  readonly required: boolean;
  /** What the first INFO says of that: false where a client may do without. */
  readonly announced: boolean;
  readonly realm: OperatorRealm | ConfigRealm;
}

export interface OperatorRealm {
  readonly kind: 'operator';
  /** Null = every account of a trusted operator. */
  readonly pinned: ReadonlySet<string> | null;
  /** JWT of clients that send none; null = there must be one. */
  readonly sentinel: string | null;
}

export interface ConfigRealm {
  readonly kind: 'config';
  readonly users: KnownUsers;
  readonly token: string | null;
  readonly single: { readonly name: string; readonly password: string } | null;
  /** Null = none. */
  readonly noAuthUser: string | null;
  /** The token or the single user come through a trusted proxy only. */
  readonly proxyRequired: boolean;
  readonly callout: (CalloutOptions & { account: string }) | null;
  readonly accounts: readonly ConfiguredAccount[];
  readonly systemAccount: string | null;
}

/** A user without credentials is in the global account: made where only the system account has users (nats-server configureAccounts). */
const IMPLIED_USER = 'nats-anonymous';

/** @throws ERR_BROKER_OPTIONS */
export function authSettings(options: BrokerOptions, systemAccount: string | null): AuthSettings {
  const { trustedProxies = [] } = options;
  const wrong = trustedProxies.find((key) => !isPublicKey(key, 'operator', 'account', 'user', 'server', 'cluster'));
  if (wrong !== undefined) throw optionError('the key of a trusted proxy is no public nkey');
  if (options.operators !== undefined) {
    refuseConfigured(options);
    const realm = operatorRealm(options, systemAccount);
    return { trustedProxies, nonce: true, required: true, announced: true, realm };
  }
  if (options.pinnedAccounts !== undefined) throw optionError('pinnedAccounts needs operators');
  if (options.defaultSentinel !== undefined) throw optionError('default sentinel requires operators and accounts');
  const realm = configRealm(options);
  const { byName, byKey } = realm.users;
  const required = byName.size + byKey.size > 0 || realm.token !== null || realm.single !== null;
  return {
    trustedProxies,
    nonce: byKey.size > 0 || trustedProxies.length > 0,
    required,
    announced: required && (realm.noAuthUser === null || realm.noAuthUser === IMPLIED_USER),
    realm,
  };
}

/** nats-server jwt.go validateTrustedOperators. */
function refuseConfigured({ authorization, accounts, noAuthUser }: BrokerOptions): void {
  if (accounts !== undefined) throw optionError('operators do not allow Accounts to be configured directly');
  const { users, user, token, callout } = authorization ?? {};
  if ((users?.length ?? 0) > 0 || user || token)
    throw optionError('operators do not allow users to be configured directly');
  if (callout !== undefined)
    throw optionError('operators do not allow authorization callouts to be configured directly');
  if (noAuthUser !== undefined) throw optionError('no_auth_user not compatible with Trusted Operator');
}

function operatorRealm(
  { pinnedAccounts, defaultSentinel }: BrokerOptions,
  systemAccount: string | null,
): OperatorRealm {
  if (pinnedAccounts?.some((id) => !isPublicKey(id, 'account'))) {
    throw optionError('a pinned account is no public account key');
  }
  if (defaultSentinel !== undefined) checkSentinel(defaultSentinel);
  const pinned = pinnedAccounts && new Set([...pinnedAccounts, ...(systemAccount === null ? [] : [systemAccount])]);
  return { kind: 'operator', pinned: pinned ?? null, sentinel: defaultSentinel ?? null };
}

/** Nobody can sign for it: it is a bearer token, or one by its role (nats-server jwt.go validateTrustedOperators). */
function checkSentinel(token: string): void {
  try {
    const { nats } = decodeAs('user', token).claims;
    if (nats.bearer_token === true || (nats.issuer_account !== undefined && hasNothingOfItsOwn(nats))) return;
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    throw optionError(`the default sentinel is no user JWT (${error.code})`);
  }
  throw optionError('default_sentinel must be a bearer token');
}

function configRealm(options: BrokerOptions): ConfigRealm {
  const { authorization = {}, noAuthUser } = options;
  let users = knownUsers(options);
  const single = authorization.user ? { name: authorization.user, password: authorization.password ?? '' } : null;
  const token = authorization.token || null;
  if (single !== null && token !== null) throw optionError('Cannot have a user/pass and token');
  if (users.byName.size + users.byKey.size > 0 && (single !== null || token !== null)) {
    throw optionError('Can not have a single user/pass or a token and users');
  }
  checkSecret(single?.password ?? token ?? '', single === null ? 'the token' : 'the password');
  if (noAuthUser !== undefined && !users.byName.has(noAuthUser) && !users.byKey.has(noAuthUser)) {
    throw optionError(`no_auth_user "${noAuthUser}" is not one of the users`);
  }
  const callout = checkCallout(options, users);
  const accounts = configuredAccounts(options, callout);
  const systemAccount = accounts.find(({ claims }) => claims.sub === (options.systemAccount ?? SYSTEM_ACCOUNT));
  if (options.systemAccount !== undefined && systemAccount === undefined) {
    throw optionError(`the system account "${options.systemAccount}" is not configured`);
  }
  const implied = impliesAnonymous(options);
  if (implied) users = withAnonymous(users);
  return {
    kind: 'config',
    users,
    token,
    single,
    noAuthUser: noAuthUser ?? (implied ? IMPLIED_USER : null),
    proxyRequired: authorization.proxyRequired ?? false,
    callout,
    accounts,
    systemAccount: systemAccount?.claims.sub ?? null,
  };
}

/**
 * Only with an accounts block that gives users to nothing but the system account, and no word on authorization: with one, it let
 * anybody in (CVE-2023-47090).
 */
function impliesAnonymous({
  authorization,
  accounts = {},
  noAuthUser,
  systemAccount = SYSTEM_ACCOUNT,
}: BrokerOptions): boolean {
  const names = Object.keys(accounts).filter((name) => name !== GLOBAL_ACCOUNT);
  return authorization === undefined && noAuthUser === undefined && names.length === 1 && names[0] === systemAccount;
}

function withAnonymous({ byName, byKey }: KnownUsers): KnownUsers {
  const [anonymous] = knownUsers({ authorization: { users: [{ user: IMPLIED_USER }] } }).byName.values();
  return { byName: anonymous ? new Map([...byName, [IMPLIED_USER, anonymous]]) : byName, byKey };
}

function checkCallout({ authorization, accounts = {} }: BrokerOptions, users: KnownUsers): ConfigRealm['callout'] {
  const callout = authorization?.callout;
  if (callout === undefined) return null;
  const { issuer, account = GLOBAL_ACCOUNT, authUsers, xkey, allowedAccounts = [] } = callout;
  const isAccount = (name: string): boolean => name === GLOBAL_ACCOUNT || Object.hasOwn(accounts, name);
  if (!isPublicKey(issuer, 'account')) throw optionError('the issuer of the auth callout is no public account key');
  if (xkey !== undefined && !isPublicKey(xkey, 'curve'))
    throw optionError('the xkey of the auth callout is no public curve key');
  if (authUsers.length === 0) throw optionError('Authorization callouts require authorized users to be specified');
  // nats-server logs these two and starts; then nobody could answer.
  const stranger = authUsers.find((id) => !users.byName.has(id) && !users.byKey.has(id));
  if (stranger !== undefined) throw optionError(`the auth callout user "${stranger}" is not one of the users`);
  if (!isAccount(account)) throw optionError(`the auth callout account "${account}" is not configured`);
  const unknown = allowedAccounts.find((name) => !isAccount(name));
  if (unknown !== undefined)
    throw optionError(`auth_callout allowed account "${unknown}" not found in configured accounts`);
  return { ...callout, account };
}

function configuredAccounts(
  { accounts = {}, systemAccount, noSystemAccount }: BrokerOptions,
  callout: ConfigRealm['callout'],
): ConfiguredAccount[] {
  const all: Record<string, ConfigAccount> = { [GLOBAL_ACCOUNT]: {}, ...accounts };
  if (!noSystemAccount && systemAccount === undefined && accounts[SYSTEM_ACCOUNT] === undefined)
    all[SYSTEM_ACCOUNT] = {};
  return Object.entries(all).map(([name, account]) =>
    configuredAccount(name, account, callout?.account === name ? callout : null),
  );
}
