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
  /** Default 2 s; with TLS, its own time and one second more, as nats-server. */
  authTimeoutMs?: number;
  pingIntervalMs?: number;
  maxPingsOut?: number;
  writeDeadlineMs?: number;
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
