import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { MAX_TOKEN_BYTES } from '../../../claims/jwt/decode.js';
import { adoptStore } from '../../operators/adopt-store.js';
import { originOf } from '../../plugins/access.js';
import { apiRoute, ChangeQuery, closed, Id, needs, refusals } from '../../schemas/common.js';
import type { Service } from '../../service.js';

/** Requests that one counts as: thousands of JWTs are verified. */
const STORE = 1_000;

const Tokens = (description: string, maxItems: number) =>
  Type.Optional(Type.Array(Type.String({ maxLength: MAX_TOKEN_BYTES }), { maxItems, description }));

const NscStore = Type.Object(
  {
    operator: Type.String({ maxLength: MAX_TOKEN_BYTES, description: 'JWT' }),
    accounts: Tokens('JWTs', 1_000),
    users: Tokens('JWTs', 10_000),
    seeds: Type.Optional(
      Type.Array(Type.String({ maxLength: 128 }), {
        maxItems: 2_000,
        description: 'Of keys of the operator and its accounts, to be sealed here; never of users',
      }),
    ),
  },
  closed,
);

const Adopted = Type.Object(
  {
    operator: Id('Operator key'),
    accounts: Type.Array(Id('Account key'), { description: 'Of the operator, as they are here now' }),
    users: Type.Array(Id('User key'), { description: 'Taken in' }),
    keys: Type.Array(Id('Public key'), { description: 'In custody' }),
    leftOut: Type.Array(Type.Object({ user: Id('User key'), code: Type.String(), message: Type.String() }, closed), {
      description: 'Users that no server would let in, or whose name is taken',
    }),
  },
  closed,
);

export const adoptStoreRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.post(
    '/operators/adopt-store',
    {
      config: { ...needs('manage', 'service'), cost: STORE },
      bodyLimit: 16 * MAX_TOKEN_BYTES,
      schema: {
        ...apiRoute,
        summary: 'Take over what an nsc store holds of an operator: all of it or nothing',
        querystring: ChangeQuery,
        body: NscStore,
        response: { 201: Adopted, ...refusals(400, 401, 403, 409, 413) },
      },
    },
    async (request, reply) => {
      const { operator, accounts = [], users = [], seeds = [] } = request.body;
      const adopted = await adoptStore(service, { operator, accounts, users, seeds }, originOf(request));
      return reply.code(201).header('location', `/api/v1/operators/${adopted.operator}`).send(adopted);
    },
  );
};
