import type { FastifySchema } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { closed, refusals } from '../schemas/common.js';

/** What a change that is only tried is answered with (service/plugins/access.ts). */
const Rehearsal = Type.Object(
  {
    dryRun: Type.Literal(true),
    changes: Type.Array(
      Type.Object(
        {
          action: Type.String({ description: 'As the audit would name it' }),
          entity: Type.String({ description: 'Public key or id of what would change' }),
          before: Type.Union([Type.Object({}, { additionalProperties: true }), Type.Null()]),
          after: Type.Union([Type.Object({}, { additionalProperties: true }), Type.Null()]),
        },
        closed,
      ),
    ),
  },
  { ...closed, title: 'Rehearsal', description: 'What would change, with `dryRun=true`; nothing has' },
);

const IdempotencyKey = Type.Optional(
  Type.String({
    maxLength: 257,
    description: 'The same change under the same key is made once; a key is known for 24 hours',
  }),
);

type Json = Record<string, unknown>;

/**
 * What the document says of a route beside the route's own schemas: the name of the operation, and what every route of its kind
 * takes and answers. A route that comes later is told whole as well, and cannot forget it.
 */
export function describeRoute(url: string, methods: string | string[], schema: FastifySchema = {}): FastifySchema {
  const method = String(Array.isArray(methods) ? methods[0] : methods).toUpperCase();
  const { properties: query = {} } = (schema.querystring ?? {}) as { properties?: Json };
  const { required: named = [] } = (schema.params ?? {}) as { required?: string[] };
  const { properties: headers = {} } = (schema.headers ?? {}) as { properties?: Json };
  const made = schema.response as Json | undefined;
  const guarded = schema.security !== undefined;
  const api = url.startsWith('/api/');
  const statuses = [
    ...(api ? [400, 429, 503] : []),
    ...(guarded ? [401, 403] : []),
    ...(api && named.length > 0 ? [404] : []),
    ...(api && schema.body !== undefined ? [413, 415] : []),
    ...('if-match' in headers && api ? [412, 428] : []),
    ...(guarded && method === 'POST' ? [409, 422] : []),
  ];
  return {
    ...schema,
    ...(schema.querystring !== undefined && { querystring: withDefaultsOptional(schema.querystring as TSchema) }),
    operationId: schema.operationId ?? operationId(method, url),
    ...(guarded &&
      method === 'POST' && {
        headers: Type.Object({ ...(headers as Record<string, TSchema>), 'idempotency-key': IdempotencyKey }),
      }),
    ...((statuses.length > 0 || made !== undefined) && {
      response: { ...refusals(...statuses), ...made, ...('dryRun' in query && rehearsed(made)) },
    }),
  };
}

/** What has a default may be left out; the schema that validates has it as required, since it is there once that is done. */
function withDefaultsOptional(querystring: TSchema): TSchema {
  const { properties = {}, required = [] } = querystring as { properties?: Record<string, Json>; required?: string[] };
  return { ...querystring, required: required.filter((name) => properties[name]?.default === undefined) };
}

/** A change that is tried is answered with 200, whatever it is answered with when it is made. */
function rehearsed(response: Json = {}): Json {
  const made = response['200'] as TSchema | undefined;
  const schema = made === undefined ? Rehearsal : Type.Union([made, Rehearsal]);
  const description = made === undefined ? 'Only tried: what would change' : 'What was made, or would change';
  return { 200: { description, content: { 'application/json': { schema } } } };
}

/**
 * The name of an operation for who makes a client of the document: of its method and its path alone, so that it stays. Of what an
 * id follows there is one: `GET /accounts/{account}/users` is `getAccountUsers`.
 */
function operationId(method: string, url: string): string {
  const segments = url.split('/').filter((segment, at) => segment !== '' && !(at <= 2 && url.startsWith('/api/')));
  const words = segments.flatMap((segment, at) => {
    const one = segments[at + 1]?.startsWith(':') ? segment.replace(/ies$/, 'y').replace(/s$/, '') : segment;
    return segment.startsWith(':') ? [] : one.split(/[^a-zA-Z0-9]+/);
  });
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
  return method.toLowerCase() + words.map(capital).join('');
}
