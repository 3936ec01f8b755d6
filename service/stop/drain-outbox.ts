import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Links } from '../link/links.js';

const LOOK_EVERY_MS = 50;

/**
 * Waits until every system that can be reached has confirmed what was changed, `forMs` at most. What is left stands in the
 * database and is announced after the next start, so nothing that goes wrong here keeps the service from ending.
 */
export async function drainOutbox(links: Links, forMs: number, log: FastifyBaseLogger): Promise<void> {
  const end = performance.now() + forMs;
  links.wake();
  try {
    for (let left = await pending(links); left > 0; left = await pending(links)) {
      if (performance.now() >= end) {
        log.warn({ announcements: left }, 'not announced in time: the next start goes on with them');
        return;
      }
      await sleep(LOOK_EVERY_MS);
    }
  } catch (error) {
    log.error({ err: error }, 'the outbox cannot be read; the next start goes on with it');
  }
}

/** Announcements left over on links that are up. */
async function pending(links: Links): Promise<number> {
  return (await links.list()).reduce((sum, link) => sum + (link.connected ? link.pending : 0), 0);
}
