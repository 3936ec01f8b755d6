import { NatsctlError } from '../../claims/errors.js';
import { fetchAccount, probe } from '../../resolver/http.js';
import { FETCH_TIMEOUT_MS, FETCH_TURN_MS, MAX_FETCHES, MAX_WAITING_FETCHES } from '../limits.js';
import type { AccountSource } from './source.js';

/**
 * Accounts of a service's `/jwt/v1/accounts`. Whoever can connect can name accounts to be fetched, so only so many fetches
 * run at once; the registry asks for one account only once at a time and keeps what it got. The others wait for their turn:
 * when all clients come back at once, a refusal would have many of them give up for good.
 */
export function urlSource(base: string): AccountSource {
  const closing = new AbortController();
  const waiting = new Set<() => void>();
  let running = 0;
  const takeTurn = (): Promise<void> | void => {
    if (running < MAX_FETCHES) {
      running++;
      return;
    }
    if (waiting.size >= MAX_WAITING_FETCHES) throw busy();
    return new Promise((resolve, reject) => {
      const go = (): void => {
        clearTimeout(timer);
        waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(go);
        reject(busy());
      }, FETCH_TURN_MS);
      waiting.add(go);
    });
  };
  /** The first who waits takes over, without a moment in which somebody else could. */
  const endTurn = (): void => {
    const [next] = waiting;
    if (next === undefined) running--;
    else next();
  };
  return {
    probe: () => probe(base, { timeoutMs: FETCH_TIMEOUT_MS, signal: closing.signal }),
    async fetch(id) {
      await takeTurn();
      try {
        const found = await fetchAccount(base, id, { timeoutMs: FETCH_TIMEOUT_MS, signal: closing.signal });
        return found?.token ?? null;
      } finally {
        endTurn();
      }
    },
    keep: () => false,
    drop: () => {},
    close: () => closing.abort(),
  };
}

function busy(): NatsctlError {
  return new NatsctlError('ERR_ACCOUNT_UNAVAILABLE', `${MAX_FETCHES} accounts are being fetched already`);
}
