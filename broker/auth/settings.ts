import { isNatsctlError } from '../../claims/errors.js';
import { decodeAs } from '../../claims/jwt/decode.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import { hasNothingOfItsOwn } from '../../claims/trust/user.js';
import { type ConfiguredAccount, configuredAccount, GLOBAL_ACCOUNT, SYSTEM_ACCOUNT } from '../account/configured.js';
import type { Authorization, BrokerOptions, CalloutOptions, ConfigAccount } from '../options.js';
import { type KnownUsers, knownUsers } from './config-users.js';
import { checkSecret, optionError } from './option-error.js';

/** What of the listeners' options concerns authentication. */
interface Listeners {
  tls?: { verifyAndMap?: boolean };
  websocket?: {
    tls?: { verifyAndMap?: boolean };
    noAuthUser?: string;
    authorization?: Pick<Authorization, 'user' | 'password' | 'token'>;
  };
}

/** How clients prove who they are. */
export interface AuthSettings {
  readonly trustedProxies: readonly string[];
  /** INFO carries a nonce: something may have to be signed (nats-server nkey.go nonceRequired). */
  readonly nonce: boolean;
  readonly standard: Entrance;
  /** Of the WebSocket listener, which may have a token or user of its own. */
  readonly websocket: Entrance;
  readonly realm: OperatorRealm | ConfigRealm;
}

/** What a listener asks of its clients. */
export interface Entrance {
  /** CONNECT must come, and in time. */
  readonly required: boolean;
  /** What the first INFO says of that: false where a client may do without. */
  readonly announced: boolean;
  readonly token: string | null;
  readonly single: { readonly name: string; readonly password: string } | null;
  /** Null = none. */
  readonly noAuthUser: string | null;
  /** Users are known by their certificates alone. */
  readonly mapsCertificates: boolean;
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
  /** The token or the single user come through a trusted proxy only. */
  readonly proxyRequired: boolean;
  readonly callout: (CalloutOptions & { account: string }) | null;
  readonly accounts: readonly ConfiguredAccount[];
  readonly systemAccount: string | null;
}

/** A user without credentials is in the global account: made where only the system account has users (nats-server configureAccounts). */
const IMPLIED_USER = 'nats-anonymous';

/** @throws ERR_BROKER_OPTIONS */
export function authSettings(options: BrokerOptions & Listeners, systemAccount: string | null): AuthSettings {
  const { trustedProxies = [] } = options;
  const wrong = trustedProxies.find((key) => !isPublicKey(key, 'operator', 'account', 'user', 'server', 'cluster'));
  if (wrong !== undefined) throw optionError('the key of a trusted proxy is no public nkey');
  if (options.operators !== undefined) {
    refuseConfigured(options);
    const realm = operatorRealm(options, systemAccount);
    return { trustedProxies, nonce: true, standard: BY_JWT, websocket: BY_JWT, realm };
  }
  if (options.pinnedAccounts !== undefined) throw optionError('pinnedAccounts needs operators');
  if (options.defaultSentinel !== undefined) throw optionError('default sentinel requires operators and accounts');
  const realm = configRealm(options);
  const standard = entrance(options, realm.users);
  return {
    trustedProxies,
    nonce: realm.users.byKey.size > 0 || trustedProxies.length > 0,
    standard,
    websocket: webSocketEntrance(options, realm.users, standard),
    realm,
  };
}

const BY_JWT: Entrance = {
  required: true,
  announced: true,
  token: null,
  single: null,
  noAuthUser: null,
  mapsCertificates: false,
};

function entrance(options: BrokerOptions & Listeners, users: KnownUsers): Entrance {
  const { authorization = {}, noAuthUser, tls } = options;
  const { token, single } = soleSecret(authorization, users);
  refuseUnknownGuest(noAuthUser, users);
  const required = isAnybody(users) || token !== null || single !== null;
  return {
    required,
    announced: required && noAuthUser === undefined,
    token,
    single,
    noAuthUser: noAuthUser ?? (users.byName.has(IMPLIED_USER) ? IMPLIED_USER : null),
    mapsCertificates: tls?.verifyAndMap ?? false,
  };
}

/** Its own words replace those of the other listener, all at once (nats-server websocket.go wsConfigAuth). */
function webSocketEntrance({ websocket }: Listeners, users: KnownUsers, standard: Entrance): Entrance {
  const { authorization = {}, noAuthUser, tls } = websocket ?? {};
  const mapsCertificates = tls?.verifyAndMap ?? false;
  const { token, single } = soleSecret(authorization, users);
  refuseUnknownGuest(noAuthUser, users);
  // INFO does not say that somebody may do without (createWSClient).
  const same = { ...standard, announced: standard.required, mapsCertificates };
  if (token === null && single === null && noAuthUser === undefined) return same;
  return { required: true, announced: true, token, single, noAuthUser: noAuthUser ?? null, mapsCertificates };
}

function isAnybody({ byName, byKey }: KnownUsers): boolean {
  return byName.size + byKey.size > 0;
}

function soleSecret(
  authorization: Pick<Authorization, 'user' | 'password' | 'token'>,
  users: KnownUsers,
): Pick<Entrance, 'token' | 'single'> {
  const single = authorization.user ? { name: authorization.user, password: authorization.password ?? '' } : null;
  const token = authorization.token || null;
  if (single !== null && token !== null) throw optionError('Cannot have a user/pass and token');
  if (isAnybody(users) && (single !== null || token !== null)) {
    throw optionError('Can not have a single user/pass or a token and users');
  }
  checkSecret(single?.password ?? token ?? '', single === null ? 'the token' : 'the password');
  return { token, single };
}

function refuseUnknownGuest(name: string | undefined, { byName, byKey }: KnownUsers): void {
  if (name === undefined || byName.has(name) || byKey.has(name)) return;
  throw optionError(`no_auth_user "${name}" is not one of the users`);
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
  const known = knownUsers(options);
  const users = impliesAnonymous(options) ? withAnonymous(known) : known;
  const callout = checkCallout(options, users);
  const accounts = configuredAccounts(options, callout);
  const systemAccount = accounts.find(({ claims }) => claims.sub === (options.systemAccount ?? SYSTEM_ACCOUNT));
  if (options.systemAccount !== undefined && systemAccount === undefined) {
    throw optionError(`the system account "${options.systemAccount}" is not configured`);
  }
  return {
    kind: 'config',
    users,
    proxyRequired: options.authorization?.proxyRequired ?? false,
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
  if (byName.has(IMPLIED_USER)) throw optionError(`"${IMPLIED_USER}" is the name of clients without credentials`);
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
