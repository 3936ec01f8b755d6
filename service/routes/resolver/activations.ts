import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { UNCHANGED } from '../../../resolver/http.js';
import { findActivation, keepActivation } from '../../activations/keep-activation.js';
import { isKnown } from '../../http/etags.js';
import { closed, Id, refusals } from '../../schemas/common.js';
import { jwtContent, textContent } from '../../schemas/resolver.js';
import type { Service } from '../../service.js';

const Params = Type.Object({ hash: Id('Activation hash') }, closed);

/** As nsc leaves and fetches activations. There is no list: who has the hash knows exporter, importer and subject. */
export const resolverActivationRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.post(
    '/activations',
    {
      schema: {
        tags: ['resolver'],
        summary: 'Leave an activation token for its importer',
        response: {
          200: { description: 'Stored in the place of an older one, or already there', ...textContent },
          201: { description: 'Stored', ...textContent },
          ...refusals(400, 404, 409, 413, 415),
        },
      },
    },
    async ({ body }, reply) => {
      const { status, hash, jti } = await keepActivation(service, typeof body === 'string' ? body.trim() : '');
      reply
        .code(status === 'created' ? 201 : 200)
        .header('location', `/jwt/v1/activations/${hash}`)
        .header('etag', `"${jti}"`)
        .header('cache-control', 'no-store');
      return reply.type('text/plain; charset=utf-8').send(`${status === 'unchanged' ? UNCHANGED : `jwt ${status}`}\n`);
    },
  );

  app.get(
    '/activations/:hash',
    {
      schema: {
        tags: ['resolver'],
        summary: 'The activation token of a hash',
        params: Params,
        response: {
          200: { description: 'The JWT', ...jwtContent('The activation JWT') },
          304: Type.Null({ description: 'As known' }),
          ...refusals(400, 404),
        },
      },
    },
    async ({ params, headers }, reply) => {
      const { jwt, jti } = await findActivation(service, params.hash);
      reply.header('etag', `"${jti}"`).header('cache-control', 'no-cache').header('content-type', 'application/jwt');
      if (isKnown(jti, headers['if-none-match'])) return reply.code(304).send(null);
      return reply.send(jwt);
    },
  );
};
