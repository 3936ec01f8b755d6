import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from './broker.js';
import { LAME_DUCK_STEP_MS } from './limits.js';
import type { Listeners } from './transport/listeners.js';

/**
 * Lame duck mode, as nats-server's: no new clients, word to those who are there (INFO `ldm`), a time in which none is closed, then one
 * after the other, so that they do not all come to the next server at once. Ends early when nobody is left.
 */
export async function goLame(broker: Broker, listeners: Listeners): Promise<void> {
  broker.lameDuck = true;
  broker.observers.lameDuck();
  broker.log.info({ server: broker.serverId }, 'entering lame duck mode, no new clients are accepted');
  void listeners.stop();
  const { lameDuckDurationMs, lameDuckGraceMs } = broker.limits;
  const clients = [...broker.connections.values()];
  for (const client of clients) client.informAgain();
  await pause(broker, lameDuckGraceMs);
  const step = Math.min(LAME_DUCK_STEP_MS, (lameDuckDurationMs - lameDuckGraceMs) / Math.max(1, clients.length));
  for (const client of clients) {
    if (client.closed) continue;
    client.close('Server Shutdown');
    // Somewhere in the second half of its time, so that several servers do not keep in step.
    await pause(broker, step / 2 + (Math.random() * step) / 2);
  }
}

const LOOK_MS = 250;

/** Waits, but not for nobody. */
async function pause(broker: Broker, ms: number): Promise<void> {
  const end = Date.now() + ms;
  for (let left = ms; left > 0 && broker.connections.size > 0; left = end - Date.now()) {
    await sleep(Math.min(left, LOOK_MS));
  }
}
