/** The REST API of our own service, for its command line. */
import { NatsctlError } from '../claims/errors.js';
import type { Api, Rehearsal } from './api-types.js';
import type { ResolverErrorCode } from './errors.js';
import { type Fields, type NoOthers, type Read, readFields } from './fields.js';
import { type Answer, fault, type RequestOptions, request, requestLines } from './request.js';
import { apiUrl } from './url.js';

export interface RestOptions {
  /** Root of the service, or whatever form of a resolver's URL people write. */
  base: string;
  accessToken: string;
  timeoutMs: number;
}

/** Numbers and flags that were not given may be passed on as they are. */
type Given<T> = { [K in keyof T]: T[K] | undefined };

/** What an operation takes: of the document, so that what it does not take is not sent. */
export type Asked<O extends keyof Api> = Omit<Api[O], 'answer' | 'query' | 'body'> &
  (Api[O] extends { query?: infer Q } ? { query?: Given<NonNullable<Q>> } : unknown) &
  (Api[O] extends { body: infer B } ? { body: Given<B> } : unknown);

export interface Answered<A> {
  answer: A;
  /** What a change of it takes as `ifMatch`. */
  etag: string | null;
}

/**
 * Calls an operation of the REST API. Only the fields asked for are answered, each as the document has it.
 *
 * @throws NatsctlError with the code of the problem document where the service refuses
 */
export async function callApi<O extends keyof Api, const F extends Fields<Api[O]['answer']>>(
  options: RestOptions,
  operation: O,
  asked: Asked<O>,
  fields: F & NoOthers<Api[O]['answer'], F>,
): Promise<Answered<Read<Api[O]['answer'], F>>> {
  const { url, answer } = await exchange(options, operation, asked);
  const read = readFields<Api[O]['answer'], F>(jsonOf(url, answer), fields);
  if (read === null) throw fault('ERR_RESOLVER_ANSWER', url, `answers something else than ${operation} does`);
  return { answer: read, etag: answer.headers.get('etag')?.replace(/^"(.*)"$/, '$1') ?? null };
}

/** As `callApi`, where nothing in the answer matters. */
export async function sendApi<O extends keyof Api>(options: RestOptions, operation: O, asked: Asked<O>): Promise<void> {
  await exchange(options, operation, asked);
}

/** What a change would change. */
export async function tryApi<O extends { [K in keyof Api]: Api[K] extends Tried ? K : never }[keyof Api]>(
  options: RestOptions,
  operation: O,
  asked: Asked<O>,
): Promise<{ action: string; entity: string }[]> {
  const { query } = asked as Sent;
  const { url, answer } = await exchange(options, operation, { ...asked, query: { ...query, dryRun: true } });
  const fields = { dryRun: 'boolean', changes: [{ action: 'string', entity: 'string' }] } as const;
  const read = readFields<Rehearsal, typeof fields>(jsonOf(url, answer), fields);
  if (!read?.dryRun) throw fault('ERR_RESOLVER_ANSWER', url, 'answers no rehearsal');
  return read.changes;
}

interface Tried {
  query?: { dryRun?: boolean };
}

interface Sent {
  path?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  ifMatch?: string | null;
  body?: unknown;
}

async function exchange(
  options: RestOptions,
  operation: keyof Api,
  { path = {}, query = {}, ifMatch = null, body }: Sent,
): Promise<{ url: URL; answer: Answer }> {
  const [method, template = ''] = operation.split(' ') as [RequestOptions['method'], string];
  const where = template.replace(/\{(\w+)\}/g, (_, name: string) => segment(name, path[name] ?? ''));
  const url = urlOf(options, where, query);
  const headers: Record<string, string> = { ...optionsOf(options).headers };
  if (ifMatch !== null) headers['if-match'] = `"${ifMatch}"`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const answer = await request(url, {
    ...(method !== undefined && { method }),
    headers,
    timeoutMs: options.timeoutMs,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (answer.status < 200 || answer.status > 299) throw refusal(url, answer);
  return { url, answer };
}

/** Nothing, and the dots that a URL takes for folders, would lead to another operation. */
function segment(name: string, value: string): string {
  if (!/^\.{0,2}$/.test(value)) return encodeURIComponent(value);
  throw new NatsctlError<ResolverErrorCode>('ERR_RESOLVER_URL', `${JSON.stringify(value)} is no id of a ${name}`);
}

function jsonOf(url: URL, { body }: Answer): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw fault('ERR_RESOLVER_ANSWER', url, 'answers with something that is no JSON', error);
  }
}

/** JSON lines, however many. */
export async function getLines(options: RestOptions, operation: 'GET /audit/export'): Promise<AsyncGenerator<string>> {
  const url = urlOf(options, operation.slice('GET '.length), {});
  const answer = await requestLines(url, { ...optionsOf(options), timeoutMs: options.timeoutMs });
  if ('refused' in answer) throw refusal(url, answer.refused);
  return answer.lines;
}

function urlOf({ base }: RestOptions, path: string, query: NonNullable<Sent['query']>): URL {
  const url = apiUrl(base, path);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
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
      // The whole of it is what `natsctl sign` reads.
      const details = { status, ...(code === 'ERR_SIGN_ELSEWHERE' && { answer: problem }) };
      return new NatsctlError(code, detail, { ...(typeof hint === 'string' && { hint }), details });
    }
  } catch {
    // Said below.
  }
  return fault('ERR_RESOLVER_ANSWER', url, `answers ${status} where our service answers 200`);
}
