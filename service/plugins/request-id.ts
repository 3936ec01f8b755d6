import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import fp from 'fastify-plugin';

/** What other programs make of them (UUIDs, ULIDs, trace ids); nothing that could forge a line of a log. */
const SANE = /^[\w.:+/=-]{1,128}$/;

/** The caller's own id of the request where it has a sane one, so that its log and ours meet; else a new one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && SANE.test(given) ? given : randomUUID();
}

export const requestIds = fp(
  async (app) => {
    app.addHook('onRequest', (request, reply, done) => {
      reply.header('x-request-id', request.id);
      done();
    });
  },
  { name: 'request-ids' },
);
