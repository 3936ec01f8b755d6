import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { NatsctlError } from '../../claims/errors.js';
import type { ServiceErrorCode } from '../errors.js';

/** @throws NatsctlError ERR_TLS; a file that held none would be trusted for nothing, and say so with the first request only */
export async function readAuthorities(file: string): Promise<string> {
  try {
    const text = await readFile(file, 'latin1');
    new X509Certificate(text);
    return text;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new NatsctlError<ServiceErrorCode>('ERR_TLS', `the authorities ${file} cannot be used: ${why}`, {
      hint: 'name a PEM file of certificates by --outbound-ca',
      cause,
    });
  }
}
