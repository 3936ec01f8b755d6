import { randomBytes } from 'node:crypto';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { managedScope } from '../../auth/named-scope.js';
import { reach, within } from '../../auth/rights.js';
import { sendEntityTag } from '../../http/entity-tag.js';
import { callerOf, originOf } from '../../plugins/access.js';
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
} from '../../schemas/common.js';
import {
  DeliveryItem,
  DeliveryPage,
  deliveryItem,
  IssuedWebhook,
  issuedWebhook,
  NewWebhookBody,
  ReplayBody,
  Rotation,
  TestResult,
  testResult,
  WebhookItem,
  WebhookPatch,
  webhookItem,
} from '../../schemas/webhook.js';
import type { Service } from '../../service.js';
import { createWebhook } from '../../webhooks/create-webhook.js';
import { deleteWebhook, editWebhook, type Named, rotateWebhook } from '../../webhooks/edit-webhook.js';
import { payload, post } from '../../webhooks/post.js';
import { replayDelivery, replaySince } from '../../webhooks/replay.js';
import { findWebhook } from '../../webhooks/webhook.js';

const WebhookId = Type.Object({ webhook: Id('Webhook id') }, closed);
const SECONDS_OF_HOUR = 3_600;
const OVERLAP_HOURS = 24;
/** Requests that a test counts as: somebody else's server is asked, as often as the caller says. */
const TRIAL = 50;

/**
 * A hook is for whoever manages its part of the service: its URL may hold a password, so reading it takes that right too. Every
 * route looks the hook up by its caller (`findWebhook`): one that is not his is not there.
 */
export const webhookRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { db } = service.store;
  const config = needs('manage', 'reach');
  const named = (request: FastifyRequest<{ Params: { webhook: string } }>): Named => ({
    id: request.params.webhook,
    caller: callerOf(request),
    ifMatch: request.headers['if-match'],
  });

  app.get(
    '/webhooks',
    {
      config,
      schema: {
        ...apiRoute,
        summary: 'Webhooks: where events are sent to, signed as Standard Webhooks has it',
        querystring: Page,
        response: { 200: ListOf(WebhookItem), ...refusals(401, 403) },
      },
    },
    async (request) => {
      const { query } = request;
      const seen = within(reach(callerOf(request), 'manage'), 'operatorKey', 'accountKey');
      const where = { ...seen, ...(query.after !== undefined && { id: { gt: query.after } }) };
      const rows = await db.webhook.findMany({ where, orderBy: { id: 'asc' }, take: query.limit + 1 });
      return pageOf(rows, query, webhookItem, ({ id }) => id);
    },
  );

  app.post(
    '/webhooks',
    {
      config,
      schema: {
        ...apiRoute,
        summary: 'Make a webhook',
        querystring: ChangeQuery,
        body: NewWebhookBody,
        response: { 201: IssuedWebhook, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      const { types = [], signature = 'hmac', name, url, ...part } = request.body;
      const both = { code: 'ERR_WEBHOOK_SCOPE', what: 'webhook' } as const;
      const scope = await managedScope(db, callerOf(request), part, both);
      const made = await createWebhook(service, { name, url, types, signature, scope }, originOf(request));
      reply.code(201).header('location', `/api/v1/webhooks/${made.row.id}`);
      return sendEntityTag(reply, made.row).send(issuedWebhook(made));
    },
  );

  app.get(
    '/webhooks/:webhook',
    {
      config,
      schema: {
        ...apiRoute,
        summary: 'One webhook',
        params: WebhookId,
        response: { 200: WebhookItem, ...refusals(401, 403, 404) },
      },
    },
    async (request, reply) => {
      const row = await findWebhook(db, callerOf(request), request.params.webhook);
      return sendEntityTag(reply, row).send(webhookItem(row));
    },
  );

  app.patch(
    '/webhooks/:webhook',
    {
      config,
      schema: {
        ...apiRoute,
        summary: 'Change a webhook: where it leads, what it is told, whether it is',
        params: WebhookId,
        querystring: ChangeQuery,
        headers: IfMatch,
        body: WebhookPatch,
        response: { 200: WebhookItem, ...refusals(400, 401, 403, 404, 412, 428) },
      },
    },
    async (request, reply) => {
      const row = await editWebhook(service, named(request), request.body, originOf(request));
      return sendEntityTag(reply, row).send(webhookItem(row));
    },
  );

  app.delete(
    '/webhooks/:webhook',
    {
      config,
      schema: {
        ...apiRoute,
        summary: 'Delete a webhook, with what it was not sent yet',
        params: WebhookId,
        querystring: ChangeQuery,
        headers: IfMatch,
        response: { 204: Type.Null(), ...refusals(401, 403, 404, 412, 428) },
      },
    },
    async (request, reply) => {
      await deleteWebhook(service, named(request), originOf(request));
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/webhooks/:webhook/rotate',
    {
      config,
      schema: {
        ...apiRoute,
        summary: 'Make a new key; requests are signed with the one before it too, until receivers have changed over',
        params: WebhookId,
        querystring: ChangeQuery,
        headers: IfMatch,
        body: Rotation,
        response: { 200: IssuedWebhook, ...refusals(400, 401, 403, 404, 412, 428) },
      },
    },
    async (request, reply) => {
      const { signature, overlapHours = OVERLAP_HOURS } = request.body;
      const rotation = { signature, overlap: overlapHours * SECONDS_OF_HOUR };
      const rotated = await rotateWebhook(service, named(request), rotation, originOf(request));
      return sendEntityTag(reply, rotated.row).send(issuedWebhook(rotated));
    },
  );

  app.post(
    '/webhooks/:webhook/test',
    {
      config: { ...config, cost: TRIAL },
      schema: {
        ...apiRoute,
        summary: 'Send an event of type `webhook.test` now, once, and tell what came of it; also where it is disabled',
        params: WebhookId,
        response: { 200: TestResult, ...refusals(401, 403, 404) },
      },
    },
    async (request) => {
      const row = await findWebhook(db, callerOf(request), request.params.webhook);
      const id = `msg_test_${randomBytes(16).toString('hex')}`;
      const body = payload('webhook.test', service.now(), { webhook: row.id });
      return testResult(await post(service, row, { id, body }));
    },
  );

  app.get(
    '/webhooks/:webhook/deliveries',
    {
      config,
      schema: {
        ...apiRoute,
        summary: 'What was sent to a webhook and what came of it, newest first; kept for a week',
        params: WebhookId,
        querystring: DeliveryPage,
        response: { 200: ListOf(DeliveryItem), ...refusals(400, 401, 403, 404) },
      },
    },
    async (request) => {
      const { query } = request;
      const { id: webhookId } = await findWebhook(db, callerOf(request), request.params.webhook);
      const where = {
        webhookId,
        ...(query.state !== undefined && { state: query.state }),
        ...(query.after !== undefined && { id: { lt: query.after } }),
      };
      const rows = await db.webhookDelivery.findMany({ where, orderBy: { id: 'desc' }, take: query.limit + 1 });
      return pageOf(rows, query, deliveryItem, ({ id }) => id);
    },
  );

  app.post(
    '/webhooks/:webhook/deliveries/:delivery/replay',
    {
      config,
      schema: {
        ...apiRoute,
        summary: 'Send an event again, under the same id',
        params: Type.Object({ ...WebhookId.properties, delivery: Id('The `webhook-id` it was sent with') }, closed),
        querystring: ChangeQuery,
        response: { 202: DeliveryItem, ...refusals(401, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      const { webhook: id, delivery } = request.params;
      const row = await replayDelivery(service, { id, caller: callerOf(request), delivery }, originOf(request));
      return reply.code(202).send(deliveryItem(row));
    },
  );

  app.post(
    '/webhooks/:webhook/replay',
    {
      config,
      schema: {
        ...apiRoute,
        summary: 'Send every event after a number again, each under the id it had',
        params: WebhookId,
        querystring: ChangeQuery,
        body: ReplayBody,
        response: { 202: Type.Object({ after: Type.Integer() }, closed), ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      const asked = { id: request.params.webhook, caller: callerOf(request), after: request.body.after };
      await replaySince(service, asked, originOf(request));
      return reply.code(202).send({ after: asked.after });
    },
  );
};
