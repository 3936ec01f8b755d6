import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { NatsctlError } from '../../../claims/errors.js';
import { findAccount } from '../../accounts/find-account.js';
import type { Origin } from '../../audit/audit.js';
import { hasRight } from '../../auth/rights.js';
import type { ServiceErrorCode } from '../../errors.js';
import { sendEntityTag } from '../../http/entity-tag.js';
import { callerOf, originOf } from '../../plugins/access.js';
import {
  apiRoute,
  ChangeQuery,
  closed,
  Id,
  IfMatch,
  ListOf,
  NamePart,
  needs,
  Page,
  pageOf,
  refusals,
  UnixSeconds,
} from '../../schemas/common.js';
import { Revoked } from '../../schemas/revocation.js';
import {
  CreatedUser,
  createdUser,
  DisabledUser,
  EnabledUser,
  NewUser,
  Reissue,
  ReissuedUser,
  UserDetail,
  UserItem,
  userDetail,
  userItem,
} from '../../schemas/user.js';
import type { Service } from '../../service.js';
import { createUser } from '../../users/create-user.js';
import { deleteUser } from '../../users/delete-user.js';
import { disableUser, enableUser } from '../../users/disable-user.js';
import { editUser } from '../../users/edit-user.js';
import { findUser } from '../../users/find-user.js';
import { listUsers } from '../../users/list-users.js';
import { opensAlone } from '../../users/opens-alone.js';
import { type ReissuedWithKey, reissueUser } from '../../users/reissue-user.js';
import { tellRevocation } from '../../users/replace-jwt.js';
import type { WantedKey } from '../../users/user-key.js';

const InAccount = Type.Object({ account: Id('Account key') }, closed);
const OneUser = Type.Object({ user: Id('User key') }, closed);

/** Another key is asked for in so many words: one that is brought would revoke the old one by the way. */
function rotatedKey(rotateKey: boolean, key: WantedKey): WantedKey | null {
  if (rotateKey) return key;
  if (key.publicKey === undefined && key.proof === undefined) return null;
  throw new NatsctlError<ServiceErrorCode>('ERR_REQUEST_INVALID', '`publicKey` and `proof` go with `rotateKey: true`');
}
/** Part of the request that a refusal names as the rest of a change (service/users/revoke-older.ts). */
const proof = Type.Optional(
  Type.String({ maxLength: 200, description: 'Of `details.rest` of the ERR_SIGN_ELSEWHERE that this goes on from' }),
);
const UserPage = Type.Object(
  {
    ...Page.properties,
    name: NamePart,
    expired: Type.Optional(Type.Boolean({ description: 'Whether the JWT has ended' })),
    expiresBefore: Type.Optional(UnixSeconds('The JWT ends before it')),
  },
  closed,
);

export const userRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { db } = service.store;

  const sendReissued = async (reply: FastifyReply, reissued: ReissuedWithKey, origin: Origin) => {
    const announced = await tellRevocation(service, origin, reissued);
    const answer = { ...(await createdUser(service, reissued)), supersedes: reissued.supersedes, announced };
    return sendEntityTag(reply, reissued.user).header('location', `/api/v1/users/${reissued.user.key}`).send(answer);
  };

  app.get(
    '/accounts/:account/users',
    {
      config: needs('read', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Users of an account that this service made',
        params: InAccount,
        querystring: UserPage,
        response: { 200: ListOf(UserItem), ...refusals(400, 401, 404) },
      },
    },
    async ({ params, query }) => {
      const { key: accountKey } = await findAccount(db, params.account);
      const rows = await listUsers(db, accountKey, query, { now: service.now(), take: query.limit + 1 });
      return pageOf(rows, query, userItem, ({ key }) => key);
    },
  );

  app.post(
    '/accounts/:account/users',
    {
      config: needs('issue', 'account'),
      schema: {
        ...apiRoute,
        summary: 'Make a user of an account whose signing key the service keeps',
        params: InAccount,
        querystring: ChangeQuery,
        body: NewUser,
        response: { 201: CreatedUser, ...refusals(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) => {
      const created = await createUser(service, request.params.account, request.body, originOf(request));
      reply.code(201).header('location', `/api/v1/users/${created.user.key}`);
      return sendEntityTag(reply, created.user).send(await createdUser(service, created));
    },
  );

  app.get(
    '/users/:user',
    {
      config: needs('read', 'user'),
      schema: {
        ...apiRoute,
        summary: 'One user that this service made; the JWT of a bearer to those who may issue users only',
        params: OneUser,
        response: { 200: UserDetail, ...refusals(400, 401, 404) },
      },
    },
    async (request, reply) => {
      const { account, ...row } = await findUser(db, request.params.user);
      const scope = { operator: account.operatorKey, account: row.accountKey };
      const shown = hasRight(callerOf(request), 'issue', scope) || !(await opensAlone(db, row));
      return sendEntityTag(reply, row).send(shown ? userDetail(row) : userItem(row));
    },
  );

  app.patch(
    '/users/:user',
    {
      config: needs('issue', 'user'),
      schema: {
        ...apiRoute,
        summary: 'Change claims of a user and issue it anew: permissions, limits, name, whatever its JWT can say',
        params: OneUser,
        querystring: Type.Object(
          {
            ...ChangeQuery.properties,
            revokeOlder: Type.Boolean({
              default: false,
              description: 'JWTs from before lose their rights at once; else they stay good until they expire',
            }),
            proof,
          },
          closed,
        ),
        headers: IfMatch,
        body: Type.Object(
          {},
          {
            additionalProperties: true,
            description:
              'JSON merge patch (RFC 7396) over the claims as they stand in the JWT: {"nats": {"subs": 10}}; null removes',
          },
        ),
        response: { 200: ReissuedUser, ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const { params, query, headers, body: patch } = request;
      const { revokeOlder, proof } = query;
      const edit = { user: params.user, ifMatch: headers['if-match'], patch, revokeOlder, proof };
      const origin = originOf(request);
      return sendReissued(reply, await editUser(service, edit, origin), origin);
    },
  );

  app.post(
    '/users/:user/reissue',
    {
      config: needs('issue', 'user'),
      schema: {
        ...apiRoute,
        summary: 'Issue a user anew with the claims it has, on demand with another key',
        params: OneUser,
        querystring: Type.Object({ ...ChangeQuery.properties, proof }, closed),
        headers: IfMatch,
        body: Reissue,
        response: { 200: ReissuedUser, ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const { rotateKey = false, revokeOlder = false, expires, ...key } = request.body;
      const origin = originOf(request);
      const reissue = {
        user: request.params.user,
        ifMatch: request.headers['if-match'],
        revokeOlder,
        ...(expires !== undefined && { expires }),
        key: rotatedKey(rotateKey, key),
        proof: request.query.proof,
      };
      return sendReissued(reply, await reissueUser(service, reissue, origin), origin);
    },
  );

  app.post(
    '/users/:user/disable',
    {
      config: needs('issue', 'user'),
      schema: {
        ...apiRoute,
        summary: 'Disable a user: revoked, its connections closed, and still listed',
        params: OneUser,
        querystring: ChangeQuery,
        headers: IfMatch,
        response: { 200: DisabledUser, ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const { params, headers } = request;
      const { user, ...told } = await disableUser(service, params.user, headers['if-match'], originOf(request));
      return sendEntityTag(reply, user).send({ ...userDetail(user), ...told });
    },
  );

  app.post(
    '/users/:user/enable',
    {
      config: needs('issue', 'user'),
      schema: {
        ...apiRoute,
        summary: 'Let a disabled user in again; with a new JWT where everyone was revoked meanwhile',
        params: OneUser,
        querystring: ChangeQuery,
        headers: IfMatch,
        response: { 200: EnabledUser, ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const { params, headers } = request;
      const { user, ...told } = await enableUser(service, params.user, headers['if-match'], originOf(request));
      return sendEntityTag(reply, user).send({ ...userDetail(user), ...told });
    },
  );

  app.delete(
    '/users/:user',
    {
      config: needs('issue', 'user'),
      schema: {
        ...apiRoute,
        summary: 'Delete a user: its key is revoked, its connections close, and no JWT of it works any more',
        params: OneUser,
        querystring: ChangeQuery,
        headers: IfMatch,
        response: { 200: Revoked, ...refusals(400, 401, 403, 404, 409, 412, 428) },
      },
    },
    async (request) => deleteUser(service, request.params.user, request.headers['if-match'], originOf(request)),
  );
};
