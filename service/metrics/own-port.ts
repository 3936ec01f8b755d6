import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { problems } from '../plugins/problems.js';
import { requestIdOf } from '../plugins/request-id.js';
import { requestLogger } from '../plugins/request-log.js';
import { type MetricsAuth, metricsRoute } from '../routes/metrics.js';
import type { Service } from '../service.js';
import type { Metrics } from './metrics.js';

const REQUEST_TIMEOUT_MS = 10_000;

/** `/metrics` and nothing else, for a port that only Prometheus reaches. */
export async function buildMetricsApp(
  service: Service,
  log: FastifyBaseLogger,
  options: { metrics: Metrics; auth: MetricsAuth },
): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    genReqId: requestIdOf,
    childLoggerFactory: requestLogger,
  });
  await app.register(problems);
  await app.register(metricsRoute, { service, ...options });
  return app;
}
