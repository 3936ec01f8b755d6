import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { checkEntityName } from '../../../claims/names.js';
import type { AccessToken } from '../../../prisma/generated/client.js';
import { managedScope } from '../../auth/named-scope.js';
import { hasRight, ROLES, reach, within } from '../../auth/rights.js';
import { tokenUnknown } from '../../auth/tokens.js';
import { change } from '../../change/change.js';
import { callerOf, originOf } from '../../plugins/access.js';
import {
  apiRoute,
  ChangeQuery,
  closed,
  Id,
  ListOf,
  Name,
  named,
  needs,
  Page,
  pageOf,
  refusals,
  UnixSeconds,
} from '../../schemas/common.js';
import type { Service } from '../../service.js';

const Role = Type.Union(ROLES.map((role) => Type.Literal(role)));
const TokenItem = Type.Object(
  {
    id: Id('Hash of the token id'),
    name: Type.String(),
    role: Type.String(),
    operator: Type.Optional(Id('Operator the role is for')),
    account: Type.Optional(Id('Account the role is for')),
    createdBy: Type.String({ description: 'Who made it, as in the audit' }),
    createdAt: UnixSeconds('Made'),
    expiresAt: Type.Optional(UnixSeconds('Ends')),
    lastUsedAt: Type.Optional(UnixSeconds('Last used, to the minute')),
    revokedAt: Type.Optional(UnixSeconds('Revoked')),
  },
  named('AccessToken'),
);
const TokenPage = Type.Object(
  {
    ...Page.properties,
    operator: Type.Optional(Id('Operator the role is for')),
    account: Type.Optional(Id('Account the role is for')),
    role: Type.Optional(Type.Union(Role.anyOf, { description: 'Role it gives' })),
    revoked: Type.Optional(Type.Boolean({ description: 'Whether it was revoked' })),
  },
  closed,
);
const NewToken = Type.Object(
  {
    name: Name,
    role: Role,
    operator: Type.Optional(Id('Operator the role is for, with all its accounts')),
    account: Type.Optional(Id('Account the role is for; with neither, it is for the whole service')),
    expires: Type.Optional(UnixSeconds('Ends; absent = never')),
  },
  named('NewAccessToken'),
);
const IssuedToken = Type.Object(
  { id: Id('Hash of the token id'), token: Type.String({ description: 'Given here once, kept nowhere' }) },
  named('IssuedAccessToken'),
);

export const tokenRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { store, tokens } = service;

  app.get(
    '/tokens',
    {
      config: needs('manage', 'reach'),
      schema: {
        ...apiRoute,
        summary: 'Access tokens',
        querystring: TokenPage,
        response: { 200: ListOf(TokenItem), ...refusals(400, 401, 403) },
      },
    },
    async (request) => {
      const { query } = request;
      const { operator, account, role, revoked, after } = query;
      const where = {
        ...within(reach(callerOf(request), 'manage'), 'operatorKey', 'accountKey'),
        ...(operator !== undefined && { operatorKey: operator }),
        ...(account !== undefined && { accountKey: account }),
        ...(role !== undefined && { role }),
        ...(revoked !== undefined && { revokedAt: revoked ? { not: null } : null }),
        ...(after !== undefined && { hash: { gt: after } }),
      };
      const rows = await store.db.accessToken.findMany({ where, orderBy: { hash: 'asc' }, take: query.limit + 1 });
      return pageOf(rows, query, tokenItem, ({ hash }) => hash);
    },
  );

  app.post(
    '/tokens',
    {
      config: needs('manage', 'reach'),
      schema: {
        ...apiRoute,
        summary: 'Make an access token',
        querystring: ChangeQuery,
        body: NewToken,
        response: { 201: IssuedToken, ...refusals(400, 401, 403, 404) },
      },
    },
    async (request, reply) => {
      // It stands in the audit for every change made with the token.
      checkEntityName(request.body.name, 'token');
      const { body } = request;
      const issued = await change(service, originOf(request), async (tx) => {
        const both = { code: 'ERR_TOKEN_SCOPE', what: 'token' } as const;
        const scope = await managedScope(tx, callerOf(request), body, both);
        return tokens.issue(tx, { ...body, ...scope }, originOf(request));
      });
      return reply.code(201).send(issued);
    },
  );

  app.delete(
    '/tokens/:token',
    {
      config: needs('manage', 'reach'),
      schema: {
        ...apiRoute,
        summary: 'Revoke an access token',
        querystring: ChangeQuery,
        params: Type.Object({ token: Id('Hash of the token id') }, closed),
        response: { 204: Type.Null(), ...refusals(400, 401, 404) },
      },
    },
    async (request, reply) => {
      const { token } = request.params;
      await change(service, originOf(request), async (tx) => {
        const row = await tx.accessToken.findUnique({ where: { hash: token } });
        const scope = { operator: row?.operatorKey ?? null, account: row?.accountKey ?? null };
        if (row && !hasRight(callerOf(request), 'manage', scope)) throw tokenUnknown(token);
        await tokens.revoke(tx, token, originOf(request));
      });
      return reply.code(204).send(null);
    },
  );
};

function tokenItem(row: AccessToken): Static<typeof TokenItem> {
  return {
    id: row.hash,
    name: row.name,
    role: row.role,
    ...(row.operatorKey !== null && { operator: row.operatorKey }),
    ...(row.accountKey !== null && { account: row.accountKey }),
    createdBy: row.createdBy,
    createdAt: Number(row.createdAt),
    ...(row.expiresAt !== null && { expiresAt: Number(row.expiresAt) }),
    ...(row.lastUsedAt !== null && { lastUsedAt: Number(row.lastUsedAt) }),
    ...(row.revokedAt !== null && { revokedAt: Number(row.revokedAt) }),
  };
}
