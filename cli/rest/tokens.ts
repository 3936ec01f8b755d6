import type { Api } from '../../resolver/api-types.js';
import type { Read } from '../../resolver/fields.js';
import { callApi, type RestOptions } from '../../resolver/rest.js';
import { fromService } from '../sync/service-url.js';
import { type Scope, scopeKeys } from './names.js';
import { type Listed, type PageFlags, readPages } from './page.js';
import { keptSecret } from './secret.js';

const TOKEN = {
  id: 'string',
  name: 'string',
  role: 'string',
  operator: 'string?',
  account: 'string?',
  createdBy: 'string',
  madeWith: 'string?',
  createdAt: 'number',
  expiresAt: 'number?',
  lastUsedAt: 'number?',
  revokedAt: 'number?',
} as const;

export const ROLES = ['admin', 'issuer', 'auditor', 'viewer'] as const satisfies Role[];
type Role = Api['POST /tokens']['body']['role'];
export type ListedToken = Read<Api['GET /tokens']['answer']['items'][number], typeof TOKEN>;

export interface MadeToken {
  service: string;
  id: string;
  name: string;
  role: string;
  operator: string | null;
  account: string | null;
  /** 0 = never. */
  expires: number;
  /** Null where it is in the file. */
  token: string | null;
  file: string | null;
}

export interface WantedToken extends Scope {
  name: string;
  role: Role;
  /** Unix seconds, 0 = never. */
  expires: number;
  output: string | undefined;
}

export async function createToken(rest: RestOptions, wanted: WantedToken): Promise<MadeToken> {
  const { name, role, expires, output } = wanted;
  const scope = await scopeKeys(rest, wanted);
  const body = { name, role, ...scope, expires: expires || undefined };
  const { made, file } = await keptSecret(
    output,
    () => fromService(callApi(rest, 'POST /tokens', { body }, { id: 'string', token: 'string' })),
    ({ answer }) => answer.token,
  );
  const { id, token } = made.answer;
  const { operator = null, account = null } = scope;
  return { service: rest.base, id, name, role, operator, account, expires, token: file === null ? token : null, file };
}

export interface TokenFilter extends Scope, PageFlags {
  role?: Role | undefined;
  revoked?: boolean | undefined;
}

export async function listTokens(rest: RestOptions, filter: TokenFilter): Promise<Listed<ListedToken>> {
  const { role, revoked } = filter;
  const scope = await scopeKeys(rest, filter);
  return fromService(
    readPages(filter, (page) => {
      return callApi(
        rest,
        'GET /tokens',
        { query: { ...page, ...scope, role, revoked } },
        { items: [TOKEN], next: 'string?' },
      );
    }),
  );
}

const NAMED = { id: 'string', name: 'string' } as const;
const REVOKED = { alsoRevoked: [NAMED], inForce: [NAMED] } as const;
export type RevokedToken = Read<Api['DELETE /tokens/{token}']['answer'], typeof REVOKED>;

export async function revokeToken(
  rest: RestOptions,
  id: string,
  { descendants }: { descendants: boolean },
): Promise<RevokedToken> {
  const asked = { path: { token: id }, query: { descendants } };
  return (await fromService(callApi(rest, 'DELETE /tokens/{token}', asked, REVOKED))).answer;
}
