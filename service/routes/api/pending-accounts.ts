import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { decodePublicKey } from '../../../claims/keys/nkey.js';
import type { PendingAccount } from '../../../prisma/generated/client.js';
import { sendEntityTag } from '../../http/entity-tag.js';
import { originOf } from '../../plugins/access.js';
import { approvePending, rejectPending } from '../../push/decide.js';
import { findPending, readPending } from '../../push/pending.js';
import {
  apiRoute,
  ChangeQuery,
  closed,
  Id,
  IfMatch,
  ListOf,
  needs,
  Page,
  pageOf,
  refusals,
  UnixSeconds,
} from '../../schemas/common.js';
import type { Service } from '../../service.js';

const PendingItem = Type.Object(
  {
    account: Id('Account key'),
    name: Type.String(),
    issuedAt: UnixSeconds('Signed by its owner'),
    receivedAt: UnixSeconds('Pushed'),
    replaces: Type.Union([Type.String(), Type.Null()], {
      description: 'jti of the JWT it was pushed over; null for a new account',
    }),
    version: Type.Integer({ description: 'Another one for each push; the ETag' }),
  },
  closed,
);
const PendingDetail = Type.Object({ ...PendingItem.properties, jwt: Type.String() }, closed);
const Signed = Type.Object(
  {
    status: Type.Union([Type.Literal('created'), Type.Literal('updated'), Type.Literal('unchanged')]),
    account: Id('Account key'),
    jti: Type.String({ description: 'Of the JWT that the operator signed' }),
    warnings: Type.Array(Type.Object({ code: Type.String(), message: Type.String(), path: Type.String() }, closed)),
  },
  closed,
);
const Rejection = Type.Object({ reason: Type.Optional(Type.String({ maxLength: 1_024 })) }, closed);
const InOperator = Type.Object({ operator: Id('Operator key') }, closed);
const One = Type.Object({ ...InOperator.properties, account: Id('Account key') }, closed);

/** Account JWTs that their owners signed, for an admin of the operator to decide on (`--resign-self-signed approved`). */
export const pendingAccountRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { db } = service.store;
  const keysOf = (params: Static<typeof One>) => ({
    operator: decodePublicKey(params.operator, 'operator').text,
    account: decodePublicKey(params.account, 'account').text,
  });

  app.get(
    '/operators/:operator/pending-accounts',
    {
      config: needs('read', 'operator'),
      schema: {
        ...apiRoute,
        summary: 'Account JWTs that their owners signed and pushed, which wait to be approved',
        params: InOperator,
        querystring: Page,
        response: { 200: ListOf(PendingItem), ...refusals(400, 401, 404) },
      },
    },
    async ({ params, query }) => {
      const operatorKey = decodePublicKey(params.operator, 'operator').text;
      const rows = await db.pendingAccount.findMany({
        where: { operatorKey, ...(query.after !== undefined && { key: { gt: query.after } }) },
        orderBy: { key: 'asc' },
        take: query.limit + 1,
      });
      return pageOf(rows, query, pendingItem, ({ key }) => key);
    },
  );

  app.get(
    '/operators/:operator/pending-accounts/:account',
    {
      config: needs('read', 'operator'),
      schema: {
        ...apiRoute,
        summary: 'One of them, with the JWT; approving with dryRun=true tells what would change',
        params: One,
        response: { 200: PendingDetail, ...refusals(400, 401, 404) },
      },
    },
    async ({ params }, reply) => {
      const { operator, account } = keysOf(params);
      const row = await findPending(db, operator, account);
      return sendEntityTag(reply, row).send({ ...pendingItem(row), jwt: readPending(row).token });
    },
  );

  app.post(
    '/operators/:operator/pending-accounts/:account/approve',
    {
      config: needs('manage', 'operator'),
      schema: {
        ...apiRoute,
        summary: 'Have the operator sign it, with the limits that the account has, and store and announce that',
        params: One,
        querystring: ChangeQuery,
        headers: IfMatch,
        body: Type.Object({}, closed),
        response: { 200: Signed, ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request) => {
      const decision = { ...keysOf(request.params), actor: originOf(request), ifMatch: request.headers['if-match'] };
      const { status, resigned: _, ...outcome } = await approvePending(service, decision);
      return { ...outcome, status: status === 'pending' ? 'unchanged' : status };
    },
  );

  app.post(
    '/operators/:operator/pending-accounts/:account/reject',
    {
      config: needs('manage', 'operator'),
      schema: {
        ...apiRoute,
        summary: 'Let it go: nothing changes',
        params: One,
        querystring: ChangeQuery,
        headers: IfMatch,
        body: Rejection,
        response: { 200: PendingItem, ...refusals(400, 401, 403, 404, 412, 428) },
      },
    },
    async (request) => {
      const decision = { ...keysOf(request.params), actor: originOf(request), ifMatch: request.headers['if-match'] };
      return pendingItem(await rejectPending(service, decision, request.body.reason ?? ''));
    },
  );
};

function pendingItem(row: PendingAccount): Static<typeof PendingItem> {
  return {
    account: row.key,
    name: row.name,
    issuedAt: Number(row.iat),
    receivedAt: Number(row.receivedAt),
    replaces: row.baseJti,
    version: row.version,
  };
}
