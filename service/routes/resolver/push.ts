import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { UNCHANGED } from '../../../resolver/http.js';
import { type Caller, hasRight } from '../../auth/rights.js';
import { printable } from '../../http/problem.js';
import { bearerToken } from '../../plugins/access.js';
import { readPrecondition } from '../../push/precondition.js';
import { type PushOutcome, pushAccount } from '../../push/push-account.js';
import { closed, Id, refusals } from '../../schemas/common.js';
import { textContent } from '../../schemas/resolver.js';
import type { Service } from '../../service.js';

const Params = Type.Object({ account: Id('Account key') }, closed);
const Conditions = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'jti (quoted) of the JWT that this one was made from' })),
  'if-none-match': Type.Optional(Type.String({ description: '`*`: only if there is none' })),
  'natsctl-force': Type.Optional(Type.Literal('true', { description: 'Drop revocations; needs an access token' })),
});
const Outcome = Type.Object(
  {
    status: Type.Union([
      Type.Literal('created'),
      Type.Literal('updated'),
      Type.Literal('unchanged'),
      Type.Literal('pending'),
    ]),
    account: Type.String(),
    jti: Type.String(),
    resigned: Type.Boolean({ description: 'The operator signed it anew: fetch what is stored' }),
    warnings: Type.Array(Type.Object({ code: Type.String(), message: Type.String(), path: Type.String() }, closed), {
      description: 'What will not work as somebody may think',
    }),
  },
  closed,
);
const outcome = { content: { ...textContent.content, 'application/json': { schema: Outcome } } };

export const resolverPushRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.post(
    '/accounts/:account',
    {
      schema: {
        tags: ['resolver'],
        summary: 'Push the JWT of an account',
        params: Params,
        headers: Conditions,
        response: {
          200: { description: 'Stored in the place of another, or already there', ...outcome },
          201: { description: 'Stored for the first time', ...outcome },
          202: { description: 'Signed by its account: stored once an admin has it signed by the operator', ...outcome },
          ...refusals(400, 403, 409, 412, 413, 415),
        },
      },
    },
    async (request, reply) => {
      const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch, 'natsctl-force': force, accept } = request.headers;
      const caller = force === 'true' ? await service.tokens.verify(bearerToken(request)) : null;
      const done = await pushAccount(service, {
        id: request.params.account,
        token: typeof request.body === 'string' ? request.body.trim() : '',
        precondition: readPrecondition(ifMatch, ifNoneMatch),
        forced: caller !== null && (await mayForce(service, caller, request.params.account)),
        ...(request.pusher !== null && { actor: request.pusher }),
        ...(caller && { actor: { actor: caller.actor, requestId: String(request.id), remote: request.ip } }),
      });
      // nsc fetches what the operator made of its JWT after 200 alone.
      reply.code(done.resigned ? 200 : STATUS[done.status]).header('cache-control', 'no-store');
      // The ETag is that of what is served.
      if (done.status !== 'pending') reply.header('etag', `"${done.jti}"`);
      if (/\bapplication\/json\b/i.test(accept ?? '')) return reply.type('application/json; charset=utf-8').send(done);
      return reply.type('text/plain; charset=utf-8').send(pushText(done));
    },
  );
};

/** As nsc shows it, with a warning. */
const PENDING = 'jwt received, and not stored yet: an admin of the service approves it first; then pull it';

const STATUS = { created: 201, updated: 200, unchanged: 200, pending: 202 } as const;

/** The first line is what natsctl reads; nsc and curl show all of it. */
function pushText({ status, warnings }: PushOutcome): string {
  const first = status === 'unchanged' ? UNCHANGED : status === 'pending' ? PENDING : `jwt ${status}`;
  return [first, ...warnings.map(({ message }) => `warning: ${printable(message)}`), ''].join('\n');
}

/** Revocations are dropped by who manages the account, and by nobody for an account that is not here: it has none. */
async function mayForce({ store }: Service, caller: Caller, account: string): Promise<boolean> {
  const row = await store.db.account.findUnique({ where: { key: account } });
  return row !== null && hasRight(caller, 'manage', { operator: row.operatorKey, account: row.key });
}
