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
import { inParts } from '../../store/in-parts.js';

const Role = Type.Union(ROLES.map((role) => Type.Literal(role)));
const TokenItem = Type.Object(
  {
    id: Id('Hash of the token id'),
    name: Type.String(),
    role: Type.String(),
    operator: Type.Optional(Id('Operator the role is for')),
    account: Type.Optional(Id('Account the role is for')),
    createdBy: Type.String({ description: 'Who made it, as in the audit' }),
    madeWith: Type.Optional(Id('Id of the token it was made with, where that is one the caller may manage')),
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
    createdBy: Type.Optional(
      Type.String({ minLength: 1, maxLength: 600, description: 'Who made it, as in the audit' }),
    ),
    madeWith: Type.Optional(Id('Id of the token it was made with')),
  },
  closed,
);
const Named = Type.Object({ id: Id('Hash of the token id'), name: Type.String() }, closed);
const RevokedToken = Type.Object(
  {
    id: Id('Hash of the token id'),
    name: Type.String(),
    alsoRevoked: Type.Array(Named, { description: 'With `descendants=true`: what was made with it' }),
    inForce: Type.Array(Named, {
      description: 'Made with it, or with what was made with it, and still good: `descendants=true` revokes them too',
    }),
  },
  named('RevokedAccessToken'),
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
      const { operator, account, role, revoked, after, createdBy, madeWith } = query;
      const readable = within(reach(callerOf(request), 'manage'), 'operatorKey', 'accountKey');
      const where = {
        ...readable,
        ...(createdBy !== undefined && { createdBy }),
        ...(madeWith !== undefined && { madeWith }),
        ...(operator !== undefined && { operatorKey: operator }),
        ...(account !== undefined && { accountKey: account }),
        ...(role !== undefined && { role }),
        ...(revoked !== undefined && { revokedAt: revoked ? { not: null } : null }),
        ...(after !== undefined && { hash: { gt: after } }),
      };
      const rows = await store.db.accessToken.findMany({ where, orderBy: { hash: 'asc' }, take: query.limit + 1 });
      const makers = [...new Set(rows.flatMap((row) => row.madeWith ?? []))];
      const known = await inParts(makers, (part) =>
        store.db.accessToken.findMany({ where: { ...readable, hash: { in: part } }, select: { hash: true } }),
      );
      const told = new Set(known.map(({ hash }) => hash));
      return pageOf(
        rows,
        query,
        (row) => tokenItem(row, told),
        ({ hash }) => hash,
      );
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
        const { tokenId: madeWith } = callerOf(request);
        return tokens.issue(tx, { ...body, ...scope, madeWith }, originOf(request));
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
        summary: 'Revoke an access token, on demand with all that was made with it',
        querystring: Type.Object(
          {
            ...ChangeQuery.properties,
            descendants: Type.Boolean({
              default: false,
              description: 'Also what was made with it, with what was made with that, and so on',
            }),
          },
          closed,
        ),
        params: Type.Object({ token: Id('Hash of the token id') }, closed),
        response: { 200: RevokedToken, ...refusals(400, 401, 404) },
      },
    },
    async (request) => {
      const { token } = request.params;
      return change(service, originOf(request), async (tx) => {
        const row = await tx.accessToken.findUnique({ where: { hash: token } });
        const scope = { operator: row?.operatorKey ?? null, account: row?.accountKey ?? null };
        if (!row || !hasRight(callerOf(request), 'manage', scope)) throw tokenUnknown(token);
        await tokens.revoke(tx, token, originOf(request));
        const made = await tokens.descendants(tx, token);
        const [alsoRevoked, inForce] = request.query.descendants ? [made, []] : [[], made];
        for (const { id } of alsoRevoked) await tokens.revoke(tx, id, originOf(request));
        return { id: token, name: row.name, alsoRevoked, inForce };
      });
    },
  );
};

function tokenItem(row: AccessToken, told: ReadonlySet<string>): Static<typeof TokenItem> {
  return {
    id: row.hash,
    name: row.name,
    role: row.role,
    ...(row.operatorKey !== null && { operator: row.operatorKey }),
    ...(row.accountKey !== null && { account: row.accountKey }),
    createdBy: row.createdBy,
    ...(row.madeWith !== null && told.has(row.madeWith) && { madeWith: row.madeWith }),
    createdAt: Number(row.createdAt),
    ...(row.expiresAt !== null && { expiresAt: Number(row.expiresAt) }),
    ...(row.lastUsedAt !== null && { lastUsedAt: Number(row.lastUsedAt) }),
    ...(row.revokedAt !== null && { revokedAt: Number(row.revokedAt) }),
  };
}
