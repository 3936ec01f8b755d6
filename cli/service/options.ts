import type { Interfaces } from '@oclif/core';
import { parseDuration } from '../duration.js';
import { usageError } from '../errors.js';
import type { serviceSettings } from './settings.js';

export type ServiceFlags = Interfaces.InferredFlags<typeof serviceSettings>;

/** The flags as the service takes them; what belongs together is looked at here, wherever each part was said. */
export function serviceOptions(flags: ServiceFlags) {
  const { 'metrics-port': metricsPort, 'metrics-auth': metricsAuth } = flags;
  if (flags.creds !== undefined && flags.server === undefined) {
    throw usageError('creds are for a server to announce to, and none is named', 'add --server');
  }
  const tls = tlsFiles(flags);
  return {
    ...(tls && { tls }),
    pushAuth: flags['push-auth'],
    allowKeyExport: flags['allow-key-export'],
    ...(metricsAuth !== undefined && { metricsAuth }),
    ...(metricsPort !== undefined && { metricsPort }),
    trustProxy: flags['trust-proxy'] ?? [],
    renewActivations: seconds(flags['renew-activations'] ?? '0'),
    outbound: {
      allow: flags['outbound-allow'] ?? [],
      ...(flags['outbound-ca'] !== undefined && { caFile: flags['outbound-ca'] }),
    },
    rateLimits: {
      requests: flags['rate-limit'],
      resolver: flags['rate-limit-resolver'],
      failures: flags['rate-limit-failures'],
    },
    stop: {
      delay: flags['stop-delay'],
      requests: flags['stop-timeout'],
      outbox: flags['stop-announce'],
    },
  };
}

/** Activations end at whole seconds. */
function seconds(duration: string): number {
  return Math.ceil(parseDuration(duration) / 1e9);
}

function tlsFiles(flags: ServiceFlags) {
  const { 'tls-cert': cert, 'tls-key': key, 'tls-client-ca': clientCa, 'tls-client-auth': clientAuth } = flags;
  if (cert === undefined && key === undefined) {
    if (clientCa === undefined) return undefined;
    throw usageError('client certificates need TLS', 'add --tls-cert and --tls-key');
  }
  if (cert === undefined || key === undefined) {
    throw usageError('TLS needs a certificate and its key', `add --tls-${cert === undefined ? 'cert' : 'key'}`);
  }
  return { cert, key, ...(clientCa !== undefined && { clientCa, clientAuth }) };
}
