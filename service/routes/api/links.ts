import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { originOf } from '../../plugins/access.js';
import { AnnouncementItem, AnnouncementState, announcementItem } from '../../schemas/announcement.js';
import { apiRoute, closed, Id, ListOf, needs, Page, pageOf, refusals, UnixSeconds } from '../../schemas/common.js';
import type { Service } from '../../service.js';

const LinkItem = Type.Object(
  {
    id: Id('Link id'),
    servers: Type.Array(Type.String()),
    connected: Type.Boolean(),
    pending: Type.Integer({ description: 'Accounts whose newest JWT, or deletion, not every server has confirmed' }),
  },
  closed,
);
const Drift = Type.Object(
  {
    checkedAt: UnixSeconds('Comparison'),
    servers: Type.Array(
      Type.Object(
        {
          server: Type.String(),
          serverId: Type.String(),
          accounts: Type.Integer({ description: 'Accounts it lists' }),
          missing: Type.Integer({ description: 'Accounts of the service that it should list and does not' }),
        },
        closed,
      ),
      { description: 'Servers that keep accounts' },
    ),
    announced: Type.Integer({ description: 'Accounts announced anew, deletions included' }),
    taken: Type.Integer({ description: 'Accounts taken in because a server has a newer JWT' }),
  },
  closed,
);
const LinkDetail = Type.Object(
  {
    ...LinkItem.properties,
    systemAccount: Type.Union([Type.String(), Type.Null()]),
    present: Type.Array(Type.Object({ server: Type.String(), serverId: Type.String() }, closed), {
      description: 'Servers that are there now: each must confirm each account',
    }),
    drift: Type.Union([Drift, Type.Null()], { description: 'What the last comparison with the servers found' }),
    accounts: ListOf(AnnouncementItem),
    deletions: Type.Array(AnnouncementItem, { description: 'Deletions not confirmed yet (the first of them)' }),
  },
  closed,
);
const LinkQuery = Type.Object(
  {
    ...Page.properties,
    state: AnnouncementState,
  },
  closed,
);
/** Deletions shown with a link. */
const MAX_DELETIONS = 1_000;
const NewLink = Type.Object(
  {
    servers: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
      minItems: 1,
      maxItems: 32,
      description: 'nats://host:port of one system',
    }),
    creds: Type.Optional(
      Type.String({
        maxLength: 65_536,
        description: '.creds of a system account user; absent = those of a link attached before',
      }),
    ),
  },
  closed,
);

export const linkRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const {
    links,
    store: { db },
  } = service;
  app.get(
    '/links',
    {
      config: needs('read', 'service'),
      schema: {
        ...apiRoute,
        summary: 'NATS systems that changes are announced to',
        response: { 200: ListOf(LinkItem), ...refusals(401, 403) },
      },
    },
    async () => ({ items: await links.list() }),
  );

  app.post(
    '/links',
    {
      config: needs('manage', 'service'),
      schema: {
        ...apiRoute,
        summary: 'Attach a NATS system; the service attaches it again at every start',
        body: NewLink,
        response: { 201: LinkItem, ...refusals(400, 401, 403, 409) },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await links.attach(request.body, { keep: true, actor: originOf(request) })),
  );

  app.get(
    '/links/:link',
    {
      config: needs('read', 'service'),
      schema: {
        ...apiRoute,
        summary: 'One NATS system: its servers, how they compare, and what each answered about each account',
        params: Type.Object({ link: Id('Link id') }, closed),
        querystring: LinkQuery,
        response: { 200: LinkDetail, ...refusals(400, 401, 403, 404) },
      },
    },
    async ({ params: { link }, query }) => {
      const detail = await links.detail(link);
      const after = query.after === undefined ? {} : { accountKey: { gt: query.after } };
      const rows = await db.announcement.findMany({
        where: { linkId: link, ...(query.state !== undefined && { state: query.state }), ...after },
        orderBy: { accountKey: 'asc' },
        take: query.limit + 1,
      });
      const deletions = await db.deletion.findMany({
        where: { linkId: link, state: 'pending' },
        orderBy: { accountKey: 'asc' },
        take: MAX_DELETIONS,
      });
      return {
        ...detail,
        accounts: pageOf(rows, query, announcementItem, ({ accountKey }) => accountKey),
        deletions: deletions.map(announcementItem),
      };
    },
  );

  app.delete(
    '/links/:link',
    {
      config: needs('manage', 'service'),
      schema: {
        ...apiRoute,
        summary: 'Detach a NATS system',
        params: Type.Object({ link: Id('Link id') }, closed),
        response: { 204: Type.Null(), ...refusals(401, 403, 404) },
      },
    },
    async (request, reply) => {
      await links.detach(request.params.link, originOf(request));
      return reply.code(204).send(null);
    },
  );
};
