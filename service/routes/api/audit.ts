import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import type { AuditEntry } from '../../../prisma/generated/client.js';
import { exportAudit } from '../../audit/export-audit.js';
import { verifyStoredAudit } from '../../audit/verify.js';
import { reach, within } from '../../auth/rights.js';
import { callerOf } from '../../plugins/access.js';
import {
  apiRoute,
  closed,
  Id,
  ListOf,
  named,
  needs,
  Page,
  pageOf,
  refusals,
  UnixSeconds,
} from '../../schemas/common.js';
import type { Service } from '../../service.js';

const Claims = (description: string) =>
  Type.Union([Type.Object({}, { additionalProperties: true }), Type.Null()], { description });
const OrNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

const AuditItem = Type.Object(
  {
    seq: Type.Integer(),
    at: UnixSeconds('When'),
    actor: Type.String({
      description: '`token:<name>`, `key:<key>` of who signed in, `signer:<key>` of a pushed JWT, or `service`',
    }),
    action: Type.String(),
    entity: Type.String(),
    operator: OrNull('Operator it belongs to'),
    account: OrNull('Account it belongs to'),
    beforeJti: OrNull('jti of the JWT replaced'),
    afterJti: OrNull('jti of the JWT that took its place'),
    before: Claims('Claims as they were'),
    after: Claims('Claims as they are'),
    detail: Type.Object({}, { additionalProperties: true }),
    requestId: OrNull('Of the request, as in the log'),
    remote: OrNull('Address of the caller'),
    hash: Type.String({ description: 'SHA-256 over this entry and the hash of the one before' }),
  },
  named('AuditEntry'),
);

const AuditPage = Type.Object(
  {
    ...Page.properties,
    action: Type.Optional(Type.String({ maxLength: 100, description: 'As in the entries: account.update' })),
    entity: Type.Optional(Id('Public key or id of what changed')),
    actor: Type.Optional(Type.String({ maxLength: 300, description: 'Who made it, as in the entries' })),
    operator: Type.Optional(Id('Operator it belongs to')),
    account: Type.Optional(Id('Account it belongs to')),
    afterSeq: Type.Optional(Type.Integer({ minimum: 0, description: 'Only entries after the one of this number' })),
    since: Type.Optional(UnixSeconds('Made at or after it')),
    until: Type.Optional(UnixSeconds('Made before it')),
  },
  closed,
);

const CheckpointDocument = Type.Object(
  {
    seq: Type.Integer({ description: 'Of the last entry' }),
    hash: Type.String({ description: 'Of the last entry' }),
    publicKey: Type.String({ description: 'Ed25519 key of the audit, base64url' }),
    signature: Type.String({ description: 'Over both, base64url' }),
  },
  closed,
);

const Verdict = Type.Object(
  {
    whole: Type.Boolean(),
    entries: Type.Integer(),
    hash: Type.String({ description: 'Of the last entry' }),
    faults: Type.Array(Type.Object({ seq: Type.Integer(), message: Type.String() }, closed)),
  },
  closed,
);

export const auditRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  const { store, audit } = service;

  app.get(
    '/audit',
    {
      config: needs('audit', 'reach'),
      schema: {
        ...apiRoute,
        summary: 'Every change, oldest first: who, when, what, from which claims to which',
        querystring: AuditPage,
        response: { 200: ListOf(AuditItem), ...refusals(400, 401, 403) },
      },
    },
    async (request) => {
      const {
        after = '0',
        afterSeq = 0,
        limit,
        action,
        entity,
        actor,
        operator,
        account,
        since,
        until,
      } = request.query;
      const rows = await store.db.auditEntry.findMany({
        where: {
          ...within(reach(callerOf(request), 'audit'), 'operatorKey', 'accountKey'),
          seq: { gt: Math.max(Number(after), afterSeq) },
          ...(action !== undefined && { action }),
          ...(entity !== undefined && { entity }),
          ...(actor !== undefined && { actor }),
          ...(operator !== undefined && { operatorKey: operator }),
          ...(account !== undefined && { accountKey: account }),
          ...((since !== undefined || until !== undefined) && {
            at: { ...(since !== undefined && { gte: since }), ...(until !== undefined && { lt: until }) },
          }),
        },
        orderBy: { seq: 'asc' },
        take: limit + 1,
      });
      return pageOf(rows, { limit }, auditItem, ({ seq }) => String(seq));
    },
  );

  app.get(
    '/audit/checkpoint',
    {
      config: needs('audit', 'service'),
      schema: {
        ...apiRoute,
        summary: 'The end of the audit, signed: keep it elsewhere and verify against it later',
        response: { 200: CheckpointDocument, ...refusals(401, 403) },
      },
    },
    async () => {
      const checkpoint = await audit.checkpoint(store.db);
      if (!checkpoint) throw new Error('a service without a token cannot be asked');
      return checkpoint;
    },
  );

  app.get(
    '/audit/export',
    {
      config: needs('audit', 'service'),
      schema: {
        ...apiRoute,
        summary: 'The whole audit as JSON lines, its signed end the last: verified without this service',
        response: {
          200: {
            description:
              'One entry a line, with claims and detail as the text that is hashed; then `{"checkpoint": ...}`',
            content: { 'application/x-ndjson': { schema: Type.Unsafe<Readable>(Type.String()) } },
          },
          ...refusals(401, 403),
        },
      },
    },
    async (_request, reply) => {
      reply.type('application/x-ndjson; charset=utf-8');
      return reply.send(Readable.from(exportAudit(store), { objectMode: false }));
    },
  );

  app.post(
    '/audit/verify',
    {
      config: needs('audit', 'service'),
      schema: {
        ...apiRoute,
        summary:
          'Whether the audit is whole: nothing changed, taken out or cut off, also since a checkpoint kept elsewhere',
        body: Type.Object({ checkpoint: Type.Optional(CheckpointDocument) }, closed),
        response: { 200: Verdict, ...refusals(400, 401, 403) },
      },
    },
    async ({ body }) => {
      // One transaction, so that no change comes between the entries and their signed end.
      const verdict = await store.transaction((tx) => verifyStoredAudit(tx, audit.publicKey, body.checkpoint));
      return { whole: verdict.faults.length === 0, ...verdict };
    },
  );
};

function auditItem({ operatorKey, accountKey, ...row }: AuditEntry): Static<typeof AuditItem> {
  const claims = (text: string | null) => (text === null ? null : (JSON.parse(text) as Record<string, unknown>));
  return {
    ...row,
    at: Number(row.at),
    operator: operatorKey,
    account: accountKey,
    before: claims(row.before),
    after: claims(row.after),
    detail: JSON.parse(row.detail) as Record<string, unknown>,
  };
}
