import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger } from 'fastify';
import { Type } from 'typebox';
import { isNatsctlError } from '../../../claims/errors.js';
import { requireRight } from '../../auth/rights.js';
import { bearerToken } from '../../plugins/access.js';
import { refusals } from '../../schemas/common.js';
import type { Service } from '../../service.js';
import type { Database } from '../../store/open.js';
import { readStored } from '../../store/read-stored.js';

/** A text, written as a stream. */
const Lines = Type.Unsafe<Readable>(Type.String());

/** nats-account-server's `maxreplicationpack`. */
const MAX_PACK = 10_000;
const PAGE = 100;

/** Open to all there; but who has an account's key knows one account, and this is every tenant: it takes who may read all. */
export const resolverPackRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.get(
    '/pack',
    {
      schema: {
        tags: ['resolver'],
        security: [{ bearer: [] }],
        summary: 'The JWTs of all accounts, a line each: key|JWT',
        querystring: Type.Object({
          max: Type.Integer({ minimum: 1, maximum: MAX_PACK, default: MAX_PACK, description: 'Accounts wanted' }),
        }),
        response: {
          200: { description: 'Lines', content: { 'text/plain': { schema: Lines } } },
          ...refusals(400, 401, 403),
        },
      },
    },
    async ({ query, headers, log }, reply) => {
      requireRight(await service.tokens.verify(bearerToken({ headers })), 'read', {});
      reply.header('cache-control', 'no-store').type('text/plain; charset=utf-8');
      return reply.send(Readable.from(lines(service.store.db, query.max, log)));
    },
  );
};

/** Page by page: ten thousand JWTs may be a gigabyte. One that is damaged is left out, as it is served nowhere. */
async function* lines(db: Database, max: number, log: FastifyBaseLogger): AsyncGenerator<string> {
  let after = '';
  for (let left = max; left > 0; ) {
    const take = Math.min(left, PAGE);
    const rows = await db.account.findMany({ where: { key: { gt: after } }, orderBy: { key: 'asc' }, take });
    let page = '';
    for (const row of rows) {
      after = row.key;
      try {
        page += `${row.key}|${readStored('account', row).token}\n`;
      } catch (error) {
        if (!isNatsctlError(error)) throw error;
        log.error({ err: error }, 'an account is left out of the pack');
      }
    }
    if (page !== '') yield page;
    if (rows.length < take) return;
    left -= rows.length;
  }
}
