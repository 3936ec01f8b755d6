import { isNatsctlError, NatsctlError } from '../../claims/errors.js';
import { Prisma } from '../../prisma/generated/postgres/client.js';
import type { ServiceErrorCode } from '../errors.js';

/** The database cannot be reached or does not let us in. pg's messages name users and hosts, never a password. */
export function unreachable(shown: string, cause: unknown): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_DATABASE', `the database ${shown} cannot be used: ${reason(cause)}`, {
    hint: 'check that it runs, that the address and the sslmode are right, and that the user may sign in',
    details: { database: shown },
    cause,
  });
}

/** An AggregateError (one attempt for each address of a name) says nothing itself. */
function reason(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(reason).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** SQLSTATE classes: connection, resources, locks and timeouts, intervention, system (postgresql.org/docs/current/errcodes-appendix). */
const FAILED_STATES = /^(08|53|55|57|58|XX)/;

/** Whether the database itself failed, and not what was asked of it (a unique key, a trigger's refusal, a wrong query). */
export function isFailure(error: unknown): boolean {
  if (isNatsctlError(error) || error instanceof Prisma.PrismaClientValidationError) return false;
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return true;
  const adapter = error.meta?.driverAdapterError as { cause?: { originalCode?: string } } | undefined;
  return /^P1|^P2024$|^P2028$/.test(error.code) || FAILED_STATES.test(adapter?.cause?.originalCode ?? '');
}
