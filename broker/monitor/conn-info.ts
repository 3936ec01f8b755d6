import { createHash, type X509Certificate } from 'node:crypto';
import type { Connection } from '../connection/connection.js';
import type { CloseReason } from '../connection/faults.js';
import { fromWire } from '../protocol/text.js';
import type { Subscription } from '../routing/subscription.js';
import { readCertificate } from '../transport/certificate/certificate.js';
import { goSubject } from '../transport/certificate/distinguished-name.js';
import { rttText, uptimeText } from './duration.js';

/** nats-server's SubDetail. */
export interface SubDetail {
  account?: string | undefined;
  account_tag?: string | undefined;
  subject: string;
  qgroup?: string | undefined;
  sid: string;
  msgs: number;
  max?: number | undefined;
  cid: number;
}

interface PeerCertificate {
  subject: string;
  spki_sha256: string;
  cert_sha256: string;
}

/** The part of nats-server's ConnInfo that stands in every answer, in its order. */
export interface ConnInfo {
  cid: number;
  kind: 'Client';
  type: 'nats' | 'websocket';
  ip: string;
  port: number;
  start: string;
  last_activity: string;
  stop: string | undefined;
  reason: CloseReason | undefined;
  rtt: string;
  uptime: string;
  idle: string;
  pending_bytes: number;
  in_msgs: number;
  out_msgs: number;
  in_bytes: number;
  out_bytes: number;
  stalls: number | undefined;
  subscriptions: number;
  name: string | undefined;
  lang: string | undefined;
  version: string | undefined;
  tls_version: string | undefined;
  tls_cipher_suite: string | undefined;
  tls_first: true | undefined;
}

/** Of an open connection, or of one that ends just now. */
export function connInfo(connection: Connection, now: number, reason?: CloseReason): ConnInfo {
  const { options, tls } = connection;
  return {
    cid: connection.id,
    kind: 'Client',
    type: connection.type === 'WEBSOCKET' ? 'websocket' : 'nats',
    ip: connection.remoteAddress,
    port: connection.remotePort,
    start: new Date(connection.started).toISOString(),
    last_activity: new Date(connection.lastActivity).toISOString(),
    stop: reason === undefined ? undefined : new Date(now).toISOString(),
    reason,
    rtt: rttText(connection.rttNs),
    uptime: uptimeText(now - connection.started),
    idle: uptimeText(now - connection.lastActivity),
    pending_bytes: connection.out.pending,
    in_msgs: connection.messagesIn,
    out_msgs: connection.messagesOut,
    in_bytes: connection.bytesIn,
    out_bytes: connection.bytesOut,
    stalls: connection.stalls || undefined,
    subscriptions: connection.subscriptions.size,
    name: options.name || undefined,
    lang: options.lang || undefined,
    version: options.version || undefined,
    tls_version: tls?.version,
    tls_cipher_suite: tls?.cipher,
    tls_first: (tls !== null && connection.tlsFirst) || undefined,
  };
}

export function subDetail(subscription: Subscription, cid: number): SubDetail {
  return {
    subject: fromWire(subscription.subject),
    qgroup: subscription.queue === '' ? undefined : fromWire(subscription.queue),
    sid: fromWire(subscription.sid),
    msgs: subscription.delivered,
    max: subscription.max || undefined,
    cid,
  };
}

/** The certificate a client showed (nats-server makePeerCerts, which lists those behind it too). */
export function peerCertificates(certificate: X509Certificate | null): PeerCertificate[] | undefined {
  if (certificate === null) return undefined;
  const read = readCertificate(certificate.raw);
  return [
    {
      subject: read === null ? '' : goSubject(read),
      spki_sha256: sha256(certificate.publicKey.export({ type: 'spki', format: 'der' })),
      cert_sha256: sha256(certificate.raw),
    },
  ];
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
