import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { findAccount } from '../../accounts/find-account.js';
import { sendEntityTag } from '../../http/entity-tag.js';
import { userWarnings } from '../../lint/warnings.js';
import { originOf } from '../../plugins/access.js';
import {
  apiRoute,
  ChangeQuery,
  closed,
  Id,
  IfMatch,
  ListOf,
  NamePart,
  needs,
  Page,
  pageOf,
  refusals,
  UnixSeconds,
} from '../../schemas/common.js';
import { Revoked } from '../../schemas/revocation.js';
import { CreatedUser, NewUser, UserDetail, UserItem, userDetail, userItem } from '../../schemas/user.js';
import type { Service } from '../../service.js';
import { createUser } from '../../users/create-user.js';
import { deleteUser } from '../../users/delete-user.js';
import { findUser } from '../../users/find-user.js';
import { listUsers } from '../../users/list-users.js';

const InAccount = Type.Object({ account: Id('Account key') }, closed);
const UserPage = Type.Object(
  {
    ...Page.properties,
    name: NamePart,
    expired: Type.Optional(Type.Boolean({ description: 'Whether the JWT has ended' })),
    expiresBefore: Type.Optional(UnixSeconds('The JWT ends before it')),
  },
  closed,
);

export const userRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { db } = service.store;

  app.get(
    '/accounts/:account/users',
    {
      config: needs('read', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Users of an account that this service made',
        params: InAccount,
        querystring: UserPage,
        response: { 200: ListOf(UserItem), ...refusals(400, 401, 404) },
      },
    },
    async ({ params, query }) => {
      const { key: accountKey } = await findAccount(db, params.account);
      const rows = await listUsers(db, accountKey, query, { now: service.now(), take: query.limit + 1 });
      return pageOf(rows, query, userItem, ({ key }) => key);
    },
  );

  app.post(
    '/accounts/:account/users',
    {
      config: needs('issue', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Make a user of an account whose signing key the service keeps',
        params: InAccount,
        querystring: ChangeQuery,
        body: NewUser,
        response: { 201: CreatedUser, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      const { user, creds } = await createUser(service, request.params.account, request.body, originOf(request));
      const warnings = await userWarnings(service, user);
      const created = { ...userDetail(user), warnings, ...(creds !== undefined && { creds }) };
      reply.code(201).header('location', `/api/v1/users/${user.key}`);
      return sendEntityTag(reply, user).send(created);
    },
  );

  app.get(
    '/users/:user',
    {
      config: needs('read', 'user'),
      schema: {
        ...apiRoute,
        summary: 'One user that this service made',
        params: Type.Object({ user: Id('User key') }, closed),
        response: { 200: UserDetail, ...refusals(400, 401, 404) },
      },
    },
    async ({ params }, reply) => {
      const row = await findUser(db, params.user);
      return sendEntityTag(reply, row).send(userDetail(row));
    },
  );

  app.delete(
    '/users/:user',
    {
      config: needs('issue', 'user'),
      schema: {
        ...apiRoute,
        summary: 'Delete a user: its key is revoked, its connections close, and no JWT of it works any more',
        params: Type.Object({ user: Id('User key') }, closed),
        querystring: ChangeQuery,
        headers: IfMatch,
        response: { 200: Revoked, ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request) => deleteUser(service, request.params.user, request.headers['if-match'], originOf(request)),
  );
};
