import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { NatsctlError } from '../../claims/errors.js';
import type { Broker } from '../broker.js';
import {
  MAX_MONITORING_CONNECTIONS,
  MAX_MONITORING_HEADER,
  MONITORING_HEADER_TIMEOUT_MS,
  MONITORING_IDLE_MS,
  MONITORING_REQUEST_TIMEOUT_MS,
} from '../limits.js';
import { codeOf, stackOf } from '../log.js';
import type { BrokerErrorCode, BrokerOptions } from '../options.js';
import { ENDPOINTS, healthOf } from './endpoints.js';
import { goJson } from './go-json.js';
import { indexPage } from './index-page.js';
import { METRICS_TYPE, metrics } from './metrics.js';
import { MonitoringError } from './options.js';
import { Query } from './query.js';

export interface MonitoringServer {
  readonly url: string;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  type: string;
  body: string;
  headers?: Record<string, string>;
}

const TEXT = 'text/plain; charset=utf-8';
const NOT_FOUND: Answer = { status: 404, type: TEXT, body: '404 page not found\n' };

/**
 * Monitoring over HTTP, for whoever reaches the port: there is no authentication, as at nats-server. Null when it is not
 * asked for. @throws ERR_BROKER_OPTIONS, ERR_PORT_IN_USE, ERR_LISTEN
 */
export async function startMonitoring(broker: Broker, options: BrokerOptions): Promise<MonitoringServer | null> {
  const { http, https } = options.monitoring ?? {};
  const address = http ?? https;
  if (address === undefined) return null;
  if (http !== undefined && https !== undefined) {
    throw fail('ERR_BROKER_OPTIONS', `can't specify both HTTP (${http.port}) and HTTPs (${https.port}) ports`);
  }
  const { port, host = broker.host } = address;
  if (!Number.isInteger(port) || port < -1 || port === 0 || port > 65_535) {
    throw fail('ERR_BROKER_OPTIONS', `monitoring port ${port} is no port`);
  }
  const base = normalBasePath(options.monitoring?.basePath ?? '');
  const server =
    https === undefined ? createServer(BOUNDS) : createSecureServer({ ...BOUNDS, ...certificate(options) });
  server.maxConnections = MAX_MONITORING_CONNECTIONS;
  server.keepAliveTimeout = MONITORING_IDLE_MS;
  server.on('request', (request, response) => serve(broker, base, request, response));
  // What is no HTTP is closed without a word more than node's own 400.
  server.on('clientError', (error, socket) => {
    broker.log.debug({ code: codeOf(error) }, 'monitoring request refused');
    socket.destroy();
  });
  const bound = await listen(server, host, port);
  const scheme = https === undefined ? 'http' : 'https';
  broker.monitor.http.host = host;
  broker.monitor.http[`${scheme}Port`] = bound;
  const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${bound}${base === '/' ? '' : base}`;
  broker.log.info({ url }, 'monitoring listening');
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const BOUNDS: ServerOptions = {
  maxHeaderSize: MAX_MONITORING_HEADER,
  headersTimeout: MONITORING_HEADER_TIMEOUT_MS,
  requestTimeout: MONITORING_REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: 1_000,
};

function fail(code: BrokerErrorCode, message: string, cause?: unknown): NatsctlError<BrokerErrorCode> {
  return new NatsctlError(code, message, { hint: 'correct the monitoring options', cause });
}

/** The certificate is the broker's; client certificates are not asked for (nats-server startMonitoring). */
function certificate({ tls }: BrokerOptions): { cert: string; key: string } {
  if (tls === undefined) throw fail('ERR_BROKER_OPTIONS', 'TLS cert and key required for HTTPS');
  return { cert: tls.cert, key: tls.key };
}

/** `/` or `/name/name`. */
function normalBasePath(path: string): string {
  return `/${path.split('/').filter(Boolean).join('/')}`;
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const taken = codeOf(error) === 'EADDRINUSE';
      const text = taken
        ? `monitoring port ${port} of ${host} is in use by another program`
        : `can't listen to the monitor port: ${codeOf(error)}`;
      reject(fail(taken ? 'ERR_PORT_IN_USE' : 'ERR_LISTEN', text, error));
    });
    server.listen({ host, port: port === -1 ? 0 : port }, () => resolve((server.address() as AddressInfo).port));
  });
}

function serve(broker: Broker, base: string, request: IncomingMessage, response: ServerResponse): void {
  // A body is not read: the connection ends with the answer.
  if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined) {
    response.setHeader('Connection', 'close');
  }
  const { status, type, body, headers } = answerSafely(broker, base, request);
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    // A refusal repeats what was asked for: no browser may take it for a page.
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function answerSafely(broker: Broker, base: string, request: IncomingMessage): Answer {
  try {
    return answer(broker, base, request);
  } catch (error) {
    if (error instanceof MonitoringError) return { status: 400, type: TEXT, body: error.message };
    broker.log.error({ code: codeOf(error), stack: stackOf(error) }, 'monitoring request failed');
    return { status: 500, type: TEXT, body: 'internal error' };
  }
}

function answer(broker: Broker, base: string, { method, url = '' }: IncomingMessage): Answer {
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, type: TEXT, body: 'method not allowed\n', headers: { Allow: 'GET, HEAD' } };
  }
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  if (path === base) {
    broker.monitor.countRequest('/');
    return { status: 200, type: 'text/html; charset=utf-8', body: indexPage(broker.version, base) };
  }
  const prefix = base === '/' ? '' : base;
  if (!path.startsWith(`${prefix}/`)) return NOT_FOUND;
  const query = new Query(new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1)));
  const name = path.slice(prefix.length);
  if (name === '/metrics') return { status: 200, type: METRICS_TYPE, body: metrics(broker) };
  if (name === '/healthz') {
    broker.monitor.countRequest(name);
    const { status_code: status = 200, ...health } = healthOf(query);
    return json(status, goJson(health));
  }
  if (name === '/raftz') return { status: 404, type: TEXT, body: 'No Raft nodes registered' };
  const endpoint = Object.hasOwn(ENDPOINTS, name) ? ENDPOINTS[name] : undefined;
  if (endpoint === undefined) return NOT_FOUND;
  if (endpoint.counted !== undefined) broker.monitor.countRequest(endpoint.counted);
  return json(200, goJson(endpoint.answer(broker, query), 2));
}

function json(status: number, body: string): Answer {
  return { status, type: 'application/json', body, headers: { 'Access-Control-Allow-Origin': '*' } };
}
