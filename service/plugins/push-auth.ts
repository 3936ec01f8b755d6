import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { NatsctlError } from '../../claims/errors.js';
import type { Origin } from '../audit/audit.js';
import { type Caller, requireRightSomewhere } from '../auth/rights.js';
import type { ServiceErrorCode } from '../errors.js';
import { routeOf } from '../http/route-of.js';
import type { Service } from '../service.js';
import { bearerToken } from './access.js';

/**
 * What a write under /jwt needs beside the operator's signature on the JWT itself: nothing (as nats-account-server, nsc can
 * push), an access token, or a client certificate.
 */
export const PUSH_AUTH = ['none', 'token', 'mtls'] as const;
export type PushAuth = (typeof PUSH_AUTH)[number];

declare module 'fastify' {
  interface FastifyRequest {
    /** Who writes under /jwt, where that is known by a token or a certificate: for the audit. */
    pusher: Origin | null;
    /** Who it is, where an access token is asked for: what is pushed is held to its rights. */
    pushCaller: Caller | null;
  }
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Guards every writing route under /jwt, also those that are added later. */
export const pushAuth = fp<{ service: Service; policy: PushAuth }>(
  async (app, { service, policy }) => {
    app.decorateRequest('pusher', null);
    app.decorateRequest('pushCaller', null);
    // Not an async function: a read, which is what most requests are, goes on at once.
    app.addHook('onRequest', (request, _reply, done) => {
      if (READS.has(request.method) || !routeOf(request)?.startsWith('/jwt/')) return done();
      pusherOf(request, service, policy).then((pusher) => {
        request.pusher = pusher;
        done();
      }, done);
    });
  },
  { name: 'push-auth', dependencies: ['client-certificates'] },
);

async function pusherOf(request: FastifyRequest, service: Service, policy: PushAuth): Promise<Origin | null> {
  const { clientCertificate: certificate } = request;
  const by = (actor: string): Origin => ({ actor, requestId: String(request.id), remote: request.ip });
  if (policy === 'token') {
    const caller = await service.tokens.verify(bearerToken(request));
    requireRightSomewhere(caller, 'manage');
    request.pushCaller = caller;
    return by(caller.actor);
  }
  if (certificate) return by(`certificate:${certificate.subject}`);
  if (policy === 'none') return null;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_CLIENT_CERTIFICATE',
    'a push needs a client certificate that this service believes',
    { hint: 'connect with a certificate of its client authority' },
  );
}
