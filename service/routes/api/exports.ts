import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { findAccount } from '../../accounts/find-account.js';
import { restoreActivations, revokeActivations } from '../../activations/revoke-activation.js';
import { hasRight } from '../../auth/rights.js';
import { sendEntityTag } from '../../http/entity-tag.js';
import { callerOf, originOf } from '../../plugins/access.js';
import { RestoredActivations, RevokedActivations } from '../../schemas/activation.js';
import { apiRoute, ChangeQuery, closed, Id, IfMatch, ListOf, needs, refusals } from '../../schemas/common.js';
import { ChangedExport, ExportId, ExportItem, ExportPatch, exportItem, NewExport } from '../../schemas/sharing.js';
import type { Service } from '../../service.js';
import {
  createExport,
  deleteExport,
  type ExportGuard,
  editExport,
  findExport,
  type NewExport as Wanted,
} from '../../sharing/exports.js';
import { exportId } from '../../sharing/share-id.js';
import { readStored } from '../../store/read-stored.js';

const InAccount = Type.Object({ account: Id('Account key') }, closed);
const One = Type.Object({ ...InAccount.properties, export: ExportId }, closed);
const Force = Type.Object(
  {
    ...ChangeQuery.properties,
    force: Type.Boolean({ default: false, description: 'Also where imports of others would break (told in a 409)' }),
  },
  closed,
);

export const exportRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { db } = service.store;
  const guardOf = (request: FastifyRequest, forced: boolean): ExportGuard => ({
    forced,
    mayName: (account, operator) => hasRight(callerOf(request), 'read', { operator, account }),
  });
  const changeOf = (request: FastifyRequest<{ Params: { account: string } }>) => ({
    account: request.params.account,
    ifMatch: request.headers['if-match'],
    actor: originOf(request),
  });

  app.get(
    '/accounts/:account/exports',
    {
      config: needs('read', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Exports of an account (all of them: a JWT bounds their number)',
        params: InAccount,
        response: { 200: ListOf(ExportItem), ...refusals(400, 401, 404) },
      },
    },
    async ({ params }, reply) => {
      const row = await findAccount(db, params.account);
      const { claims } = readStored('account', row);
      return sendEntityTag(reply, row).send({ items: claims.nats.exports.map(exportItem) });
    },
  );

  app.get(
    '/accounts/:account/exports/:export',
    {
      config: needs('read', 'account'),
      schema: {
        ...apiRoute,
        summary: 'One export',
        params: One,
        response: { 200: ExportItem, ...refusals(400, 401, 404) },
      },
    },
    async ({ params }, reply) => {
      const row = await findAccount(db, params.account);
      const found = findExport(readStored('account', row).claims, params.export);
      return sendEntityTag(reply, row).send(exportItem(found));
    },
  );

  app.post(
    '/accounts/:account/exports',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Export a stream or service to other accounts',
        params: InAccount,
        querystring: Force,
        headers: IfMatch,
        body: NewExport,
        response: { 201: ChangedExport, ...refusals(400, 401, 403, 404, 409, 412) },
      },
    },
    async (request, reply) => {
      const guard = guardOf(request, request.query.force);
      const wanted = request.body as Wanted;
      const { row, account, warnings } = await createExport(service, changeOf(request), wanted, guard);
      const id = exportId(wanted);
      reply.code(201).header('location', `/api/v1/accounts/${row.key}/exports/${encodeURIComponent(id)}`);
      return sendEntityTag(reply, row).send({ ...exportItem(findExport(account.claims, id)), warnings });
    },
  );

  app.patch(
    '/accounts/:account/exports/:export',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Change an export; refused where that takes it from accounts that import it',
        params: One,
        querystring: Force,
        headers: IfMatch,
        body: ExportPatch,
        response: { 200: ChangedExport, ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const { params, body, query } = request;
      const guard = guardOf(request, query.force);
      const changed = await editExport(service, changeOf(request), params.export, body, guard);
      const { row, warnings } = changed;
      return sendEntityTag(reply, row).send({ ...exportItem(changed.export), warnings });
    },
  );

  app.delete(
    '/accounts/:account/exports/:export',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Export it no more; refused where accounts import it',
        params: One,
        querystring: Force,
        headers: IfMatch,
        response: { 204: Type.Null(), ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const { params, query } = request;
      const { row } = await deleteExport(service, changeOf(request), params.export, guardOf(request, query.force));
      return sendEntityTag(reply.code(204), row).send(null);
    },
  );

  app.post(
    '/accounts/:account/exports/:export/revocations',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Revoke the activations of an account for an export, wherever they were made',
        params: One,
        querystring: ChangeQuery,
        body: Type.Object(
          {
            account: Id('Importing account, or `*` for every one'),
            at: Type.Optional(
              Type.Integer({
                minimum: 1,
                maximum: Number.MAX_SAFE_INTEGER,
                description: 'Activations issued at or before it become void (unix seconds); absent = now',
              }),
            ),
          },
          closed,
        ),
        response: { 201: RevokedActivations, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const wanted = { id: params.export, importer: body.account, ...(body.at !== undefined && { at: body.at }) };
      return reply.code(201).send(await revokeActivations(service, params.account, wanted, originOf(request)));
    },
  );

  app.delete(
    '/accounts/:account/exports/:export/revocations/:importer',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Take such a revocation back: activations that have not ended work again',
        params: Type.Object({ ...One.properties, importer: Id('Importing account, or `*`') }, closed),
        querystring: ChangeQuery,
        headers: IfMatch,
        response: { 200: RestoredActivations, ...refusals(400, 401, 403, 404, 409, 412) },
      },
    },
    async (request) => {
      const { params } = request;
      return restoreActivations(service, changeOf(request), { id: params.export, importer: params.importer });
    },
  );
};
