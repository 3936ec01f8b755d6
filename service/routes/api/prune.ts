import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { originOf } from '../../plugins/access.js';
import { pruneRevocations } from '../../revocations/prune-revocations.js';
import { apiRoute, ChangeQuery, closed, Id, needs, refusals } from '../../schemas/common.js';
import { PrunedRevocations } from '../../schemas/ledger.js';
import type { Service } from '../../service.js';

export const pruneRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.post(
    '/accounts/:account/revocations/prune',
    {
      config: needs('issue', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Take out revocations of which the ledger proves that every JWT they cover has ended',
        params: Type.Object({ account: Id('Account key') }, closed),
        querystring: ChangeQuery,
        response: { 200: PrunedRevocations, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request) => {
      const { revocations, ...rest } = await pruneRevocations(service, request.params.account, originOf(request));
      const pruned = revocations.flatMap(({ user, at, kept }) => (kept === null ? { user, revokedAt: at } : []));
      const kept = revocations.flatMap(({ user, at, kept: reason }) =>
        reason === null ? [] : { user, revokedAt: at, reason },
      );
      return { ...rest, pruned, kept };
    },
  );
};
