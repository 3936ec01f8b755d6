import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { MAX_TOKEN_BYTES } from '../../../claims/jwt/decode.js';
import { createAccount } from '../../accounts/create-account.js';
import { deleteAccount } from '../../accounts/delete-account.js';
import { editAccount } from '../../accounts/edit-account.js';
import { findAccount } from '../../accounts/find-account.js';
import { judgeLimits } from '../../accounts/judge-limits.js';
import { listAccounts } from '../../accounts/list-accounts.js';
import { reach, requireRight } from '../../auth/rights.js';
import { sendEntityTag } from '../../http/entity-tag.js';
import { accountWarnings } from '../../lint/warnings.js';
import { operatorFor } from '../../operators/operator-for.js';
import { callerOf, originOf } from '../../plugins/access.js';
import {
  AccountDetail,
  AccountItem,
  accountDetail,
  accountItem,
  ChangedAccount,
  DeletedAccount,
  NewAccount,
} from '../../schemas/account.js';
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
import type { Service } from '../../service.js';

const AccountPage = Type.Object(
  {
    ...Page.properties,
    operator: Type.Optional(Id('Operator whose accounts')),
    name: NamePart,
    updatedSince: Type.Optional(UnixSeconds('Stored at or after it')),
  },
  closed,
);

export const accountRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { db } = service.store;

  app.get(
    '/accounts',
    {
      config: needs('read', 'reach'),
      schema: {
        ...apiRoute,
        summary: 'Accounts',
        querystring: AccountPage,
        response: { 200: ListOf(AccountItem), ...refusals(400, 401) },
      },
    },
    async (request) => {
      const { query } = request;
      const rows = await listAccounts(db, reach(callerOf(request), 'read'), query, query.limit + 1);
      return pageOf(rows, query, accountItem, ({ key }) => key);
    },
  );

  app.post(
    '/accounts',
    {
      config: needs('manage', 'reach'),
      schema: {
        ...apiRoute,
        summary: 'Make an account',
        querystring: ChangeQuery,
        body: NewAccount,
        response: { 201: ChangedAccount, ...refusals(400, 401, 403, 404, 409, 503) },
      },
    },
    async (request, reply) => {
      const operator = await operatorFor(db, callerOf(request), request.body.operator);
      const row = await createAccount(service, { ...request.body, operator }, originOf(request));
      reply.code(201).header('location', `/api/v1/accounts/${row.key}`);
      const warnings = await accountWarnings(service, row);
      return sendEntityTag(reply, row).send({ ...accountDetail(row), warnings });
    },
  );

  app.get(
    '/accounts/:account',
    {
      config: needs('read', 'account'),
      schema: {
        ...apiRoute,
        summary: 'One account',
        params: Type.Object({ account: Id('Account key') }, closed),
        response: { 200: AccountDetail, ...refusals(400, 401, 404) },
      },
    },
    async ({ params }, reply) => {
      const row = await findAccount(db, params.account);
      return sendEntityTag(reply, row).send(accountDetail(row));
    },
  );

  app.patch(
    '/accounts/:account',
    {
      config: needs('manage', 'account'),
      bodyLimit: MAX_TOKEN_BYTES,
      schema: {
        ...apiRoute,
        summary: 'Change claims of an account: limits, sharing, mappings, keys and roles, whatever its JWT can say',
        params: Type.Object({ account: Id('Account key') }, closed),
        querystring: ChangeQuery,
        headers: IfMatch,
        body: Type.Object(
          {},
          {
            additionalProperties: true,
            description:
              'JSON merge patch (RFC 7396) over the claims as they stand in the JWT: {"nats": {"limits": {"conn": 100}}}; null removes',
          },
        ),
        response: { 200: ChangedAccount, ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const { params, body, headers } = request;
      const judge = judgeLimits(callerOf(request));
      const edit = { account: params.account, ifMatch: headers['if-match'], patch: body, judge };
      const row = await editAccount(service, edit, originOf(request));
      const warnings = await accountWarnings(service, row);
      return sendEntityTag(reply, row).send({ ...accountDetail(row), warnings });
    },
  );

  app.delete(
    '/accounts/:account',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary:
          'Delete an account: its connections close on every server that is linked, and its JWTs do not come back',
        params: Type.Object({ account: Id('Account key') }, closed),
        headers: IfMatch,
        querystring: Type.Object(
          {
            ...ChangeQuery.properties,
            force: Type.Boolean({
              default: false,
              description: 'Also where users, other accounts or JetStream need it (told in a 409 otherwise)',
            }),
          },
          closed,
        ),
        response: { 200: DeletedAccount, ...refusals(400, 401, 403, 404, 409, 412) },
      },
    },
    async (request) => {
      const { params, query, headers } = request;
      const { key, operatorKey } = await findAccount(db, params.account);
      // As for making one: an account's own admin has no say in whether the operator has it.
      requireRight(callerOf(request), 'manage', { operator: operatorKey });
      return deleteAccount(service, {
        id: key,
        forced: query.force,
        ifMatch: headers['if-match'],
        actor: originOf(request),
      });
    },
  );
};
