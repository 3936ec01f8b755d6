import process from 'node:process';
import { flush, run, settings } from '@oclif/core';
import { report } from './output/report.js';

/** Runs the command line to its end and leaves the exit code in `process.exitCode`. */
export async function runNatsctl(argv: string[], from: string): Promise<void> {
  // We ship compiled files; oclif would otherwise look for a TypeScript loader beside them.
  settings.enableAutoTranspile = false;
  // A reader that has seen enough (`natsctl account list | head -1`) is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    throw error;
  });
  try {
    await run(argv, from);
    await flush();
  } catch (error) {
    report(error, wantsJson(argv));
  }
}

/** For faults before a command exists to ask (an unknown one). */
function wantsJson(argv: string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}
