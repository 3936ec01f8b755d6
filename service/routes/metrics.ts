import { BlockList, isIPv6 } from 'node:net';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { requireRight } from '../auth/rights.js';
import type { Metrics } from '../metrics/metrics.js';
import { bearerToken } from '../plugins/access.js';
import type { Service } from '../service.js';

/** Who may read the metrics: with a token only; without one from this machine; everybody who reaches the port. */
export const METRICS_AUTH = ['token', 'loopback', 'none'] as const;
export type MetricsAuth = (typeof METRICS_AUTH)[number];

export const metricsRoute: FastifyPluginAsync<{ service: Service; metrics: Metrics; auth: MetricsAuth }> = async (
  app,
  { service, metrics, auth },
) => {
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const open = auth === 'none' || (auth === 'loopback' && isOfThisMachine(request));
    // They tell of every operator served.
    if (!open) requireRight(await service.tokens.verify(bearerToken(request)), 'read', {});
    return reply.type(metrics.contentType).send(await metrics.text());
  });
};

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** A proxy on this machine connects from it too: what it passes on, by its own headers, came from elsewhere. */
function isOfThisMachine({ socket, headers }: FastifyRequest): boolean {
  const address = socket.remoteAddress ?? '';
  const passedOn = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => headers[name] !== undefined);
  return !passedOn && address !== '' && loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
