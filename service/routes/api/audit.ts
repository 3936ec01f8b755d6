import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { apiRoute, closed, ListOf, Page, pageOf, refusals, UnixSeconds } from '../../schemas/common.js';
import type { Service } from '../../service.js';

const AuditItem = Type.Object(
  {
    seq: Type.Integer(),
    at: UnixSeconds('When'),
    actor: Type.String({ description: '`token:<name>`, `signer:<key>` of a pushed JWT, or `service`' }),
    action: Type.String(),
    entity: Type.String(),
    beforeJti: Type.Union([Type.String(), Type.Null()]),
    afterJti: Type.Union([Type.String(), Type.Null()]),
    detail: Type.Object({}, { additionalProperties: true }),
  },
  closed,
);

const AuditPage = Type.Object(
  {
    limit: Page.properties.limit,
    after: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1, default: 0, description: '`seq` of the last entry seen' }),
  },
  closed,
);

export const auditRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.get(
    '/audit',
    {
      schema: {
        ...apiRoute,
        summary: 'Every change, oldest first: who, when, what, from which JWT to which',
        querystring: AuditPage,
        response: { 200: ListOf(AuditItem), ...refusals(400, 401) },
      },
    },
    async ({ query: { after, limit } }) => {
      const rows = await service.store.db.auditEntry.findMany({
        where: { seq: { gt: after } },
        orderBy: { seq: 'asc' },
        take: limit + 1,
      });
      return pageOf(
        rows,
        { limit },
        (row) => ({ ...row, at: Number(row.at), detail: JSON.parse(row.detail) as Record<string, unknown> }),
        ({ seq }) => String(seq),
      );
    },
  );
};
