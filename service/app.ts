import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { validatorCompiler } from './http/validator.js';
import { openapi } from './plugins/openapi.js';
import { problems, sendProblem } from './plugins/problems.js';
import { api } from './routes/api/api.js';
import { sessionRoutes } from './routes/api/sessions.js';
import { healthz } from './routes/healthz.js';
import { resolverOperatorRoutes } from './routes/resolver/operator.js';
import { resolver } from './routes/resolver/resolver.js';
import type { Service } from './service.js';

const LIMITS = {
  /** Milliseconds for a whole request, and for its headers (slow senders hold a connection no longer). */
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 72_000,
  /** Bytes of a REST body; the resolver's routes take a token's size. */
  bodyLimit: 262_144,
  maxConnections: 2_048,
} as const;

/** The service over HTTP, not listening: tests inject requests, `startService` listens. */
export async function buildApp(service: Service, log: FastifyBaseLogger): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    bodyLimit: LIMITS.bodyLimit,
    requestTimeout: LIMITS.requestTimeout,
    keepAliveTimeout: LIMITS.keepAliveTimeout,
    http: { headersTimeout: LIMITS.headersTimeout },
    forceCloseConnections: 'idle',
    // What fails before a route is found (a URL that cannot be decoded) is answered as everything else.
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
    // Ids come from outside and stand in error messages already; nothing is gained by their being case-folded or merged.
    routerOptions: {
      caseSensitive: true,
      ignoreDuplicateSlashes: false,
      ignoreTrailingSlash: false,
      maxParamLength: 128,
    },
  });
  app.server.maxConnections = LIMITS.maxConnections;
  app.setValidatorCompiler(validatorCompiler);
  await app.register(problems);
  await app.register(openapi);
  await app.register(healthz, { service });
  await app.register(resolver, { service, prefix: '/jwt/v1' });
  // `nsc pull` asks for the operator here first.
  await app.register(resolverOperatorRoutes, { service, prefix: '/jwt/v2' });
  await app.register(sessionRoutes, { service, prefix: '/api/v1' });
  await app.register(api, { service, prefix: '/api/v1' });
  await app.ready();
  return app;
}
