import { NatsctlError } from '../../claims/errors.js';
import type { CloseReason } from '../connection/faults.js';
import type { BrokerErrorCode } from '../options.js';

/** What a refused client is told. Nearly always the same words: which check failed is only logged. */
export interface Refusal {
  text: string;
  reason: CloseReason;
}

export const VIOLATION: Refusal = { text: 'Authorization Violation', reason: 'Authentication Failure' };

const OTHERS: Readonly<Record<string, Refusal>> = {
  // Only monitoring and events tell these two apart from the rest (nats-server auth.go getAuthErrClosedState).
  ERR_CONNECT_PROXY: { ...VIOLATION, reason: 'Proxy Not Trusted' },
  ERR_USER_PROXY: { ...VIOLATION, reason: 'Proxy Required' },
  ERR_CONNECT_ACCOUNT_FULL: {
    text: 'maximum account active connections exceeded',
    reason: 'Maximum Account Connections Exceeded',
  },
  ERR_CONNECT_PROTOCOL: { text: 'invalid client protocol', reason: 'Bad Client Protocol Version' },
  ERR_CONNECT_NO_RESPONDERS: {
    text: 'no responders requires headers support',
    reason: 'No Responders Requires Headers',
  },
};

export function refusalOf(error: NatsctlError): Refusal {
  return OTHERS[error.code] ?? VIOLATION;
}

export function refused(code: BrokerErrorCode, message: string, cause?: unknown): NatsctlError<BrokerErrorCode> {
  return new NatsctlError(code, message, { cause });
}
