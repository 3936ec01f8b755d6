import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Health } from '../health/health.js';
import { closed } from '../schemas/common.js';
import type { Service } from '../service.js';

const Ready = Type.Object(
  {
    status: Type.Union([Type.Literal('ready'), Type.Literal('unready')]),
    checks: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String(),
            status: Type.Union([Type.Literal('ok'), Type.Literal('degraded'), Type.Literal('failed')]),
            message: Type.Optional(Type.String()),
          },
          closed,
        ),
      ),
    ),
  },
  closed,
);
/** `?verbose` alone is what Kubernetes' own servers take. */
const Query = Type.Object(
  {
    verbose: Type.Optional(Type.Union([Type.Literal(''), Type.Literal('true')], { description: 'Tell of each check' })),
  },
  closed,
);

export const health: FastifyPluginAsyncTypebox<{ service: Service; health: Health }> = async (app, options) => {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('cache-control', 'no-store');
    done();
  });

  app.get(
    '/healthz',
    {
      schema: {
        tags: ['resolver'],
        summary: 'Whether the service works: it has read its database just now',
        response: { 200: Type.Object({ status: Type.Literal('ok') }) },
      },
    },
    async () => {
      await options.service.store.db.meta.count();
      return { status: 'ok' as const };
    },
  );

  app.get(
    '/livez',
    {
      schema: {
        tags: ['health'],
        summary: 'Whether the process answers: restart it when not',
        response: { 200: Type.Object({ status: Type.Literal('ok') }) },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        tags: ['health'],
        summary: 'Whether to send requests here: database, migrations, custody, links',
        querystring: Query,
        response: { 200: Ready, 503: Ready },
      },
    },
    async ({ query }, reply) => {
      const { ready, checks } = await options.health.check();
      reply.code(ready ? 200 : 503);
      return {
        status: ready ? ('ready' as const) : ('unready' as const),
        ...(query.verbose !== undefined && { checks }),
      };
    },
  );
};
