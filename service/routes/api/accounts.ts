import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { createAccount } from '../../accounts/create-account.js';
import { deleteAccount } from '../../accounts/delete-account.js';
import { findAccount } from '../../accounts/find-account.js';
import { actorOf } from '../../plugins/bearer.js';
import {
  AccountDetail,
  AccountItem,
  accountDetail,
  accountItem,
  DeletedAccount,
  NewAccount,
} from '../../schemas/account.js';
import { apiRoute, closed, Id, ListOf, Page, pageOf, refusals } from '../../schemas/common.js';
import type { Service } from '../../service.js';

export const accountRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { db } = service.store;

  app.get(
    '/accounts',
    {
      schema: {
        ...apiRoute,
        summary: 'Accounts',
        querystring: Page,
        response: { 200: ListOf(AccountItem), ...refusals(401) },
      },
    },
    async ({ query }) => {
      const where = query.after === undefined ? {} : { key: { gt: query.after } };
      const rows = await db.account.findMany({ where, orderBy: { key: 'asc' }, take: query.limit + 1 });
      return pageOf(rows, query, accountItem, ({ key }) => key);
    },
  );

  app.post(
    '/accounts',
    {
      schema: {
        ...apiRoute,
        summary: 'Make an account',
        body: NewAccount,
        response: { 201: AccountDetail, ...refusals(400, 401, 409) },
      },
    },
    async (request, reply) => {
      const row = await createAccount(service, request.body, actorOf(request));
      return reply.code(201).header('location', `/api/v1/accounts/${row.key}`).send(accountDetail(row));
    },
  );

  app.get(
    '/accounts/:account',
    {
      schema: {
        ...apiRoute,
        summary: 'One account',
        params: Type.Object({ account: Id('Account key') }, closed),
        response: { 200: AccountDetail, ...refusals(400, 401, 404) },
      },
    },
    async ({ params }) => accountDetail(await findAccount(db, params.account)),
  );

  app.delete(
    '/accounts/:account',
    {
      schema: {
        ...apiRoute,
        summary:
          'Delete an account: its connections close on every server that is linked, and its JWTs do not come back',
        params: Type.Object({ account: Id('Account key') }, closed),
        querystring: Type.Object(
          {
            force: Type.Boolean({
              default: false,
              description: 'Also where users, other accounts or JetStream need it (told in a 409 otherwise)',
            }),
          },
          closed,
        ),
        response: { 200: DeletedAccount, ...refusals(400, 401, 404, 409) },
      },
    },
    async (request) => {
      const { params, query } = request;
      return deleteAccount(service, { id: params.account, forced: query.force, actor: actorOf(request) });
    },
  );
};
