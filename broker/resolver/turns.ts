import { NatsctlError } from '../../claims/errors.js';
import { FETCH_TURN_MS, MAX_FETCHES, MAX_WAITING_FETCHES } from '../limits.js';

/**
 * Whoever can connect can name accounts to be fetched, so only so many fetches run at once; the registry asks for one account only once at
 * a time and keeps what it got. The others wait for their turn: when all clients come back at once, a refusal would have many of them give
 * up for good.
 */
export function takeTurns(): <T>(work: () => Promise<T>) => Promise<T> {
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
  return async (work) => {
    await takeTurn();
    try {
      return await work();
    } finally {
      endTurn();
    }
  };
}

function busy(): NatsctlError {
  return new NatsctlError('ERR_ACCOUNT_UNAVAILABLE', `${MAX_FETCHES} accounts are being fetched already`);
}
