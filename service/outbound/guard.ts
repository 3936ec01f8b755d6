/**
 * The one way out to a URL that came from a caller. Such a URL is a request to reach what the service can reach and the caller
 * cannot (server-side request forgery), so every address is looked at when it is connected to: a name is resolved once, inside
 * the socket's own connect, and no other answer can take its place between the look and the use (DNS rebinding).
 */
import { lookup as resolveName } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { createSecureContext, rootCertificates } from 'node:tls';
import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import { blockList, standingOf } from './addresses.js';
import { readAnswer } from './answer.js';

export interface OutboundRequest {
  method?: 'GET' | 'POST';
  headers?: ConstructorParameters<typeof Headers>[0];
  body?: string;
  /** For all of it: name, connection, answer. Default 10 seconds. */
  timeoutMs?: number;
  /** Of the answer's body. Default 1 MiB. */
  maxBytes?: number;
  /** What is done with a body beyond that. Default `refuse`; `cut` keeps its beginning. */
  beyond?: 'refuse' | 'cut';
  signal?: AbortSignal;
}

export interface Outbound {
  /**
   * As `fetch`, but that no redirect is followed: an answer of any status is one.
   *
   * @throws NatsctlError ERR_OUTBOUND_URL, ERR_OUTBOUND_REFUSED, ERR_OUTBOUND_FAILED, ERR_OUTBOUND_TIMEOUT, ERR_OUTBOUND_TOO_LARGE; or
   * the reason of `signal`
   */
  fetch(url: string, request?: OutboundRequest): Promise<Response>;
  /**
   * Tells early what `fetch` would refuse. It settles nothing: names may lead elsewhere later, and one that leads nowhere yet is no
   * reason to refuse it.
   *
   * @throws NatsctlError ERR_OUTBOUND_URL, ERR_OUTBOUND_REFUSED
   */
  check(url: string): Promise<void>;
}

export interface OutboundOptions {
  /** Ranges (CIDR) that are not public and may be reached all the same, also in plain HTTP. */
  allow: readonly string[];
  /** PEM of authorities to trust beside the well-known ones. */
  ca?: string;
  /** Every address of a name. Default: as the machine resolves it. */
  resolve?: (name: string) => Promise<{ address: string; family: number }[]>;
}

const TIMEOUT_MS = 10_000;
const CHECK_MS = 3_000;
const MAX_BYTES = 1_048_576;
const MAX_URL = 2_048;

export function openOutbound({ allow, ca, resolve = everyAddress }: OutboundOptions): Outbound {
  const named = blockList(allow);
  const secureContext = ca === undefined ? undefined : createSecureContext({ ca: [...rootCertificates, ca] });
  // Agents of its own: what the environment or anybody else does to the global ones (proxies) is not for these requests. No
  // connection is kept, so none outlives the look at its address.
  const agents = { http: new http.Agent(), https: new https.Agent() };

  const refuseClosed = (url: URL, addresses: readonly string[]): void => {
    const standings = addresses.map((address) => standingOf(address, named));
    if (standings.includes('closed')) {
      throw refused(url, 'is not on the public internet');
    }
    // Nobody between here and a network that the service's owner named reads it; elsewhere anybody might.
    if (url.protocol === 'http:' && standings.some((one) => one !== 'named')) {
      throw refused(url, 'is plain HTTP, which only goes to networks opened for it');
    }
  };
  const addressesOf = async (url: URL): Promise<{ address: string; family: number }[]> => {
    const addresses = await resolve(bare(url));
    refuseClosed(
      url,
      addresses.map(({ address }) => address),
    );
    return addresses;
  };

  return {
    async fetch(given, request = {}) {
      const url = parse(given);
      const { timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES, beyond = 'refuse', signal } = request;
      // A socket looks no literal address up.
      if (isIP(bare(url)) !== 0) refuseClosed(url, [bare(url)]);
      const lookup: LookupFunction = (_name, { all }, done) => {
        addressesOf(url).then(
          (addresses) => {
            const [first] = addresses;
            if (!first) done(Object.assign(new Error('the name has no address'), { code: 'ENOTFOUND' }), '');
            else if (all) done(null, addresses);
            else done(null, first.address, first.family);
          },
          (error: NodeJS.ErrnoException) => done(error, ''),
        );
      };
      const ending = new AbortController();
      const timer = setTimeout(() => ending.abort(timedOut(url, timeoutMs)), timeoutMs);
      const end = () => ending.abort(signal?.reason);
      signal?.addEventListener('abort', end, { once: true });
      if (signal?.aborted) end();
      try {
        const { method = 'GET', headers, body } = request;
        const secure = url.protocol === 'https:';
        const sent = (secure ? https : http).request(url, {
          method,
          // What is not compressed cannot grow.
          headers: { 'accept-encoding': 'identity', ...Object.fromEntries(new Headers(headers)) },
          agent: secure ? agents.https : agents.http,
          lookup,
          signal: ending.signal,
          ...(secure && secureContext && { secureContext }),
        });
        return await readAnswer(sent, body, maxBytes, beyond);
      } catch (error) {
        if (ending.signal.aborted) throw ending.signal.reason;
        throw isNatsctlError(error) ? error : failed(url, error);
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
      }
    },
    async check(given) {
      const url = parse(given);
      if (isIP(bare(url)) !== 0) return refuseClosed(url, [bare(url)]);
      let late: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((enough) => {
        late = setTimeout(enough, CHECK_MS);
      });
      const looked = addressesOf(url).catch((error: unknown) => {
        if (isNatsctlError(error)) throw error;
      });
      await Promise.race([looked, patience]).finally(() => clearTimeout(late));
    },
  };
}

function everyAddress(name: string): Promise<{ address: string; family: number }[]> {
  return resolveName(name, { all: true });
}

/** The standard's reading of a URL is the one that is connected to: it knows every way to write an IPv4 address as a number. */
function parse(text: string): URL {
  const url = text.length <= MAX_URL && URL.canParse(text) ? new URL(text) : null;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw urlRefused('not a URL that can be called', 'give one that begins with https://');
  }
  if (url.username !== '' || url.password !== '') {
    throw urlRefused('the URL holds a user name or password', 'leave it out: requests are signed');
  }
  return url;
}

/** The host without the brackets of an IPv6 address. */
function bare({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function urlRefused(message: string, hint: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_OUTBOUND_URL', message, { hint });
}

/** Does not say which address: what a name leads to inside of a network is not the caller's to know. */
function refused({ host }: URL, why: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_OUTBOUND_REFUSED', `${host} ${why}`, {
    hint: 'whoever runs the service can open a network with --outbound-allow',
  });
}

function timedOut({ host }: URL, ms: number): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_OUTBOUND_TIMEOUT', `${host} did not answer within ${ms / 1_000} s`);
}

function failed({ host }: URL, cause: unknown): NatsctlError<ServiceErrorCode> {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer';
  return new NatsctlError('ERR_OUTBOUND_FAILED', `${host} cannot be asked: ${code}`, { cause });
}
