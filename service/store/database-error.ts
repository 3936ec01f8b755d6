import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';

/** While the service runs: callers learn that, and the log learns why. */
export function unavailable(cause: unknown, details: Record<string, unknown> = {}): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_DATABASE_UNAVAILABLE', 'the database did not answer as it should', {
    hint: "try again; the service's log says why",
    details,
    cause,
  });
}

/** What SQLite says of its file, disk and locks (sqlite.org/rescode.html), and Prisma of waiting for it in vain. */
const FAILED = /^SQLITE_(BUSY|CANTOPEN|FULL|IOERR|LOCKED|NOMEM|PROTOCOL|READONLY)|^P1008$|^P2024$|^P2028$/;

/** Whether libSQL itself failed, and not what was asked of it: a full disk, another process that does not let go. */
export function isLibsqlFailure(error: unknown): boolean {
  return error instanceof Error && 'code' in error && FAILED.test(String(error.code));
}
