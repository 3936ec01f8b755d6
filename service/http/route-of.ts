import type { FastifyRequest } from 'fastify';

/**
 * The pattern of the route that answers a request; null where there is none. What a rule is for is asked of this, never of the URL as
 * it was sent: `/%6awt/v1/...` and `http://host/jwt/v1/...` are answered by the routes of `/jwt/v1` too.
 */
export function routeOf(request: FastifyRequest): string | null {
  return request.routeOptions?.url ?? null;
}
