import type { FastifyBaseLogger, FastifyRequest } from 'fastify';

/** What a log line says of a request: never its headers, its body or its query, where a secret may stand. */
function requestFacts({ method, url, ip, socket }: FastifyRequest) {
  return { method, path: url.split('?', 1)[0], address: ip, port: socket?.remotePort };
}

/** For Fastify: each request's own logger, with these serializers whatever logger the service was given. */
export function requestLogger(log: FastifyBaseLogger, bindings: Record<string, unknown>): FastifyBaseLogger {
  return log.child(bindings, { serializers: { req: requestFacts } });
}
