import { isNatsctlError } from '../errors.js';
import { type VerifiedAccount, verifyAccount } from '../trust/account.js';
import type { TrustedOperators } from '../trust/operators.js';
import type { AccountClaims, Decoded } from '../types.js';

/** What an explanation is made from: the operators that are trusted, the accounts that are known, and the time. */
export interface Realm {
  readonly trusted: TrustedOperators;
  /** Unix seconds. */
  readonly now: number;
  /** A known account by its public key, whatever is wrong with it. */
  find(id: string): Decoded<AccountClaims> | undefined;
  /** As a server has it in use. @throws ERR_ACCOUNT_* where it would refuse it, ERR_ACCOUNT_UNKNOWN where it is not known */
  verified(id: string): VerifiedAccount;
  /** Public keys of all accounts. */
  ids(): string[];
}

/** Accounts are verified once, however often they are asked for. */
export function makeRealm(
  trusted: TrustedOperators,
  accounts: Iterable<Decoded<AccountClaims>>,
  now: number,
  unknown: (id: string) => Error,
): Realm {
  const known = new Map([...accounts].map((jwt) => [jwt.claims.sub, jwt]));
  const judged = new Map<string, VerifiedAccount | Error>();
  const judge = (id: string): VerifiedAccount | Error => {
    const jwt = known.get(id);
    if (jwt === undefined) return unknown(id);
    try {
      return verifyAccount(jwt, trusted, { now, subject: id });
    } catch (error) {
      if (!isNatsctlError(error)) throw error;
      return error;
    }
  };
  return {
    trusted,
    now,
    find: (id) => known.get(id),
    ids: () => [...known.keys()],
    verified(id) {
      const result = judged.get(id) ?? judge(id);
      judged.set(id, result);
      if (result instanceof Error) throw result;
      return result;
    },
  };
}
