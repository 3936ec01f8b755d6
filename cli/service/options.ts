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
    resignSelfSigned: flags['resign-self-signed'],
    allowKeyExport: flags['allow-key-export'],
    defaultCustody: flags.custody,
    ...(flags['max-user-ttl'] !== undefined && { maxUserTtl: flags['max-user-ttl'] }),
    ...(metricsAuth !== undefined && { metricsAuth }),
    ...(metricsPort !== undefined && { metricsPort }),
    trustProxy: flags['trust-proxy'] ?? [],
    renewActivations: seconds(flags['renew-activations'] ?? '0'),
    outbound: {
      allow: flags['outbound-allow'] ?? [],
      ...(flags['outbound-ca'] !== undefined && { caFile: flags['outbound-ca'] }),
    },
    ledger: {
      expiryWarnings: warnings(flags['expiry-warnings']),
      retention: flags['ledger-retention'],
      pruneRevocations: flags['prune-revocations'],
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

const SECONDS = { h: 3_600, d: 86_400 } as const;
/** Each is a look at the ledger every few minutes. */
const MAX_WARNINGS = 10;

function warnings(text: string): number[] {
  if (text === 'none') return [];
  const times = text.split(',').map((time) => /^([1-9]\d{0,4})([hd])$/.exec(time.trim()));
  const seconds = times.map((time) => Number(time?.[1]) * SECONDS[time?.[2] as keyof typeof SECONDS]);
  if (seconds.length <= MAX_WARNINGS && seconds.every(Number.isInteger)) return seconds;
  throw usageError(
    `not times of warnings: ${JSON.stringify(text)}`,
    `write at most ${MAX_WARNINGS} of them as 30d,7d,12h, or none`,
  );
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
