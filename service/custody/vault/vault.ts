/**
 * Requests to Vault or OpenBao: bounded in time and size, to the one address that was given. A redirect is an error (a standby
 * that forwards to its leader is fine): followed, it would take the token to another host.
 */
import http from 'node:http';
import https from 'node:https';
import { isNatsctlError, NatsctlError } from '../../../claims/errors.js';
import { type JsonObject, parseStrictJson } from '../../../claims/jwt/json.js';
import type { ServiceErrorCode } from '../../errors.js';
import { checkAddress, checkNamespace, noVault, readCa, readToken, type VaultSettings } from './settings.js';

/** Who asks, and so how a failure is told: for a data key, or for a signature. */
export type VaultErrorCode = Extract<ServiceErrorCode, 'ERR_MASTER_KEY_REMOTE' | 'ERR_SIGNER_REMOTE'>;

export interface VaultRequest {
  method: 'GET' | 'POST';
  /** Below /v1: the parts between its slashes. */
  path: string[];
  body?: Record<string, string | number>;
  code: VaultErrorCode;
}

export interface Vault {
  /** The `data` of the answer. @throws NatsctlError with the request's code; `details.status` where there was an answer. */
  ask(request: VaultRequest): Promise<JsonObject>;
  close(): void;
}

/** From the first byte sent to the last one read: a database transaction may be waiting for a signature. */
const TIMEOUT_MS = 5_000;
/** A key of a hundred versions has some 20 KiB. */
const MAX_ANSWER_BYTES = 262_144;
/** Shorter than the idle time of any server or balancer in between, so that no request meets a connection just closed. */
const IDLE_MS = 15_000;

export function openVault(settings: VaultSettings, { timeoutMs = TIMEOUT_MS } = {}): Vault {
  const address = checkAddress(settings.address);
  const namespace = checkNamespace(settings.namespace);
  const ca = readCa(settings.caFile);
  const agent =
    address.protocol === 'https:'
      ? new https.Agent({ keepAlive: true, timeout: IDLE_MS, ...(ca && { ca }) })
      : new http.Agent({ keepAlive: true, timeout: IDLE_MS });
  return {
    async ask(request) {
      const token = await readToken(settings).catch((error: unknown) => {
        if (!isNatsctlError(error)) throw error;
        throw new NatsctlError(request.code, error.message, { ...(error.hint && { hint: error.hint }), cause: error });
      });
      const url = new URL(`/v1/${request.path.map(encodeURIComponent).join('/')}`, address);
      const headers = { 'x-vault-token': token, 'x-vault-request': 'true', accept: 'application/json' };
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        const answer = await exchange(url, request, deadline, {
          agent,
          headers: { ...headers, ...(namespace !== undefined && { 'x-vault-namespace': namespace }) },
        });
        if (answer.status !== 200) throw refusal(request, address, answer, token);
        return dataOf(answer.body);
      } catch (cause) {
        if (isNatsctlError(cause, request.code)) throw cause;
        const why = deadline.aborted ? `did not answer within ${timeoutMs} ms` : `cannot be asked: ${reason(cause)}`;
        throw fault(request, address, why, 'check that it runs, is unsealed and can be reached from here', { cause });
      }
    },
    close: () => agent.destroy(),
  };
}

/** Opened when it is first needed: most services have none. */
export function vaultWhenNeeded(settings: VaultSettings | null): { get(): Vault; close(): void } {
  let opened: Vault | undefined;
  return {
    get() {
      opened ??= openVault(settings ?? noVault());
      return opened;
    },
    close: () => opened?.close(),
  };
}

interface Answer {
  status: number;
  body: string;
}

async function exchange(
  url: URL,
  { method, body }: VaultRequest,
  signal: AbortSignal,
  options: http.RequestOptions,
): Promise<Answer> {
  const sent = body === undefined ? '' : JSON.stringify(body);
  const headers = { ...options.headers, ...(sent && { 'content-type': 'application/json' }) };
  const client = url.protocol === 'https:' ? https : http;
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const request = client.request(url, { ...options, method, headers, signal });
    request.once('response', resolve);
    request.once('error', reject);
    request.end(sent);
  });
  return { status: response.statusCode ?? 0, body: await boundedText(response) };
}

async function boundedText(response: http.IncomingMessage): Promise<string> {
  let size = 0;
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`it answers with more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function dataOf(body: string): JsonObject {
  const answer = parseStrictJson(body);
  const data = isObject(answer) ? answer.data : undefined;
  if (!isObject(data)) throw new Error('its answer has no data');
  return data;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refusal(request: VaultRequest, address: URL, { status, body }: Answer, token: string): NatsctlError {
  const said = errorsOf(body, token);
  const what = `answers ${status}${said && ` (${said})`}`;
  return fault(request, address, what, hintOf(status, request), { details: { status } });
}

function hintOf(status: number, { method, path }: VaultRequest): string {
  if (status >= 300 && status < 400) return 'give the address of the server itself: redirects are not followed';
  if (status === 403) {
    const right = method === 'GET' ? 'read' : 'update';
    return `renew the token, or let its policy ${right} ${path.join('/')}`;
  }
  if (status === 404) return 'check the mount and the name of the key, and the namespace';
  if (status === 429 || status >= 500) return 'check that it is unsealed and well, then try again';
  return 'check the type of the key and which of its versions may be used';
}

/** What it says of itself, in one line of plain text. A server that sends the token back does not get it into a log. */
function errorsOf(body: string, token: string): string {
  try {
    const answer = parseStrictJson(body);
    const errors = isObject(answer) && Array.isArray(answer.errors) ? answer.errors : [];
    const text = errors.filter((error) => typeof error === 'string').join('; ');
    const plain = text.replaceAll(token, '...').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ');
    return plain.trim().slice(0, 200);
  } catch {
    return '';
  }
}

function fault(
  { code, path }: VaultRequest,
  address: URL,
  what: string,
  hint: string,
  more: { details?: Record<string, unknown>; cause?: unknown } = {},
): NatsctlError<VaultErrorCode> {
  const [details, cause] = [{ address: address.origin, path: path.join('/'), ...more.details }, more.cause];
  return new NatsctlError(code, `Vault or OpenBao at ${address.origin} ${what}`, { hint, details, cause });
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return reason(error.errors[0]);
  if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') return 'connection refused';
  return error instanceof Error ? error.message : String(error);
}
