import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { guard } from '../../plugins/access.js';
import { opaqueCursors } from '../../plugins/cursors.js';
import { idempotency } from '../../plugins/idempotency.js';
import type { Service } from '../../service.js';
import { accountSettingRoutes } from './account-settings.js';
import { accountRoutes } from './accounts.js';
import { activationRequestRoutes } from './activation-requests.js';
import { adoptStoreRoutes } from './adopt-store.js';
import { announcementRoutes } from './announcements.js';
import { auditRoutes } from './audit.js';
import { bulkRoutes } from './bulk.js';
import { credentialPolicyRoutes } from './credential-policy.js';
import { credentialRoutes } from './credentials.js';
import { evacuationRoutes } from './evacuation.js';
import { eventRoutes } from './events.js';
import { exportRoutes } from './exports.js';
import { importRoutes } from './imports.js';
import { insightRoutes } from './insight.js';
import { strictJson } from './json-body.js';
import { keyRoutes } from './keys.js';
import { ledgerRoutes } from './ledger.js';
import { linkRoutes } from './links.js';
import { mappingRoutes } from './mappings.js';
import { operatorRoutes } from './operators.js';
import { pendingAccountRoutes } from './pending-accounts.js';
import { pruneRoutes } from './prune.js';
import { renewalRoutes } from './renewal.js';
import { revocationRoutes } from './revocations.js';
import { serverConfigRoutes } from './server-config.js';
import { signingKeyRoutes } from './signing-keys.js';
import { tokenRoutes } from './tokens.js';
import { userRoutes } from './users.js';
import { webhookRoutes } from './webhooks.js';
import { whoamiRoutes } from './whoami.js';

/** The REST API. One gate for all of it: every route says what right it needs, over what. */
export const api: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  guard(app, service);
  idempotency(app, service);
  strictJson(app);
  opaqueCursors(app, service.cursors);
  for (const routes of [
    operatorRoutes,
    accountRoutes,
    pendingAccountRoutes,
    keyRoutes,
    signingKeyRoutes,
    accountSettingRoutes,
    exportRoutes,
    importRoutes,
    mappingRoutes,
    activationRequestRoutes,
    announcementRoutes,
    userRoutes,
    credentialRoutes,
    credentialPolicyRoutes,
    revocationRoutes,
    tokenRoutes,
    linkRoutes,
    auditRoutes,
    bulkRoutes,
    eventRoutes,
    ledgerRoutes,
    renewalRoutes,
    pruneRoutes,
    insightRoutes,
    serverConfigRoutes,
    evacuationRoutes,
    adoptStoreRoutes,
    whoamiRoutes,
    webhookRoutes,
  ]) {
    await app.register(routes, { service });
  }
};
