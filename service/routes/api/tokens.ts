import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { checkEntityName } from '../../../claims/names.js';
import type { AccessToken } from '../../../prisma/generated/client.js';
import { ROLES } from '../../auth/tokens.js';
import { actorOf } from '../../plugins/bearer.js';
import { apiRoute, closed, Id, ListOf, Name, Page, pageOf, refusals, UnixSeconds } from '../../schemas/common.js';
import type { Service } from '../../service.js';

const Role = Type.Union(ROLES.map((role) => Type.Literal(role)));
const TokenItem = Type.Object(
  {
    id: Id('Hash of the token id'),
    name: Type.String(),
    role: Type.String(),
    createdAt: UnixSeconds('Made'),
    expiresAt: Type.Optional(UnixSeconds('Ends')),
    lastUsedAt: Type.Optional(UnixSeconds('Last used, to the minute')),
    revokedAt: Type.Optional(UnixSeconds('Revoked')),
  },
  closed,
);
const NewToken = Type.Object(
  { name: Name, role: Role, expires: Type.Optional(UnixSeconds('Ends; absent = never')) },
  closed,
);
const IssuedToken = Type.Object(
  { id: Id('Hash of the token id'), token: Type.String({ description: 'Given here once, kept nowhere' }) },
  closed,
);

export const tokenRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { store, tokens } = service;

  app.get(
    '/tokens',
    {
      schema: {
        ...apiRoute,
        summary: 'Access tokens',
        querystring: Page,
        response: { 200: ListOf(TokenItem), ...refusals(401) },
      },
    },
    async ({ query }) => {
      const where = query.after === undefined ? {} : { hash: { gt: query.after } };
      const rows = await store.db.accessToken.findMany({ where, orderBy: { hash: 'asc' }, take: query.limit + 1 });
      return pageOf(rows, query, tokenItem, ({ hash }) => hash);
    },
  );

  app.post(
    '/tokens',
    {
      schema: {
        ...apiRoute,
        summary: 'Make an access token',
        body: NewToken,
        response: { 201: IssuedToken, ...refusals(400, 401) },
      },
    },
    async (request, reply) => {
      // It stands in the audit for every change made with the token.
      checkEntityName(request.body.name, 'token');
      const issued = await store.transaction((tx) => tokens.issue(tx, request.body, actorOf(request)));
      return reply.code(201).send(issued);
    },
  );

  app.delete(
    '/tokens/:token',
    {
      schema: {
        ...apiRoute,
        summary: 'Revoke an access token',
        params: Type.Object({ token: Id('Hash of the token id') }, closed),
        response: { 204: Type.Null(), ...refusals(400, 401, 404) },
      },
    },
    async (request, reply) => {
      await store.transaction((tx) => tokens.revoke(tx, request.params.token, actorOf(request)));
      return reply.code(204).send(null);
    },
  );
};

function tokenItem(row: AccessToken): Static<typeof TokenItem> {
  return {
    id: row.hash,
    name: row.name,
    role: row.role,
    createdAt: Number(row.createdAt),
    ...(row.expiresAt !== null && { expiresAt: Number(row.expiresAt) }),
    ...(row.lastUsedAt !== null && { lastUsedAt: Number(row.lastUsedAt) }),
    ...(row.revokedAt !== null && { revokedAt: Number(row.revokedAt) }),
  };
}
