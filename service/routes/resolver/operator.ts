import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { isKnown } from '../../http/etags.js';
import { servedOperator } from '../../operators/served-operator.js';
import { refusals } from '../../schemas/common.js';
import type { Service } from '../../service.js';

const jwtContent = { content: { 'application/jwt': { schema: Type.String({ description: 'The operator JWT' }) } } };

export const resolverOperatorRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.get(
    '/operator',
    {
      schema: {
        tags: ['resolver'],
        summary: 'The JWT of the operator served',
        response: {
          200: { description: 'The JWT', ...jwtContent },
          304: Type.Null({ description: 'As known' }),
          ...refusals(404),
        },
      },
    },
    async (request, reply) => {
      const { row } = await servedOperator(service.store.db);
      reply.header('etag', `"${row.jti}"`).header('cache-control', 'no-cache');
      if (isKnown(row.jti, request.headers['if-none-match'])) return reply.code(304).type('application/jwt').send(null);
      return reply.type('application/jwt').send(row.jwt);
    },
  );
};
