import { NatsctlError } from '../claims/errors.js';
import type { ResolverErrorCode } from './errors.js';

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  headers?: Record<string, string>;
  body?: string;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: string;
}

/** An account JWT has at most 1 MiB (NATS's default maximum payload); a little more lets a problem document say so. */
export const MAX_ANSWER_BYTES = 1_048_576 + 16_384;
/** An entry of the audit has the claims of a JWT twice, as text inside of text. */
const MAX_LINE = 8 * 1_048_576;
const MAX_REDIRECTS = 3;

/** One HTTP exchange with a resolver, bounded in time and size. Follows redirects on the same origin only. */
export async function request(url: URL, options: RequestOptions): Promise<Answer> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([deadline, options.signal]) : deadline;
  try {
    return await whole(url, await exchange(url, options, signal));
  } catch (error) {
    throw explained(error, url, options, deadline);
  }
}

/** The lines of an answer of any length, as they come; or the answer, where it is another than 200. */
export async function requestLines(
  url: URL,
  options: RequestOptions,
): Promise<{ lines: AsyncGenerator<string> } | { refused: Answer }> {
  // Only the answer must come in time: how long all of it takes depends on how much there is.
  const silent = new AbortController();
  const deadline = setTimeout(() => silent.abort(), options.timeoutMs);
  try {
    const response = await exchange(url, options, silent.signal);
    return response.status === 200
      ? { lines: linesOf(url, response, options) }
      : { refused: await whole(url, response) };
  } catch (error) {
    throw explained(error, url, options, silent.signal);
  } finally {
    clearTimeout(deadline);
  }
}

function explained(error: unknown, url: URL, options: RequestOptions, deadline?: AbortSignal): unknown {
  if (error instanceof NatsctlError) return error;
  if (options.signal?.aborted) return options.signal.reason;
  if (deadline?.aborted) {
    return fault('ERR_RESOLVER_TIMEOUT', url, `did not answer within ${options.timeoutMs} ms`, error);
  }
  return fault('ERR_RESOLVER_UNREACHABLE', url, `cannot be reached: ${reason(error)}`, error, certificateHint(error));
}

async function whole(url: URL, response: Response): Promise<Answer> {
  return { status: response.status, headers: response.headers, body: await boundedText(url, response) };
}

async function exchange(first: URL, options: RequestOptions, signal: AbortSignal): Promise<Response> {
  let url = first;
  for (let hops = 0; ; hops++) {
    const { method = 'GET', body = null } = options;
    const headers = { ...basicAuthorization(first), ...options.headers };
    const response = await fetch(withoutUser(url), { method, headers, body, signal, redirect: 'manual' });
    const location = isRedirect(response.status) ? response.headers.get('location') : null;
    if (location === null) return response;
    await response.body?.cancel();
    url = redirectTarget(url, location, method, hops);
  }
}

/** `http://user:password@host`, as nats-server's URL resolver takes it too: `fetch` refuses it, and shows the password. */
function basicAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const text = [username, password].map(decodeURIComponent).join(':');
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

function withoutUser(url: URL): string {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare.href;
}

/** Another host may be anything that the resolver's network can reach: a redirect there is refused, never followed. */
function redirectTarget(from: URL, location: string, method: string, hops: number): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : null;
  if (!to || to.origin !== from.origin || method !== 'GET' || hops >= MAX_REDIRECTS) {
    throw fault('ERR_RESOLVER_REDIRECT', from, `redirects to ${to?.origin ?? 'nowhere'}, which is not followed`);
  }
  return to;
}

async function boundedText(url: URL, response: Response): Promise<string> {
  if (!response.body) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES)
      throw fault('ERR_RESOLVER_TOO_LARGE', url, `answers with more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function* linesOf(url: URL, response: Response, options: RequestOptions): AsyncGenerator<string> {
  if (!response.body) return;
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of response.body) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE)
        throw fault('ERR_RESOLVER_TOO_LARGE', url, `answers with a line of more than ${MAX_LINE} characters`);
      yield* lines;
    }
  } catch (error) {
    throw explained(error, url, options);
  }
  if (rest !== '') yield rest;
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

export function fault(
  code: ResolverErrorCode,
  url: URL,
  what: string,
  cause?: unknown,
  ownHint?: string,
): NatsctlError<ResolverErrorCode> {
  const hint =
    ownHint ??
    (code === 'ERR_RESOLVER_UNREACHABLE' || code === 'ERR_RESOLVER_TIMEOUT'
      ? 'check that the service is running (`natsctl up`) and that the URL is its own'
      : 'check that the URL is that of a claims resolver');
  return new NatsctlError(code, `the resolver at ${url.origin} ${what}`, {
    hint,
    details: { url: withoutSecrets(url) },
    cause,
  });
}

function withoutSecrets(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function certificateHint(error: unknown): string | undefined {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (/SELF_SIGNED|UNABLE_TO/.test(code)) return 'set NODE_EXTRA_CA_CERTS to a file with the CA of its certificate';
  return /CERT|TLS/.test(code)
    ? 'its certificate is not for this address, or not valid now: renew it there'
    : undefined;
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof AggregateError) return reason(cause.errors[0]);
  if (cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED') return 'connection refused';
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOTFOUND') return 'unknown host';
  return cause instanceof Error ? cause.message : String(cause);
}
