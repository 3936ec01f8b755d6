import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { decodePublicKey } from '../../../claims/keys/nkey.js';
import { accountUnknown } from '../../accounts/find-account.js';
import { hasRight } from '../../auth/rights.js';
import { callerOf } from '../../plugins/access.js';
import { AnnouncementItem, AnnouncementState, announcementItem } from '../../schemas/announcement.js';
import { apiRoute, closed, Id, ListOf, needs, refusals } from '../../schemas/common.js';
import type { Service } from '../../service.js';

export const announcementRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { db } = service.store;

  app.get(
    '/accounts/:account/announcements',
    {
      config: needs('read', 'reach'),
      schema: {
        ...apiRoute,
        summary: 'How far each link got with telling its servers of the account, or of its deletion (one row a link)',
        params: Type.Object({ account: Id('Account key, also of a deleted account') }, closed),
        querystring: Type.Object({ state: AnnouncementState }, closed),
        response: { 200: ListOf(AnnouncementItem), ...refusals(400, 401, 404) },
      },
    },
    async (request) => {
      const key = decodePublicKey(request.params.account, 'account').text;
      const [account, deleted] = await Promise.all([
        db.account.findUnique({ where: { key }, include: { announcements: { orderBy: { linkId: 'asc' } } } }),
        db.deletedAccount.findUnique({ where: { key }, include: { deletions: { orderBy: { linkId: 'asc' } } } }),
      ]);
      const operator = account?.operatorKey ?? deleted?.operatorKey;
      if (!operator || !hasRight(callerOf(request), 'read', { operator, account: key })) throw accountUnknown(key);
      const { state } = request.query;
      const rows = [...(account?.announcements ?? []), ...(deleted?.deletions ?? [])];
      return { items: rows.filter((row) => state === undefined || row.state === state).map(announcementItem) };
    },
  );
};
