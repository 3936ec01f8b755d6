import type { Api } from '../../resolver/api-types.js';
import type { Read } from '../../resolver/fields.js';
import { callApi, type RestOptions } from '../../resolver/rest.js';
import { fromService } from '../sync/service-url.js';
import { type Scope, scopeKeys } from './names.js';
import { type Listed, type PageFlags, readPages } from './page.js';

const ENTRY = {
  number: 'number',
  kind: 'string',
  subject: 'string',
  name: 'string',
  jti: 'string',
  operator: 'string',
  account: 'string?',
  issuer: 'string',
  issuedAt: 'number',
  notBefore: 'number?',
  expires: 'number?',
  origin: 'string',
  recordedAt: 'number',
  supersededAt: 'number?',
  status: 'string',
  reason: 'string?',
  admitted: 'boolean',
  claims: 'object?',
  issuedBy: 'string?',
  requestId: 'string?',
} as const;

const EXPIRATION = {
  kind: 'string',
  id: 'string',
  name: 'string',
  operator: 'string?',
  account: 'string?',
  jti: 'string?',
  expires: 'number',
} as const;

type Query = NonNullable<Api['GET /ledger']['query']>;
type Expiring = NonNullable<Api['GET /expirations']['query']>['kind'];
export type ListedJwt = Read<Api['GET /ledger']['answer']['items'][number], typeof ENTRY>;
export type Expiration = Read<Api['GET /expirations']['answer']['items'][number], typeof EXPIRATION>;

export const KINDS = ['operator', 'account', 'user', 'activation'] as const satisfies Query['kind'][];
export const STATUSES = ['active', 'expired', 'superseded', 'revoked', 'deleted'] as const satisfies Query['status'][];
export const EXPIRING = ['operator', 'account', 'user', 'activation', 'token'] as const satisfies Expiring[];

export interface LedgerFilter extends Scope, PageFlags {
  kind?: Query['kind'] | undefined;
  status?: Query['status'] | undefined;
  subject?: string | undefined;
  issuer?: string | undefined;
  /** Unix seconds. */
  expiringBefore?: number | undefined;
}

export async function listLedger(rest: RestOptions, filter: LedgerFilter): Promise<Listed<ListedJwt>> {
  const { kind, status, subject, issuer, expiringBefore } = filter;
  const scope = await scopeKeys(rest, filter);
  return fromService(
    readPages(filter, (page) => {
      const query = { ...page, ...scope, kind, status, subject, issuer, expiringBefore };
      return callApi(rest, 'GET /ledger', { query }, { items: [ENTRY], next: 'string?' });
    }),
  );
}

export async function listExpiring(
  rest: RestOptions,
  filter: PageFlags & { kind?: Expiring | undefined; before?: number | undefined },
): Promise<Listed<Expiration>> {
  const { kind, before } = filter;
  return fromService(
    readPages(filter, (page) => {
      const query = { ...page, kind, before };
      return callApi(rest, 'GET /expirations', { query }, { items: [EXPIRATION], next: 'string?' });
    }),
  );
}
