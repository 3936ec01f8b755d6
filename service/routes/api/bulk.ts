import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { MAX_TOKEN_BYTES } from '../../../claims/jwt/decode.js';
import { createAccount } from '../../accounts/create-account.js';
import { eachItem } from '../../change/each-item.js';
import { together } from '../../change/together.js';
import { operatorFor } from '../../operators/operator-for.js';
import { callerOf, originOf } from '../../plugins/access.js';
import { importAccounts } from '../../push/import-accounts.js';
import { revokeUsers } from '../../revocations/revoke-users.js';
import { AccountItem, accountItem, NewAccount } from '../../schemas/account.js';
import { apiRoute, ChangeQuery, closed, Id, needs, refusals, UnixSeconds } from '../../schemas/common.js';
import { Announced, NewRevocation } from '../../schemas/revocation.js';
import { CreatedUser, createdUsers, NewUser } from '../../schemas/user.js';
import type { Service } from '../../service.js';
import { createUsers } from '../../users/create-user.js';

/** As many as one transaction takes well inside its time (service/store/open.ts). */
const MAX_ITEMS = 1_000;
/** Of accounts made here: two keys are sealed for each. */
const MAX_NEW_ACCOUNTS = 250;
/** Bytes of a body: about as much as the items of single requests, or tokens of their usual size. */
const BULK_BODY = 4 * MAX_TOKEN_BYTES;

/** Requests that one counts as. */
const MANY = 100;
const InAccount = Type.Object({ account: Id('Account key') }, closed);
const Items = <T extends Parameters<typeof Type.Array>[0]>(item: T) => Type.Object({ items: Type.Array(item) }, closed);

const RevokedUsers = Type.Object(
  {
    account: Id('Account key'),
    jti: Type.String({ description: 'Of the account JWT that says so' }),
    items: Type.Array(
      Type.Object(
        {
          user: Id('User key, or `*`'),
          revokedAt: UnixSeconds('JWTs issued at or before it are void'),
          known: Type.Boolean({ description: 'Whether this service made the user' }),
        },
        closed,
      ),
    ),
    announced: Announced,
  },
  closed,
);

const ImportOutcome = Type.Object(
  {
    status: Type.Union([
      Type.Literal('created'),
      Type.Literal('updated'),
      Type.Literal('unchanged'),
      Type.Literal('pending'),
      Type.Literal('refused'),
    ]),
    account: Type.Optional(Id('Account key; absent where the token is none')),
    jti: Type.Optional(Type.String({ description: 'Of the JWT that is stored now' })),
    resigned: Type.Optional(Type.Boolean({ description: 'The operator signed it anew: another JWT is stored' })),
    warnings: Type.Optional(
      Type.Array(Type.Object({ code: Type.String(), message: Type.String(), path: Type.String() }, closed)),
    ),
    code: Type.Optional(Type.String({ description: 'Of the refusal: ERR_...' })),
    detail: Type.Optional(Type.String({ description: 'Why it is refused' })),
  },
  closed,
);

/** Many changes with one request: all are made, or none; an import alone judges each by itself. */
export const bulkRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.post(
    '/accounts/bulk',
    {
      config: { ...needs('manage', 'reach'), cost: MANY },
      bodyLimit: BULK_BODY,
      schema: {
        ...apiRoute,
        summary: 'Make several accounts: all of them, or none',
        querystring: ChangeQuery,
        body: Type.Object({ accounts: Type.Array(NewAccount, { minItems: 1, maxItems: MAX_NEW_ACCOUNTS }) }, closed),
        response: { 201: Items(AccountItem), ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      const actor = originOf(request);
      const rows = await together(service, actor, (shared) =>
        eachItem('accounts', request.body.accounts, async (wanted) => {
          const operator = await operatorFor(shared.store.db, callerOf(request), wanted.operator);
          return createAccount(shared, { ...wanted, operator }, actor);
        }),
      );
      return reply.code(201).send({ items: rows.map(accountItem) });
    },
  );

  app.post(
    '/accounts/import',
    {
      config: { ...needs('manage', 'reach'), cost: MANY },
      bodyLimit: BULK_BODY,
      schema: {
        ...apiRoute,
        summary: 'Take in many signed account JWTs: each is judged as a push of it, and told its outcome',
        querystring: ChangeQuery,
        body: Type.Object(
          {
            tokens: Type.Array(Type.String({ minLength: 1, maxLength: MAX_TOKEN_BYTES }), {
              minItems: 1,
              maxItems: MAX_ITEMS,
            }),
          },
          closed,
        ),
        response: { 200: Items(ImportOutcome), ...refusals(400, 401, 403) },
      },
    },
    async (request) => ({
      items: await importAccounts(service, request.body.tokens, callerOf(request), originOf(request)),
    }),
  );

  app.post(
    '/accounts/:account/users/bulk',
    {
      config: { ...needs('issue', 'account'), cost: MANY },
      bodyLimit: BULK_BODY,
      schema: {
        ...apiRoute,
        summary:
          'Make several users of an account: all of them, or none; their creds are given once, in the same order',
        params: InAccount,
        querystring: ChangeQuery,
        body: Type.Object({ users: Type.Array(NewUser, { minItems: 1, maxItems: MAX_ITEMS }) }, closed),
        response: { 201: Items(CreatedUser), ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      const actor = originOf(request);
      const { account } = request.params;
      const made = await createUsers(service, account, request.body.users, actor);
      return reply.code(201).send({ items: await createdUsers(service, account, made) });
    },
  );

  app.post(
    '/accounts/:account/revocations/bulk',
    {
      config: { ...needs('issue', 'account'), cost: MANY },
      bodyLimit: BULK_BODY,
      schema: {
        ...apiRoute,
        summary: 'Revoke several users with one JWT of their account: all of them, or none',
        params: InAccount,
        querystring: ChangeQuery,
        body: Type.Object({ revocations: Type.Array(NewRevocation, { minItems: 1, maxItems: MAX_ITEMS }) }, closed),
        response: { 201: RevokedUsers, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      return reply.code(201).send(await revokeUsers(service, params.account, body.revocations, originOf(request)));
    },
  );
};
