import type { Api } from '../../resolver/api-types.js';
import type { Read } from '../../resolver/fields.js';
import { callApi, type RestOptions } from '../../resolver/rest.js';
import { fromService } from '../sync/service-url.js';
import { type Listed, type PageFlags, readPages } from './page.js';

const REQUEST = {
  id: 'string',
  status: 'string',
  importer: 'string',
  exporter: 'string',
  type: 'string',
  subject: 'string',
  note: 'string',
  attach: 'boolean',
  reason: 'string?',
  requestedAt: 'number',
  decidedAt: 'number?',
  renew: 'boolean',
  lifetime: 'number?',
  expires: 'number?',
  revokedAt: 'number?',
  token: 'string?',
} as const;
const APPROVED = { ...REQUEST, attached: 'boolean?', notAttached: 'string?' } as const;

type Listing = Api['GET /accounts/{account}/activation-requests'];
type Approving = Api['POST /accounts/{account}/activation-requests/{request}/approve'];
type Query = NonNullable<Listing['query']>;
export type ActivationRequest = Read<Listing['answer']['items'][number], typeof REQUEST>;
export type Approved = Read<Approving['answer'], typeof APPROVED>;

export const STATUSES = ['pending', 'approved', 'rejected', 'revoked', 'expired'] as const satisfies Query['status'][];
export const SIDES = ['importer', 'exporter'] as const satisfies Query['role'][];

export function listRequests(
  rest: RestOptions,
  account: string,
  filter: PageFlags & { status?: Query['status'] | undefined; role?: Query['role'] | undefined },
): Promise<Listed<ActivationRequest>> {
  const { status, role } = filter;
  const fields = { items: [REQUEST], next: 'string?' } as const;
  return fromService(
    readPages(filter, (page) => {
      const asked = { path: { account }, query: { ...page, status, role } };
      return callApi(rest, 'GET /accounts/{account}/activation-requests', asked, fields);
    }),
  );
}

export interface Decided {
  /** Who decides: the exporter. */
  account: string;
  request: string;
}

export async function approve(rest: RestOptions, path: Decided, body: Approving['body']): Promise<Approved> {
  const operation = 'POST /accounts/{account}/activation-requests/{request}/approve';
  return (await fromService(callApi(rest, operation, { path, body }, APPROVED))).answer;
}

export async function reject(rest: RestOptions, path: Decided, reason: string | undefined): Promise<ActivationRequest> {
  const operation = 'POST /accounts/{account}/activation-requests/{request}/reject';
  return (await fromService(callApi(rest, operation, { path, body: { reason } }, REQUEST))).answer;
}
