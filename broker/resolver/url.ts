import { NatsctlError } from '../../claims/errors.js';
import { fetchAccount, probe } from '../../resolver/http.js';
import { FETCH_TIMEOUT_MS, MAX_FETCHES } from '../limits.js';
import type { AccountSource } from './source.js';

/**
 * Accounts of a service's `/jwt/v1/accounts`. Whoever can connect can name accounts to be fetched, so only so many fetches
 * run at once; the registry asks for one account only once at a time and keeps what it got.
 */
export function urlSource(base: string): AccountSource {
  const closing = new AbortController();
  let running = 0;
  return {
    probe: () => probe(base, { timeoutMs: FETCH_TIMEOUT_MS, signal: closing.signal }),
    async fetch(id) {
      if (running >= MAX_FETCHES) {
        throw new NatsctlError('ERR_ACCOUNT_UNAVAILABLE', `${running} accounts are being fetched already`);
      }
      running++;
      try {
        const found = await fetchAccount(base, id, { timeoutMs: FETCH_TIMEOUT_MS, signal: closing.signal });
        return found?.token ?? null;
      } finally {
        running--;
      }
    },
    keep: () => false,
    close: () => closing.abort(),
  };
}
