import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { findAccount } from '../../accounts/find-account.js';
import { sendEntityTag } from '../../http/entity-tag.js';
import { originOf } from '../../plugins/access.js';
import { apiRoute, ChangeQuery, closed, Id, IfMatch, needs, refusals } from '../../schemas/common.js';
import { CredentialPolicy } from '../../schemas/credential-policy.js';
import { Role } from '../../schemas/user.js';
import type { Service } from '../../service.js';
import {
  type CredentialRules,
  deletePolicy,
  policyOf,
  setPolicy,
  WHOLE_ACCOUNT,
} from '../../users/credential-policy.js';

const InAccount = Type.Object({ account: Id('Account key') }, closed);
const OfRole = Type.Object({ account: Id('Account key'), role: Role }, closed);

/** The same three routes for a whole account and for one of its roles. */
const TARGETS = [
  { at: '/accounts/:account/credential-policy', whose: 'an account', params: InAccount },
  { at: '/accounts/:account/credential-policy/roles/:role', whose: 'a role of an account', params: OfRole },
];

export const credentialPolicyRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const shown = ({ maxTtl, defaultTtl, requireProof, allowBearer }: CredentialRules) => {
    return { maxTtl, defaultTtl, requireProof, allowBearer };
  };
  const target = async (params: { account: string; role?: string }) => {
    const { key: account } = await findAccount(service.store.db, params.account);
    return { account, role: params.role ?? WHOLE_ACCOUNT };
  };

  for (const { at, whose, params } of TARGETS) {
    app.get(
      at,
      {
        config: needs('read', 'account'),
        schema: {
          ...apiRoute,
          summary: `What is asked of users of ${whose}. The strictest of what applies holds`,
          params,
          response: { 200: CredentialPolicy, ...refusals(400, 401, 404) },
        },
      },
      async (request, reply) => {
        const policy = await policyOf(service.store.db, await target(request.params));
        return sendEntityTag(reply, policy).send(shown(policy));
      },
    );

    app.put(
      at,
      {
        config: needs('manage', 'account'),
        schema: {
          ...apiRoute,
          summary: `Set what is asked of users of ${whose}; JWTs issued before stay as they are`,
          params,
          querystring: ChangeQuery,
          headers: IfMatch,
          body: CredentialPolicy,
          response: { 200: CredentialPolicy, ...refusals(400, 401, 403, 404, 409, 412, 428) },
        },
      },
      async (request, reply) => {
        const of = await target(request.params);
        const policy = await setPolicy(service, of, request.body, request.headers['if-match'], originOf(request));
        return sendEntityTag(reply, policy).send(shown(policy));
      },
    );

    app.delete(
      at,
      {
        config: needs('manage', 'account'),
        schema: {
          ...apiRoute,
          summary: `Ask nothing more of users of ${whose}`,
          params,
          querystring: ChangeQuery,
          headers: IfMatch,
          response: { 204: Type.Null(), ...refusals(400, 401, 403, 404, 412, 428) },
        },
      },
      async (request, reply) => {
        const of = await target(request.params);
        await deletePolicy(service, of, request.headers['if-match'], originOf(request));
        return reply.code(204).send(null);
      },
    );
  }
};
