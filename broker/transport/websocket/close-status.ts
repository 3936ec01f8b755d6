import type { CloseReason } from '../../connection/faults.js';

export const PROTOCOL_ERROR = 1002;
export const INVALID_PAYLOAD = 1007;
export const TOO_BIG = 1009;
const NORMAL = 1000;
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;

/** What a close frame says of why a connection ends (nats-server wsEnqueueCloseMessage). */
export function closeStatus(reason: CloseReason): number {
  switch (reason) {
    case 'Client Closed':
      return NORMAL;
    case 'Authentication Timeout':
    case 'Authentication Failure':
    case 'Authentication Expired':
    case 'Credentials Revoked':
    case 'Slow Consumer (Pending Bytes)':
    case 'Slow Consumer (Write Deadline)':
    case 'Maximum Account Connections Exceeded':
    case 'Maximum Connections Exceeded':
    case 'Maximum Control Line Exceeded':
    case 'Maximum Subscriptions Exceeded':
      return POLICY_VIOLATION;
    case 'Parse Error':
    case 'Protocol Violation':
    case 'Bad Client Protocol Version':
      return PROTOCOL_ERROR;
    case 'Maximum Message Payload Exceeded':
      return TOO_BIG;
    case 'Write Error':
    case 'Read Error':
    case 'Stale Connection':
    case 'Server Shutdown':
      return GOING_AWAY;
    default:
      return INTERNAL_ERROR;
  }
}
