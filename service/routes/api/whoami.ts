import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { callerOf } from '../../plugins/access.js';
import { apiRoute, closed, needs, refusals, UnixSeconds } from '../../schemas/common.js';
import { Grants, shownGrant } from '../../schemas/grant.js';

export const whoamiRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/whoami',
    {
      // Every role may read somewhere, so every caller may ask this.
      config: needs('read', 'reach'),
      schema: {
        ...apiRoute,
        summary: 'Who the token is of, and what it may do',
        response: {
          200: Type.Object(
            {
              actor: Type.String({ description: '`token:<name>`, `key:<public key>` or `oidc:<issuer>#<subject>`' }),
              grants: Grants,
              expires: Type.Optional(UnixSeconds('End of the token; absent = none')),
            },
            closed,
          ),
          ...refusals(401, 403, 503),
        },
      },
    },
    async (request) => {
      const { actor, grants, expires } = callerOf(request);
      return { actor, grants: grants.map(shownGrant), ...(expires !== undefined && { expires }) };
    },
  );
};
