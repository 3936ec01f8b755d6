import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { findAccount } from '../../accounts/find-account.js';
import { sendEntityTag } from '../../http/entity-tag.js';
import { originOf } from '../../plugins/access.js';
import { ChangedMapping, Mapping } from '../../schemas/account-settings.js';
import { apiRoute, ChangeQuery, closed, Id, IfMatch, ListOf, needs, refusals } from '../../schemas/common.js';
import { MAX_SHARE_ID } from '../../schemas/sharing.js';
import type { Service } from '../../service.js';
import { editSettings, mappingOf } from '../../sharing/settings.js';
import { readStored } from '../../store/read-stored.js';

const InAccount = Type.Object({ account: Id('Account key') }, closed);
const One = Type.Object(
  {
    ...InAccount.properties,
    subject: Type.String({ minLength: 1, maxLength: MAX_SHARE_ID, description: 'What is mapped, percent-encoded' }),
  },
  closed,
);
const Destinations = Type.Object({ destinations: Mapping.properties.destinations }, closed);

export const mappingRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { db } = service.store;
  const changeOf = (request: FastifyRequest<{ Params: Static<typeof One> }>) => ({
    account: request.params.account,
    ifMatch: request.headers['if-match'],
    actor: originOf(request),
  });

  app.get(
    '/accounts/:account/mappings',
    {
      config: needs('read', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Subject mappings of an account (all of them: a JWT bounds their number)',
        params: InAccount,
        response: { 200: ListOf(Mapping), ...refusals(400, 401, 404) },
      },
    },
    async ({ params }, reply) => {
      const row = await findAccount(db, params.account);
      const { claims } = readStored('account', row);
      const items = [...claims.nats.mappings].map(([subject, destinations]) => ({ subject, destinations }));
      return sendEntityTag(reply, row).send({ items });
    },
  );

  app.get(
    '/accounts/:account/mappings/:subject',
    {
      config: needs('read', 'account'),
      schema: {
        ...apiRoute,
        summary: 'One subject mapping',
        params: One,
        response: { 200: Mapping, ...refusals(400, 401, 404) },
      },
    },
    async ({ params: { account, subject } }, reply) => {
      const row = await findAccount(db, account);
      const destinations = mappingOf(readStored('account', row).claims, subject);
      return sendEntityTag(reply, row).send({ subject, destinations });
    },
  );

  app.put(
    '/accounts/:account/mappings/:subject',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Map a subject, whatever it was mapped to before',
        params: One,
        querystring: ChangeQuery,
        headers: IfMatch,
        body: Destinations,
        response: { 200: ChangedMapping, ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const { subject } = request.params;
      const { row, account, warnings } = await editSettings(service, changeOf(request), ({ nats }) => ({
        mappings: new Map([...nats.mappings, [subject, request.body.destinations]]),
      }));
      return sendEntityTag(reply, row).send({ subject, destinations: mappingOf(account.claims, subject), warnings });
    },
  );

  app.delete(
    '/accounts/:account/mappings/:subject',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Map a subject no more',
        params: One,
        querystring: ChangeQuery,
        headers: IfMatch,
        response: { 204: Type.Null(), ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const { subject } = request.params;
      const { row } = await editSettings(service, changeOf(request), (before) => {
        mappingOf(before, subject);
        return { mappings: new Map([...before.nats.mappings].filter(([one]) => one !== subject)) };
      });
      return sendEntityTag(reply.code(204), row).send(null);
    },
  );
};
