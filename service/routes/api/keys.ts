import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { decodePublicKey } from '../../../claims/keys/nkey.js';
import { findAccount } from '../../accounts/find-account.js';
import { requireRight } from '../../auth/rights.js';
import { exportKeyOf, type KeyOwner, keepKey, removeKey } from '../../custody/owned-keys.js';
import { servedOperator } from '../../operators/served-operator.js';
import { callerOf, originOf } from '../../plugins/access.js';
import { apiRoute, ChangeQuery, closed, Id, ListOf, needs, refusals } from '../../schemas/common.js';
import { ExportedKey, GivenKey, KeyExport, KeyItem, keyItem } from '../../schemas/key.js';
import type { Service } from '../../service.js';

const PublicKey = { publicKey: Id('Public key of the key') };

/** The private keys held of operators and of accounts. Who decides about those of an account is the operator, whose service keeps them. */
export const keyRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { store, custody } = service;

  const operatorOf = async (id: string): Promise<KeyOwner> => {
    const { row } = await servedOperator(store.db, decodePublicKey(id, 'operator').text);
    return { kind: 'operator', key: row.key };
  };
  const accountOf = async (request: FastifyRequest, id: string): Promise<KeyOwner> => {
    const { key, operatorKey } = await findAccount(store.db, id);
    requireRight(callerOf(request), 'manage', { operator: operatorKey });
    return { kind: 'account', key };
  };
  const list = async (owner: string) => ({
    items: (await custody.heldFor(store.db, owner)).map((held) => keyItem(owner, held)),
  });

  app.get(
    '/operators/:operator/keys',
    {
      config: needs('read', 'operator'),
      schema: {
        ...apiRoute,
        summary: 'Keys of an operator in custody: never more than their public part',
        params: Type.Object({ operator: Id('Operator key') }, closed),
        response: { 200: ListOf(KeyItem), ...refusals(400, 401, 404) },
      },
    },
    async ({ params }) => list((await operatorOf(params.operator)).key),
  );

  app.post(
    '/operators/:operator/keys',
    {
      config: needs('manage', 'operator'),
      schema: {
        ...apiRoute,
        summary: 'Take a key of an operator into custody: its identity key or one of its signing keys',
        params: Type.Object({ operator: Id('Operator key') }, closed),
        querystring: ChangeQuery,
        body: GivenKey,
        response: { 201: KeyItem, ...refusals(400, 401, 403, 404, 409, 503) },
      },
    },
    async (request, reply) => {
      const owner = await operatorOf(request.params.operator);
      return reply.code(201).send(keyItem(owner.key, await keepKey(service, owner, request.body, originOf(request))));
    },
  );

  app.delete(
    '/operators/:operator/keys/:publicKey',
    {
      config: needs('manage', 'operator'),
      schema: {
        ...apiRoute,
        summary: 'Let a key of an operator go, for good: the service keeps no copy',
        params: Type.Object({ operator: Id('Operator key'), ...PublicKey }, closed),
        querystring: ChangeQuery,
        response: { 200: KeyItem, ...refusals(400, 401, 403, 404) },
      },
    },
    async (request) => {
      const owner = await operatorOf(request.params.operator);
      return keyItem(owner.key, await removeKey(service, owner, request.params.publicKey, originOf(request)));
    },
  );

  app.post(
    '/operators/:operator/keys/:publicKey/export',
    {
      config: needs('manage', 'operator'),
      schema: {
        ...apiRoute,
        summary: 'The seed of a key of an operator, sealed to a key of yours (off unless --allow-key-export)',
        params: Type.Object({ operator: Id('Operator key'), ...PublicKey }, closed),
        querystring: ChangeQuery,
        body: KeyExport,
        response: { 200: ExportedKey, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request) => {
      const { params, body } = request;
      const asked = { publicKey: params.publicKey, recipient: body.recipient };
      return exportKeyOf(service, await operatorOf(params.operator), asked, originOf(request));
    },
  );

  app.get(
    '/accounts/:account/keys',
    {
      config: needs('read', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Keys of an account in custody: never more than their public part',
        params: Type.Object({ account: Id('Account key') }, closed),
        response: { 200: ListOf(KeyItem), ...refusals(400, 401, 404) },
      },
    },
    async ({ params }) => list((await findAccount(store.db, params.account)).key),
  );

  app.post(
    '/accounts/:account/keys',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Take a key of an account into custody (an admin of its operator): its identity key or a signing key',
        params: Type.Object({ account: Id('Account key') }, closed),
        querystring: ChangeQuery,
        body: GivenKey,
        response: { 201: KeyItem, ...refusals(400, 401, 403, 404, 409, 503) },
      },
    },
    async (request, reply) => {
      const owner = await accountOf(request, request.params.account);
      return reply.code(201).send(keyItem(owner.key, await keepKey(service, owner, request.body, originOf(request))));
    },
  );

  app.delete(
    '/accounts/:account/keys/:publicKey',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Let a key of an account go, for good (an admin of its operator)',
        params: Type.Object({ account: Id('Account key'), ...PublicKey }, closed),
        querystring: ChangeQuery,
        response: { 200: KeyItem, ...refusals(400, 401, 403, 404) },
      },
    },
    async (request) => {
      const owner = await accountOf(request, request.params.account);
      return keyItem(owner.key, await removeKey(service, owner, request.params.publicKey, originOf(request)));
    },
  );

  app.post(
    '/accounts/:account/keys/:publicKey/export',
    {
      config: needs('manage', 'account'),
      schema: {
        ...apiRoute,
        summary: 'The seed of a key of an account, sealed to a key of yours (off unless --allow-key-export)',
        params: Type.Object({ account: Id('Account key'), ...PublicKey }, closed),
        querystring: ChangeQuery,
        body: KeyExport,
        response: { 200: ExportedKey, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request) => {
      const { params, body } = request;
      const asked = { publicKey: params.publicKey, recipient: body.recipient };
      return exportKeyOf(service, await accountOf(request, params.account), asked, originOf(request));
    },
  );
};
