import { isNatsctlError } from '../../claims/errors.js';
import type { AuditEntry, Webhook } from '../../prisma/generated/client.js';
import { eventOf } from '../events/events.js';
import type { Service } from '../service.js';
import { signatures } from './keys.js';
import { retryAfterOf } from './schedule.js';

export interface Message {
  id: string;
  body: string;
}

/** What came of one request. */
export interface Outcome {
  ok: boolean;
  durationMs: number;
  status?: number;
  /** Code of why there is no answer. */
  error?: string;
  /** The beginning of the answer. */
  body?: string;
  /** Seconds the receiver asks for. */
  retryAfter?: number;
}

/** Within what the specification recommends, and within what the service gives its own requests (`POST .../test` waits for it). */
const TIMEOUT_MS = 15_000;
const KEPT_BYTES = 1_024;

/** The event as `GET /api/v1/events` tells it. Made anew from the audit's entry, which does not change: the same with every attempt. */
export function eventMessage(id: string, entry: AuditEntry): Message {
  return { id, body: payload(entry.action, Number(entry.at), eventOf(entry)) };
}

export function payload(type: string, at: number, data: object): string {
  return JSON.stringify({ type, timestamp: new Date(at * 1_000).toISOString(), data });
}

/**
 * Sends a message once. What the receiver does is an outcome, not an error.
 *
 * @throws what is wrong here: a key that does not open; the reason of `signal`
 */
export async function post(
  { custody, outbound, now }: Pick<Service, 'custody' | 'outbound' | 'now'>,
  hook: Webhook,
  { id, body }: Message,
  signal?: AbortSignal,
): Promise<Outcome> {
  const timestamp = now();
  const signature = await signatures(custody, hook, `${id}.${timestamp}.${body}`, timestamp);
  const began = performance.now();
  const took = () => Math.round(performance.now() - began);
  try {
    const answer = await outbound.fetch(hook.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'natsctl',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signature,
      },
      body,
      timeoutMs: TIMEOUT_MS,
      maxBytes: KEPT_BYTES,
      beyond: 'cut',
      ...(signal && { signal }),
    });
    const retryAfter = retryAfterOf(answer.headers.get('retry-after'), timestamp);
    return {
      ok: answer.ok,
      status: answer.status,
      durationMs: took(),
      // PostgreSQL keeps no NUL in a text.
      body: (await answer.text()).replaceAll('\0', '\uFFFD'),
      ...(retryAfter !== undefined && { retryAfter }),
    };
  } catch (error) {
    if (signal?.aborted || !isNatsctlError(error)) throw error;
    return { ok: false, durationMs: took(), error: error.code };
  }
}
