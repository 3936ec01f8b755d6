import { validateHeaderName, validateHeaderValue } from 'node:http';
import { NatsctlError } from '../../../claims/errors.js';
import { WEBSOCKET_HANDSHAKE_MS } from '../../limits.js';
import type { BrokerErrorCode, BrokerOptions, WebSocketOptions } from '../../options.js';
import { type TlsSettings, tlsSettings } from '../tls/settings.js';
import { type Origin, type OriginRules, parseOrigin } from './origin.js';

export interface WebSocketSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsSettings | null;
  readonly origins: OriginRules;
  readonly compression: boolean;
  readonly handshakeTimeoutMs: number;
  /** Lines of the answer to an upgrade. */
  readonly headerLines: string;
  readonly cookies: WebSocketOptions['cookies'];
}

/** Headers that make up the answer itself (nats-server validateWebsocketOptions). */
const OWN_HEADERS = new Set(['host', 'content-length', 'connection', 'upgrade', 'nats-no-masking']);

/** Judges them as nats-server does at its start. @throws ERR_BROKER_WEBSOCKET, ERR_BROKER_TLS */
export function webSocketSettings(options: BrokerOptions, defaultHost: string): WebSocketSettings | null {
  const given = options.websocket;
  if (given === undefined) return null;
  const bad = (message: string, hint: string): NatsctlError<BrokerErrorCode> =>
    new NatsctlError('ERR_BROKER_WEBSOCKET', `websocket: ${message}`, { hint });
  const { port, tls, noTls = false, handshakeTimeoutMs = WEBSOCKET_HANDSHAKE_MS, headers = {}, cookies } = given;
  if (!Number.isInteger(port) || port < -1 || port === 0 || port > 65_535) {
    throw bad(`port ${port} is no port`, 'give a port from 1 to 65535, or -1 for a free one');
  }
  if (tls === undefined && !noTls) {
    throw bad('TLS is required', 'give a certificate and its key, or noTls where only this machine can reach it');
  }
  if (!Number.isSafeInteger(handshakeTimeoutMs) || handshakeTimeoutMs < 1) {
    throw bad('handshakeTimeoutMs must be 1 or more', 'correct it');
  }
  const allowed: Origin[] = (given.allowedOrigins ?? []).map((text) => {
    const origin = parseOrigin(text);
    if (origin !== null && /^https?$/.test(origin.scheme)) return origin;
    throw bad(`${JSON.stringify(text)} is no origin`, 'give absolute URLs with http or https scheme');
  });
  if (cookies?.jwt && options.operators === undefined) {
    throw bad('a cookie with a JWT needs operators', 'give an operator JWT, or leave the name of the cookie out');
  }
  return {
    host: given.host ?? defaultHost,
    port,
    tls: tls === undefined ? null : tlsSettings(tls, 'websocket.tls'),
    origins: { sameOrigin: given.sameOrigin === true, allowed },
    compression: given.compression === true,
    handshakeTimeoutMs,
    headerLines: Object.entries(headers).map(headerLine(bad)).join(''),
    cookies,
  };
}

function headerLine(bad: (message: string, hint: string) => Error): (header: [string, string]) => string {
  return ([name, value]) => {
    const lower = name.toLowerCase();
    if (OWN_HEADERS.has(lower) || lower.startsWith('sec-websocket-')) {
      throw bad(`invalid header ${JSON.stringify(name)} not allowed`, 'leave it out');
    }
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw bad(`${JSON.stringify(name)} is no header`, 'correct its name and value');
    }
    return `${name}: ${value}\r\n`;
  };
}
