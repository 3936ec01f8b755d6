import { isNatsctlError } from '../../claims/errors.js';
import { checkEntityName } from '../../claims/names.js';
import type { AccountClaims, Decoded, OperatorClaims, UserClaims } from '../../claims/types.js';
import { accountKeys, operatorKeys } from '../store/references.js';
import type { Found } from './collect.js';

export interface Placed<C> {
  /** The name it is filed under. */
  name: string;
  jwt: Decoded<C>;
}

export interface PlacedAccount extends Placed<AccountClaims> {
  users: Placed<UserClaims>[];
}

export interface PlacedOperator extends Placed<OperatorClaims> {
  managed: boolean;
  accounts: PlacedAccount[];
}

export interface Arranged {
  operators: PlacedOperator[];
  /** Files whose token has a newer one. */
  superseded: string[];
  /** Filed under another name than their own: it was taken by a newer one, or no file can have it. */
  renamed: { kind: string; publicKey: string; from: string; to: string }[];
  /** Tokens whose issuer is nowhere among the files. */
  orphans: { kind: string; publicKey: string; name: string; issuer: string; file: string }[];
  warnings: string[];
}

type Loose<C> = { jwt: Decoded<C>; file: string };

/**
 * Puts loose tokens where they belong, by who issued them: accounts under the operator, users under the account, whose key it was,
 * now or in an older token that was found too. Of each entity the newest token counts.
 */
export function arrange({ tokens, managed }: Pick<Found, 'tokens' | 'managed'>): Arranged {
  const result: Arranged = { operators: [], superseded: [], renamed: [], orphans: [], warnings: [] };
  const operatorsBySub = bySubject<OperatorClaims>(tokens, 'operator');
  const operatorOfKey = ownersOf(operatorsBySub, operatorKeys);
  const accounts = bySubject<AccountClaims>(tokens, 'account');
  const accountOfKey = ownersOf(accounts, accountKeys);
  const ownerOfAccount = (account: AccountClaims) => operatorOfKey.get(account.iss);
  const ownerOfUser = ({ iss, nats }: UserClaims) => {
    const named = nats.issuer_account;
    return accountOfKey.get(iss) ?? (named !== undefined && accounts.has(named) ? named : undefined);
  };
  const usersOf = place<UserClaims>(bySubject(tokens, 'user'), 'user', ownerOfUser, result);
  const accountsOf = place<AccountClaims>(accounts, 'account', ownerOfAccount, result);
  const homeless = new Set(usersOf.keys());
  const operators = [...operatorsBySub.values()].map((all) => newest(all, result));
  for (const { name, entity } of named(operators, 'operator', result)) {
    const placed: PlacedOperator = { name, jwt: entity.jwt, managed: managed.has(name), accounts: [] };
    const { claims } = entity.jwt;
    for (const account of named(accountsOf.get(claims.sub) ?? [], 'account', result)) {
      const { jwt } = account.entity;
      homeless.delete(jwt.claims.sub);
      const users = named(usersOf.get(jwt.claims.sub) ?? [], 'user', result);
      placed.accounts.push({
        name: account.name,
        jwt,
        users: users.map((one) => ({ name: one.name, jwt: one.entity.jwt })),
      });
      if (!operatorKeys(claims).includes(jwt.claims.iss)) {
        result.warnings.push(
          `account ${account.name} is signed by ${jwt.claims.iss}, which operator ${name} has no more`,
        );
      }
      const keys = accountKeys(jwt.claims);
      for (const user of users) {
        const { iss } = user.entity.jwt.claims;
        if (keys.includes(iss)) continue;
        result.warnings.push(`user ${user.name} is signed by ${iss}, which account ${account.name} has no more`);
      }
    }
    result.operators.push(placed);
  }
  // Users of accounts that have no operator.
  for (const sub of homeless) for (const one of usersOf.get(sub) ?? []) result.orphans.push(orphanOf('user', one));
  return result;
}

function bySubject<C extends { sub: string }>(tokens: Found['tokens'], kind: string): Map<string, Loose<C>[]> {
  const found = new Map<string, Loose<C>[]>();
  for (const one of tokens) {
    if (one.jwt.kind !== kind) continue;
    const loose = one as unknown as Loose<C>;
    const { sub } = loose.jwt.claims;
    const known = found.get(sub);
    if (known) known.push(loose);
    else found.set(sub, [loose]);
  }
  return found;
}

/** Whose key a key is, or was; where two claim it, whose newest token does. */
function ownersOf<C extends { sub: string; iat: number }>(
  entities: Map<string, Loose<C>[]>,
  keysOf: (claims: C) => string[],
): Map<string, string> {
  const owners = new Map<string, string>();
  const all = [...entities.values()].flat().sort((a, b) => b.jwt.claims.iat - a.jwt.claims.iat);
  for (const { jwt } of all)
    for (const key of keysOf(jwt.claims)) if (!owners.has(key)) owners.set(key, jwt.claims.sub);
  // An identity key is nobody else's, whoever names it.
  for (const sub of entities.keys()) owners.set(sub, sub);
  return owners;
}

type AnyEntity = { sub: string; iat: number; iss: string; name?: string | undefined };

/** The newest token of each entity among those that have an owner, by that owner. */
function place<C extends AnyEntity>(
  entities: Map<string, Loose<C>[]>,
  kind: string,
  ownerOf: (claims: C) => string | undefined,
  result: Arranged,
): Map<string, Loose<C>[]> {
  const placed = new Map<string, Loose<C>[]>();
  for (const all of entities.values()) {
    const owned = all.filter(({ jwt }) => ownerOf(jwt.claims) !== undefined);
    for (const one of all) if (!owned.includes(one)) result.orphans.push(orphanOf(kind, one));
    if (owned.length === 0) continue;
    const chosen = newest(owned, result);
    const owner = ownerOf(chosen.jwt.claims) as string;
    placed.set(owner, [...(placed.get(owner) ?? []), chosen]);
  }
  return placed;
}

/** Of two as old the one of the first file: the same files give the same store. */
function newest<C extends AnyEntity>(all: Loose<C>[], result: Arranged): Loose<C> {
  const sorted = [...all].sort((a, b) => b.jwt.claims.iat - a.jwt.claims.iat || (a.file < b.file ? -1 : 1));
  const chosen = sorted[0] as Loose<C>;
  for (const { jwt, file } of sorted) if (jwt.token !== chosen.jwt.token) result.superseded.push(file);
  return chosen;
}

/** Names for the files, each once in any letter case: the newest keeps its own. */
function named<C extends AnyEntity>(
  entities: Loose<C>[],
  kind: string,
  result: Arranged,
): { name: string; entity: Loose<C> }[] {
  const taken = new Set<string>();
  const folded = (name: string) => name.normalize('NFC').toLowerCase();
  const order = [...entities].sort(
    ({ jwt: { claims: a } }, { jwt: { claims: b } }) => b.iat - a.iat || (a.sub < b.sub ? -1 : 1),
  );
  return order.map((entity) => {
    const { sub, name: own = '' } = entity.jwt.claims;
    const wanted = isFileName(own) ? own : sub;
    const name = taken.has(folded(wanted)) ? `${wanted.slice(0, 180)}-${sub.slice(-8)}` : wanted;
    taken.add(folded(name));
    if (name !== own) result.renamed.push({ kind, publicKey: sub, from: own, to: name });
    return { name, entity };
  });
}

function isFileName(name: string): boolean {
  try {
    checkEntityName(name, 'entity');
    return true;
  } catch (error) {
    if (!isNatsctlError(error)) throw error;
    return false;
  }
}

function orphanOf<C extends AnyEntity>(kind: string, { jwt: { claims }, file }: Loose<C>): Arranged['orphans'][number] {
  return { kind, publicKey: claims.sub, name: claims.name ?? '', issuer: claims.iss, file };
}
