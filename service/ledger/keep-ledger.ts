import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { renewAccounts } from '../renewal/renew-accounts.js';
import { pruneEverywhere } from '../revocations/prune-everywhere.js';
import type { Service } from '../service.js';
import { fillLedger } from './fill-ledger.js';
import { trimLedger } from './trim-ledger.js';
import { warnExpiring } from './warn-expiring.js';

export interface LedgerSettings {
  /** Seconds before the end of a JWT at which it is told that it ends. */
  expiryWarnings: readonly number[];
  /** Days that entries are kept after their JWT has expired; 0 = for good. */
  retention: number;
  /** Whether revocations go by themselves that are proven to cover nothing any more. */
  pruneRevocations: boolean;
  /** Seconds between two rounds. */
  every: number;
}

const DAY = 86_400;

/**
 * Rounds of what time brings about: JWTs end and are told of or renewed, entries have been kept long enough. The first one begins at once;
 * each follows the one before. A fault of one part is logged and leaves the others their turn.
 */
export function keepLedger(
  service: Service,
  { expiryWarnings, retention, pruneRevocations, every }: LedgerSettings,
  log: FastifyBaseLogger,
): { close(): Promise<void> } {
  const stop = new AbortController();
  const { signal } = stop;
  let pruned = 0;
  const parts: Record<string, () => Promise<void>> = {
    fill: () => fillLedger(service, signal),
    renew: () => renewAccounts(service, log, signal),
    warn: () => warnExpiring(service, expiryWarnings, signal),
    trim: async () => {
      if (retention > 0) await trimLedger(service, retention, signal);
    },
    prune: async () => {
      // It looks at every account, so once a day.
      if (!pruneRevocations || service.now() - pruned < DAY) return;
      pruned = service.now();
      await pruneEverywhere(service, log, signal);
    },
  };
  const rounds = async (): Promise<void> => {
    while (!signal.aborted) {
      for (const [part, work] of Object.entries(parts)) {
        if (signal.aborted) return;
        await work().catch((error: unknown) => log.error({ err: error, part }, 'a part of keeping the ledger failed'));
      }
      await sleep(every * 1_000, undefined, { signal, ref: false }).catch(() => {});
    }
  };
  const running = rounds();
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}
