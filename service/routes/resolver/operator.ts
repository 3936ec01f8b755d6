import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { decodedText } from '../../http/decoded-text.js';
import { isKnown } from '../../http/etags.js';
import { servedOperator } from '../../operators/served-operator.js';
import { refusals } from '../../schemas/common.js';
import { isOn, jwtContent, OperatorQuery } from '../../schemas/resolver.js';
import type { Service } from '../../service.js';
import { readStored } from '../../store/read-stored.js';

export const resolverOperatorRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.get(
    '/operator',
    {
      schema: {
        tags: ['resolver'],
        summary: 'The JWT of the operator served',
        querystring: OperatorQuery,
        response: {
          200: { description: 'The JWT', ...jwtContent('The operator JWT') },
          304: Type.Null({ description: 'As known' }),
          ...refusals(400, 404),
        },
      },
    },
    async ({ query, headers }, reply) => {
      const { row } = await servedOperator(service.store.db);
      reply.header('cache-control', 'no-cache');
      if (isOn(query.text)) return reply.type('text/plain; charset=utf-8').send(row.jwt);
      if (isOn(query.decode)) {
        return reply.type('text/plain; charset=utf-8').send(decodedText(readStored('operator', row)));
      }
      reply.header('etag', `"${row.jti}"`);
      if (isKnown(row.jti, headers['if-none-match'])) return reply.code(304).type('application/jwt').send(null);
      return reply.type('application/jwt').send(row.jwt);
    },
  );
};
