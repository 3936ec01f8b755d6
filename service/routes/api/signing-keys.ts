import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { decodePublicKey } from '../../../claims/keys/nkey.js';
import type { Account } from '../../../prisma/generated/client.js';
import { findAccount } from '../../accounts/find-account.js';
import { requireRight } from '../../auth/rights.js';
import { sendEntityTag } from '../../http/entity-tag.js';
import { servedOperator } from '../../operators/served-operator.js';
import { callerOf, originOf } from '../../plugins/access.js';
import { apiRoute, ChangeQuery, closed, Id, IfMatch, ListOf, needs, refusals } from '../../schemas/common.js';
import {
  AccountSigningKey,
  accountSigningKeys,
  NewKey,
  NewSigningKey,
  OperatorSigningKey,
  RemovedSigningKey,
  RotatedSigningKey,
  SigningKeyPatch,
} from '../../schemas/signing-key.js';
import type { Service } from '../../service.js';
import { addSigningKey, editSigningKey, removeSigningKey, rotateSigningKey } from '../../signing-keys/account-keys.js';
import { addOperatorKey } from '../../signing-keys/operator-keys.js';
import type { WantedKey } from '../../signing-keys/signing-key.js';

const OfOperator = Type.Object({ operator: Id('Operator key') }, closed);
const OfAccount = Type.Object({ account: Id('Account key') }, closed);
const OneKey = Type.Object({ account: Id('Account key'), publicKey: Id('Signing key') }, closed);
const Force = Type.Object(
  {
    ...ChangeQuery.properties,
    force: Type.Boolean({ default: false, description: 'Also where users lose access (told in a 409 otherwise)' }),
  },
  closed,
);

export const signingKeyRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { store, custody } = service;

  const listed = async (row: Account) => accountSigningKeys(row, await custody.heldFor(store.db, row.key));
  /** A key as it is now; in a rehearsal, which is answered with its changes, it was never stored. */
  const one = async (row: Account, publicKey: string): Promise<Static<typeof AccountSigningKey>> =>
    (await listed(row)).find((key) => key.publicKey === publicKey) ?? { publicKey, held: null };

  /** Transit has one access for all: whoever names a key of it could name those of the operator and of other accounts. */
  const requireMayName = async (request: FastifyRequest, account: string, { remoteKey }: WantedKey): Promise<void> => {
    if (!remoteKey) return;
    const { operatorKey } = await findAccount(store.db, account);
    requireRight(callerOf(request), 'manage', { operator: operatorKey });
  };

  app.get(
    '/operators/:operator/signing-keys',
    {
      config: needs('read', 'operator'),
      schema: {
        ...apiRoute,
        summary: 'Signing keys of an operator, as its JWT has them',
        params: OfOperator,
        response: { 200: ListOf(OperatorSigningKey), ...refusals(400, 401, 404) },
      },
    },
    async ({ params }) => {
      const { claims } = await servedOperator(store.db, decodePublicKey(params.operator, 'operator').text);
      const held = new Map((await custody.heldFor(store.db, claims.sub)).map((key) => [key.publicKey, key.held]));
      return {
        items: claims.nats.signing_keys.map((publicKey) => ({ publicKey, held: held.get(publicKey) ?? null })),
      };
    },
  );

  app.post(
    '/operators/:operator/signing-keys',
    {
      config: needs('manage', 'operator'),
      schema: {
        ...apiRoute,
        summary: "Add a signing key to an operator's JWT; where its identity key is elsewhere, 409 tells what to sign",
        params: OfOperator,
        querystring: ChangeQuery,
        body: NewKey,
        response: { 201: OperatorSigningKey, ...refusals(400, 401, 403, 404, 409, 503) },
      },
    },
    async (request, reply) => {
      const { text: operator } = decodePublicKey(request.params.operator, 'operator');
      const publicKey = await addOperatorKey(service, operator, request.body, originOf(request));
      const held = (await custody.heldFor(store.db, operator)).find((key) => key.publicKey === publicKey)?.held ?? null;
      return reply.code(201).send({ publicKey, held });
    },
  );

  app.get(
    '/accounts/:account/signing-keys',
    {
      config: needs('read', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Signing keys and roles of an account, as its JWT has them',
        params: OfAccount,
        response: { 200: ListOf(AccountSigningKey), ...refusals(400, 401, 404) },
      },
    },
    async ({ params }, reply) => {
      const row = await findAccount(store.db, params.account);
      return sendEntityTag(reply, row).send({ items: await listed(row) });
    },
  );

  app.post(
    '/accounts/:account/signing-keys',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Add a signing key to an account, with a role where one is wanted',
        params: OfAccount,
        querystring: ChangeQuery,
        body: NewSigningKey,
        response: { 201: AccountSigningKey, ...refusals(400, 401, 403, 404, 409, 503) },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      await requireMayName(request, params.account, body);
      const { row, publicKey } = await addSigningKey(service, params.account, body, originOf(request));
      return sendEntityTag(reply.code(201), row).send(await one(row, publicKey));
    },
  );

  app.patch(
    '/accounts/:account/signing-keys/:publicKey',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Change what a role lets its users do: at once for those connected too',
        params: OneKey,
        querystring: ChangeQuery,
        headers: IfMatch,
        body: SigningKeyPatch,
        response: { 200: AccountSigningKey, ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const { params, body: patch, headers } = request;
      const edit = { ...params, ifMatch: headers['if-match'], patch };
      const { row, publicKey } = await editSigningKey(service, edit, originOf(request));
      return sendEntityTag(reply, row).send(await one(row, publicKey));
    },
  );

  app.delete(
    '/accounts/:account/signing-keys/:publicKey',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Take a signing key away: users it signed have no access any more',
        params: OneKey,
        querystring: Force,
        headers: IfMatch,
        response: { 200: RemovedSigningKey, ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const { params, query, headers } = request;
      const removal = { ...params, ifMatch: headers['if-match'], forced: query.force };
      const { row, publicKey, lost } = await removeSigningKey(service, removal, originOf(request));
      return sendEntityTag(reply, row).send({ publicKey, lost });
    },
  );

  app.post(
    '/accounts/:account/signing-keys/:publicKey/rotate',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Replace a signing key by a new one of the same role, and issue its users anew',
        params: OneKey,
        querystring: Force,
        headers: IfMatch,
        body: NewKey,
        response: { 200: RotatedSigningKey, ...refusals(400, 401, 403, 404, 409, 412, 428, 503) },
      },
    },
    async (request, reply) => {
      const { params, query, headers, body: wanted } = request;
      await requireMayName(request, params.account, wanted);
      const rotation = { ...params, ifMatch: headers['if-match'], wanted, forced: query.force };
      const { row, publicKey, ...rest } = await rotateSigningKey(service, rotation, originOf(request));
      return sendEntityTag(reply, row).send({ ...(await one(row, publicKey)), ...rest });
    },
  );
};
