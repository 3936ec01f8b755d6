import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { originOf } from '../../plugins/access.js';
import { apiRoute, closed, Id, ListOf, needs, refusals } from '../../schemas/common.js';
import type { Service } from '../../service.js';

const LinkItem = Type.Object(
  {
    id: Id('Link id'),
    servers: Type.Array(Type.String()),
    connected: Type.Boolean(),
    pending: Type.Integer({ description: 'Accounts whose newest JWT not every server has confirmed' }),
  },
  closed,
);
const NewLink = Type.Object(
  {
    servers: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
      minItems: 1,
      maxItems: 32,
      description: 'nats://host:port of one system',
    }),
    creds: Type.Optional(
      Type.String({
        maxLength: 65_536,
        description: '.creds of a system account user; absent = those of a link attached before',
      }),
    ),
  },
  closed,
);

export const linkRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service: { links } }) => {
  app.get(
    '/links',
    {
      config: needs('read', 'service'),
      schema: {
        ...apiRoute,
        summary: 'NATS systems that changes are announced to',
        response: { 200: ListOf(LinkItem), ...refusals(401, 403) },
      },
    },
    async () => ({ items: await links.list() }),
  );

  app.post(
    '/links',
    {
      config: needs('manage', 'service'),
      schema: {
        ...apiRoute,
        summary: 'Attach a NATS system; the service attaches it again at every start',
        body: NewLink,
        response: { 201: LinkItem, ...refusals(400, 401, 403, 409) },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await links.attach(request.body, { keep: true, actor: originOf(request) })),
  );

  app.delete(
    '/links/:link',
    {
      config: needs('manage', 'service'),
      schema: {
        ...apiRoute,
        summary: 'Detach a NATS system',
        params: Type.Object({ link: Id('Link id') }, closed),
        response: { 204: Type.Null(), ...refusals(401, 403, 404) },
      },
    },
    async (request, reply) => {
      await links.detach(request.params.link, originOf(request));
      return reply.code(204).send(null);
    },
  );
};
