import { noLimits } from '../../claims/jwt/new.js';
import { isPublicKey } from '../../claims/keys/nkey.js';
import { isConnectionType } from '../../claims/trust/connection-type.js';
import type { Permissions } from '../../claims/types.js';
import { limitIssues } from '../../claims/validate/user.js';
import { GLOBAL_ACCOUNT } from '../account/configured.js';
import type { BrokerOptions, ConfigUser } from '../options.js';
import { checkSecret, optionError } from './option-error.js';
import type { Principal } from './principal.js';

/** A configured user, ready to be recognized. */
export interface KnownUser {
  /** Its name, or its public key. */
  readonly id: string;
  /** Null = it has none, so none is right. */
  readonly password: string | null;
  readonly account: string;
  readonly principal: Principal;
}

export interface KnownUsers {
  readonly byName: ReadonlyMap<string, KnownUser>;
  readonly byKey: ReadonlyMap<string, KnownUser>;
}

/** @throws ERR_BROKER_OPTIONS for what could not be recognized later, or by two at once. */
export function knownUsers({ authorization, accounts = {} }: BrokerOptions): KnownUsers {
  const byName = new Map<string, KnownUser>();
  const byKey = new Map<string, KnownUser>();
  const add = (user: ConfigUser, account: string, defaults?: Permissions): void => {
    const known = knownUser(user, user.account ?? account, defaults);
    if (known.account !== GLOBAL_ACCOUNT && !Object.hasOwn(accounts, known.account)) {
      throw optionError(`the account "${known.account}" of user "${known.id}" is not configured`);
    }
    if (byName.has(known.id) || byKey.has(known.id)) throw optionError(`the user "${known.id}" is configured twice`);
    (user.nkey === undefined ? byName : byKey).set(known.id, known);
  };
  for (const user of authorization?.users ?? []) add(user, GLOBAL_ACCOUNT, authorization?.defaultPermissions);
  for (const [name, { users }] of Object.entries(accounts)) for (const user of users ?? []) add(user, name);
  return { byName, byKey };
}

function knownUser(user: ConfigUser, account: string, defaults?: Permissions): KnownUser {
  const id = user.nkey ?? user.user;
  if (id === undefined || id === '' || (user.nkey !== undefined && user.user !== undefined)) {
    throw optionError('a user needs either a name or an nkey');
  }
  if (user.nkey !== undefined && (!isPublicKey(user.nkey, 'user') || user.password !== undefined)) {
    throw optionError('the nkey of a user is its public user key, and needs no password');
  }
  const types = user.allowedConnectionTypes ?? [];
  const unknown = types.find((type) => !isConnectionType(type));
  if (unknown !== undefined) throw optionError(`user "${id}" may use the unknown connection type "${unknown}"`);
  if (user.password !== undefined) checkSecret(user.password, `the password of user "${id}"`);
  const limits = {
    ...noLimits(),
    ...(user.permissions ?? defaults),
    allowed_connection_types: types,
    ...(user.proxyRequired && { proxy_required: true }),
  };
  const [issue] = limitIssues(limits).filter(({ level }) => level === 'error');
  if (issue !== undefined) throw optionError(`user "${id}": ${issue.message}`);
  const principal = { id, name: '', tags: [], issuer: '', limits, verified: null };
  return { id, password: user.password || null, account, principal };
}
