import { isNatsctlError } from '../../claims/errors.js';
import { noLimits } from '../../claims/jwt/new.js';
import { checkConnectionType } from '../../claims/trust/connection-type.js';
import { signsNonce } from '../../claims/trust/nonce.js';
import { checkProxy } from '../../claims/trust/proxy.js';
import type { ConnectionType, UserPermissionLimits } from '../../claims/types.js';
import type { Account } from '../account/account.js';
import { GLOBAL_ACCOUNT } from '../account/configured.js';
import type { Connection } from '../connection/connection.js';
import type { Attempt } from './attempt.js';
import type { KnownUser } from './config-users.js';
import { entranceOf } from './entrance.js';
import { sameText } from './passwords.js';
import type { Principal } from './principal.js';
import { refused } from './refusal.js';
import type { ConfigRealm, Entrance } from './settings.js';

/** Clients that none of the users is: without authorization, or known by the one token. Monitoring shows a token like that. */
const ANONYMOUS: Principal = { id: '', name: '', tags: [], issuer: '', limits: noLimits(), verified: null };
const TOKEN_HOLDER: Principal = { ...ANONYMOUS, id: '[REDACTED]' };

/**
 * Recognizes a client by what is configured, in nats-server's order: nkey users, certificates, users, token, single user. A refusal is kept
 * where an auth callout may decide otherwise.
 */
export function recognize(attempt: Attempt): void | Promise<void> {
  const realm = attempt.connection.broker.auth.realm as ConfigRealm;
  try {
    const waiting = find(attempt, realm);
    if (waiting instanceof Promise) return waiting.catch((error: unknown) => keep(attempt, realm, error));
  } catch (error) {
    keep(attempt, realm, error);
  }
}

function keep(attempt: Attempt, realm: ConfigRealm, error: unknown): void {
  if (realm.callout === null || !isNatsctlError(error) || error.code === 'ERR_USER_PROXY') throw error;
  attempt.refusal = error;
}

function find(attempt: Attempt, realm: ConfigRealm): void | Promise<void> {
  const { connection } = attempt;
  const { options, broker } = connection;
  const entrance = entranceOf(connection, broker.auth);
  if (!entrance.required) return become(attempt, ANONYMOUS, GLOBAL_ACCOUNT);
  const byKey = findByKey(attempt, realm, entrance);
  if (byKey !== null) {
    checkProxy(byKey.principal.limits, attempt.proxied);
    // Only who is taken without credentials at all need not sign.
    if (byKey.id !== entrance.noAuthUser || options.nkey !== '') {
      if (!signsNonce(byKey.id, connection.nonce, options.sig)) throw wrong('the signature is not one of the nkey');
    }
    return become(attempt, byKey.principal, byKey.account);
  }
  const byName = findByName(attempt, realm, entrance);
  if (byName !== null) {
    checkProxy(byName.principal.limits, attempt.proxied);
    if (byName.id === entrance.noAuthUser && !namesSomebody(connection)) {
      // An auth callout is asked about it by its name; its password stays here, other than with nats-server.
      options.user = byName.id;
      return become(attempt, byName.principal, byName.account);
    }
    if (byName.password === null) {
      // Nobody but its certificate lets it in; nats-server takes an empty password where no listener maps certificates.
      if (!entrance.mapsCertificates) throw wrong('the user has no password');
      return become(attempt, byName.principal, byName.account);
    }
    return afterPassword(attempt, byName.password, options.pass, byName.principal, byName.account);
  }
  if (realm.proxyRequired) checkProxy({ proxy_required: true }, attempt.proxied);
  if (entrance.token !== null) {
    return afterPassword(attempt, entrance.token, options.auth_token, TOKEN_HOLDER, GLOBAL_ACCOUNT);
  }
  if (entrance.single !== null && sameText(entrance.single.name, options.user)) {
    const { name, password } = entrance.single;
    return afterPassword(attempt, password, options.pass, { ...ANONYMOUS, id: name }, GLOBAL_ACCOUNT);
  }
  throw wrong('nobody is configured who it could be');
}

function findByKey({ connection }: Attempt, { users }: ConfigRealm, { noAuthUser }: Entrance): KnownUser | null {
  if (users.byKey.size === 0) return null;
  const { nkey } = connection.options;
  const anonymous = noAuthUser !== null && nkey === '' && !namesSomebody(connection);
  if (anonymous) return users.byKey.get(noAuthUser) ?? null;
  return nkey === '' ? null : admitted(connection, users.byKey.get(nkey), 'the nkey is not one of the users');
}

function findByName({ connection }: Attempt, { users }: ConfigRealm, entrance: Entrance): KnownUser | null {
  const { noAuthUser, mapsCertificates } = entrance;
  if (users.byName.size === 0) return null;
  if (mapsCertificates) {
    const able = [...users.byName.values()].filter(({ principal }) => allows(principal.limits, connection.type));
    const name = connection.certificateUser(new Set(able.map(({ id }) => id)));
    return admitted(connection, users.byName.get(name ?? ''), 'the certificate names none of the users');
  }
  if (noAuthUser !== null && !namesSomebody(connection)) {
    const user = users.byName.get(noAuthUser);
    return user === undefined ? null : admitted(connection, user, '');
  }
  const { user } = connection.options;
  return user === '' ? null : admitted(connection, users.byName.get(user), 'the user is not one of those configured');
}

/** Found, and allowed by the way by which it came. */
function admitted(connection: Connection, user: KnownUser | undefined, otherwise: string): KnownUser {
  if (user === undefined) throw wrong(otherwise);
  checkConnectionType(user.principal.limits, connection.type);
  return user;
}

function namesSomebody({ options: { user, pass, auth_token } }: Connection): boolean {
  return user !== '' || pass !== '' || auth_token !== '';
}

function afterPassword(
  attempt: Attempt,
  configured: string,
  given: string,
  principal: Principal,
  account: string,
): void | Promise<void> {
  const { connection } = attempt;
  const decide = (right: boolean): void => {
    if (!right) throw wrong('the password or token is wrong');
    become(attempt, principal, account);
  };
  const right = connection.broker.passwords.matches(configured, given, () => !connection.closed);
  return right instanceof Promise ? right.then(decide) : decide(right);
}

function become(attempt: Attempt, user: Principal, account: string): void {
  attempt.user = user;
  attempt.account = attempt.connection.broker.accounts.get(account) as Account;
}

function wrong(message: string): Error {
  return refused('ERR_CONNECT_CREDENTIALS', message);
}

/** An operation may come before CONNECT where nobody must prove anything, or as the user without credentials (nats-server parser.go). */
export function mayBeginUnannounced(connection: Connection): boolean {
  const { auth } = connection.broker;
  const { required, noAuthUser } = entranceOf(connection, auth);
  if (!required) return true;
  if (auth.realm.kind !== 'config' || noAuthUser === null) return false;
  const user = auth.realm.users.byName.get(noAuthUser);
  if (user === undefined || user.principal.limits.proxy_required === true) return false;
  return allows(user.principal.limits, connection.type);
}

function allows({ allowed_connection_types: allowed }: UserPermissionLimits, type: ConnectionType): boolean {
  return allowed.length === 0 || allowed.some((name) => name.toUpperCase() === type);
}
