import { once } from 'node:events';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { isNatsctlError, NatsctlError } from '../../../claims/errors.js';
import type { ServiceErrorCode } from '../../errors.js';
import { bearerToken, callerOf } from '../../plugins/access.js';
import { callerKey } from '../../plugins/rate-limits.js';
import { apiRoute, closed, needs, refusals } from '../../schemas/common.js';
import type { Service } from '../../service.js';

/** A line that says nothing, so that proxies and clients know the connection lives. */
const HEARTBEAT_MS = 15_000;
const CONNECTION_MS = 900_000;
const MAX_FOLLOWERS = 256;
/** Of one caller: nobody keeps all the others out. */
const MAX_OF_CALLER = 16;
const MAX_SEQ = 2 ** 31 - 1;
const Seq = Type.Integer({
  minimum: 0,
  maximum: MAX_SEQ,
  description: '`id` of the last event seen; absent = from now on',
});

export const eventRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (
  app,
  { service: { events, now, tokens } },
) => {
  const ending = new AbortController();
  let followers = 0;
  const ofCaller = new Map<string, number>();
  /** Whether what was shown at the beginning still gives the same: a token that was revoked meanwhile is told nothing more. */
  const stillHolds = async (request: FastifyRequest): Promise<boolean> => {
    try {
      const { grants } = await tokens.verify(bearerToken(request));
      return JSON.stringify(grants) === JSON.stringify(callerOf(request).grants);
    } catch (error) {
      if (isNatsctlError(error)) return false;
      throw error;
    }
  };
  app.addHook('preClose', async () => ending.abort());

  app.get(
    '/events',
    {
      config: needs('read', 'reach'),
      // It would hold a connection on which nothing is ever said.
      exposeHeadRoute: false,
      schema: {
        ...apiRoute,
        summary: 'Changes as they are made (server-sent events); `Last-Event-ID` goes on where a connection ended',
        querystring: Type.Object({ after: Type.Optional(Seq) }, closed),
        headers: Type.Object({
          'last-event-id': Type.Optional(
            Type.String({ pattern: '^[0-9]{1,10}$', description: '`id` of the last event seen, as browsers send it' }),
          ),
        }),
        response: {
          200: {
            description: 'One event for each change: `id` is its number in the audit, `event` its action, `data` JSON',
            content: { 'text/event-stream': { schema: Type.String() } },
          },
          ...refusals(400, 401, 403, 503),
        },
      },
    },
    async (request, reply) => {
      const resumed = request.headers['last-event-id'];
      const head = await events.head();
      // An id beyond the newest is of a database that was put back to an earlier day: what comes now comes after that.
      const after = Math.min(resumed === undefined ? (request.query.after ?? head) : Number(resumed), head);
      const caller = callerOf(request);
      const key = callerKey(request, caller);
      const own = ofCaller.get(key) ?? 0;
      if (own >= MAX_OF_CALLER) throw busy(`${MAX_OF_CALLER} followers of this caller`);
      if (followers >= MAX_FOLLOWERS) throw busy(`${MAX_FOLLOWERS} followers`);
      followers++;
      ofCaller.set(key, (ofCaller.get(key) ?? 0) + 1);
      reply.hijack();
      const { raw } = reply;
      // With the token it was opened with, at the latest.
      const left = caller.expires === undefined ? CONNECTION_MS : Math.max(0, caller.expires - now()) * 1_000;
      const patience = AbortSignal.timeout(Math.min(CONNECTION_MS, left));
      const lost = new AbortController();
      const end = AbortSignal.any([ending.signal, patience, closedBy(raw), lost.signal]);
      raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      raw.write('retry: 2000\n\n');
      const heartbeat = setInterval(() => {
        raw.write(':\n\n');
        void stillHolds(request).then(
          (holds) => holds || lost.abort(),
          () => lost.abort(),
        );
      }, HEARTBEAT_MS);
      try {
        for await (const batch of events.follow(caller, after, end)) {
          // Asked after the batch was read: what was revoked before these events is not told of them.
          if (!(await stillHolds(request))) break;
          const text = batch.map(
            (event) => `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
          );
          // Who does not read is not written to: the events wait where they are kept.
          if (!raw.write(text.join('')) && !end.aborted) await once(raw, 'drain', { signal: end }).catch(() => {});
        }
      } catch (error) {
        request.log.error({ err: error }, 'a stream of events broke off');
      } finally {
        clearInterval(heartbeat);
        followers--;
        const others = (ofCaller.get(key) ?? 1) - 1;
        if (others > 0) ofCaller.set(key, others);
        else ofCaller.delete(key);
        raw.end();
      }
    },
  );
};

function busy(who: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_EVENTS_BUSY', `${who} are connected already`, { hint: 'ask again later' });
}

function closedBy(raw: NodeJS.EventEmitter): AbortSignal {
  const closing = new AbortController();
  raw.once('close', () => closing.abort());
  return closing.signal;
}
