import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { isNatsctlError, NatsctlError } from '../../../claims/errors.js';
import { parseStrictJson } from '../../../claims/jwt/json.js';
import type { ServiceErrorCode } from '../../errors.js';
import { requireRole } from '../../plugins/bearer.js';
import type { Service } from '../../service.js';
import { accountRoutes } from './accounts.js';
import { announcementRoutes } from './announcements.js';
import { auditRoutes } from './audit.js';
import { linkRoutes } from './links.js';
import { operatorRoutes } from './operators.js';
import { revocationRoutes } from './revocations.js';
import { tokenRoutes } from './tokens.js';
import { userRoutes } from './users.js';

/** The REST API. One gate for all of it: an admin's access token. Bodies are JSON and nothing else, read strictly. */
export const api: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  requireRole(app, service.tokens, 'admin');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    async (_request: FastifyRequest, body: string) => readJson(body),
  );
  for (const routes of [
    operatorRoutes,
    accountRoutes,
    announcementRoutes,
    userRoutes,
    revocationRoutes,
    tokenRoutes,
    linkRoutes,
    auditRoutes,
  ]) {
    await app.register(routes, { service });
  }
};

function readJson(body: string): unknown {
  try {
    return parseStrictJson(body);
  } catch (error) {
    const why = isNatsctlError(error) ? error.message : 'not JSON';
    throw new NatsctlError<ServiceErrorCode>('ERR_BODY_INVALID', `the body is ${why}`, { cause: error });
  }
}
