import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { decodePublicKey } from '../../../claims/keys/nkey.js';
import { sendEntityTag } from '../../http/entity-tag.js';
import { originOf } from '../../plugins/access.js';
import { findPolicy, policyFields, removePolicy, setPolicy } from '../../renewal/policy.js';
import { apiRoute, ChangeQuery, closed, Id, IfMatch, needs, refusals } from '../../schemas/common.js';
import type { Service } from '../../service.js';

const TEN_YEARS = 315_360_000;
const Seconds = (description: string) => Type.Integer({ minimum: 60, maximum: TEN_YEARS, description });

const Policy = Type.Object(
  {
    renewBefore: Seconds('Seconds before its end that an account JWT is renewed'),
    renewFor: Seconds('Seconds that the renewed one lasts; longer than renewBefore'),
  },
  closed,
);
const OfOperator = Type.Object({ operator: Id('Operator key') }, closed);

export const renewalRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.get(
    '/operators/:operator/renewal-policy',
    {
      config: needs('read', 'operator'),
      schema: {
        ...apiRoute,
        summary: 'How account JWTs of an operator are renewed by the service',
        params: OfOperator,
        response: { 200: Policy, ...refusals(400, 401, 404) },
      },
    },
    async ({ params }, reply) => {
      const row = await findPolicy(service.store.db, keyOf(params.operator));
      return sendEntityTag(reply, row).send(policyFields(row));
    },
  );

  app.put(
    '/operators/:operator/renewal-policy',
    {
      config: needs('manage', 'operator'),
      schema: {
        ...apiRoute,
        summary:
          'Have account JWTs renewed that near their end. An end that was nearer than renewBefore from the first stays: it is meant',
        params: OfOperator,
        querystring: ChangeQuery,
        headers: IfMatch,
        body: Policy,
        response: { 200: Policy, ...refusals(400, 401, 403, 404, 412, 428) },
      },
    },
    async (request, reply) => {
      const { params, body, headers } = request;
      const row = await setPolicy(service, keyOf(params.operator), body, headers['if-match'], originOf(request));
      return sendEntityTag(reply, row).send(policyFields(row));
    },
  );

  app.delete(
    '/operators/:operator/renewal-policy',
    {
      config: needs('manage', 'operator'),
      schema: {
        ...apiRoute,
        summary: 'Renew no account JWTs any more',
        params: OfOperator,
        querystring: ChangeQuery,
        headers: IfMatch,
        response: { 204: Type.Null(), ...refusals(400, 401, 403, 404, 412, 428) },
      },
    },
    async (request, reply) => {
      await removePolicy(service, keyOf(request.params.operator), request.headers['if-match'], originOf(request));
      return reply.code(204).send(null);
    },
  );
};

function keyOf(operator: string): string {
  return decodePublicKey(operator, 'operator').text;
}
