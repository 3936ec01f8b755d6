import { isDeepStrictEqual } from 'node:util';
import { replacePermissions } from '../account/apply.js';
import { compileOnWire, permissionsOf } from '../account/permissions.js';
import type { Broker } from '../broker.js';
import type { Connection } from '../connection/connection.js';
import type { BrokerOptions } from '../options.js';
import type { KnownUser } from './config-users.js';
import { entranceOf } from './entrance.js';
import { optionError } from './option-error.js';
import type { Principal } from './principal.js';
import { VIOLATION } from './refusal.js';
import { type AuthSettings, authSettings, type ConfigRealm, type Entrance } from './settings.js';

/**
 * Takes other users, accounts and ways to authenticate into use. Who would not be let in the same way leaves; who stays has its new
 * permissions, and subscriptions they forbid end (nats-server reload.go reloadAuthorization). Nothing has changed when it throws.
 *
 * @throws ERR_BROKER_OPTIONS
 */
export async function reloadAuth(broker: Broker, options: BrokerOptions): Promise<void> {
  const before = broker.auth;
  const systemAccount = broker.accounts.systemAccount?.id ?? null;
  const after = authSettings(options, systemAccount);
  if (after.realm.kind !== before.realm.kind) throw optionError('operators cannot be added or left out by a reload');
  if (after.realm.kind === 'config' && after.realm.systemAccount !== systemAccount) {
    throw optionError('the system account cannot be changed by a reload');
  }
  broker.auth = after;
  for (const connection of [...broker.connections.values()]) {
    const { proxyKey } = connection;
    if (proxyKey !== null && !after.trustedProxies.includes(proxyKey)) {
      connection.close('Proxy Not Trusted', VIOLATION.text);
    } else if (before.realm.kind === 'config' && after.realm.kind === 'config') {
      judgeAgain(connection, before, after, before.realm, after.realm);
    }
  }
  if (before.realm.kind === 'config' && after.realm.kind === 'config') {
    await replaceAccounts(broker, before.realm, after.realm);
    for (const connection of [...broker.connections.values()]) applyUser(connection, after.realm);
  }
}

function judgeAgain(
  connection: Connection,
  was: AuthSettings,
  is: AuthSettings,
  before: ConfigRealm,
  after: ConfigRealm,
): void {
  const { user, account } = connection;
  if (user === null || account === null) return;
  const stays =
    isDeepStrictEqual(before.callout, after.callout) &&
    after.accounts.some(({ claims }) => claims.sub === account.id) &&
    isDeepStrictEqual(
      proofOf(user, entranceOf(connection, was), before),
      proofOf(user, entranceOf(connection, is), after),
    );
  if (!stays) connection.close(VIOLATION.reason, VIOLATION.text);
}

/** What somebody is let in by, without what it may do then; null where nobody is. */
function proofOf(user: Principal, entrance: Entrance, realm: ConfigRealm): unknown {
  const { required, token, single, noAuthUser, mapsCertificates } = entrance;
  // Whom an auth callout named holds while the callout does.
  if (user.issuer !== '') return realm.callout;
  const known = knownAs(user, realm);
  if (known !== undefined) {
    const { limits } = known.principal;
    const guest = known.id === noAuthUser;
    const { allowed_connection_types: types, proxy_required: proxied } = limits;
    return [known.password, known.account, types, proxied, guest, mapsCertificates];
  }
  if (user.id === single?.name) return [single, realm.proxyRequired];
  return user.id === '' ? [required] : [token, realm.proxyRequired];
}

function knownAs(user: Principal, { users }: ConfigRealm): KnownUser | undefined {
  return user.issuer === '' ? (users.byName.get(user.id) ?? users.byKey.get(user.id)) : undefined;
}

async function replaceAccounts({ accounts }: Broker, before: ConfigRealm, after: ConfigRealm): Promise<void> {
  accounts.define(after.accounts);
  const names = new Set(after.accounts.map(({ claims }) => claims.sub));
  for (const { claims } of before.accounts) if (!names.has(claims.sub)) await accounts.remove(claims.sub);
}

function applyUser(connection: Connection, realm: ConfigRealm): void {
  const { user, account } = connection;
  const known = user === null ? undefined : knownAs(user, realm);
  if (known === undefined || account === null || isDeepStrictEqual(known.principal, user)) return;
  connection.user = known.principal;
  replacePermissions(connection, account, compileOnWire(permissionsOf(known.principal, account)));
}
