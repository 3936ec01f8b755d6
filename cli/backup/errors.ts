import { NatsctlError } from '../../claims/errors.js';

export type BackupErrorCode =
  | 'ERR_BACKUP_INVALID'
  | 'ERR_BACKUP_DAMAGED'
  | 'ERR_BACKUP_KEY'
  | 'ERR_BACKUP_TOO_LARGE'
  | 'ERR_RESTORE_CONFLICT';

export function backupError(
  code: BackupErrorCode,
  message: string,
  options: { hint?: string; details?: Record<string, unknown>; cause?: unknown } = {},
): NatsctlError<BackupErrorCode> {
  return new NatsctlError<BackupErrorCode>(code, message, options);
}

export function damaged(file: string, reason: string, cause?: unknown): NatsctlError<BackupErrorCode> {
  return backupError('ERR_BACKUP_DAMAGED', `${file} is damaged: ${reason}; nothing was written`, {
    hint: 'take another copy of the backup',
    details: { file },
    cause,
  });
}
