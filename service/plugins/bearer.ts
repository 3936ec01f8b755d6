import type { FastifyInstance, FastifyRequest } from 'fastify';
import { NatsctlError } from '../../claims/errors.js';
import type { AccessTokens, Caller, Role } from '../auth/tokens.js';
import type { ServiceErrorCode } from '../errors.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `requireRole` before a route of /api/v1 runs. */
    caller: Caller | null;
  }
}

/** Lets nobody past without an access token of the role, in every route registered on `app` (and on nothing above it). */
export function requireRole(app: FastifyInstance, tokens: AccessTokens, role: Role): void {
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store').header('vary', 'Authorization');
    const caller = await tokens.verify(bearerToken(request));
    if (caller.role !== role) {
      throw new NatsctlError<ServiceErrorCode>(
        'ERR_AUTH_FORBIDDEN',
        `this needs the role ${role}; the token has ${caller.role}`,
      );
    }
    request.caller = caller;
  });
}

/** Who to name in the audit. */
export function actorOf(request: FastifyRequest): string {
  if (!request.caller) throw new Error('a route without authentication asked who is calling');
  return `token:${request.caller.name}`;
}

export function bearerToken({ headers }: Pick<FastifyRequest, 'headers'>): string {
  const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(headers.authorization ?? '')?.[1];
  if (!token) {
    throw new NatsctlError<ServiceErrorCode>('ERR_AUTH_REQUIRED', 'this needs an access token', {
      hint: 'send `authorization: Bearer <token>`; the first token is in admin.token of the data folder',
    });
  }
  return token;
}
