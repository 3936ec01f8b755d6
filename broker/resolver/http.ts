import { NatsctlError } from '../../claims/errors.js';
import { MAX_FETCH_BYTES } from '../limits.js';

interface FetchOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** The JWT of an account, null where the resolver has none (404). */
export async function fetchAccount(
  base: string,
  id: string,
  options: FetchOptions = {},
): Promise<{ token: string; etag?: string } | null> {
  const response = await get(`${base.replace(/\/+$/, '')}/${encodeURIComponent(id)}`, options);
  if (response.status === 404) {
    await response.body?.cancel();
    return null;
  }
  if (response.status !== 200) throw unreachable(base, `answered ${response.status}`);
  return { token: await boundedText(response, base) };
}

/** Resolves when a resolver answers at `base`, as nats-server asks at its start. */
export async function probe(base: string, options: FetchOptions = {}): Promise<void> {
  const response = await get(`${base.replace(/\/+$/, '')}/`, options);
  await response.body?.cancel();
  if (response.status !== 200) throw unreachable(base, `answered ${response.status} to its probe`);
}

async function get(url: string, { timeoutMs = 1_900, signal }: FetchOptions): Promise<Response> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    return await fetch(url, { redirect: 'error', signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
  } catch (error) {
    throw unreachable(url, error instanceof Error ? error.message : 'failed', error);
  }
}

async function boundedText(response: Response, base: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > MAX_FETCH_BYTES) throw unreachable(base, `sent more than ${MAX_FETCH_BYTES} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8').trim();
}

function unreachable(url: string, why: string, cause?: unknown): NatsctlError {
  const { origin } = new URL(url);
  return new NatsctlError('ERR_RESOLVER_UNREACHABLE', `the resolver at ${origin} ${why}`, {
    hint: 'check that the service is up and reachable from the broker',
    cause,
  });
}
