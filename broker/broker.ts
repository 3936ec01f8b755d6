import type { Seed } from '../claims/keys/seed.js';
import type { AccountRegistry } from './account/registry.js';
import type { Passwords } from './auth/passwords.js';
import type { AuthSettings } from './auth/settings.js';
import type { VerifiedUsers } from './auth/verified-users.js';
import type { Connection } from './connection/connection.js';
import type { Logger } from './log.js';
import type { Monitor } from './monitor/monitor.js';
import type { Observers } from './observer.js';
import type { Traffic } from './traffic.js';

export interface BrokerLimits {
  readonly maxPayload: number;
  readonly maxPending: number;
  readonly maxConnections: number;
  /** -1 = unlimited. */
  readonly maxSubscriptions: number;
  /** 0 = any number. */
  readonly maxSubTokens: number;
  readonly maxControlLine: number;
  readonly noHeaderSupport: boolean;
  readonly noFastProducerStall: boolean;
  readonly authTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly maxPingsOut: number;
  readonly writeDeadlineMs: number;
  readonly lameDuckDurationMs: number;
  readonly lameDuckGraceMs: number;
  readonly maxClosedClients: number;
}

/** What every part of one running broker shares. */
export interface Broker {
  readonly serverId: string;
  readonly serverName: string;
  /** Empty when it has none. */
  readonly clusterName: string;
  readonly version: string;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  /** JWTs of the trusted operators. */
  readonly operatorTokens: readonly string[];
  readonly host: string;
  /** Known once listening. */
  port: number;
  readonly started: number;
  readonly limits: BrokerLimits;
  readonly log: Logger;
  readonly accounts: AccountRegistry;
  readonly users: VerifiedUsers;
  auth: AuthSettings;
  readonly passwords: Passwords;
  /** Secret half of the server id: it signs what an auth callout is asked. */
  readonly serverKey: Seed;
  /** What services of auth callouts seal their answers to. */
  readonly curveKey: Seed;
  /** Logins refused because their account is not pinned. */
  pinnedAccountFails: number;
  readonly connections: Map<number, Connection>;
  readonly observers: Observers;
  /** It takes no more clients and lets go of those it has. */
  lameDuck: boolean;
  /** Of connections that ended. */
  readonly endedTraffic: Traffic;
  /** Connections that were ever accepted. */
  totalConnections: number;
  /** Times that a publisher was held back. */
  stalls: number;
  readonly monitor: Monitor;
  /** Has `connection.out` flushed at the end of this event-loop turn. */
  scheduleFlush(connection: Connection): void;
}
