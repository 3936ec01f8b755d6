import { createHash } from 'node:crypto';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';

/** A structured string as draft-ietf-httpapi-idempotency-key-header-07 (2.1) has it, or the same without quotes, as most send it. */
const FORM = /^(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\w.:+/=~-]{1,255}))$/;

/** @throws NatsctlError ERR_IDEMPOTENCY_KEY */
export function readIdempotencyKey(header: string | string[]): string {
  const [, quoted, bare] = (typeof header === 'string' && FORM.exec(header)) || [];
  const key = quoted ?? bare;
  if (key !== undefined) return key;
  throw new NatsctlError<ServiceErrorCode>('ERR_IDEMPOTENCY_KEY', 'Idempotency-Key is not one quoted text', {
    hint: 'send a new UUID for each change, in quotes: up to 255 characters of ASCII',
    details: { issues: [{ code: 'header', level: 'error', path: '/idempotency-key', message: 'is not a key' }] },
  });
}

/** A key is the caller's own: that of somebody else is another one. */
export function recordId(principal: string, key: string): string {
  return sha256([principal, key]);
}

/** What the request asks for. */
export function fingerprintOf(request: { method: string; url: string; body: unknown }): string {
  return sha256([request.method, request.url, request.body ?? null]);
}

function sha256(parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
