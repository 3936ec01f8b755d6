import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { decodePublicKey } from '../../../claims/keys/nkey.js';
import { serverConfig } from '../../operators/server-config.js';
import { apiRoute, closed, Id, needs, refusals } from '../../schemas/common.js';
import type { Service } from '../../service.js';

const Wanted = Type.Object(
  {
    resolver: Type.Union([Type.Literal('url'), Type.Literal('memory'), Type.Literal('full'), Type.Literal('cache')], {
      default: 'url',
      description:
        'How servers get at accounts: from this service, from the file, or from a folder of all or of those in use',
    }),
    service: Type.Optional(
      Type.String({
        maxLength: 2_000,
        description: 'URL of this service as servers reach it; default: as it was reached now',
      }),
    ),
    dir: Type.String({
      minLength: 1,
      maxLength: 1_000,
      default: './jwt',
      description: 'Folder of a full or caching resolver',
    }),
    allowDelete: Type.Boolean({ default: false, description: 'Of a full one: take deletions signed by the operator' }),
  },
  closed,
);

export const serverConfigRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.get(
    '/operators/:operator/server-config',
    {
      config: needs('read', 'operator'),
      schema: {
        ...apiRoute,
        summary: 'A configuration file for nats-server: `natsctl config generate`',
        params: Type.Object({ operator: Id('Operator key') }, closed),
        querystring: Wanted,
        response: {
          200: { description: 'The file', content: { 'text/plain': { schema: Type.String() } } },
          ...refusals(400, 401, 403, 404, 409),
        },
      },
    },
    async (request, reply) => {
      const { query, params, protocol, host } = request;
      const key = decodePublicKey(params.operator, 'operator').text;
      const text = await serverConfig(service, key, { ...query, service: query.service ?? `${protocol}://${host}` });
      return reply.type('text/plain; charset=utf-8').send(text);
    },
  );
};
