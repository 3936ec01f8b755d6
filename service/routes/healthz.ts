import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Service } from '../service.js';

export const healthz: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.get(
    '/healthz',
    {
      schema: {
        tags: ['resolver'],
        summary: 'Whether the service works: it has read its database just now',
        response: { 200: Type.Object({ status: Type.Literal('ok') }) },
      },
    },
    async (_request, reply) => {
      await service.store.db.meta.count();
      return reply.header('cache-control', 'no-store').send({ status: 'ok' as const });
    },
  );
};
