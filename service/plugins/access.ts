import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { NatsctlError } from '../../claims/errors.js';
import { decodePublicKey } from '../../claims/keys/nkey.js';
import { accountUnknown, findAccount } from '../accounts/find-account.js';
import type { Origin } from '../audit/audit.js';
import { type Caller, hasRight, type Right, requireRight, requireRightSomewhere, type Scope } from '../auth/rights.js';
import type { Rehearsal } from '../change/change.js';
import type { ServiceErrorCode } from '../errors.js';
import { operatorUnknown, servedOperator } from '../operators/served-operator.js';
import type { Service } from '../service.js';
import { findUser, userUnknown } from '../users/find-user.js';

const NoQuery = Type.Object({}, { additionalProperties: false });

/**
 * The right a route needs, and over what: the whole service, the operator, account or user its path names, or (`reach`)
 * whatever the caller has that right for, to which the route itself keeps its answer or its change.
 */
export interface Access {
  right: Right;
  over: 'service' | 'operator' | 'account' | 'user' | 'reach';
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    /** Set before a route of /api/v1 runs. */
    caller: Caller | null;
    /** Set where a change is only tried. */
    rehearsal: Rehearsal | null;
  }
}

/** Lets nobody past without an access token that gives the right a route declares. A route that declares none is not started. */
export function guard(app: FastifyInstance, service: Service): void {
  app.decorateRequest('caller', null);
  app.decorateRequest('rehearsal', null);
  app.addHook('onRoute', (route) => {
    if (!route.config?.access) throw new Error(`${route.method} ${route.url} does not say what right it needs`);
    // A question mark that a route does not know is refused: a change asked for with ?dryRun=true must not be made.
    route.schema = { ...route.schema, querystring: route.schema?.querystring ?? NoQuery };
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store').header('vary', 'Authorization');
    request.caller = await service.tokens.verify(bearerToken(request));
  });
  tellRehearsals(app);
  // After validation: what the path names is of the right form. Before it nothing of the body is looked at that could tell.
  app.addHook('preHandler', async (request) => {
    const { access } = request.routeOptions.config;
    if (!access) throw new Error('a route without a right was asked');
    if ((request.query as { dryRun?: boolean }).dryRun) request.rehearsal = { changes: [] };
    const caller = callerOf(request);
    if (access.over === 'reach') requireRightSomewhere(caller, access.right);
    else await requireOver(service, caller, access.right, await scopeOf(service, request, access.over));
  });
}

/** A user of the system account rules the servers: to issue or revoke one takes the right to manage it. */
async function requireOver({ store }: Service, caller: Caller, right: Right, scope: Scope): Promise<void> {
  requireRight(caller, right, scope);
  if (right !== 'issue' || !scope.operator || hasRight(caller, 'manage', scope)) return;
  const { claims } = await servedOperator(store.db, scope.operator);
  if (claims.nats.system_account === scope.account) requireRight(caller, 'manage', scope);
}

/** A rehearsal is answered with what would change, whatever the route would have said. */
function tellRehearsals(app: FastifyInstance): void {
  app.addHook('onSend', async ({ rehearsal }, reply, payload) => {
    if (!rehearsal || reply.statusCode >= 400) return payload;
    reply.code(200).removeHeader('location').removeHeader('etag').type('application/json; charset=utf-8');
    const claims = (text: string | null): unknown => (text === null ? null : JSON.parse(text));
    const changes = rehearsal.changes.map(({ before, after, ...rest }) => ({
      ...rest,
      before: claims(before),
      after: claims(after),
    }));
    const warnings = warningsIn(payload);
    return JSON.stringify({ dryRun: true, changes, ...(warnings !== undefined && { warnings }) });
  });
}

/** What the answer that was not given would have warned of. */
function warningsIn(payload: unknown): unknown {
  if (typeof payload !== 'string' || payload === '') return undefined;
  return (JSON.parse(payload) as { warnings?: unknown } | null)?.warnings;
}

/** What the path names. Where the caller may not even read it, it does not exist for him: the same answer, byte for byte. */
async function scopeOf({ store }: Service, request: FastifyRequest, over: Access['over']): Promise<Scope> {
  const { operator = '', account = '', user = '' } = request.params as Record<string, string | undefined>;
  const caller = callerOf(request);
  const known = (scope: Scope, unknown: () => NatsctlError): Scope => {
    if (!hasRight(caller, 'read', scope)) throw unknown();
    return scope;
  };
  switch (over) {
    case 'operator': {
      const key = decodePublicKey(operator, 'operator').text;
      return known({ operator: key }, () => operatorUnknown(key));
    }
    case 'account': {
      const row = await findAccount(store.db, account);
      return known({ operator: row.operatorKey, account: row.key }, () => accountUnknown(row.key));
    }
    case 'user': {
      const row = await findUser(store.db, user);
      const scope = { operator: row.account.operatorKey, account: row.accountKey };
      return known(scope, () => userUnknown(row.key));
    }
    default:
      return {};
  }
}

export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new Error('a route without authentication asked who is calling');
  return request.caller;
}

/** Who to name in the audit. */
export function originOf(request: FastifyRequest): Origin {
  const { id, ip, rehearsal, attempt } = request;
  const { actor } = callerOf(request);
  return { actor, requestId: String(id), remote: ip, ...(rehearsal && { rehearsal }), ...(attempt && { attempt }) };
}

export function bearerToken({ headers }: Pick<FastifyRequest, 'headers'>): string {
  const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(headers.authorization ?? '')?.[1];
  if (!token) {
    throw new NatsctlError<ServiceErrorCode>('ERR_AUTH_REQUIRED', 'this needs an access token', {
      hint: 'send `authorization: Bearer <token>`; the first token is in admin.token of the data folder',
    });
  }
  return token;
}
