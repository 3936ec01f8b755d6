import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { findAccount } from '../../accounts/find-account.js';
import { originOf } from '../../plugins/access.js';
import { revocationServers } from '../../revocations/record-servers.js';
import { removeRevocation, revokeUser } from '../../revocations/revoke-user.js';
import { apiRoute, ChangeQuery, closed, Id, ListOf, needs, refusals } from '../../schemas/common.js';
import { NewRevocation, Restored, RevocationItem, RevocationServer, Revoked } from '../../schemas/revocation.js';
import type { Service } from '../../service.js';
import { readStored } from '../../store/read-stored.js';

const InAccount = Type.Object({ account: Id('Account key') }, closed);

export const revocationRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.get(
    '/accounts/:account/revocations',
    {
      config: needs('read', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Revocations in the account JWT (all of them: a JWT bounds their number)',
        params: InAccount,
        response: { 200: ListOf(RevocationItem), ...refusals(400, 401, 404) },
      },
    },
    async ({ params }) => {
      const { claims } = readStored('account', await findAccount(service.store.db, params.account));
      return { items: [...claims.nats.revocations].map(([user, revokedAt]) => ({ user, revokedAt })) };
    },
  );

  app.post(
    '/accounts/:account/revocations',
    {
      config: needs('issue', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Revoke a user: connections close at once on every server that is linked, and do not come back',
        params: InAccount,
        querystring: ChangeQuery,
        body: NewRevocation,
        response: { 201: Revoked, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      return reply.code(201).send(await revokeUser(service, request.params.account, request.body, originOf(request)));
    },
  );

  app.get(
    '/accounts/:account/revocations/:user/servers',
    {
      config: needs('read', 'account'),
      schema: {
        ...apiRoute,
        summary:
          'Which servers took a revocation, when, and how many connections of the user they had before and after',
        params: Type.Object({ account: Id('Account key'), user: Id('User key, or `*`') }, closed),
        response: { 200: ListOf(RevocationServer), ...refusals(400, 401, 404) },
      },
    },
    async ({ params }) => ({ items: await revocationServers(service, params.account, params.user) }),
  );

  app.delete(
    '/accounts/:account/revocations/:user',
    {
      config: needs('issue', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Take a revocation back: JWTs that are still valid work again',
        params: Type.Object({ account: Id('Account key'), user: Id('User key, or `*`') }, closed),
        querystring: ChangeQuery,
        response: { 200: Restored, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request) => removeRevocation(service, request.params.account, request.params.user, originOf(request)),
  );
};
