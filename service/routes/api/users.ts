import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { NatsctlError } from '../../../claims/errors.js';
import { decodePublicKey } from '../../../claims/keys/nkey.js';
import { findAccount } from '../../accounts/find-account.js';
import type { ServiceErrorCode } from '../../errors.js';
import { actorOf } from '../../plugins/bearer.js';
import { apiRoute, closed, Id, ListOf, Page, pageOf, refusals } from '../../schemas/common.js';
import { CreatedUser, NewUser, UserDetail, UserItem, userDetail, userItem } from '../../schemas/user.js';
import type { Service } from '../../service.js';
import { createUser } from '../../users/create-user.js';

const InAccount = Type.Object({ account: Id('Account key') }, closed);

export const userRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { db } = service.store;

  app.get(
    '/accounts/:account/users',
    {
      schema: {
        ...apiRoute,
        summary: 'Users of an account that this service made',
        params: InAccount,
        querystring: Page,
        response: { 200: ListOf(UserItem), ...refusals(400, 401, 404) },
      },
    },
    async ({ params, query }) => {
      const { key: accountKey } = await findAccount(db, params.account);
      const where = { accountKey, ...(query.after !== undefined && { key: { gt: query.after } }) };
      const rows = await db.user.findMany({ where, orderBy: { key: 'asc' }, take: query.limit + 1 });
      return pageOf(rows, query, userItem, ({ key }) => key);
    },
  );

  app.post(
    '/accounts/:account/users',
    {
      schema: {
        ...apiRoute,
        summary: 'Make a user of an account whose signing key the service keeps',
        params: InAccount,
        body: NewUser,
        response: { 201: CreatedUser, ...refusals(400, 401, 404, 409) },
      },
    },
    async (request, reply) => {
      const { user, creds } = await createUser(service, request.params.account, request.body, actorOf(request));
      const created = { ...userDetail(user), ...(creds !== undefined && { creds }) };
      return reply.code(201).header('location', `/api/v1/users/${user.key}`).send(created);
    },
  );

  app.get(
    '/users/:user',
    {
      schema: {
        ...apiRoute,
        summary: 'One user that this service made',
        params: Type.Object({ user: Id('User key') }, closed),
        response: { 200: UserDetail, ...refusals(400, 401, 404) },
      },
    },
    async ({ params }) => {
      const key = decodePublicKey(params.user, 'user').text;
      const row = await db.user.findUnique({ where: { key } });
      if (!row)
        throw new NatsctlError<ServiceErrorCode>('ERR_USER_UNKNOWN', `this service did not make the user ${key}`);
      return userDetail(row);
    },
  );
};
