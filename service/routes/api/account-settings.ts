import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { findAccount } from '../../accounts/find-account.js';
import { judgeLimits } from '../../accounts/judge-limits.js';
import { sendEntityTag } from '../../http/entity-tag.js';
import { callerOf, originOf } from '../../plugins/access.js';
import {
  AuthCallout,
  ChangedAuthCallout,
  ChangedLimits,
  ChangedPermissions,
  ChangedTracing,
  DefaultPermissions,
  Limits,
  LimitsPatch,
  limitsOf,
  permissionsOf,
  Tracing,
} from '../../schemas/account-settings.js';
import { apiRoute, ChangeQuery, closed, Id, IfMatch, needs, refusals } from '../../schemas/common.js';
import type { Service } from '../../service.js';
import { editSettings, patchedLimits, tracingOf } from '../../sharing/settings.js';
import { readStored } from '../../store/read-stored.js';

const params = Type.Object({ account: Id('Account key') }, closed);
const reads = { config: needs('read', 'account') };
const changes = { config: needs('manage', 'account') };
const changing = { ...apiRoute, params, querystring: ChangeQuery, headers: IfMatch };
const CHANGE_REFUSALS = refusals(400, 401, 403, 404, 409, 412, 428);
type InAccount = FastifyRequest<{ Params: { account: string } }>;

export const accountSettingRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const read = async ({ params }: InAccount) => {
    const row = await findAccount(service.store.db, params.account);
    return { row, nats: readStored('account', row).claims.nats };
  };
  const changeOf = (request: InAccount) => ({
    account: request.params.account,
    ifMatch: request.headers['if-match'],
    actor: originOf(request),
  });

  app.get(
    '/accounts/:account/limits',
    {
      ...reads,
      schema: {
        ...apiRoute,
        summary: 'Limits of an account',
        params,
        response: { 200: Limits, ...refusals(400, 401, 404) },
      },
    },
    async (request, reply) => {
      const { row, nats } = await read(request);
      return sendEntityTag(reply, row).send(limitsOf(nats.limits));
    },
  );

  app.patch(
    '/accounts/:account/limits',
    {
      ...changes,
      schema: {
        ...changing,
        summary: "Change limits of an account; they are its operator's to give",
        body: LimitsPatch,
        response: { 200: ChangedLimits, ...CHANGE_REFUSALS },
      },
    },
    async (request, reply) => {
      const { row, account, warnings } = await editSettings(
        service,
        changeOf(request),
        ({ nats }) => ({ limits: patchedLimits(nats.limits, request.body) }),
        judgeLimits(callerOf(request)),
      );
      return sendEntityTag(reply, row).send({ ...limitsOf(account.claims.nats.limits), warnings });
    },
  );

  app.get(
    '/accounts/:account/default-permissions',
    {
      ...reads,
      schema: {
        ...apiRoute,
        summary: 'Permissions of users that have none of their own',
        params,
        response: { 200: DefaultPermissions, ...refusals(400, 401, 404) },
      },
    },
    async (request, reply) => {
      const { row, nats } = await read(request);
      return sendEntityTag(reply, row).send(permissionsOf(nats.default_permissions));
    },
  );

  app.put(
    '/accounts/:account/default-permissions',
    {
      ...changes,
      schema: {
        ...changing,
        summary: 'Set the permissions of users that have none of their own',
        body: DefaultPermissions,
        response: { 200: ChangedPermissions, ...CHANGE_REFUSALS },
      },
    },
    async (request, reply) => {
      const edit = () => ({ default_permissions: request.body });
      const { row, account, warnings } = await editSettings(service, changeOf(request), edit);
      const permissions = permissionsOf(account.claims.nats.default_permissions);
      return sendEntityTag(reply, row).send({ ...permissions, warnings });
    },
  );

  app.get(
    '/accounts/:account/auth-callout',
    {
      ...reads,
      schema: {
        ...apiRoute,
        summary: 'Auth callout of an account: who is asked about its users',
        params,
        response: { 200: AuthCallout, ...refusals(400, 401, 404) },
      },
    },
    async (request, reply) => {
      const { row, nats } = await read(request);
      return sendEntityTag(reply, row).send(nats.authorization);
    },
  );

  app.put(
    '/accounts/:account/auth-callout',
    {
      ...changes,
      schema: {
        ...changing,
        summary: 'Set the auth callout of an account; empty lists end it',
        body: AuthCallout,
        response: { 200: ChangedAuthCallout, ...CHANGE_REFUSALS },
      },
    },
    async (request, reply) => {
      const edit = () => ({ authorization: request.body });
      const { row, account, warnings } = await editSettings(service, changeOf(request), edit);
      return sendEntityTag(reply, row).send({ ...account.claims.nats.authorization, warnings });
    },
  );

  app.get(
    '/accounts/:account/tracing',
    {
      ...reads,
      schema: {
        ...apiRoute,
        summary: 'Where traces of messages of an account go',
        params,
        response: { 200: Tracing, ...refusals(400, 401, 404) },
      },
    },
    async ({ params }, reply) => {
      const row = await findAccount(service.store.db, params.account);
      return sendEntityTag(reply, row).send(tracingOf(readStored('account', row).claims));
    },
  );

  app.put(
    '/accounts/:account/tracing',
    {
      ...changes,
      schema: {
        ...changing,
        summary: 'Say where traces of messages of an account go',
        body: Tracing,
        response: { 200: ChangedTracing, ...CHANGE_REFUSALS },
      },
    },
    async (request, reply) => {
      const edit = () => ({ trace: request.body });
      const { row, account, warnings } = await editSettings(service, changeOf(request), edit);
      return sendEntityTag(reply, row).send({ ...tracingOf(account.claims), warnings });
    },
  );

  app.delete(
    '/accounts/:account/tracing',
    {
      ...changes,
      schema: {
        ...changing,
        summary: 'Send no traces',
        response: { 204: Type.Null(), ...CHANGE_REFUSALS },
      },
    },
    async (request, reply) => {
      const { row } = await editSettings(service, changeOf(request), (before) => {
        tracingOf(before);
        return { trace: undefined };
      });
      return sendEntityTag(reply.code(204), row).send(null);
    },
  );
};
