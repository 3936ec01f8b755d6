import type { Fault } from '../protocol/parser.js';

/** Why a connection ended: nats-server's words, as they stand in its monitoring and events. */
export type CloseReason =
  | 'Client Closed'
  | 'Authentication Timeout'
  | 'Authentication Failure'
  | 'Authentication Expired'
  | 'TLS Handshake Failure'
  | 'Credentials Revoked'
  | 'Slow Consumer (Pending Bytes)'
  | 'Slow Consumer (Write Deadline)'
  | 'Write Error'
  | 'Read Error'
  | 'Parse Error'
  | 'Protocol Violation'
  | 'Stale Connection'
  | 'Bad Client Protocol Version'
  | 'No Responders Requires Headers'
  | 'Maximum Connections Exceeded'
  | 'Maximum Account Connections Exceeded'
  | 'Maximum Message Payload Exceeded'
  | 'Maximum Control Line Exceeded'
  | 'Maximum Subscriptions Exceeded'
  | 'Proxy Not Trusted'
  | 'Proxy Required'
  | 'Kicked'
  | 'Internal Error'
  | 'Server Shutdown';

/** What the peer is told of a fault in its bytes; null = closed without a word (P5). */
export const FAULTS: Readonly<Record<Fault, { text: string | null; reason: CloseReason }>> = {
  protocol: { text: 'Unknown Protocol Operation', reason: 'Protocol Violation' },
  arguments: { text: null, reason: 'Parse Error' },
  'control-line': { text: 'maximum control line exceeded', reason: 'Maximum Control Line Exceeded' },
  payload: { text: 'Maximum Payload Violation', reason: 'Maximum Message Payload Exceeded' },
  unauthenticated: { text: 'Authorization Violation', reason: 'Authentication Failure' },
};
