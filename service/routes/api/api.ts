import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { guard } from '../../plugins/access.js';
import type { Service } from '../../service.js';
import { accountRoutes } from './accounts.js';
import { announcementRoutes } from './announcements.js';
import { auditRoutes } from './audit.js';
import { credentialPolicyRoutes } from './credential-policy.js';
import { credentialRoutes } from './credentials.js';
import { eventRoutes } from './events.js';
import { strictJson } from './json-body.js';
import { linkRoutes } from './links.js';
import { operatorRoutes } from './operators.js';
import { revocationRoutes } from './revocations.js';
import { tokenRoutes } from './tokens.js';
import { userRoutes } from './users.js';

/** The REST API. One gate for all of it: every route says what right it needs, over what. */
export const api: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  guard(app, service);
  strictJson(app);
  for (const routes of [
    operatorRoutes,
    accountRoutes,
    announcementRoutes,
    userRoutes,
    credentialRoutes,
    credentialPolicyRoutes,
    revocationRoutes,
    tokenRoutes,
    linkRoutes,
    auditRoutes,
    eventRoutes,
  ]) {
    await app.register(routes, { service });
  }
};
