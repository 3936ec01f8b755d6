import type { FastifyBaseLogger } from 'fastify';
import type { Oidc } from './oidc.js';
import { checkOidc } from './settings.js';

/**
 * Reads the identity providers again while the service runs. What does not hold is told, and those in use stay; so they do where the
 * setting is gone, as in a file that is just being written: an empty list says that nobody is believed.
 */
export async function reloadOidc(oidc: Oidc, read: () => Promise<unknown>, log: FastifyBaseLogger): Promise<void> {
  try {
    const issuers = checkOidc(await read());
    oidc.use(issuers);
    log.info({ issuers: issuers.map(({ issuer }) => issuer) }, 'identity providers read again');
  } catch (error) {
    log.error({ err: error }, 'identity providers not replaced: those in use stay');
  }
}
