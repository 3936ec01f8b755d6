import { decodeAs } from '../../claims/jwt/decode.js';
import type { AccountSource } from './source.js';

/** Accounts given at start. @throws when one of them is no account JWT. */
export function memorySource(tokens: readonly string[]): AccountSource {
  const accounts = new Map(tokens.map((token) => [decodeAs('account', token).claims.sub, token]));
  return {
    probe: async () => {},
    fetch: async (id) => accounts.get(id) ?? null,
    keep(id, token) {
      const held = accounts.get(id);
      if (held !== undefined && issuedAt(held) > issuedAt(token)) return false;
      accounts.set(id, token);
      return true;
    },
    drop: (id) => void accounts.delete(id),
    close: () => {},
  };
}

function issuedAt(token: string): number {
  return decodeAs('account', token).claims.iat;
}
