import type { FastifyReply } from 'fastify';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import { parseEtags } from './etags.js';

/** The entity's ETag in the REST API: its version, which grows with every change. (On /jwt/v1 it is the jti of the JWT.) */
export function sendEntityTag(reply: FastifyReply, { version }: { version: number }): FastifyReply {
  return reply.header('etag', entityTag(version));
}

function entityTag(version: number): string {
  return `"v${version}"`;
}

/**
 * Two people who change one entity do not undo each other: a change names the version it was made from (RFC 9110, 13.1.1).
 *
 * @throws NatsctlError ERR_PRECONDITION_REQUIRED (428) without If-Match, ERR_PRECONDITION (412) where the entity is another by now
 */
export function requireMatch(ifMatch: string | undefined, { version }: { version: number }): void {
  const hint = 'read it again, and send the ETag of that answer as If-Match';
  if (ifMatch === undefined) {
    throw new NatsctlError<ServiceErrorCode>('ERR_PRECONDITION_REQUIRED', 'this change needs If-Match', { hint });
  }
  const etags = parseEtags(ifMatch);
  if (etags === '*' || etags?.includes(`v${version}`)) return;
  throw new NatsctlError<ServiceErrorCode>('ERR_PRECONDITION', 'it was changed since it was read', { hint });
}
