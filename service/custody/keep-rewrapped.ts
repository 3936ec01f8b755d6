import type { FastifyBaseLogger } from 'fastify';
import { recordAudit } from '../audit/audit.js';
import type { Service } from '../service.js';

/** How soon a key that was rotated elsewhere is noticed, and how long one waits that could not be asked. */
const EVERY_MS = 10 * 60_000;

/** Rewraps in the background at the start, and whenever the newest master key has become another one. */
export function keepRewrapped(
  { store, custody, now }: Pick<Service, 'store' | 'custody' | 'now'>,
  log: FastifyBaseLogger,
  everyMs = EVERY_MS,
): { close(): Promise<void> } {
  const stop = new AbortController();
  let doneFor: string | undefined;
  const look = async (): Promise<void> => {
    try {
      if (doneFor !== undefined && doneFor === (await custody.masterKeyId())) return;
      const { keyId, rewrapped, unopened, unopenedIds } = await custody.rewrap({ signal: stop.signal });
      doneFor = keyId;
      if (rewrapped > 0) {
        log.info({ keyId, rewrapped }, 'sealed keys were put under the newest master key');
        const record = { at: now(), actor: 'service', action: 'master-key.rewrap', entity: keyId } as const;
        await store.transaction((tx) => recordAudit(tx, { ...record, detail: { rewrapped, unopened } }));
      }
      if (unopened > 0) log.warn({ keyId, unopened, rows: unopenedIds }, 'no master key given opens these sealed keys');
    } catch (error) {
      if (!stop.signal.aborted) log.warn({ err: error }, 'sealed keys are not all under the newest master key yet');
    }
  };
  let running = look();
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
