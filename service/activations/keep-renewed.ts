import type { FastifyBaseLogger } from 'fastify';
import { isNatsctlError } from '../../claims/errors.js';
import type { Service } from '../service.js';
import { renewRequest } from './decide.js';

const BATCH = 100;
/** How often is looked, and how seldom at the most where tokens are renewed long before they end. */
const MIN_EVERY_MS = 1_000;
const MAX_EVERY_MS = 10 * 60_000;

export interface Renewed {
  renewed: number;
  /** Requests whose activation could not be renewed, with the code of what was in the way. */
  failed: { request: string; code: string }[];
}

/** Renews the activations that end within `before` seconds (or have ended) and whose exporter lets the service do so. */
export async function renewActivations(service: Service, before: number, signal?: AbortSignal): Promise<Renewed> {
  const now = service.now();
  const until = BigInt(now + before);
  const done: Renewed = { renewed: 0, failed: [] };
  for (let after = ''; ; ) {
    const rows = await service.store.db.activationRequest.findMany({
      where: { renew: true, status: 'approved', exp: { lte: until }, id: { gt: after } },
      orderBy: { id: 'asc' },
      take: BATCH,
      select: { id: true, exporterKey: true, exp: true, lifetime: true },
    });
    for (const { id, exporterKey, exp, lifetime } of rows) {
      if (signal?.aborted) return done;
      // One that never lasts as long as that would be renewed with every look.
      if (lifetime !== null && Number(exp) > now + Number(lifetime) / 2) continue;
      try {
        await renewRequest(service, { account: exporterKey, request: id, actor: 'service' });
        done.renewed++;
      } catch (error) {
        // One that cannot be renewed (its export is gone, its key is elsewhere, it was revoked by hand) keeps no other from it.
        if (!isNatsctlError(error)) throw error;
        done.failed.push({ request: id, code: error.code });
      }
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return done;
    after = last.id;
  }
}

/** Renews in the background: at the start, and then often enough that none ends between two looks. */
export function keepRenewed(service: Service, before: number, log: FastifyBaseLogger): { close(): Promise<void> } {
  const stop = new AbortController();
  let told = '';
  const look = async (): Promise<void> => {
    if (stop.signal.aborted) return;
    try {
      const { renewed, failed } = await renewActivations(service, before, stop.signal);
      if (renewed > 0) log.info({ renewed }, 'activations were renewed');
      // What fails goes on failing until somebody mends it: it is told when it changes.
      const now = JSON.stringify(failed);
      if (failed.length > 0 && now !== told) log.warn({ failed }, 'activations could not be renewed');
      told = now;
    } catch (error) {
      if (!stop.signal.aborted) log.warn({ err: error }, 'activations could not be renewed');
    }
  };
  let running = look();
  const everyMs = Math.min(Math.max((before * 1_000) / 4, MIN_EVERY_MS), MAX_EVERY_MS);
  const timer = setInterval(() => {
    running = running.then(look);
  }, everyMs).unref();
  return {
    async close() {
      clearInterval(timer);
      stop.abort();
      await running;
    },
  };
}
