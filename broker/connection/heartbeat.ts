import { FIRST_PING_MS } from '../limits.js';
import { PING } from '../protocol/writer.js';
import type { Connection } from './connection.js';

/** Timers of equal delay share one list in Node: jitter in steps keeps the lists few. */
const JITTER_STEPS = 8;
const JITTER_SHARE = 0.2;
/** nats-server DEFAULT_RTT_MEASUREMENT_INTERVAL. */
const RTT_INTERVAL_MS = 3_600_000;

export interface Heartbeat {
  /** The peer sent something that proves it is there. */
  sawPing(): void;
  sawPong(): void;
  stop(): void;
}

/**
 * PINGs the peer: soon after CONNECT to learn the round trip time, then at the interval, left out while data keeps coming.
 * Too many without a PONG end the connection.
 */
export function startHeartbeat(connection: Connection): Heartbeat {
  const { pingIntervalMs, maxPingsOut } = connection.broker.limits;
  let out = 0;
  let sentAt = 0n;
  let lastIn = 0;
  let measuredAt = 0;
  let timer: NodeJS.Timeout;
  let countIn = connection.messagesIn;

  const beat = (): void => connection.guard(check);
  const check = (): void => {
    const now = Date.now();
    if (connection.messagesIn !== countIn) {
      countIn = connection.messagesIn;
      lastIn = now;
    }
    const quiet = now - lastIn >= pingIntervalMs;
    const measure = connection.rttNs === 0 || now - measuredAt > RTT_INTERVAL_MS;
    if (quiet || measure) {
      if (out + 1 > maxPingsOut) {
        connection.close('Stale Connection', 'Stale Connection');
        return;
      }
      out++;
      sentAt = process.hrtime.bigint();
      measuredAt = now;
      connection.send(PING);
    }
    timer = setTimeout(beat, pingIntervalMs);
    timer.unref();
  };
  const first = Math.min(pingIntervalMs, FIRST_PING_MS);
  const jitter = (Math.floor(Math.random() * JITTER_STEPS) / JITTER_STEPS) * JITTER_SHARE * first;
  timer = setTimeout(beat, first + jitter);
  timer.unref();

  return {
    sawPing: () => {
      lastIn = Date.now();
    },
    sawPong: () => {
      out = 0;
      if (sentAt === 0n) return;
      connection.rttNs = Math.max(1, Number(process.hrtime.bigint() - sentAt));
      sentAt = 0n;
    },
    stop: () => clearTimeout(timer),
  };
}
