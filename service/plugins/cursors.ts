import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cursors } from '../http/cursor.js';
import { Page } from '../schemas/common.js';

/**
 * Makes the cursors of every list opaque. A route reads `query.after` as the position it named itself and answers `next` as the
 * position of its last row; between the two they are sealed. A route is a list by having the parameters of `Page`.
 */
export function opaqueCursors(app: FastifyInstance, cursors: Cursors): void {
  // After the right to the list was proved.
  app.addHook('preHandler', async (request) => {
    const query = request.query as { after?: string };
    if (isList(request) && query.after !== undefined) query.after = cursors.open(query.after, listOf(request));
  });
  app.addHook('preSerialization', async (request, _reply, payload) => {
    if (!isList(request) || !isObject(payload)) return payload;
    const seal = (part: unknown) =>
      isObject(part) && Array.isArray(part.items) && typeof part.next === 'string'
        ? { ...part, next: cursors.seal(part.next, listOf(request)) }
        : part;
    if (Array.isArray(payload.items)) return seal(payload);
    // An entity that is answered with a page of what belongs to it.
    return Object.fromEntries(Object.entries(payload).map(([name, part]) => [name, seal(part)]));
  });
}

function isList({ routeOptions: { schema } }: FastifyRequest): boolean {
  const { properties } = (schema?.querystring ?? {}) as { properties?: Record<string, unknown> };
  return properties?.after === Page.properties.after;
}

/** The route, what its path names and the filters, in whatever order they were given. How long a page is may change. */
function listOf({ routeOptions: { url }, params, query }: FastifyRequest): string {
  const { after, limit, ...filters } = query as Record<string, unknown>;
  const sorted = Object.entries(filters).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([url, params, sorted]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
