import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { evacuate } from '../../evacuation/evacuate.js';
import { sendEntityTag } from '../../http/entity-tag.js';
import { originOf } from '../../plugins/access.js';
import { apiRoute, ChangeQuery, closed, Id, IfMatch, needs, refusals } from '../../schemas/common.js';
import { Evacuated, Evacuation } from '../../schemas/evacuation.js';
import type { Service } from '../../service.js';

export const evacuationRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.post(
    '/accounts/:account/evacuate',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'For a compromised account: new signing keys, everyone out, and who is still on',
        params: Type.Object({ account: Id('Account key') }, closed),
        querystring: ChangeQuery,
        headers: IfMatch,
        body: Evacuation,
        response: { 200: Evacuated, ...refusals(400, 401, 403, 404, 409, 412, 428, 503) },
      },
    },
    async (request, reply) => {
      const { params, headers, body } = request;
      const wanted = {
        account: params.account,
        ifMatch: headers['if-match'],
        keys: body.keys,
        reissue: body.reissue ?? false,
      };
      const { version, ...evacuated } = await evacuate(service, wanted, originOf(request));
      return sendEntityTag(reply, { version }).send(evacuated);
    },
  );
};
