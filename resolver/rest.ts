/** The REST API of our own service, for its command line. */
import { NatsctlError } from '../claims/errors.js';
import { type Answer, fault, request, requestLines } from './request.js';
import { apiUrl } from './url.js';

export interface RestOptions {
  /** Root of the service, or whatever form of a resolver's URL people write. */
  base: string;
  accessToken: string;
  timeoutMs: number;
}

/** @throws NatsctlError with the code of the problem document where the service refuses */
export async function getJson(
  options: RestOptions,
  path: string,
  query: Record<string, string> = {},
): Promise<unknown> {
  const url = urlOf(options, path, query);
  const answer = await request(url, { ...optionsOf(options), timeoutMs: options.timeoutMs });
  if (answer.status !== 200) throw refusal(url, answer);
  try {
    return JSON.parse(answer.body);
  } catch (error) {
    throw fault('ERR_RESOLVER_ANSWER', url, 'answers with something that is no JSON', error);
  }
}

export interface Sending {
  method: 'POST' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, string>;
  /** ETag of what the change was made from. */
  ifMatch?: string | null;
  body?: unknown;
}

/** Makes a change. @throws NatsctlError with the code of the problem document where the service refuses */
export async function sendJson(options: RestOptions, sending: Sending): Promise<void> {
  const { method, path, query = {}, ifMatch = null, body } = sending;
  const url = urlOf(options, path, query);
  const headers: Record<string, string> = { ...optionsOf(options).headers };
  if (ifMatch !== null) headers['if-match'] = `"${ifMatch}"`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const { timeoutMs } = options;
  const answer = await request(url, {
    method,
    headers,
    timeoutMs,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (answer.status < 200 || answer.status > 299) throw refusal(url, answer);
}

/** As `getJson`, of JSON lines, however many. */
export async function getLines(options: RestOptions, path: string): Promise<AsyncGenerator<string>> {
  const url = urlOf(options, path, {});
  const answer = await requestLines(url, { ...optionsOf(options), timeoutMs: options.timeoutMs });
  if ('refused' in answer) throw refusal(url, answer.refused);
  return answer.lines;
}

function urlOf({ base }: RestOptions, path: string, query: Record<string, string>): URL {
  const url = apiUrl(base, path);
  url.search = new URLSearchParams(query).toString();
  return url;
}

function optionsOf({ accessToken }: RestOptions) {
  return { headers: { authorization: `Bearer ${accessToken}`, accept: 'application/json, application/problem+json' } };
}

/** What answers without a problem document is no service of ours. */
function refusal(url: URL, { status, body }: Answer): NatsctlError {
  try {
    const problem = JSON.parse(body) as Record<string, unknown>;
    const { code, detail, hint } = problem;
    if (typeof code === 'string' && /^ERR_[A-Z_]{1,60}$/.test(code) && typeof detail === 'string') {
      return new NatsctlError(code, detail, { ...(typeof hint === 'string' && { hint }), details: { status } });
    }
  } catch {
    // Said below.
  }
  return fault('ERR_RESOLVER_ANSWER', url, `answers ${status} where our service answers 200`);
}
