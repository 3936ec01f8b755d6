import { NatsctlError } from '../../claims/errors.js';

/** Faults of the store and keystore folders. */
export type StoreErrorCode =
  | 'ERR_STORE_NOT_WRITABLE'
  | 'ERR_STORE_NOT_READABLE'
  | 'ERR_STORE_FULL'
  | 'ERR_STORE_IO'
  | 'ERR_STORE_DAMAGED'
  | 'ERR_STORE_LOCKED'
  | 'ERR_STORE_EMPTY'
  | 'ERR_KEYSTORE_OLD_LAYOUT'
  | 'ERR_SYMLINK_REFUSED'
  | 'ERR_KEY_MISSING'
  | 'ERR_KEY_CONFLICT'
  | 'ERR_CREDS_IN_THE_WAY'
  | 'ERR_OPERATOR_UNKNOWN'
  | 'ERR_OPERATOR_AMBIGUOUS'
  | 'ERR_OPERATOR_NAME_TAKEN'
  | 'ERR_ACCOUNT_UNKNOWN'
  | 'ERR_ACCOUNT_NAME_TAKEN'
  | 'ERR_USER_UNKNOWN'
  | 'ERR_USER_NAME_TAKEN';

export function storeError(
  code: StoreErrorCode,
  message: string,
  options: { hint?: string; details?: Record<string, unknown>; cause?: unknown } = {},
): NatsctlError<StoreErrorCode> {
  return new NatsctlError<StoreErrorCode>(code, message, options);
}

/** The system's code (`ENOENT`, ...) of a thrown value, if it has one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Turns what the operating system threw while `doing` into a coded error; errors of ours pass unchanged. */
export function ioError(error: unknown, doing: 'read' | 'write', file: string): NatsctlError {
  if (error instanceof NatsctlError) return error;
  const code = systemCode(error);
  const details = { file, system: code };
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return doing === 'write'
        ? storeError('ERR_STORE_NOT_WRITABLE', `cannot write ${file}: ${reason(code, error, doing)}`, {
            hint: 'check the owner and mode of the folder, or choose another with --store / --keystore',
            details,
            cause: error,
          })
        : storeError('ERR_STORE_NOT_READABLE', `cannot read ${file}: ${reason(code, error, doing)}`, {
            hint: 'check the owner and mode of the file',
            details,
            cause: error,
          });
    case 'ENOSPC':
    case 'EDQUOT':
      return storeError('ERR_STORE_FULL', `no space left to write ${file}; what was there before is untouched`, {
        hint: 'free some space and run the command again',
        details,
        cause: error,
      });
    default:
      return storeError('ERR_STORE_IO', `cannot ${doing} ${file}: ${reason(code, error, doing)}`, {
        hint: 'check the path',
        details,
        cause: error,
      });
  }
}

function reason(code: string | undefined, error: unknown, doing: 'read' | 'write'): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EROFS':
      return 'the file system is read-only';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
      return 'a part of its path is a file';
    case 'ENOENT':
      return doing === 'read' ? 'there is no such file or folder' : 'no folder can be made there';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
