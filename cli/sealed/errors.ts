import { NatsctlError } from '../../claims/errors.js';

/** Faults of what is encrypted: seeds at rest, backups, and the agent that holds their key. */
export type SealedErrorCode =
  | 'ERR_KEYSTORE_LOCKED'
  | 'ERR_KEYSTORE_NOT_ENCRYPTED'
  | 'ERR_PASSPHRASE_MISSING'
  | 'ERR_PASSPHRASE_WRONG'
  | 'ERR_PASSPHRASE_FILE'
  | 'ERR_PASSPHRASE_MISMATCH'
  | 'ERR_SEED_ENCRYPTED'
  | 'ERR_KDF_FAILED'
  | 'ERR_AGENT_UNSUPPORTED'
  | 'ERR_AGENT_FOLDER'
  | 'ERR_AGENT_FAILED';

export function sealedError(
  code: SealedErrorCode,
  message: string,
  options: { hint?: string; details?: Record<string, unknown>; cause?: unknown } = {},
): NatsctlError<SealedErrorCode> {
  return new NatsctlError<SealedErrorCode>(code, message, options);
}
