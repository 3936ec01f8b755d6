import { setImmediate } from 'node:timers/promises';

/**
 * libSQL works in the caller's turn of the event loop, so one query after the other can go by before the next socket is looked at. Whoever
 * asks many awaits this between them: everything that has come in is in its queue then, and readers have been answered.
 */
export const turn = (): Promise<void> => setImmediate();

/** So long may one answer keep all others waiting, in milliseconds. */
const TURN_MS = 20;

/** For work that computes for long: to be awaited between its parts. It lets others have their turn when one is over. */
export function turns(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < TURN_MS) return undefined;
    return turn().then(() => {
      since = performance.now();
    });
  };
}
