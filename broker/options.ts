import type { Logger } from './log.js';

export interface BrokerOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 4222; -1 picks a free one. */
  port?: number;
  /** Operator JWTs whose accounts are trusted. At least one. */
  operators: string[];
  /** Account id; default is what the operators name. */
  systemAccount?: string;
  /** Where account JWTs come from: a service's `/jwt/v1/accounts`, or the given ones. */
  resolver: { url: string } | { memory: string[] };
  /** Default: the server id. */
  serverName?: string;
  /** Shown in events and monitoring; none when absent. */
  clusterName?: string;
  /** Shown in events and monitoring; system requests may ask for servers by them. */
  serverTags?: string[];
  /** Shown in events and monitoring. */
  serverMetadata?: Record<string, string>;
  logger?: Logger;
  maxPayload?: number;
  maxPending?: number;
  maxConnections?: number;
  /** Per connection; -1 = unlimited, the default. */
  maxSubscriptions?: number;
  authTimeoutMs?: number;
  pingIntervalMs?: number;
  maxPingsOut?: number;
  writeDeadlineMs?: number;
  /** Ended connections that connz still shows; default 10000. */
  maxClosedClients?: number;
  /** For TLS, and for monitoring over HTTPS. */
  tls?: TlsOptions;
  /** Monitoring over HTTP or HTTPS, without authentication; none when absent. */
  monitoring?: MonitoringOptions;
  /** What `$SYS.REQ.SERVER.<id>.RELOAD` runs; refused when absent. */
  onReloadRequest?: () => Promise<void>;
}

export interface TlsOptions {
  /** PEM. */
  cert: string;
  key: string;
}

export interface MonitoringOptions {
  http?: MonitoringAddress;
  /** Needs `tls`; not together with `http`. */
  https?: MonitoringAddress;
  /** In front of every path; default none. */
  basePath?: string;
}

export interface MonitoringAddress {
  /** Default: the broker's. */
  host?: string;
  /** -1 picks a free one. */
  port: number;
}

export interface RunningBroker {
  /** `nats://host:port` */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Public server nkey, made at start. */
  readonly serverId: string;
  /** `http://host:port/base`, when there is monitoring. */
  readonly monitoringUrl?: string;
  /** Client connections that are open now. */
  connections(): number;
  close(): Promise<void>;
}

export type BrokerErrorCode =
  /** An option is missing or out of its bounds. */
  | 'ERR_BROKER_OPTIONS'
  /** No operator, or an operator JWT that is not one. */
  | 'ERR_BROKER_OPERATORS'
  /** The system account cannot be used. */
  | 'ERR_BROKER_SYSTEM_ACCOUNT'
  /** The resolver does not answer its probe. */
  | 'ERR_BROKER_RESOLVER'
  | 'ERR_PORT_IN_USE'
  | 'ERR_LISTEN'
  /** The resolver does not know the account. */
  | 'ERR_ACCOUNT_UNKNOWN'
  /** The resolver could not be asked. */
  | 'ERR_ACCOUNT_UNAVAILABLE'
  | 'ERR_ACCOUNT_CAPACITY'
  /** The system account cannot be deleted. */
  | 'ERR_ACCOUNT_SYSTEM'
  /** The JWT is older than the one in use. */
  | 'ERR_ACCOUNT_OLDER'
  /** It would let revoked users back in, and the resolver does not say so. */
  | 'ERR_ACCOUNT_REVOCATION_DROPPED'
  | 'ERR_CONNECT_NO_JWT'
  | 'ERR_CONNECT_DESIGNATION'
  | 'ERR_CONNECT_USER_EXPIRED'
  | 'ERR_CONNECT_ACCOUNT_EXPIRED'
  | 'ERR_CONNECT_ACCOUNT_FULL'
  | 'ERR_CONNECT_PROTOCOL'
  | 'ERR_CONNECT_NO_RESPONDERS'
  | 'ERR_IMPORT_CYCLE'
  | 'ERR_IMPORT_NOT_EXPORTED'
  | 'ERR_IMPORT_DUPLICATE'
  | 'ERR_IMPORT_SUBJECT';
