import type { FastifyBaseLogger, FastifyRequest } from 'fastify';

/** What a log line says of a request: never its headers, its body or its query, where a secret may stand. */
function requestFacts({ method, url, ip, socket }: FastifyRequest) {
  return { method, path: url.split('?', 1)[0], address: ip, port: socket?.remotePort };
}

const parents = new WeakMap<FastifyBaseLogger, FastifyBaseLogger>();

/**
 * For Fastify: each request's own logger, with these serializers whatever logger the service was given. They are set once, on the
 * logger's child that all of them come from: set anew for each request they were a third of the time of a 304.
 */
export function requestLogger(log: FastifyBaseLogger, bindings: Record<string, unknown>): FastifyBaseLogger {
  const parent = parents.get(log) ?? log.child({}, { serializers: { req: requestFacts } });
  parents.set(log, parent);
  return parent.child(bindings);
}
