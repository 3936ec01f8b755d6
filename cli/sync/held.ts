import { decodeAs } from '../../claims/jwt/decode.js';
import type { AccountClaims, Decoded } from '../../claims/types.js';

/** What is held of one account where accounts are kept. Unverified. */
export interface Held {
  /** The newest; null where nobody has the account. */
  token: string | null;
  /** Others that servers which stayed behind still have. */
  older: string[];
  /** Servers that have none of it, where others do. */
  without: number;
}

export const NOTHING_HELD: Held = { token: null, older: [], without: 0 };

/** The token as claims where it is an account's and that of this one; null where it is anything else. */
export function readable(account: string, token: string): Decoded<AccountClaims> | null {
  try {
    const jwt = decodeAs('account', token);
    return jwt.claims.sub === account ? jwt : null;
  } catch {
    return null;
  }
}

/** Whether what is held of an account was issued before these claims of it. */
export function isOlder(claims: AccountClaims, held: string): boolean {
  const theirs = readable(claims.sub, held);
  return theirs !== null && theirs.claims.iat < claims.iat;
}

/** @param tokens one a server that has it */
export function newestOf(account: string, tokens: string[], without: number): Held {
  const distinct = [...new Set(tokens)];
  // To read a token is to verify it: only where there is a choice.
  const iat = new Map(
    distinct.length < 2 ? [] : distinct.map((one) => [one, readable(account, one)?.claims.iat ?? -1]),
  );
  const [token = null, ...older] = distinct.sort((a, b) => (iat.get(b) ?? 0) - (iat.get(a) ?? 0));
  return { token, older, without: token === null ? 0 : without };
}
