import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { MAX_TOKEN_BYTES } from '../../../claims/jwt/decode.js';
import { decodePublicKey } from '../../../claims/keys/nkey.js';
import { Seed } from '../../../claims/keys/seed.js';
import type { Operator } from '../../../prisma/generated/client.js';
import { reach } from '../../auth/rights.js';
import type { CustodyMode } from '../../custody/modes.js';
import { sendEntityTag } from '../../http/entity-tag.js';
import { adoptOperator } from '../../operators/adopt-operator.js';
import { editOperator } from '../../operators/edit-operator.js';
import { servedOperator } from '../../operators/served-operator.js';
import { callerOf, originOf } from '../../plugins/access.js';
import {
  apiRoute,
  ChangeQuery,
  closed,
  Id,
  IfMatch,
  ListOf,
  named,
  needs,
  Page,
  pageOf,
  refusals,
  UnixSeconds,
} from '../../schemas/common.js';
import { RemoteKeyReference } from '../../schemas/key.js';
import type { Service } from '../../service.js';
import { readStored } from '../../store/read-stored.js';

const Custody = Type.Union([Type.Literal('none'), Type.Literal('operator-signing-key'), Type.Literal('accounts')], {
  description:
    'Which private keys are kept here: none; a key of the operator (accounts are signed here, users are not); those of accounts too',
});

const OperatorItem = Type.Object(
  {
    publicKey: Id('Operator key'),
    name: Type.String(),
    jti: Type.String(),
    issuedAt: UnixSeconds('Issue of its JWT'),
    keysInCustody: Type.Array(Type.String(), { description: 'Keys of the operator that the service can sign with' }),
    custody: Custody,
    version: Type.Integer({ description: 'Grows by one with every change; the ETag' }),
  },
  named('Operator'),
);
const OperatorDetail = Type.Object({ ...OperatorItem.properties, jwt: Type.String() }, named('OperatorDetail'));

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
    remoteKey: Type.Optional(RemoteKeyReference),
    custody: Type.Optional(Custody),
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
    custody: row.custody as CustodyMode,
    version: row.version,
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
      const { jwt, signingKey, remoteKey, accounts, custody } = request.body;
      const signingSeed = signingKey === undefined ? undefined : Seed.parse(signingKey);
      try {
        const adoption = {
          operatorToken: jwt,
          beside: true,
          ...(signingSeed && { signingSeed }),
          ...(remoteKey && { remoteKey }),
          ...(accounts && { accounts }),
          ...(custody && { custody }),
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
    async ({ params }, reply) => {
      const key = decodePublicKey(params.operator, 'operator').text;
      const { row } = await servedOperator(store.db, key);
      return sendEntityTag(reply, row).send({ ...(await item(row)), jwt: readStored('operator', row).token });
    },
  );

  app.patch(
    '/operators/:operator',
    {
      config: needs('manage', 'operator'),
      bodyLimit: 2 * MAX_TOKEN_BYTES,
      schema: {
        ...apiRoute,
        summary: 'Change an operator: which of its keys are kept here, or its JWT by a newer one',
        params: Type.Object({ operator: Id('Operator key') }, closed),
        querystring: ChangeQuery,
        headers: IfMatch,
        body: Type.Object(
          {
            custody: Type.Optional(Custody),
            removeKeys: Type.Optional(
              Type.Boolean({
                description: 'Lets the keys go for good that the new custody does not keep (409 otherwise)',
              }),
            ),
            jwt: Type.Optional(Type.String({ maxLength: MAX_TOKEN_BYTES, description: 'Newer JWT of the operator' })),
          },
          closed,
        ),
        response: { 200: OperatorDetail, ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const { params, body, headers } = request;
      const operator = decodePublicKey(params.operator, 'operator').text;
      const edit = { ...body, operator, ifMatch: headers['if-match'] };
      const row = await editOperator(service, edit, originOf(request));
      return sendEntityTag(reply, row).send({ ...(await item(row)), jwt: row.jwt });
    },
  );
};
