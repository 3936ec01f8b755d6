import { wireBytes } from './text.js';

export const OK = Buffer.from('+OK\r\n');
export const PING = Buffer.from('PING\r\n');
export const PONG = Buffer.from('PONG\r\n');

/** `-ERR '<text>'`. Only subjects and names that passed the parser reach the text, so it holds no CR or LF. */
export function errorLine(text: string): Buffer {
  return wireBytes(`-ERR '${text}'\r\n`);
}

/** What INFO tells a client: field names of the wire, absent where nats-server leaves them out. */
export interface Info {
  server_id: string;
  server_name: string;
  version: string;
  proto: 1;
  go: string;
  host: string;
  port: number;
  headers: boolean;
  auth_required?: true;
  tls_required?: true;
  tls_verify?: true;
  tls_available?: true;
  max_payload: number;
  client_id: number;
  client_ip?: string;
  nonce?: string;
  connect_info?: true;
  remote_account?: string;
  acc_is_sys?: true;
  /** Public curve key of the server, for services of auth callouts. */
  xkey: string;
  /** Lame duck mode: connect elsewhere. */
  ldm?: true;
}

/** With a blank before the CRLF, as nats-server writes it. */
export function infoLine(info: Info): Buffer {
  return Buffer.from(`INFO ${JSON.stringify(info)} \r\n`, 'utf8');
}

/** The answer to a request that reached nobody: `Nats-Subject` names it, as since nats-server 2.10. */
export function noRespondersMessage(reply: string, sid: string, subject: string): Buffer {
  const header = `NATS/1.0 503\r\nNats-Subject: ${subject}\r\n\r\n`;
  return wireBytes(`HMSG ${reply} ${sid} ${header.length} ${header.length}\r\n${header}\r\n`);
}

/** Go's `%q` of a subject inside an error text. */
export function quoted(wire: string): string {
  return `"${wire.replace(/["\\]/g, '\\$&').replace(CONTROL, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\x00-\x1f\x7f]/g;
