/** Which entity of the store each one of the file is: by key where the file names one, else by name. Keys are made for the new ones. */
import { isPublicKey } from '../../claims/keys/nkey.js';
import { checkEntityName } from '../../claims/names.js';
import type { OperatorClaims, UserClaims, UserScope } from '../../claims/types.js';
import type { AccountEntry, NamedJwt, Snapshot } from '../store/snapshot.js';
import type { AccountDraft, SigningKeyDraft } from './account-fields.js';
import { stateError } from './errors.js';
import type { Keyring } from './keyring.js';
import type { State } from './operator-fields.js';
import { GENERATE } from './quantity.js';
import type { UserDraft } from './user-fields.js';

/** Stands in subjects of imports for the importing account's key, as in the templates of roles. */
export const OWN_KEY = '{{account-subject()}}';

export interface IdentifiedUser {
  name: string;
  key: string;
  draft: UserDraft;
  current: NamedJwt<UserClaims> | null;
}

export interface IdentifiedAccount {
  name: string;
  key: string;
  draft: AccountDraft;
  current: AccountEntry | null;
  signingKeys: Map<string, UserScope | null>;
  xkey: string | undefined;
  users: IdentifiedUser[];
}

export interface Identified {
  name: string;
  key: string;
  draft: State;
  current: NamedJwt<OperatorClaims> | null;
  signingKeys: string[];
  accounts: IdentifiedAccount[];
  /** In the store and not in the file. */
  others: AccountEntry[];
}

export function identify(draft: State, snapshot: Snapshot | null, keyring: Keyring): Identified {
  const current = snapshot?.operator ?? null;
  const key = draft.key ?? current?.jwt.claims.sub ?? keyring.make('operator', `operator ${draft.name}`);
  const kept = current?.jwt.claims.nats.signing_keys ?? [];
  if (current === null) checkEntityName(draft.name, 'operator');
  const entries = snapshot?.accounts ?? [];
  const index = indexOf(entries);
  refuseSameKeys('account', draft.accounts);
  refuseSameNames('account', draft.accounts.keys());
  const accounts = [...draft.accounts].map(([name, account]) => identifyAccount(name, account, index, keyring));
  const taken = new Set(accounts.map((one) => one.current));
  const others = entries.filter((one) => !taken.has(one));
  refuseSameNames(
    'account',
    [...accounts, ...others.filter(() => draft.prune !== true)].map((one) => one.name),
  );
  return {
    name: draft.name,
    key,
    draft,
    current,
    signingKeys: fillKeys(draft.signing_keys, kept, () => keyring.make('operator', `operator ${draft.name}`)),
    accounts,
    others,
  };
}

function identifyAccount(
  name: string,
  draft: AccountDraft,
  entries: Index<AccountEntry>,
  keyring: Keyring,
): IdentifiedAccount {
  const of = `account ${name}`;
  const current = match('account', name, draft.key, entries);
  if (current?.name !== name) checkEntityName(name, 'account');
  refuseSameKeys(`user of ${of}`, draft.users);
  const kept = indexOf(current?.users ?? []);
  const users = [...draft.users].map(([userName, user]): IdentifiedUser => {
    const found = match(`user of ${of}`, userName, user.key, kept);
    if (found?.name !== userName) checkEntityName(userName, 'user');
    const key = user.key ?? found?.jwt.claims.sub ?? keyring.make('user', `user ${name}/${userName}`);
    return { name: userName, key, draft: user, current: found };
  });
  refuseSameNames(
    `user of ${of}`,
    users.map((one) => one.name),
  );
  const { xkey } = draft.authorization;
  return {
    name,
    key: draft.key ?? current?.jwt.claims.sub ?? keyring.make('account', of),
    draft,
    current,
    signingKeys: signingKeys(name, draft.signing_keys, current, keyring),
    xkey:
      xkey === GENERATE
        ? (current?.jwt.claims.nats.authorization.xkey ?? keyring.make('curve', `the auth callout of ${of}`))
        : xkey,
    users,
  };
}

interface Index<E> {
  byName: ReadonlyMap<string, E>;
  byKey: ReadonlyMap<string, E>;
}

function indexOf<E extends { name: string; jwt: { claims: { sub: string } } }>(entries: readonly E[]): Index<E> {
  return {
    byName: new Map(entries.map((one) => [one.name, one])),
    // Of two of one key the first counts.
    byKey: new Map(entries.toReversed().map((one) => [one.jwt.claims.sub, one])),
  };
}

function match<E extends { name: string; jwt: { claims: { sub: string } } }>(
  what: string,
  name: string,
  key: string | undefined,
  entries: Index<E>,
): E | null {
  const named = entries.byName.get(name);
  if (key === undefined || named?.jwt.claims.sub === key) return named ?? null;
  const found = entries.byKey.get(key);
  if (named !== undefined && found === undefined) {
    throw stateError(
      'ERR_STATE_CONFLICT',
      `the ${what} ${name} has the key ${named.jwt.claims.sub} in the store, not ${key}`,
      {
        hint: 'leave the key out of the file to take the one there is, or rename or delete the other one first',
        details: { name, key, stored: named.jwt.claims.sub },
      },
    );
  }
  return found ?? null;
}

/** Where the file says `generate`: a key that is there and that it does not name, else a new one. */
function fillKeys(wanted: readonly string[], kept: readonly string[], make: () => string): string[] {
  const free = kept.filter((key) => !wanted.includes(key));
  return wanted.map((key) => (key === GENERATE ? (free.shift() ?? make()) : key));
}

function signingKeys(
  account: string,
  wanted: readonly SigningKeyDraft[],
  current: AccountEntry | null,
  keyring: Keyring,
): Map<string, UserScope | null> {
  const kept = current?.jwt.claims.nats.signing_keys ?? new Map<string, UserScope | null>();
  const named = new Set(wanted.flatMap(({ key }) => key ?? []));
  const free = [...kept].filter(([key]) => !named.has(key));
  const found = new Map<string, UserScope | null>();
  for (const { key: given, scope } of wanted) {
    const at = free.findIndex(([, one]) => one?.role === scope?.role);
    const key =
      given ??
      (at >= 0 ? (free.splice(at, 1)[0]?.[0] as string) : undefined) ??
      keyring.make(
        'account',
        scope === undefined ? `account ${account}, to sign` : `the role ${scope.role} of account ${account}`,
      );
    if (found.has(key)) throw twice('signing key', key, `account ${account}`);
    found.set(key, scope === undefined ? null : { kind: 'user_scope', key, ...scope });
  }
  return found;
}

function refuseSameKeys(what: string, entities: ReadonlyMap<string, { key?: string }>): void {
  const seen = new Map<string, string>();
  for (const [name, { key }] of entities) {
    if (key === undefined) continue;
    const other = seen.get(key);
    if (other !== undefined) throw twice(what, key, `${other} and ${name}`);
    seen.set(key, name);
  }
}

/** They would be one file on many systems. */
function refuseSameNames(what: string, names: Iterable<string>): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const folded = name.normalize('NFC').toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined) {
      throw stateError(
        'ERR_STATE_CONFLICT',
        `two entities would have the name ${name}: the ${what} ${other} is there`,
        {
          hint: 'choose another name, or delete the other one first',
          details: { name, other },
        },
      );
    }
    seen.set(folded, name);
  }
}

function twice(what: string, key: string, where: string): Error {
  return stateError('ERR_STATE_CONFLICT', `the ${what} with the key ${key} is in the file twice: ${where}`, {
    hint: 'give each its own key, or leave it out to have one made',
    details: { key },
  });
}

/** Names of accounts and users as public keys. */
export interface Names {
  account(nameOrKey: string, where: string): string;
  user(account: IdentifiedAccount, nameOrKey: string, where: string): string;
}

/** What the file names comes first, then what only the store has. */
export function namesOf({ accounts, others, draft }: Identified): Names {
  const known = new Map(draft.prune === true ? [] : others.map((one) => [one.name, one.jwt.claims.sub]));
  for (const one of accounts) known.set(one.name, one.key);
  const unknown = (what: string, name: string, where: string) =>
    stateError(
      'ERR_STATE_REFERENCE',
      `${where} names the ${what} ${name}, which is neither in the file nor in the store`,
      {
        hint: `correct the name, or write the public key of the ${what}`,
        details: { name, where },
      },
    );
  const users = new Map<IdentifiedAccount, Map<string, string>>();
  return {
    account(nameOrKey, where) {
      const key = known.get(nameOrKey);
      if (key !== undefined) return key;
      if (isPublicKey(nameOrKey, 'account')) return nameOrKey;
      throw unknown('account', nameOrKey, where);
    },
    user(account, nameOrKey, where) {
      let known = users.get(account);
      if (known === undefined) {
        known = new Map(account.current?.users.map((one) => [one.name, one.jwt.claims.sub]));
        for (const one of account.users) known.set(one.name, one.key);
        users.set(account, known);
      }
      const key = known.get(nameOrKey);
      if (key !== undefined) return key;
      if (isPublicKey(nameOrKey, 'user')) return nameOrKey;
      throw unknown('user', nameOrKey, where);
    },
  };
}
