/** What is left of a change once its JWT was sent: only what such a change consists of is read, and sent. */
import { isPublicKey } from '../../claims/keys/nkey.js';
import type { AccountClaims, ActivationClaims } from '../../claims/types.js';
import type { Api } from '../../resolver/api-types.js';
import { type RestOptions, sendApi } from '../../resolver/rest.js';
import type { SignedClaims } from './sign-request.js';

type Body = Record<string, unknown>;

export interface Rest {
  method: string;
  /** As it is told: without what stands in front of every path. */
  path: string;
  ifMatch: string | null;
  body: Body | null;
  send(options: RestOptions): Promise<void>;
}

export interface GivenRest {
  method: string;
  /** Below /api/v1. */
  path: string;
  query: string;
  ifMatch: string | null;
  body: Body | null;
}

/** The claims that are signed, and the account that they are of, or that signs them. */
interface Of {
  claims: SignedClaims;
  account: string;
}

interface Kind {
  method: 'DELETE' | 'PATCH' | 'POST';
  path: RegExp;
  query?: RegExp;
  /** Whether it is the rest of a change that those claims are the beginning of. */
  follows(of: Of, ids: string[], body: Body): boolean;
  send(
    options: RestOptions,
    ids: string[],
    given: { ifMatch: string | null; query: string; body: Body },
  ): Promise<void>;
}

const ACCOUNT = '(A[A-Z2-7]{55})';
const KINDS: Kind[] = [
  {
    method: 'DELETE',
    path: exactly(`/accounts/${ACCOUNT}`),
    query: /^(force=true)?$/,
    follows: ({ claims }, [id]) => claims.nats.type === 'account' && id === claims.sub,
    send: (options, [account = ''], { query, ifMatch }) =>
      sendApi(options, 'DELETE /accounts/{account}', { path: { account }, query: { force: query !== '' }, ifMatch }),
  },
  {
    method: 'DELETE',
    path: exactly('/users/(U[A-Z2-7]{55})'),
    follows: ({ claims }, [user = '']) => revokes(claims, user),
    send: (options, [user = ''], { ifMatch }) => sendApi(options, 'DELETE /users/{user}', { path: { user }, ifMatch }),
  },
  {
    method: 'POST',
    path: exactly('/users/(U[A-Z2-7]{55})/disable'),
    follows: ({ claims }, [user = '']) => revokes(claims, user),
    send: (options, [user = ''], { ifMatch }) =>
      sendApi(options, 'POST /users/{user}/disable', { path: { user }, ifMatch }),
  },
  {
    method: 'POST',
    path: exactly('/users/(U[A-Z2-7]{55})/enable'),
    follows: ({ claims }) => claims.nats.type === 'account',
    send: (options, [user = ''], { ifMatch }) =>
      sendApi(options, 'POST /users/{user}/enable', { path: { user }, ifMatch }),
  },
  {
    method: 'PATCH',
    path: exactly('/users/(U[A-Z2-7]{55})'),
    query: /^revokeOlder=true&proof=[\w-]{1,200}$/,
    follows: ({ claims }, [user = '']) => revokes(claims, user),
    send: (options, [user = ''], { query, ifMatch, body }) =>
      sendApi(options, 'PATCH /users/{user}', {
        path: { user },
        query: { revokeOlder: true, proof: proofOf(query) },
        ifMatch,
        body,
      }),
  },
  {
    method: 'POST',
    path: exactly('/users/(U[A-Z2-7]{55})/reissue'),
    query: /^proof=[\w-]{1,200}$/,
    follows: ({ claims }, [user = ''], body) =>
      revokes(claims, user) && Object.keys(body).every((name) => name === 'revokeOlder' || name === 'expires'),
    send: (options, [user = ''], { query, ifMatch, body }) =>
      sendApi(options, 'POST /users/{user}/reissue', {
        path: { user },
        query: { proof: proofOf(query) },
        ifMatch,
        body,
      }),
  },
  {
    // What came before the JWT that is signed now.
    method: 'POST',
    path: exactly(`/accounts/${ACCOUNT}/revocations`),
    follows: ({ claims, account }, [id], { user }) =>
      claims.nats.type === 'user' && id === account && isPublicKey(user, 'user'),
    send: (options, [account = ''], { body: { user, ...body } }) =>
      sendApi(options, 'POST /accounts/{account}/revocations', {
        path: { account },
        body: { ...body, user: String(user) },
      }),
  },
  {
    // A key that goes into the account is in Transit, and the service is to sign with it.
    method: 'POST',
    path: exactly(`/accounts/${ACCOUNT}/keys`),
    follows: ({ claims }, [id], body) =>
      claims.nats.type === 'account' && id === claims.sub && Object.keys(body).every((name) => name === 'remoteKey'),
    send: (options, [account = ''], { body }) =>
      sendApi(options, 'POST /accounts/{account}/keys', {
        path: { account },
        body: body as Api['POST /accounts/{account}/keys']['body'],
      }),
  },
  {
    method: 'DELETE',
    path: exactly(`/accounts/${ACCOUNT}/keys/${ACCOUNT}`),
    follows: ({ claims }, [id, publicKey = '']) =>
      claims.nats.type === 'account' &&
      id === claims.sub &&
      publicKey !== claims.sub &&
      !(claims as AccountClaims).nats.signing_keys.has(publicKey),
    send: (options, [account = '', publicKey = '']) =>
      sendApi(options, 'DELETE /accounts/{account}/keys/{publicKey}', { path: { account, publicKey } }),
  },
  {
    method: 'POST',
    path: exactly(`/accounts/${ACCOUNT}/exports/([^/]{1,300})/revocations`),
    follows: ({ claims }, [id], body) =>
      claims.nats.type === 'account' &&
      id === claims.sub &&
      (claims as AccountClaims).nats.exports.some(
        ({ revocations }) => revocations.get(String(body.account)) === body.at,
      ),
    send: (options, [account = '', id = ''], { body }) =>
      sendApi(options, 'POST /accounts/{account}/exports/{export}/revocations', {
        path: { account, export: decodeURIComponent(id) },
        body: body as Api['POST /accounts/{account}/exports/{export}/revocations']['body'],
      }),
  },
  {
    method: 'POST',
    path: exactly(`/accounts/${ACCOUNT}/activation-requests/([0-9a-f-]{36})/attach`),
    follows: ({ claims }, [id]) =>
      claims.nats.type === 'account' &&
      id === claims.sub &&
      (claims as AccountClaims).nats.imports.some(({ token }) => token !== undefined),
    send: (options, [account = '', request = '']) =>
      sendApi(options, 'POST /accounts/{account}/activation-requests/{request}/attach', {
        path: { account, request },
        body: {},
      }),
  },
  {
    method: 'POST',
    path: exactly(`/accounts/${ACCOUNT}/activation-requests/([0-9a-f-]{36})/approve`),
    follows: ({ claims, account }, [id]) => isActivation(claims) && id === account,
    send: (options, [account = '', request = ''], { body }) =>
      sendApi(options, 'POST /accounts/{account}/activation-requests/{request}/approve', {
        path: { account, request },
        body: body as Api['POST /accounts/{account}/activation-requests/{request}/approve']['body'],
      }),
  },
  {
    method: 'POST',
    path: exactly(`/accounts/${ACCOUNT}/activation-requests/([0-9a-f-]{36})/renew`),
    follows: ({ claims, account }, [id]) => isActivation(claims) && id === account,
    send: (options, [account = '', request = ''], { body }) =>
      sendApi(options, 'POST /accounts/{account}/activation-requests/{request}/renew', {
        path: { account, request },
        body: body as Api['POST /accounts/{account}/activation-requests/{request}/renew']['body'],
      }),
  },
];

/** Null for what does not follow from the claims. */
export function restOf(of: Of, given: GivenRest): Rest | null {
  const { method, path, query, ifMatch } = given;
  const body = given.body ?? {};
  for (const kind of KINDS) {
    const ids = kind.path.exec(path)?.slice(1);
    if (kind.method !== method || !ids || !(kind.query ?? /^$/).test(query)) continue;
    if (!ids.filter((id) => /^[AU][A-Z2-7]{55}$/.test(id)).every((id) => isPublicKey(id, 'account', 'user'))) continue;
    if (!kind.follows(of, ids, body)) continue;
    return {
      method,
      path,
      ifMatch,
      body: given.body,
      send: (options) => kind.send(options, ids, { ifMatch, query, body }),
    };
  }
  return null;
}

function exactly(path: string): RegExp {
  return new RegExp(`^${path}$`);
}

function proofOf(query: string): string {
  return new URLSearchParams(query).get('proof') ?? '';
}

function revokes(claims: SignedClaims, user: string): boolean {
  if (claims.nats.type !== 'account') return false;
  const { revocations } = (claims as AccountClaims).nats;
  return revocations.has(user) || revocations.has('*');
}

function isActivation(claims: SignedClaims): claims is ActivationClaims {
  return claims.nats.type === 'activation';
}
