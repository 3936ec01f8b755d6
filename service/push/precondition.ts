import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';
import { parseEtags } from '../http/etags.js';

/** What a writer says about the version it started from (RFC 9110 section 13.1). */
export type Precondition = { kind: 'none' } | { kind: 'match'; etags: string[] | '*' } | { kind: 'absent' };

/** Reads `If-Match` and `If-None-Match` of a push. */
export function readPrecondition(ifMatch: string | undefined, ifNoneMatch: string | undefined): Precondition {
  if (ifMatch !== undefined && ifNoneMatch !== undefined) throw syntax('If-Match and If-None-Match exclude each other');
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() !== '*') throw syntax('a push takes If-None-Match: * only');
    return { kind: 'absent' };
  }
  if (ifMatch === undefined) return { kind: 'none' };
  const etags = parseEtags(ifMatch);
  if (!etags) throw syntax('If-Match is not a list of quoted ETags');
  return { kind: 'match', etags };
}

function syntax(what: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_PUSH_PRECONDITION_SYNTAX', what, {
    hint: 'name the jti that the JWT was made from: If-Match: "<jti>"',
  });
}
