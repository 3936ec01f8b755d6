import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { findAccount } from '../../accounts/find-account.js';
import { sendEntityTag } from '../../http/entity-tag.js';
import { originOf } from '../../plugins/access.js';
import { apiRoute, ChangeQuery, closed, Id, needs, refusals, UnixSeconds } from '../../schemas/common.js';
import { CreatedUser, createdUser, NewCredentials } from '../../schemas/user.js';
import type { Service } from '../../service.js';
import { createCredentials } from '../../users/create-user.js';

const InAccount = Type.Object({ account: Id('Account key') }, closed);

export const credentialRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.post(
    '/accounts/:account/credentials',
    {
      config: needs('issue', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Short-lived credentials: with a key made here, or for a key of your own that you prove to hold',
        params: InAccount,
        querystring: ChangeQuery,
        body: NewCredentials,
        response: { 201: CreatedUser, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const created = await createCredentials(service, params.account, body, originOf(request));
      reply.code(201);
      if (body.store) sendEntityTag(reply, created.user).header('location', `/api/v1/users/${created.user.key}`);
      return reply.send(await createdUser(service, created));
    },
  );

  app.post(
    '/accounts/:account/credentials/challenge',
    {
      config: needs('issue', 'account'),
      schema: {
        ...apiRoute,
        summary: 'A text to sign with a user key of your own, within a minute: proof that you hold it',
        params: InAccount,
        body: Type.Object({ publicKey: Id('User key') }, closed),
        response: {
          200: Type.Object({ challenge: Type.String(), expires: UnixSeconds('Until when it can be answered') }, closed),
          ...refusals(400, 401, 403, 404),
        },
      },
    },
    async ({ params, body }) => {
      const { key: account } = await findAccount(service.store.db, params.account);
      return service.keyProofs.challenge({ account, publicKey: body.publicKey });
    },
  );
};
