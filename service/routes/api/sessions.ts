import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { closed, Id, refusals, UnixSeconds } from '../../schemas/common.js';
import { Grants, shownGrant } from '../../schemas/grant.js';
import type { Service } from '../../service.js';
import { strictJson } from './json-body.js';

/** Sign-in with a key of the tree: ask for a challenge, sign it, get a token. The only routes of the API that need none. */
export const sessionRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (
  app,
  { service: { sessions } },
) => {
  strictJson(app);
  app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'));

  app.post(
    '/sessions/challenge',
    {
      schema: {
        tags: ['api'],
        summary: 'A text to sign with a key, within a minute',
        body: Type.Object(
          {
            key: Id('Operator or account key (or signing key) that signs in'),
            account: Type.Optional(Id('Account of an account signing key')),
          },
          closed,
        ),
        response: {
          200: Type.Object({ challenge: Type.String(), expires: UnixSeconds('Until when it can be answered') }, closed),
          ...refusals(400),
        },
      },
    },
    async ({ body }) => sessions.challenge(body),
  );

  app.post(
    '/sessions',
    {
      schema: {
        tags: ['api'],
        summary: 'A token for a quarter of an hour, for the signature of a challenge',
        body: Type.Object(
          {
            challenge: Type.String({ maxLength: 512, description: 'As it was given' }),
            signature: Type.String({
              maxLength: 128,
              description: 'Ed25519, over the text of the challenge; base64url',
            }),
          },
          closed,
        ),
        response: {
          201: Type.Object({ token: Type.String(), expires: UnixSeconds('End of the token'), grants: Grants }, closed),
          ...refusals(400, 401),
        },
      },
    },
    async ({ body }, reply) => {
      const { token, expires, grants } = await sessions.open(body.challenge, body.signature);
      return reply.code(201).send({ token, expires, grants: grants.map(shownGrant) });
    },
  );
};
