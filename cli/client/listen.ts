import process from 'node:process';
import { Flags } from '@oclif/core';
import type { Client } from './connection.js';

/** Of the commands that subscribe. */
export const listenFlags = {
  queue: Flags.string({
    char: 'q',
    description: 'Share them with others of this queue.',
    env: 'NATSCTL_QUEUE',
  }),
  count: Flags.integer({ char: 'n', description: 'End after this many.', min: 1, env: 'NATSCTL_COUNT' }),
};

/** Runs until it is done or somebody stops it, and leaves the connection closed. */
export async function untilInterrupted(client: Client, run: () => Promise<void>): Promise<void> {
  const stop = () => void client.connection.close();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    await run();
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await client.connection.close();
  }
}
