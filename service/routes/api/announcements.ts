import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { decodePublicKey } from '../../../claims/keys/nkey.js';
import { accountUnknown } from '../../accounts/find-account.js';
import { AnnouncementItem, announcementItem } from '../../schemas/announcement.js';
import { apiRoute, closed, Id, ListOf, refusals } from '../../schemas/common.js';
import type { Service } from '../../service.js';

export const announcementRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { db } = service.store;

  app.get(
    '/accounts/:account/announcements',
    {
      schema: {
        ...apiRoute,
        summary: 'How far each link got with telling its servers of the account, or of its deletion (one row a link)',
        params: Type.Object({ account: Id('Account key, also of a deleted account') }, closed),
        response: { 200: ListOf(AnnouncementItem), ...refusals(400, 401, 404) },
      },
    },
    async ({ params }) => {
      const key = decodePublicKey(params.account, 'account').text;
      const [account, deleted] = await Promise.all([
        db.account.findUnique({ where: { key }, select: { announcements: { orderBy: { linkId: 'asc' } } } }),
        db.deletedAccount.findUnique({ where: { key }, select: { deletions: { orderBy: { linkId: 'asc' } } } }),
      ]);
      if (!account && !deleted) throw accountUnknown(key);
      return { items: [...(account?.announcements ?? []), ...(deleted?.deletions ?? [])].map(announcementItem) };
    },
  );
};
