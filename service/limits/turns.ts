import { setImmediate } from 'node:timers/promises';

/** So long may one answer keep all others waiting, in milliseconds. */
const TURN_MS = 20;

/** For work that takes long without waiting for anything: to be awaited between its parts. It lets others have their turn when one is over. */
export function turns(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < TURN_MS) return undefined;
    return setImmediate().then(() => {
      since = performance.now();
    });
  };
}
