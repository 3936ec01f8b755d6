/**
 * The HTTP form of a claims resolver (`/jwt/v1`), as nats-server's URL resolver and `nsc push` speak it. A `base` is any of
 * the forms of `resolverUrls`. What is fetched is not judged here: it is a token as received, to be verified by its reader.
 */
import { NatsctlError } from '../claims/errors.js';
import { decodeAs } from '../claims/jwt/decode.js';
import { type Answer, fault, type RequestOptions, request } from './request.js';
import { resolverUrls } from './url.js';

/** nats-server's own patience with its URL resolver (`DEFAULT_ACCOUNT_FETCH_TIMEOUT`). */
export const FETCH_TIMEOUT_MS = 1_900;
/** nsc's patience. */
export const PUSH_TIMEOUT_MS = 5_000;

export interface FetchOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface FetchedToken {
  token: string;
  /** Without its quotes: for an account the jti of its JWT. */
  etag?: string;
}

/** The JWT of an account, or null where the resolver has none (404). */
export async function fetchAccount(base: string, id: string, options: FetchOptions = {}): Promise<FetchedToken | null> {
  return fetchToken(new URL(encodeURIComponent(id), resolverUrls(base).accounts), options);
}

/** The JWT of the operator that is served, or null where there is none. */
export async function fetchOperator(base: string, options: FetchOptions = {}): Promise<FetchedToken | null> {
  return fetchToken(resolverUrls(base).operator, options);
}

/** Resolves when a claims resolver answers at `base`, as nats-server checks at its start. */
export async function probe(base: string, options: FetchOptions = {}): Promise<void> {
  const url = resolverUrls(base).accounts;
  const answer = await ask(url, { timeoutMs: options.timeoutMs ?? FETCH_TIMEOUT_MS, signal: options.signal });
  if (answer.status !== 200)
    throw fault('ERR_RESOLVER_ANSWER', url, `answers ${answer.status} where a resolver answers 200`);
}

export interface PushOptions {
  /** The jti of the JWT that this one was made from: where the resolver holds another one, the push is refused. */
  ifMatch?: string;
  /** `*`: the resolver must not hold the account yet. */
  ifNoneMatch?: '*';
  /** Bring revoked users back: our own service takes it from an admin. */
  force?: { accessToken: string };
  /** Where a push needs one beside the operator's signature. */
  accessToken?: string;
  timeoutMs?: number;
  signal?: AbortSignal;
}

export type PushResult =
  | { status: 'created' | 'updated' | 'unchanged'; message: string; etag?: string }
  /** A resolver that has each JWT signed elsewhere (202): it is not stored yet. */
  | { status: 'pending'; message: string }
  | {
      status: 'refused';
      httpStatus: number;
      message: string;
      /** Of a resolver that answers with problem documents. */
      code?: string;
      hint?: string;
    };

/** Pushes an account JWT under the id it names. Throws only where no answer came; a refusal is a result. */
export async function pushAccount(base: string, token: string, options: PushOptions = {}): Promise<PushResult> {
  const id = decodeAs('account', token).claims.sub;
  const url = new URL(encodeURIComponent(id), resolverUrls(base).accounts);
  const headers: Record<string, string> = { 'content-type': 'application/jwt', accept: 'application/problem+json' };
  if (options.ifMatch !== undefined) headers['if-match'] = `"${options.ifMatch}"`;
  if (options.ifNoneMatch !== undefined) headers['if-none-match'] = options.ifNoneMatch;
  if (options.accessToken !== undefined) headers.authorization = `Bearer ${options.accessToken}`;
  if (options.force !== undefined) {
    headers['natsctl-force'] = 'true';
    headers.authorization = `Bearer ${options.force.accessToken}`;
  }
  const { timeoutMs = PUSH_TIMEOUT_MS, signal } = options;
  return pushResult(await ask(url, { method: 'POST', headers, body: token, timeoutMs, signal }));
}

/** Leaves an activation with an account server, for whoever is let import by it. Not every resolver takes them: 404. */
export async function postActivation(
  base: string,
  token: string,
  { timeoutMs = PUSH_TIMEOUT_MS, signal }: FetchOptions = {},
): Promise<PushResult> {
  const headers = { 'content-type': 'application/jwt', accept: 'application/problem+json' };
  const url = resolverUrls(base).activations;
  return pushResult(await ask(url, { method: 'POST', headers, body: token, timeoutMs, signal }));
}

/** A portal or proxy in between answers anything with a page and 200: that is no yes, and no token. */
async function ask(url: URL, options: RequestOptions): Promise<Answer> {
  const answer = await request(url, options);
  const page = /^text\/html\b/i.test(answer.headers.get('content-type') ?? '');
  if (page && answer.status < 300) throw fault('ERR_RESOLVER_ANSWER', url, 'answers with a web page');
  return answer;
}

function pushResult(answer: Answer): PushResult {
  const message = answer.body.split('\n', 1)[0]?.trim() ?? '';
  const etag = etagOf(answer);
  switch (answer.status) {
    case 201:
      return { status: 'created', message: message || 'jwt created', ...etag };
    case 202:
      return { status: 'pending', message: message || 'the resolver will store the JWT once it is signed' };
    case 200:
    case 204:
      return { status: message === UNCHANGED ? 'unchanged' : 'updated', message: message || 'jwt updated', ...etag };
    default:
      return { status: 'refused', httpStatus: answer.status, ...refusal(answer, message) };
  }
}

/** What our own service says where it already holds the very token. */
export const UNCHANGED = 'jwt unchanged';

function refusal(answer: Answer, firstLine: string): { message: string; code?: string; hint?: string } {
  if (isJson(answer)) {
    try {
      const problem: unknown = JSON.parse(answer.body);
      if (typeof problem === 'object' && problem !== null) {
        const text = (name: string): string | undefined => {
          const value: unknown = Object.getOwnPropertyDescriptor(problem, name)?.value;
          return typeof value === 'string' ? value : undefined;
        };
        const [message, code, hint] = [text('detail') ?? text('title'), text('code'), text('hint')];
        return {
          message: message ?? `refused with status ${answer.status}`,
          ...(code && { code }),
          ...(hint && { hint }),
        };
      }
    } catch {
      // Not the JSON it says it is; its first line is what there is to show.
    }
  }
  return { message: firstLine || `refused with status ${answer.status}` };
}

async function fetchToken(
  url: URL,
  { timeoutMs = FETCH_TIMEOUT_MS, signal }: FetchOptions,
): Promise<FetchedToken | null> {
  const answer = await ask(url, { timeoutMs, signal, headers: { accept: 'application/jwt, */*;q=0.1' } });
  if (answer.status === 404) return null;
  if (answer.status !== 200) {
    const { message, code } = refusal(answer, answer.body.split('\n', 1)[0]?.trim() ?? '');
    throw new NatsctlError(
      'ERR_RESOLVER_ANSWER',
      `the resolver at ${url.origin} answers ${answer.status}: ${message}`,
      {
        hint: 'check that the URL is that of a claims resolver',
        details: { url: `${url.origin}${url.pathname}`, status: answer.status, ...(code && { code }) },
      },
    );
  }
  const token = answer.body.trimEnd();
  if (token === '') throw fault('ERR_RESOLVER_ANSWER', url, 'answers with no token');
  return { token, ...etagOf(answer) };
}

function etagOf({ headers }: Answer): { etag?: string } {
  const etag = /^(?:W\/)?"([^"]*)"$/.exec(headers.get('etag') ?? '')?.[1];
  return etag ? { etag } : {};
}

function isJson({ headers }: Answer): boolean {
  return /^application\/([a-z.-]+\+)?json\b/i.test(headers.get('content-type') ?? '');
}
