import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { findAccount } from '../../accounts/find-account.js';
import { hasRight } from '../../auth/rights.js';
import { sendEntityTag } from '../../http/entity-tag.js';
import { callerOf, originOf } from '../../plugins/access.js';
import { apiRoute, ChangeQuery, closed, Id, IfMatch, ListOf, needs, refusals } from '../../schemas/common.js';
import { ChangedImport, ImportId, ImportItem, ImportPatch, importItem, NewImport } from '../../schemas/sharing.js';
import type { Service } from '../../service.js';
import { changeImport, createImport, deleteImport, findImport } from '../../sharing/imports.js';
import { importId } from '../../sharing/share-id.js';
import { readStored } from '../../store/read-stored.js';

const InAccount = Type.Object({ account: Id('Account key') }, closed);
const One = Type.Object({ ...InAccount.properties, import: ImportId }, closed);

export const importRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { db } = service.store;
  const changeOf = (request: FastifyRequest<{ Params: { account: string } }>) => ({
    account: request.params.account,
    ifMatch: request.headers['if-match'],
    actor: originOf(request),
  });

  app.get(
    '/accounts/:account/imports',
    {
      config: needs('read', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Imports of an account (all of them: a JWT bounds their number)',
        params: InAccount,
        response: { 200: ListOf(ImportItem), ...refusals(400, 401, 404) },
      },
    },
    async ({ params }, reply) => {
      const row = await findAccount(db, params.account);
      const { claims } = readStored('account', row);
      return sendEntityTag(reply, row).send({ items: claims.nats.imports.map(importItem) });
    },
  );

  app.get(
    '/accounts/:account/imports/:import',
    {
      config: needs('read', 'account'),
      schema: {
        ...apiRoute,
        summary: 'One import',
        params: One,
        response: { 200: ImportItem, ...refusals(400, 401, 404, 409) },
      },
    },
    async ({ params }, reply) => {
      const row = await findAccount(db, params.account);
      return sendEntityTag(reply, row).send(importItem(findImport(readStored('account', row).claims, params.import)));
    },
  );

  app.post(
    '/accounts/:account/imports',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Import from another account',
        description:
          'Of a private export: with the token given, with that of a request that was approved, or, for a caller who manages the exporter as well, with one made at once',
        params: InAccount,
        querystring: ChangeQuery,
        headers: IfMatch,
        body: NewImport,
        response: { 201: ChangedImport, ...refusals(400, 401, 403, 404, 409, 412) },
      },
    },
    async (request, reply) => {
      const mayManage = (account: string, operator: string) =>
        hasRight(callerOf(request), 'manage', { operator, account });
      const made = await createImport(service, changeOf(request), request.body, mayManage);
      const id = encodeURIComponent(importId(made.import));
      reply.code(201).header('location', `/api/v1/accounts/${made.row.key}/imports/${id}`);
      return sendEntityTag(reply, made.row).send({ ...importItem(made.import), warnings: made.warnings });
    },
  );

  app.patch(
    '/accounts/:account/imports/:import',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Change an import',
        params: One,
        querystring: ChangeQuery,
        headers: IfMatch,
        body: ImportPatch,
        response: { 200: ChangedImport, ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const changed = await changeImport(service, changeOf(request), params.import, body);
      return sendEntityTag(reply, changed.row).send({ ...importItem(changed.import), warnings: changed.warnings });
    },
  );

  app.delete(
    '/accounts/:account/imports/:import',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Import it no more',
        params: One,
        querystring: ChangeQuery,
        headers: IfMatch,
        response: { 204: Type.Null(), ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const { row } = await deleteImport(service, changeOf(request), request.params.import);
      return sendEntityTag(reply.code(204), row).send(null);
    },
  );
};
