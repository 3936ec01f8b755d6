import { createHash } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { originFault } from './origin.js';
import type { WebSocketSettings } from './settings.js';

export interface Refused {
  readonly status: 400 | 403 | 404 | 405;
  readonly why: string;
}

export interface Accepted {
  /** The whole answer. */
  readonly answer: string;
  readonly compression: boolean;
  /** A leaf node: nats-server without leaf nodes upgrades it, and ends it. */
  readonly leafNode: boolean;
}

/** From RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** Sixteen bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/** Judges a request for an upgrade, in nats-server's order (websocket.go wsUpgrade). */
export function judgeUpgrade(
  request: IncomingMessage,
  secure: boolean,
  settings: WebSocketSettings,
): Refused | Accepted {
  const { headers } = request;
  const [path = ''] = (request.url ?? '').split('?');
  if (path.endsWith('/mqtt')) return { status: 404, why: 'mqtt websocket endpoint not enabled' };
  if (request.method !== 'GET') return { status: 405, why: 'request method must be GET' };
  if (!headers.host) return { status: 400, why: "'Host' missing in request" };
  if (!hasToken(headers.upgrade, 'websocket')) return { status: 400, why: "invalid value for header 'Upgrade'" };
  if (!hasToken(headers.connection, 'upgrade')) return { status: 400, why: "invalid value for header 'Connection'" };
  const key = headers['sec-websocket-key'];
  if (!key) return { status: 400, why: 'key missing' };
  if (!KEY.test(key)) return { status: 400, why: 'invalid websocket key' };
  if (!hasToken(headers['sec-websocket-version'], '13')) return { status: 400, why: 'invalid version' };
  const older = headers['sec-websocket-origin'];
  const origin = headers.origin || (Array.isArray(older) ? older.join() : older);
  const fault = originFault(origin, headers.host, secure, settings.origins);
  if (fault !== null) return { status: 403, why: `origin not allowed: ${fault}` };
  const compression = settings.compression && offersDeflate(headers['sec-websocket-extensions']);
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptKey(key)}`,
  ];
  if (compression) {
    lines.push('Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover');
  }
  return {
    answer: `${lines.join('\r\n')}\r\n${settings.headerLines}\r\n`,
    compression,
    leafNode: path.endsWith('/leafnode'),
  };
}

/** As Go's http.Error says it, and no more than the status: why stands in the log. */
export function refusal({ status }: Refused): { head: Record<string, string | number>; body: string } {
  const body = `${STATUS_CODES[status]}\n`;
  return {
    head: {
      'Content-Type': 'text/plain; charset=utf-8',
      'Sec-Websocket-Version': '13',
      'X-Content-Type-Options': 'nosniff',
      Connection: 'close',
      'Content-Length': body.length,
    },
    body,
  };
}

function hasToken(header: string | undefined, token: string): boolean {
  return (header ?? '').split(',').some((each) => each.trim().toLowerCase() === token);
}

function offersDeflate(header: string | undefined): boolean {
  return (header ?? '')
    .split(',')
    .some((extension) => extension.split(';').some((each) => each.trim().toLowerCase() === 'permessage-deflate'));
}

function acceptKey(key: string): string {
  return createHash('sha1').update(key).update(GUID).digest('base64');
}
