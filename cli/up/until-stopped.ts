import process from 'node:process';

/** A second signal sooner than this is the same Ctrl-C seen twice: npm passes on what the terminal has already sent. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP. A later one ends the process there and then.
 *
 * @param hangUp what SIGHUP does instead, where there is something to read or open anew; false = it stops
 */
export function untilStopped(hangUp: () => boolean = () => false): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const stop = () => {
      if (first === undefined) {
        first = performance.now();
        resolve();
      } else if (performance.now() - first > SAME_SIGNAL_MS) {
        process.exit(130);
      }
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
    process.on('SIGHUP', () => {
      if (!hangUp()) stop();
    });
  });
}
