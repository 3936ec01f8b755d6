import type { ServerOptions } from 'node:https';
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { Health } from './health/health.js';
import { answerClientError } from './http/client-error.js';
import { serializerCompiler } from './http/serializer.js';
import { validatorCompiler } from './http/validator.js';
import type { Metrics } from './metrics/metrics.js';
import { measure } from './plugins/measure.js';
import { openapi } from './plugins/openapi.js';
import { problems, sendProblem } from './plugins/problems.js';
import { type PushAuth, pushAuth } from './plugins/push-auth.js';
import { type RateLimits, rateLimits } from './plugins/rate-limits.js';
import { requestIdOf, requestIds } from './plugins/request-id.js';
import { requestLogger } from './plugins/request-log.js';
import { api } from './routes/api/api.js';
import { sessionRoutes } from './routes/api/sessions.js';
import { health } from './routes/health.js';
import { type MetricsAuth, metricsRoute } from './routes/metrics.js';
import { resolverOperatorRoutes } from './routes/resolver/operator.js';
import { resolver } from './routes/resolver/resolver.js';
import { MAX_SHARE_ID } from './schemas/sharing.js';
import type { Service } from './service.js';
import { clientCertificates } from './tls/client-certificate.js';

const LIMITS = {
  /** Milliseconds for a whole request, and for its headers (slow senders hold a connection no longer). */
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 72_000,
  /** Bytes of a REST body; the resolver's routes take a token's size. */
  bodyLimit: 262_144,
  maxConnections: 2_048,
} as const;

/** How the service is run, as far as its answers depend on it. */
export interface AppOptions {
  health: Health;
  metrics: Metrics;
  /** Null where the metrics have a port of their own. */
  metricsAuth: MetricsAuth | null;
  pushAuth: PushAuth;
  limits: RateLimits;
  /** Addresses (CIDR) of proxies whose X-Forwarded-For is believed. */
  trustProxy: string[];
  /** Of the listener; absent = plain HTTP. */
  tls?: ServerOptions;
}

/** The service over HTTP, not listening: tests inject requests, `startService` listens. */
export async function buildApp(
  service: Service,
  log: FastifyBaseLogger,
  options: AppOptions,
): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    bodyLimit: LIMITS.bodyLimit,
    requestTimeout: LIMITS.requestTimeout,
    keepAliveTimeout: LIMITS.keepAliveTimeout,
    ...(options.tls
      ? { https: { ...options.tls, headersTimeout: LIMITS.headersTimeout } }
      : { http: { headersTimeout: LIMITS.headersTimeout } }),
    ...(options.trustProxy.length > 0 && { trustProxy: options.trustProxy }),
    clientErrorHandler: answerClientError,
    genReqId: requestIdOf,
    childLoggerFactory: requestLogger,
    forceCloseConnections: 'idle',
    // What fails before a route is found (a URL that cannot be decoded) is answered as everything else.
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
    // Ids come from outside and stand in error messages already; nothing is gained by their being case-folded or merged.
    routerOptions: {
      caseSensitive: true,
      ignoreDuplicateSlashes: false,
      ignoreTrailingSlash: false,
      // Ids of exports and imports have a subject in them (service/schemas/sharing.ts).
      maxParamLength: 3 * MAX_SHARE_ID,
    },
  });
  app.server.maxConnections = LIMITS.maxConnections;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(problems);
  await app.register(openapi);
  await app.register(requestIds);
  await app.register(measure, { metrics: options.metrics });
  await app.register(clientCertificates);
  await app.register(rateLimits, { limits: options.limits });
  await app.register(pushAuth, { service, policy: options.pushAuth });
  await app.register(health, { service, health: options.health });
  if (options.metricsAuth) {
    await app.register(metricsRoute, { service, metrics: options.metrics, auth: options.metricsAuth });
  }
  await app.register(resolver, { service, prefix: '/jwt/v1' });
  // `nsc pull` asks for the operator here first.
  await app.register(resolverOperatorRoutes, { service, prefix: '/jwt/v2' });
  await app.register(sessionRoutes, { service, prefix: '/api/v1' });
  await app.register(api, { service, prefix: '/api/v1' });
  await app.ready();
  return app;
}
