/** What whoever runs the service may decide, checked before anything is opened. */
import { isIP } from 'node:net';
import { NatsctlError } from '../claims/errors.js';
import { checkOidc, type OidcIssuer } from './auth/oidc/settings.js';
import type { ServiceErrorCode } from './errors.js';
import type { LedgerSettings } from './ledger/keep-ledger.js';
import type { PushAuth } from './plugins/push-auth.js';
import { DEFAULT_RATE_LIMITS, type RateLimits } from './plugins/rate-limits.js';
import type { MetricsAuth } from './routes/metrics.js';
import type { TlsFiles } from './tls/server-tls.js';

export interface RunSettings {
  /** Absent = plain HTTP. */
  tls?: TlsFiles;
  /** Default `none`: the operator's signature on the JWT is what counts. */
  pushAuth?: PushAuth;
  /** Default `loopback`, or `none` on a port of its own. */
  metricsAuth?: MetricsAuth;
  /** Serves /metrics there and not with the rest; -1 = any free one. */
  metricsPort?: number;
  /** Identity providers whose tokens are believed, as docs/service.md has them (`service/auth/oidc/settings.ts`). */
  oidc?: unknown;
  rateLimits?: Partial<RateLimits>;
  trustProxy?: string[];
  /** Seconds before their end that activations are renewed whose exporter lets the service do so. Default 0: none is. */
  renewActivations?: number;
  ledger?: Partial<LedgerSettings>;
  outbound?: Partial<OutboundSettings>;
  /** Seconds. */
  stop?: Partial<StopSettings>;
}

export interface StopSettings {
  /** /readyz says no, everything else goes on: time for load balancers to look. */
  delay: number;
  /** Then requests under way may take so long. */
  requests: number;
  /** Then announcements may take so long. */
  outbox: number;
}

/** Where the service goes for a caller: to webhooks. */
export interface OutboundSettings {
  /** Ranges (CIDR) that are not public and may be reached all the same. */
  allow: string[];
  /** PEM file of authorities to trust beside the well-known ones. */
  caFile?: string;
}

const DAY = 86_400;
const DEFAULT_LEDGER: LedgerSettings = {
  expiryWarnings: [30 * DAY, 7 * DAY, DAY],
  retention: 0,
  pruneRevocations: false,
  every: 600,
};
const DEFAULT_STOP: StopSettings = { delay: 0, requests: 5, outbox: 5 };

export type CheckedSettings = Required<Omit<RunSettings, keyof Filled | 'tls' | 'metricsPort'>> &
  Pick<RunSettings, 'tls' | 'metricsPort'> &
  Filled;

/** What has defaults inside, or is read. */
interface Filled {
  oidc: OidcIssuer[];
  rateLimits: RateLimits;
  ledger: LedgerSettings;
  outbound: OutboundSettings;
  stop: StopSettings;
}

/** @throws NatsctlError ERR_SETTING_INVALID */
export function checkSettings(settings: RunSettings): CheckedSettings {
  const { tls, metricsPort, pushAuth = 'none', trustProxy = [] } = settings;
  if (pushAuth === 'mtls' && tls?.clientCa === undefined) {
    throw invalid('pushes need a client certificate, and no authority of clients is named', 'add --tls-client-ca');
  }
  for (const range of trustProxy) checkRange(range, 'a proxy');
  const outbound = { allow: [], ...settings.outbound };
  for (const range of outbound.allow) checkRange(range, 'a network to reach');
  return {
    ...(tls && { tls }),
    ...(metricsPort !== undefined && { metricsPort }),
    pushAuth,
    oidc: checkOidc(settings.oidc ?? []),
    trustProxy,
    renewActivations: settings.renewActivations ?? 0,
    outbound,
    metricsAuth: settings.metricsAuth ?? (metricsPort === undefined ? 'loopback' : 'none'),
    rateLimits: { ...DEFAULT_RATE_LIMITS, ...settings.rateLimits },
    ledger: { ...DEFAULT_LEDGER, ...settings.ledger },
    stop: { ...DEFAULT_STOP, ...settings.stop },
  };
}

/** An address, or one with the bits that count: `10.0.0.0/8`. Not 0 bits: who believes everybody believes the caller, as who opens everything does. */
function checkRange(range: string, of: string): void {
  const [address = '', bits, more] = range.split('/');
  const family = isIP(address);
  const width = family === 6 ? 128 : 32;
  const count = Number(bits ?? width);
  if (family !== 0 && more === undefined && /^\d*$/.test(bits ?? '') && bits !== '' && count >= 1 && count <= width)
    return;
  throw invalid(`not an address or range of addresses of ${of}: ${JSON.stringify(range)}`, 'write it as 10.0.0.0/8');
}

function invalid(message: string, hint: string): NatsctlError<ServiceErrorCode> {
  return new NatsctlError('ERR_SETTING_INVALID', message, { hint });
}
