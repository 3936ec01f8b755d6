import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { findAccount } from '../../accounts/find-account.js';
import { attachActivation } from '../../activations/attach.js';
import { approveRequest, type Granted, rejectRequest, renewRequest } from '../../activations/decide.js';
import { findRequest, ofAccount, requestActivation, withdrawRequest, withStatus } from '../../activations/requests.js';
import { revokeRequest } from '../../activations/revoke-activation.js';
import { hasRight } from '../../auth/rights.js';
import { callerOf, originOf } from '../../plugins/access.js';
import {
  ActivationRequestItem,
  Approved,
  activationRequestItem,
  NewActivationRequest,
  Rejection,
  Renewal,
  RequestQuery,
  RevokedActivations,
  Terms,
} from '../../schemas/activation.js';
import { apiRoute, ChangeQuery, closed, Id, ListOf, needs, pageOf, refusals } from '../../schemas/common.js';
import type { Service } from '../../service.js';

const InAccount = Type.Object({ account: Id('Account key') }, closed);
const One = Type.Object({ ...InAccount.properties, request: Id('Request id') }, closed);
const Nothing = Type.Object({}, closed);

/** The account in the path is the exporter for who decides, and the importer for who asks. */
export const activationRequestRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { db } = service.store;
  const granted = ({ row, ...attachment }: Granted) => ({
    ...activationRequestItem(row, service.now()),
    ...attachment,
  });

  app.get(
    '/accounts/:account/activation-requests',
    {
      config: needs('read', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Activation requests that an account made, and those that were made to it',
        params: InAccount,
        querystring: RequestQuery,
        response: { 200: ListOf(ActivationRequestItem), ...refusals(400, 401, 404) },
      },
    },
    async ({ params, query }) => {
      const account = await findAccount(db, params.account);
      const now = service.now();
      const { key: importerKey } = account;
      const rows = await db.activationRequest.findMany({
        where: {
          AND: [
            ofAccount(account),
            ...(query.role === 'importer' ? [{ importerKey }] : []),
            ...(query.role === 'exporter' ? [{ exporterKey: account.key }] : []),
            ...(query.status === undefined ? [] : [withStatus(query.status, now)]),
            ...(query.after === undefined ? [] : [{ id: { gt: query.after } }]),
          ],
        },
        orderBy: { id: 'asc' },
        take: query.limit + 1,
      });
      return pageOf(
        rows,
        query,
        (row) => activationRequestItem(row, now),
        ({ id }) => id,
      );
    },
  );

  app.post(
    '/accounts/:account/activation-requests',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Ask another account for what it exports privately',
        description:
          'Who may not read the exporter gets the same answer whether or not it exists and exports that: the request is pending',
        params: InAccount,
        querystring: ChangeQuery,
        body: NewActivationRequest,
        response: { 201: ActivationRequestItem, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const mayRead = (account: string, operator: string) => hasRight(callerOf(request), 'read', { operator, account });
      const row = await requestActivation(service, params.account, body, mayRead, originOf(request));
      reply.code(201).header('location', `/api/v1/accounts/${row.importerKey}/activation-requests/${row.id}`);
      return reply.send(activationRequestItem(row, service.now()));
    },
  );

  app.get(
    '/accounts/:account/activation-requests/:request',
    {
      config: needs('read', 'account'),
      schema: {
        ...apiRoute,
        summary: 'One activation request, with its token once it is approved',
        params: One,
        response: { 200: ActivationRequestItem, ...refusals(400, 401, 404) },
      },
    },
    async ({ params }) => {
      const row = await findRequest(db, await findAccount(db, params.account), params.request);
      return activationRequestItem(row, service.now());
    },
  );

  app.delete(
    '/accounts/:account/activation-requests/:request',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Withdraw a request of the account that is not in force',
        params: One,
        querystring: ChangeQuery,
        response: { 204: Type.Null(), ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      const { account, request: id } = request.params;
      await withdrawRequest(service, account, id, originOf(request));
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/accounts/:account/activation-requests/:request/approve',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: "Approve a request to the account: a token is signed by the account's key in custody",
        params: One,
        querystring: ChangeQuery,
        body: Terms,
        response: { 200: Approved, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request) => {
      const { params, body } = request;
      const terms = { lifetime: body.lifetime ?? null, renew: body.renew ?? false };
      return granted(await approveRequest(service, { ...params, actor: originOf(request) }, terms));
    },
  );

  app.post(
    '/accounts/:account/activation-requests/:request/reject',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Reject a request to the account',
        params: One,
        querystring: ChangeQuery,
        body: Rejection,
        response: { 200: ActivationRequestItem, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request) => {
      const { params, body } = request;
      const row = await rejectRequest(service, { ...params, actor: originOf(request) }, body.reason ?? '');
      return activationRequestItem(row, service.now());
    },
  );

  app.post(
    '/accounts/:account/activation-requests/:request/renew',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'A new token, that ends later, in the place of one the account gave',
        params: One,
        querystring: ChangeQuery,
        body: Renewal,
        response: { 200: Approved, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request) => {
      const { params, body } = request;
      return granted(await renewRequest(service, { ...params, actor: originOf(request) }, body.lifetime));
    },
  );

  app.post(
    '/accounts/:account/activation-requests/:request/revoke',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Revoke what the account gave: servers cut the import at once',
        params: One,
        querystring: ChangeQuery,
        body: Nothing,
        response: { 200: RevokedActivations, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request) => revokeRequest(service, { ...request.params, actor: originOf(request) }),
  );

  app.post(
    '/accounts/:account/activation-requests/:request/attach',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: "Put the token of an approved request into the account's import, now and with each renewal",
        params: One,
        querystring: ChangeQuery,
        body: Nothing,
        response: { 200: ActivationRequestItem, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request) => {
      const { account, request: id } = request.params;
      const row = await attachActivation(service, account, id, originOf(request));
      return activationRequestItem(row, service.now());
    },
  );
};
