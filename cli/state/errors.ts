import { NatsctlError } from '../../claims/errors.js';

/** Faults of state files, and of what they ask for. */
export type StateErrorCode =
  | 'ERR_STATE_SYNTAX'
  | 'ERR_STATE_INVALID'
  | 'ERR_STATE_SEED'
  | 'ERR_STATE_REFERENCE'
  | 'ERR_STATE_CONFLICT'
  | 'ERR_STATE_REVOCATION_DROPPED'
  | 'ERR_PLAN_FILE'
  | 'ERR_PLAN_STALE';

export function stateError(
  code: StateErrorCode,
  message: string,
  options: { hint?: string; details?: Record<string, unknown>; cause?: unknown } = {},
): NatsctlError<StateErrorCode> {
  return new NatsctlError<StateErrorCode>(code, message, options);
}
