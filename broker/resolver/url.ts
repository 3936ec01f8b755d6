import { fetchAccount, probe } from '../../resolver/http.js';
import { FETCH_TIMEOUT_MS } from '../limits.js';
import type { AccountSource } from './source.js';
import { takeTurns } from './turns.js';

/** Accounts of a service's `/jwt/v1/accounts`. */
export function urlSource(base: string): AccountSource {
  const closing = new AbortController();
  const inTurn = takeTurns();
  return {
    kind: 'url',
    probe: () => probe(base, { timeoutMs: FETCH_TIMEOUT_MS, signal: closing.signal }),
    fetch: (id) =>
      inTurn(async () => {
        const found = await fetchAccount(base, id, { timeoutMs: FETCH_TIMEOUT_MS, signal: closing.signal });
        return found?.token ?? null;
      }),
    close: () => closing.abort(),
  };
}
