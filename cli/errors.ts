import { NatsctlError } from '../claims/errors.js';

/** Faults of the commands themselves; those of the folders are in cli/store/errors.ts. */
export type CliErrorCode =
  | 'ERR_USAGE'
  | 'ERR_COMMAND_UNKNOWN'
  | 'ERR_INTERNAL'
  | 'ERR_INTERRUPTED'
  | 'ERR_TIME_INVALID'
  | 'ERR_URL_INVALID'
  | 'ERR_HEADER_INVALID'
  | 'ERR_FILE_EXISTS'
  | 'ERR_TOKEN_SOURCE'
  | 'ERR_KEY_USE'
  | 'ERR_SIGNATURE_INVALID'
  | 'ERR_DATA_INVALID'
  | 'ERR_DATA_TOO_LARGE'
  | 'ERR_CONTEXT_FIXED'
  | 'ERR_FIELD_UNKNOWN'
  | 'ERR_CLAIMS_INVALID'
  | 'ERR_SIGNER_MISSING'
  | 'ERR_SIGNER_UNTRUSTED'
  | 'ERR_OPERATOR_MANAGED'
  | 'ERR_SYSTEM_ACCOUNT_MISSING'
  | 'ERR_BEARER_DISALLOWED'
  | 'ERR_SCOPED_PERMISSIONS'
  | 'ERR_USER_REVOKED'
  | 'ERR_USER_UNKNOWN'
  | 'ERR_DURATION_INVALID'
  | 'ERR_ENTRY_UNKNOWN'
  | 'ERR_IDENTITY_KEY_USED'
  | 'ERR_JETSTREAM_TIERS'
  | 'ERR_JETSTREAM_SYSTEM_ACCOUNT'
  | 'ERR_ROLE_TAKEN'
  | 'ERR_SIGNING_KEY_TAKEN'
  | 'ERR_SIGNING_KEY_UNKNOWN'
  | 'ERR_SIGNING_KEY_USED'
  | 'ERR_SIGNING_KEYS_REQUIRED'
  | 'ERR_PULL_FIRST'
  | 'ERR_PUSH_REFUSED'
  | 'ERR_PULL_CONFLICT'
  | 'ERR_PULL_UNTRUSTED'
  | 'ERR_SERVICE_UNREACHABLE'
  | 'ERR_SERVICE_ANSWER'
  | 'ERR_BROKER_UNREACHABLE'
  | 'ERR_BROKER_AUTHORIZATION'
  | 'ERR_BROKER_PERMISSION'
  | 'ERR_BROKER_CLOSED'
  | 'ERR_NO_RESPONDERS'
  | 'ERR_REQUEST_TIMEOUT'
  | 'ERR_SUBJECT_INVALID'
  | 'ERR_DURATION_INVALID'
  | 'ERR_NOT_CONFIRMED'
  | 'ERR_EXPORT_UNKNOWN'
  | 'ERR_EXPORT_AMBIGUOUS'
  | 'ERR_EXPORT_TAKEN'
  | 'ERR_EXPORT_PUBLIC'
  | 'ERR_IMPORT_UNKNOWN'
  | 'ERR_IMPORT_AMBIGUOUS'
  | 'ERR_IMPORT_TAKEN'
  | 'ERR_IMPORT_SELF'
  | 'ERR_IMPORT_UNMATCHED'
  | 'ERR_IMPORT_CYCLE'
  | 'ERR_ACTIVATION_MISSING'
  | 'ERR_SOURCE'
  | 'ERR_MAPPING_UNKNOWN'
  | 'ERR_MAPPING_AMBIGUOUS'
  | 'ERR_MAPPING_FILE'
  | 'ERR_REVOCATION_UNKNOWN'
  | 'ERR_ACCOUNT_IN_USE';

export function cliError(
  code: CliErrorCode,
  message: string,
  options: { hint?: string; details?: Record<string, unknown>; cause?: unknown } = {},
): NatsctlError<CliErrorCode> {
  return new NatsctlError<CliErrorCode>(code, message, options);
}

/** A value that must be given and was not, or values that exclude each other: exit code 2. */
export function usageError(message: string, hint?: string): NatsctlError<CliErrorCode> {
  return cliError('ERR_USAGE', message, hint === undefined ? {} : { hint });
}
