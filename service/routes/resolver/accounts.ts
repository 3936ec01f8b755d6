import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { UNCHANGED } from '../../../resolver/http.js';
import { findAccount } from '../../accounts/find-account.js';
import { type Caller, hasRight } from '../../auth/rights.js';
import { isKnown } from '../../http/etags.js';
import { bearerToken } from '../../plugins/access.js';
import { readPrecondition } from '../../push/precondition.js';
import { pushAccount } from '../../push/push-account.js';
import { closed, Id, refusals } from '../../schemas/common.js';
import type { Service } from '../../service.js';
import { readStored } from '../../store/read-stored.js';

const Params = Type.Object({ account: Id('Account key') }, closed);
const Conditions = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'jti (quoted) of the JWT that this one was made from' })),
  'if-none-match': Type.Optional(
    Type.String({ description: '`*` in a push: only if there is none; an ETag in a read' }),
  ),
  'natsctl-force': Type.Optional(Type.Literal('true', { description: 'Drop revocations; needs an access token' })),
});
const Token = Type.String({ description: 'The account JWT' });
const jwtContent = { content: { 'application/jwt': { schema: Token } } };
const textContent = { content: { 'text/plain': { schema: Type.String() } } };

export const resolverAccountRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  // nats-server asks this at its start, with the slash, and takes nothing but 200.
  for (const path of ['/accounts', '/accounts/']) {
    app.get(
      path,
      { schema: { tags: ['resolver'], summary: 'Whether a resolver is here', hide: path.endsWith('/') } },
      async (_request, reply) => reply.header('cache-control', 'no-store').type('text/plain').send(''),
    );
  }

  app.get(
    '/accounts/:account',
    {
      schema: {
        tags: ['resolver'],
        summary: 'The JWT of an account',
        params: Params,
        response: {
          200: { description: 'The JWT', ...jwtContent },
          304: Type.Null({ description: 'As known' }),
          ...refusals(400, 404),
        },
      },
    },
    async (request, reply) => {
      const row = await findAccount(service.store.db, request.params.account);
      const { jti } = row;
      const jwt = readStored('account', row).token;
      // A cache must ask every time: one that did not would keep a revoked user in.
      reply.header('etag', `"${jti}"`).header('cache-control', 'no-cache');
      if (isKnown(jti, request.headers['if-none-match'])) return reply.code(304).type('application/jwt').send(null);
      return reply.type('application/jwt').send(jwt);
    },
  );

  app.post(
    '/accounts/:account',
    {
      schema: {
        tags: ['resolver'],
        summary: 'Push the JWT of an account',
        params: Params,
        headers: Conditions,
        response: {
          200: { description: 'Stored in the place of another, or already there', ...textContent },
          201: { description: 'Stored for the first time', ...textContent },
          ...refusals(400, 403, 409, 412, 413, 415),
        },
      },
    },
    async (request, reply) => {
      const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch, 'natsctl-force': force } = request.headers;
      const caller = force === 'true' ? await service.tokens.verify(bearerToken(request)) : null;
      const { status, jti } = await pushAccount(service, {
        id: request.params.account,
        token: typeof request.body === 'string' ? request.body.trim() : '',
        precondition: readPrecondition(ifMatch, ifNoneMatch),
        forced: caller !== null && (await mayForce(service, caller, request.params.account)),
        ...(request.pusher !== null && { actor: request.pusher }),
        ...(caller && { actor: { actor: caller.actor, requestId: String(request.id), remote: request.ip } }),
      });
      reply
        .code(status === 'created' ? 201 : 200)
        .header('etag', `"${jti}"`)
        .header('cache-control', 'no-store');
      return reply.type('text/plain; charset=utf-8').send(`${status === 'unchanged' ? UNCHANGED : `jwt ${status}`}\n`);
    },
  );
};

/** Revocations are dropped by who manages the account, and by nobody for an account that is not here: it has none. */
async function mayForce({ store }: Service, caller: Caller, account: string): Promise<boolean> {
  const row = await store.db.account.findUnique({ where: { key: account } });
  return row !== null && hasRight(caller, 'manage', { operator: row.operatorKey, account: row.key });
}
