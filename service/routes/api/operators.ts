import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { NatsctlError } from '../../../claims/errors.js';
import { decodePublicKey } from '../../../claims/keys/nkey.js';
import type { Operator } from '../../../prisma/generated/client.js';
import type { ServiceErrorCode } from '../../errors.js';
import { apiRoute, closed, Id, ListOf, Page, pageOf, refusals, UnixSeconds } from '../../schemas/common.js';
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
      schema: {
        ...apiRoute,
        summary: 'Operators served',
        querystring: Page,
        response: { 200: ListOf(OperatorItem), ...refusals(401) },
      },
    },
    async ({ query }) => {
      const where = query.after === undefined ? {} : { key: { gt: query.after } };
      const rows = await store.db.operator.findMany({ where, orderBy: { key: 'asc' }, take: query.limit + 1 });
      const { items, next } = pageOf(rows, query, item, ({ key }) => key);
      return { items: await Promise.all(items), ...(next !== undefined && { next }) };
    },
  );

  app.get(
    '/operators/:operator',
    {
      schema: {
        ...apiRoute,
        summary: 'One operator',
        params: Type.Object({ operator: Id('Operator key') }, closed),
        response: { 200: OperatorDetail, ...refusals(400, 401, 404) },
      },
    },
    async ({ params }) => {
      const key = decodePublicKey(params.operator, 'operator').text;
      const row = await store.db.operator.findUnique({ where: { key } });
      if (!row)
        throw new NatsctlError<ServiceErrorCode>('ERR_OPERATOR_UNKNOWN', `this service does not serve operator ${key}`);
      return { ...(await item(row)), jwt: readStored('operator', row).token };
    },
  );
};
