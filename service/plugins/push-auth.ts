import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import type { Service } from '../service.js';
import { bearerToken } from './bearer.js';

/**
 * What a write under /jwt needs beside the operator's signature on the JWT itself: nothing (as nats-account-server, nsc can
 * push), an access token, or a client certificate.
 */
export const PUSH_AUTH = ['none', 'token', 'mtls'] as const;
export type PushAuth = (typeof PUSH_AUTH)[number];

declare module 'fastify' {
  interface FastifyRequest {
    /** Who writes under /jwt, where that is known: `token:<name>` or `certificate:<subject>`, for the audit. */
    pusher: string | null;
  }
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Guards every writing route under /jwt, also those that are added later. */
export const pushAuth = fp<{ service: Service; policy: PushAuth }>(
  async (app, { service, policy }) => {
    app.decorateRequest('pusher', null);
    app.addHook('onRequest', async (request) => {
      if (READS.has(request.method) || !request.url.startsWith('/jwt/')) return;
      request.pusher = await pusherOf(request, service, policy);
    });
  },
  { name: 'push-auth', dependencies: ['client-certificates'] },
);

async function pusherOf(request: FastifyRequest, service: Service, policy: PushAuth): Promise<string | null> {
  const { clientCertificate: certificate } = request;
  if (policy === 'token') return `token:${(await service.tokens.verify(bearerToken(request))).name}`;
  if (certificate) return `certificate:${certificate.subject}`;
  if (policy === 'none') return null;
  throw new NatsctlError<ServiceErrorCode>(
    'ERR_CLIENT_CERTIFICATE',
    'a push needs a client certificate that this service believes',
    { hint: 'connect with a certificate of its client authority' },
  );
}
