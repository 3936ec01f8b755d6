import { createHash } from 'node:crypto';
import { decodeAs } from '../../claims/jwt/decode.js';
import { xorInto } from './hash.js';
import type { AccountSource } from './source.js';

/** Accounts given at start. @throws when one of them is no account JWT. */
export function memorySource(tokens: readonly string[]): AccountSource {
  const accounts = new Map(tokens.map((token) => [decodeAs('account', token).claims.sub, token]));
  const current = (now: number): [string, string][] =>
    [...accounts].filter(([, token]) => {
      const { exp } = decodeAs('account', token).claims;
      return !exp || exp > now;
    });
  return {
    kind: 'memory',
    probe: async () => {},
    fetch: async (id) => accounts.get(id) ?? null,
    store: {
      read: async (id) => accounts.get(id) ?? null,
      keep: async (id, token) => void accounts.set(id, token),
      drop: async (id) => void accounts.delete(id),
      checkDelete: () => {},
      ids: (now) => current(now).map(([id]) => id),
      hash(now) {
        const all = Buffer.alloc(32);
        for (const [, token] of current(now)) xorInto(all, createHash('sha256').update(token).digest());
        return all;
      },
      rescan: async () => [],
    },
    close: () => {},
  };
}
