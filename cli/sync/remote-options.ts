import type { TlsChoice } from '../client/tls.js';
import type { SystemUser } from './system-login.js';

export interface RemoteOptions extends SystemUser {
  /** URL, or `service` or `nats`. Default: the operator's account server URL. */
  service?: string | undefined;
  tls?: TlsChoice | undefined;
  /** Servers that must answer, where they are more than those that answer a ping. */
  servers?: number | undefined;
  timeoutMs?: number | undefined;
}

/** What the flags of cli/sync/flags.ts parse to. */
export function remoteOptions(
  flags: TlsChoice & {
    service?: string | undefined;
    servers?: number | undefined;
    timeout?: number | undefined;
    'system-account'?: string | undefined;
    'system-user'?: string | undefined;
    'system-creds'?: string | undefined;
  },
): RemoteOptions {
  return {
    service: flags.service,
    systemAccount: flags['system-account'],
    systemUser: flags['system-user'],
    creds: flags['system-creds'],
    servers: flags.servers,
    timeoutMs: flags.timeout === undefined ? undefined : flags.timeout * 1000,
    tls: flags,
  };
}
