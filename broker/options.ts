import type { Authorization, ConfigAccount } from './config-options.js';
import type { Logger } from './log.js';
import type { DirectoryResolver } from './resolver/directory-source.js';

export type { Authorization, CalloutOptions, ConfigAccount, ConfigExport, ConfigUser } from './config-options.js';

export interface BrokerOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 4222; -1 picks a free one. */
  port?: number;
  /** Operator JWTs whose accounts are trusted. Left out: users and accounts are what is configured here (or anybody, in `$G`). */
  operators?: string[];
  /** Account id; default is what the operators name. Without operators a name, default `$SYS`. */
  systemAccount?: string;
  /** With operators: where account JWTs come from, a service's `/jwt/v1/accounts`, the given ones, or a folder of them. */
  resolver?: { url: string } | { memory: string[] } | DirectoryResolver;
  /** With operators: only these accounts, and the system account, may be used here. */
  pinnedAccounts?: string[];
  /** With operators: the bearer user JWT of clients that send none, for an auth callout to judge. */
  defaultSentinel?: string;
  /** Public keys of proxies whose signature of the nonce (`proxy_sig`) is believed. */
  trustedProxies?: string[];
  /** Without operators. */
  authorization?: Authorization;
  /** Without operators: by name. */
  accounts?: Record<string, ConfigAccount>;
  /** Without operators: the user that a client without credentials is. */
  noAuthUser?: string;
  /** Without operators: no `$SYS` account is made. */
  noSystemAccount?: boolean;
  /** Default: the server id. */
  serverName?: string;
  /** Chooses among mappings that are for one cluster; told wherever nats-server tells it. Default: none. */
  clusterName?: string;
  /** Shown in events and monitoring; system requests may ask for servers by them. */
  serverTags?: string[];
  /** Shown in events and monitoring. */
  serverMetadata?: Record<string, string>;
  logger?: Logger;
  /** Host, or host and port, that INFO names in the place of the address listened on. */
  clientAdvertise?: string;
  /** Of the client listener: required once given, unless `allowNonTls`. */
  tls?: TlsOptions;
  /** Clients may go without TLS all the same, on the same port. */
  allowNonTls?: boolean;
  websocket?: WebSocketOptions;
  /** A PROXY header (version 1 or 2) before everything else says where a client comes from. For a port that only proxies reach. */
  proxyProtocol?: boolean;
  maxPayload?: number;
  maxPending?: number;
  maxConnections?: number;
  /** Per connection; -1 = unlimited, the default. */
  maxSubscriptions?: number;
  /** Most tokens in the subject of a subscription; 0 = any number, the default. */
  maxSubTokens?: number;
  /** Bytes of the arguments of one protocol line, CONNECT with its JWT included. Default 4096. */
  maxControlLine?: number;
  /** Clients may not send headers, and get none. */
  noHeaderSupport?: boolean;
  /** What a subscriber that is far behind would get is left out for it, instead of holding back who publishes. */
  noFastProducerStall?: boolean;
  /** Default 2 s; with TLS, its own time and one second more, as nats-server. */
  authTimeoutMs?: number;
  pingIntervalMs?: number;
  maxPingsOut?: number;
  writeDeadlineMs?: number;
  /** How long `lameDuck` takes, at least 30 s. Default 2 min. */
  lameDuckDurationMs?: number;
  /** Of it, before the first client is closed. Default 10 s. */
  lameDuckGraceMs?: number;
  /** Ended connections that connz still shows; default 10000. */
  maxClosedClients?: number;
  /** Monitoring over HTTP or HTTPS, without authentication; none when absent. */
  monitoring?: MonitoringOptions;
  /** What `$SYS.REQ.SERVER.<id>.RELOAD` runs; refused when absent. */
  onReloadRequest?: () => Promise<void>;
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

/** PEM throughout. */
export interface TlsOptions {
  cert: string;
  key: string;
  /** Who may have signed clients' certificates. Default: the authorities that Node trusts. */
  ca?: string;
  /** A client must show a certificate that the authority signed. */
  verify?: boolean;
  /** `verify`, and the certificate says who the user is. */
  verifyAndMap?: boolean;
  /** For the handshake. Default 2,000. */
  timeoutMs?: number;
  /** TLS before INFO: always, or by clients that start it within so many ms. */
  handshakeFirst?: boolean | number;
  /** `1.2` (default) or `1.3`. */
  minVersion?: string;
  /** Go's names, which are IANA's. Those of TLS 1.3 are not chosen. */
  cipherSuites?: string[];
  /** Go's names, `X25519` or `CurveP256`. */
  curvePreferences?: string[];
  /** SHA-256 of the public key (SubjectPublicKeyInfo) of client certificates, in hex; no others are let in. */
  pinnedCerts?: string[];
  /** Handshakes a second; 0 = unlimited, the default. */
  connectionRateLimit?: number;
}

export interface WebSocketOptions {
  /** Default: that of the client listener. */
  host?: string;
  /** -1 picks a free one. */
  port: number;
  /** Told to other servers of a cluster; of no effect alone. */
  advertise?: string;
  /** Bearer JWTs and passwords travel here: without TLS only when this says so. */
  noTls?: boolean;
  tls?: TlsOptions;
  /** The page must come from the host it connects to. */
  sameOrigin?: boolean;
  /** Pages may come from these: scheme, host and port. Default: any. */
  allowedOrigins?: string[];
  /** permessage-deflate, with clients that ask for it. */
  compression?: boolean;
  /** Default 2,000. */
  handshakeTimeoutMs?: number;
  /** More headers of the answer to an upgrade. */
  headers?: Record<string, string>;
  /** Names of the cookies that stand in for fields that a CONNECT leaves empty. */
  cookies?: { jwt?: string; user?: string; password?: string; token?: string };
  noAuthUser?: string;
  authorization?: { user?: string; password?: string; token?: string; timeoutMs?: number };
}

export interface RunningBroker {
  /** `nats://host:port` */
  readonly url: string;
  /** `ws://host:port` or `wss://host:port`, when there is such a listener. */
  readonly webSocketUrl?: string;
  readonly host: string;
  readonly port: number;
  /** Public server nkey, made at start. */
  readonly serverId: string;
  /** `http://host:port/base`, when there is monitoring. */
  readonly monitoringUrl?: string;
  /** Client connections that are open now. */
  connections(): number;
  /**
   * Accepts no more clients, tells those who are there, and closes them one by one over the lame duck's duration; then the broker closes.
   * Resolves when it is closed.
   */
  lameDuck(): Promise<void>;
  /** Takes the users, accounts and ways to authenticate of other options into use; who may no longer be connected leaves. */
  reload(options: BrokerOptions): Promise<void>;
  close(): Promise<void>;
}

export type BrokerErrorCode =
  /** An option is missing or out of its bounds. */
  | 'ERR_BROKER_OPTIONS'
  /** The configuration file, or the command line, cannot be used. */
  | 'ERR_BROKER_CONFIG'
  /** No operator, or an operator JWT that is not one. */
  | 'ERR_BROKER_OPERATORS'
  /** The system account cannot be used. */
  | 'ERR_BROKER_SYSTEM_ACCOUNT'
  /** The resolver does not answer its probe. */
  | 'ERR_BROKER_RESOLVER'
  /** Keys or choices of TLS that cannot be used. */
  | 'ERR_BROKER_TLS'
  | 'ERR_BROKER_WEBSOCKET'
  | 'ERR_TLS_HANDSHAKE'
  | 'ERR_PORT_IN_USE'
  | 'ERR_LISTEN'
  /** The resolver does not know the account. */
  | 'ERR_ACCOUNT_UNKNOWN'
  /** The resolver could not be asked. */
  | 'ERR_ACCOUNT_UNAVAILABLE'
  | 'ERR_ACCOUNT_CAPACITY'
  /** A full resolver has all the accounts it may have. */
  | 'ERR_ACCOUNT_STORE_FULL'
  /** The resolver lets no accounts be deleted. */
  | 'ERR_ACCOUNT_DELETE_DISABLED'
  /** The system account cannot be deleted. */
  | 'ERR_ACCOUNT_SYSTEM'
  /** The JWT is older than the one in use. */
  | 'ERR_ACCOUNT_OLDER'
  /** It would let revoked users back in, and the resolver does not say so. */
  | 'ERR_ACCOUNT_REVOCATION_DROPPED'
  | 'ERR_CONNECT_NO_JWT'
  | 'ERR_CONNECT_DESIGNATION'
  /** User, password, token, key or certificate are not those of anybody configured. */
  | 'ERR_CONNECT_CREDENTIALS'
  /** The proxy's signature is not by a trusted one. */
  | 'ERR_CONNECT_PROXY'
  | 'ERR_CONNECT_PINNED'
  /** The auth callout said no, or nothing. */
  | 'ERR_CONNECT_CALLOUT'
  /** Too many logins wait for a password check or an auth callout. */
  | 'ERR_CONNECT_BUSY'
  | 'ERR_CONNECT_USER_EXPIRED'
  | 'ERR_CONNECT_ACCOUNT_EXPIRED'
  | 'ERR_CONNECT_ACCOUNT_FULL'
  | 'ERR_CONNECT_PROTOCOL'
  | 'ERR_CONNECT_NO_RESPONDERS'
  | 'ERR_IMPORT_CYCLE'
  | 'ERR_IMPORT_NOT_EXPORTED'
  | 'ERR_IMPORT_DUPLICATE'
  | 'ERR_IMPORT_SUBJECT';
