import type { FastifyInstance, FastifyReply } from 'fastify';
import { isNatsctlError } from '../../claims/errors.js';
import { type Answer, type Attempt, openAttempts } from '../idempotency/attempts.js';
import { holdsCredentials } from '../idempotency/credentials.js';
import { fingerprintOf, readIdempotencyKey, recordId } from '../idempotency/idempotency-key.js';
import type { Service } from '../service.js';
import { callerOf } from './access.js';
import { callerKey } from './rate-limits.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set where a POST came with an Idempotency-Key and was not carried out before. */
    attempt: Attempt | null;
  }
}

/** Headers of an answer that belong to what was made. */
const KEPT_HEADERS = ['content-type', 'etag', 'location'];
/** Characters of an answer that are kept; a larger one is read where it stands. */
const MAX_KEPT = 65_536;

/**
 * `Idempotency-Key` on every POST, as draft-ietf-httpapi-idempotency-key-header-07 has it: what came before gets the answer of
 * that time. Failures are not kept (they changed nothing), rehearsals neither.
 */
export function idempotency(app: FastifyInstance, { store, now }: Service): void {
  const attempts = openAttempts(store, now);
  app.decorateRequest('attempt', null);

  // After the guard: an answer is given again to whoever may still ask for it.
  app.addHook('preHandler', async (request, reply) => {
    const header = request.headers['idempotency-key'];
    if (request.method !== 'POST' || header === undefined || request.rehearsal) return;
    const id = recordId(callerKey(request, callerOf(request)), readIdempotencyKey(header));
    const begun = await attempts.begin(id, fingerprintOf(request)).catch((error: unknown) => {
      if (isNatsctlError(error) && typeof error.details.location === 'string') {
        reply.header('location', error.details.location);
      }
      throw error;
    });
    if ('note' in begun) request.attempt = begun;
    else return reply.code(begun.status).headers(begun.headers).header('idempotency-replayed', 'true').send(begun.body);
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const { attempt } = request;
    if (!attempt) return payload;
    try {
      if (reply.statusCode < 300) await attempts.keep(attempt, answerOf(reply, payload));
    } catch (error) {
      // The change is made, and that it was made is written down: its answer matters more than its replay.
      request.log.error({ err: error }, 'an answer could not be kept for its Idempotency-Key');
    } finally {
      request.attempt = null;
      attempts.end(attempt);
    }
    return payload;
  });
}

function answerOf(reply: FastifyReply, payload: unknown): Answer {
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = reply.getHeader(name);
    if (value !== undefined) headers[name] = String(value);
  }
  const text = payload ?? '';
  const keeps = typeof text === 'string' && text.length <= MAX_KEPT && (text === '' || !holdsCredentials(text));
  return { status: reply.statusCode, headers, body: keeps ? text : null };
}
