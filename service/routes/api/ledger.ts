import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { NatsctlError } from '../../../claims/errors.js';
import { isValidSubject } from '../../../claims/subject/subject.js';
import { hasRight, reach } from '../../auth/rights.js';
import type { ServiceErrorCode } from '../../errors.js';
import { listExpiring } from '../../ledger/expirations.js';
import { listIssued } from '../../ledger/list-issued.js';
import { listReachers } from '../../ledger/reachers.js';
import { callerOf } from '../../plugins/access.js';
import { apiRoute, closed, Id, ListOf, needs, Page, refusals, UnixSeconds } from '../../schemas/common.js';
import {
  ExpiringItem,
  ExpiringKind,
  Kind,
  LedgerItem,
  ledgerItem,
  ReacherItem,
  reacherItem,
  Status,
} from '../../schemas/ledger.js';
import type { Service } from '../../service.js';

/** Requests that one counts as: up to a thousand JWTs are judged. */
const REACHERS = 100;

export const ledgerRoutes: FastifyPluginAsyncTypebox<{ service: Service }> = async (app, { service }) => {
  app.get(
    '/ledger',
    {
      config: needs('read', 'reach'),
      schema: {
        ...apiRoute,
        summary: 'Every JWT issued here or pushed, newest first, with what is true of it now',
        description:
          'A page may have fewer items than its limit, also none: only where `next` is absent nothing follows.',
        querystring: Type.Object(
          {
            ...Page.properties,
            kind: Type.Optional(Kind),
            operator: Type.Optional(Id('Operator key')),
            account: Type.Optional(Id('Account key')),
            subject: Type.Optional(Id('Public key that the JWT is of')),
            issuer: Type.Optional(Id('Key that signed it')),
            status: Type.Optional(Status),
            expiringBefore: Type.Optional(UnixSeconds('Ends before')),
            issuedSince: Type.Optional(UnixSeconds('Issued then or later')),
            issuedUntil: Type.Optional(UnixSeconds('Issued then or earlier')),
          },
          closed,
        ),
        response: { 200: ListOf(LedgerItem), ...refusals(400, 401, 403) },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const { limit: most, after: from, ...filter } = request.query;
      const page = { limit: most, ...(from !== undefined && { after: from }) };
      const { items, next } = await listIssued(service, reach(caller, 'read'), filter, page);
      const shown = items.map((item) => {
        const { operatorKey: operator, accountKey: account } = item.row;
        return ledgerItem(item, hasRight(caller, 'audit', { operator, account }));
      });
      return { items: shown, ...(next !== undefined && { next }) };
    },
  );

  app.get(
    '/accounts/:account/reachers',
    {
      config: { ...needs('read', 'account'), cost: REACHERS },
      schema: {
        ...apiRoute,
        summary:
          'Users whose JWT in the ledger lets them publish or subscribe to a subject, also by imports of other accounts',
        description:
          'Of importing accounts those that the caller may read. Users signed elsewhere are not known. A page may have fewer items than its limit.',
        params: Type.Object({ account: Id('Account key') }, closed),
        querystring: Type.Object(
          {
            ...Page.properties,
            subject: Type.String({
              minLength: 1,
              maxLength: 1_024,
              description: 'Literal, or with wildcards: then who reaches some of it is named too',
            }),
            action: Type.Union([Type.Literal('pub'), Type.Literal('sub')], { description: 'What they may do with it' }),
          },
          closed,
        ),
        response: { 200: ListOf(ReacherItem), ...refusals(400, 401, 404) },
      },
    },
    async (request) => {
      const { limit: most, after: from, subject, action } = request.query;
      checkSubject(subject);
      const question = { account: request.params.account, subject, action };
      const page = { limit: most, ...(from !== undefined && { after: from }) };
      const { items, next } = await listReachers(service, callerOf(request), question, page);
      return { items: items.map(reacherItem), ...(next !== undefined && { next }) };
    },
  );

  app.get(
    '/expirations',
    {
      config: needs('read', 'reach'),
      schema: {
        ...apiRoute,
        summary: 'What ends when, the next one first: JWTs in force, and access tokens for those who manage them',
        description:
          'A page may have fewer items than its limit, also none: only where `next` is absent nothing follows.',
        querystring: Type.Object(
          {
            ...Page.properties,
            kind: Type.Optional(ExpiringKind),
            before: Type.Optional(UnixSeconds('Ends before')),
          },
          closed,
        ),
        response: { 200: ListOf(ExpiringItem), ...refusals(400, 401, 403) },
      },
    },
    async (request) => {
      const { limit: most, after: from, ...filter } = request.query;
      const page = { limit: most, ...(from !== undefined && { after: from }) };
      return listExpiring(service, callerOf(request), filter, page);
    },
  );
};

function checkSubject(subject: string): void {
  if (isValidSubject(subject)) return;
  throw new NatsctlError<ServiceErrorCode>('ERR_REQUEST_INVALID', `${JSON.stringify(subject)} is no subject`, {
    hint: 'words with dots between them; * stands for one word, > at the end for all the rest',
    details: { issues: [{ code: 'subject', level: 'error', path: '/subject', message: 'is no subject' }] },
  });
}
