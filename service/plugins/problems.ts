import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import { problemOf, problemText } from '../http/problem.js';
import { routeOf } from '../http/route-of.js';

/** The one place where errors become answers: problem documents, or plain text on the resolver's paths for who wants no JSON. */
export const problems = fp(
  async (app) => {
    app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
    app.setNotFoundHandler((request, reply) => {
      const what = `there is no ${request.method} ${request.url.split('?', 1)[0]}`;
      const error = new NatsctlError<ServiceErrorCode>('ERR_ROUTE_UNKNOWN', what, { hint: 'see /openapi.json' });
      return sendProblem(error, request, reply);
    });
  },
  { name: 'problems' },
);

export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request.url.split('?', 1)[0] ?? '');
  if (problem.status >= 500) request.log.error({ err: error }, 'request failed');
  else request.log.info({ code: problem.code, detail: problem.detail }, 'request refused');
  const cause = error instanceof Error ? error.cause : undefined;
  if (isNatsctlError(cause, 'ERR_AUTH_TOKEN_OUTDATED')) {
    request.log.warn({ code: cause.code, hint: cause.hint }, cause.message);
  }
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="natsctl"');
  reply.code(problem.status).header('cache-control', 'no-store');
  if (wantsText(request)) return reply.type('text/plain; charset=utf-8').send(problemText(problem));
  // A serialised body, so that no response schema of the route takes a hand in it.
  return reply.type('application/problem+json; charset=utf-8').send(JSON.stringify(problem));
}

function wantsText(request: FastifyRequest): boolean {
  return (routeOf(request) ?? request.url).startsWith('/jwt/') && !/\bjson\b/i.test(request.headers.accept ?? '');
}
