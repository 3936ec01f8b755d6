import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { MAX_TOKEN_BYTES } from '../../../claims/jwt/decode.js';
import { decodePublicKey } from '../../../claims/keys/nkey.js';
import { Seed } from '../../../claims/keys/seed.js';
import type { Operator } from '../../../prisma/generated/client.js';
import { reach } from '../../auth/rights.js';
import { adoptOperator } from '../../operators/adopt-operator.js';
import { servedOperator } from '../../operators/served-operator.js';
import { callerOf, originOf } from '../../plugins/access.js';
import {
  apiRoute,
  ChangeQuery,
  closed,
  Id,
  ListOf,
  needs,
  Page,
  pageOf,
  refusals,
  UnixSeconds,
} from '../../schemas/common.js';
import type { Service } from '../../service.js';
import { readStored } from '../../store/read-stored.js';

const OperatorItem = Type.Object(
  {
    publicKey: Id('Operator key'),
    name: Type.String(),
    jti: Type.String(),
    issuedAt: UnixSeconds('Issue of its JWT'),
    keysInCustody: Type.Array(Type.String(), { description: 'Keys of the operator that the service can sign with' }),
  },
  closed,
);
const OperatorDetail = Type.Object({ ...OperatorItem.properties, jwt: Type.String() }, closed);

const NewOperator = Type.Object(
  {
    jwt: Type.String({
      maxLength: MAX_TOKEN_BYTES,
      description: 'JWT of the operator; a newer one takes the place of an older',
    }),
    signingKey: Type.Optional(
      Type.String({
        maxLength: 128,
        description: 'Seed of a signing key, to be sealed here; without it only signed JWTs are taken',
      }),
    ),
    remoteKey: Type.Optional(
      Type.Object(
        {
          provider: Type.Literal('transit'),
          mount: Type.String({ maxLength: 100, description: 'Where the Transit engine is mounted' }),
          name: Type.String({ maxLength: 100 }),
          version: Type.Integer({ minimum: 1, description: 'The version that is the signing key' }),
        },
        {
          ...closed,
          description:
            'A signing key in Vault or OpenBao (Transit, ed25519), which signs there; the service holds no seed',
        },
      ),
    ),
    accounts: Type.Optional(
      Type.Array(Type.String({ maxLength: MAX_TOKEN_BYTES }), {
        maxItems: 1_000,
        description: 'Account JWTs to begin with',
      }),
    ),
  },
  closed,
);

export const operatorRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { store, custody } = service;
  const item = async (row: Operator): Promise<Static<typeof OperatorItem>> => ({
    publicKey: row.key,
    name: row.name,
    jti: row.jti,
    issuedAt: Number(row.iat),
    keysInCustody: await custody.keysOf(store.db, row.key),
  });

  app.get(
    '/operators',
    {
      config: needs('read', 'reach'),
      schema: {
        ...apiRoute,
        summary: 'Operators served',
        querystring: Page,
        response: { 200: ListOf(OperatorItem), ...refusals(401) },
      },
    },
    async (request) => {
      const { query } = request;
      const { everything, operators } = reach(callerOf(request), 'read');
      const where = {
        ...(!everything && { key: { in: [...operators] } }),
        ...(query.after !== undefined && { AND: { key: { gt: query.after } } }),
      };
      const rows = await store.db.operator.findMany({ where, orderBy: { key: 'asc' }, take: query.limit + 1 });
      const { items, next } = pageOf(rows, query, item, ({ key }) => key);
      return { items: await Promise.all(items), ...(next !== undefined && { next }) };
    },
  );

  app.post(
    '/operators',
    {
      config: needs('manage', 'service'),
      bodyLimit: 4 * MAX_TOKEN_BYTES,
      schema: {
        ...apiRoute,
        summary: 'Adopt an operator, beside those that are served already',
        querystring: ChangeQuery,
        body: NewOperator,
        response: { 201: OperatorDetail, ...refusals(400, 401, 403, 409, 413, 503) },
      },
    },
    async (request, reply) => {
      const { jwt, signingKey, remoteKey, accounts } = request.body;
      const signingSeed = signingKey === undefined ? undefined : Seed.parse(signingKey);
      try {
        const adoption = {
          operatorToken: jwt,
          beside: true,
          ...(signingSeed && { signingSeed }),
          ...(remoteKey && { remoteKey }),
          ...(accounts && { accounts }),
        };
        const row = await adoptOperator(service, adoption, originOf(request));
        return await reply
          .code(201)
          .header('location', `/api/v1/operators/${row.key}`)
          .send({ ...(await item(row)), jwt: row.jwt });
      } finally {
        signingSeed?.wipe();
      }
    },
  );

  app.get(
    '/operators/:operator',
    {
      config: needs('read', 'operator'),
      schema: {
        ...apiRoute,
        summary: 'One operator',
        params: Type.Object({ operator: Id('Operator key') }, closed),
        response: { 200: OperatorDetail, ...refusals(400, 401, 404) },
      },
    },
    async ({ params }) => {
      const key = decodePublicKey(params.operator, 'operator').text;
      const { row } = await servedOperator(store.db, key);
      return { ...(await item(row)), jwt: readStored('operator', row).token };
    },
  );
};
