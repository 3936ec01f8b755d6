import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { NatsctlError } from '../../../claims/errors.js';
import { timeText } from '../../../claims/trust/account.js';
import { announceAgain } from '../../accounts/announce-again.js';
import { requireRight } from '../../auth/rights.js';
import type { ServiceErrorCode } from '../../errors.js';
import { decodedText } from '../../http/decoded-text.js';
import { isKnown } from '../../http/etags.js';
import { bearerToken } from '../../plugins/access.js';
import { closed, Id, refusals } from '../../schemas/common.js';
import { AccountQuery, isOn, jwtContent } from '../../schemas/resolver.js';
import type { Service } from '../../service.js';
import { readStored } from '../../store/read-stored.js';

const Params = Type.Object({ account: Id('Account key') }, closed);

export const resolverAccountRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  // nats-server asks this at its start, with the slash, and takes nothing but 200.
  for (const path of ['/accounts', '/accounts/']) {
    app.get(
      path,
      { schema: { tags: ['resolver'], summary: 'Whether a resolver is here', hide: path.endsWith('/') } },
      async (_request, reply) =>
        reply
          .header('cache-control', 'no-cache, no-store, must-revalidate')
          .header('pragma', 'no-cache')
          .header('expires', '0')
          .type('text/plain')
          .send(''),
    );
  }

  app.get(
    '/accounts/:account',
    {
      schema: {
        tags: ['resolver'],
        summary: 'The JWT of an account',
        params: Params,
        querystring: AccountQuery,
        response: {
          200: { description: 'The JWT', ...jwtContent('The account JWT') },
          304: Type.Null({ description: 'As known' }),
          ...refusals(400, 401, 403, 404, 500, 501),
        },
      },
    },
    // The order in which these are looked at is nats-account-server's.
    async ({ params, query, headers }, reply) => {
      if (query.jti !== undefined) throw jtiLookup();
      const found = service.accounts.get(params.account);
      const account = found instanceof Promise ? await found : found;
      // A cache must ask every time: one that did not would keep a revoked user in.
      reply.header('cache-control', 'no-cache');
      if (isOn(query.text)) return reply.type('text/plain; charset=utf-8').send(account.jwt);
      if (isOn(query.decode)) {
        return reply.type('text/plain; charset=utf-8').send(decodedText(readStored('account', account)));
      }
      if (isOn(query.check)) refuseLapsed(account, service.now());
      reply.header('etag', account.etag).header('content-type', 'application/jwt');
      if (isKnown(account.jti, headers['if-none-match'])) return reply.code(304).send(null);
      if (isOn(query.notify)) {
        // Theirs does it for anybody who asks. It costs every server of the system work, so here it takes who may change accounts.
        const caller = await service.tokens.verify(bearerToken({ headers }));
        requireRight(caller, 'manage', { operator: account.operator, account: account.key });
        await announceAgain(service, account.key);
      }
      return reply.send(account.jwt);
    },
  );
};

function refuseLapsed({ key, exp }: { key: string; exp: number }, now: number): void {
  if (exp === 0 || now <= exp) return;
  throw new NatsctlError<ServiceErrorCode>('ERR_ACCOUNT_LAPSED', `the account ${key} expired at ${timeText(exp)}`, {
    hint: 'give it a new expiry, sign it again and push it',
    details: { account: key, exp },
  });
}

function jtiLookup(): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_JTI_LOOKUP', 'lookup by jti is not supported', {
    hint: 'send the jti you know as If-None-Match: "<jti>"',
  });
}
