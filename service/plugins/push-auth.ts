import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { NatsctlError } from '../../claims/errors.js';
import type { Origin } from '../audit/audit.js';
import { type Caller, requireRight, requireRightSomewhere } from '../auth/rights.js';
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
  }
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Guards every writing route under /jwt, also those that are added later. */
export const pushAuth = fp<{ service: Service; policy: PushAuth }>(
  async (app, { service, policy }) => {
    app.decorateRequest('pusher', null);
    app.addHook('onRequest', async (request) => {
      if (READS.has(request.method) || !routeOf(request)?.startsWith('/jwt/')) return;
      request.pusher = await pusherOf(request, service, policy);
    });
  },
  { name: 'push-auth', dependencies: ['client-certificates'] },
);

async function pusherOf(request: FastifyRequest, service: Service, policy: PushAuth): Promise<Origin | null> {
  const { clientCertificate: certificate } = request;
  const by = (actor: string): Origin => ({ actor, requestId: String(request.id), remote: request.ip });
  if (policy === 'token') {
    const caller = await service.tokens.verify(bearerToken(request));
    await requireManage(request, service, caller);
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

/** Over the account that is held; of a new one, the operator that signed it is the scope, which the JWT itself proves. */
async function requireManage({ params }: FastifyRequest, { store }: Service, caller: Caller): Promise<void> {
  const { account } = params as { account?: string };
  const row = account === undefined ? null : await store.db.account.findUnique({ where: { key: account } });
  if (row) requireRight(caller, 'manage', { operator: row.operatorKey, account: row.key });
  else requireRightSomewhere(caller, 'manage');
}
