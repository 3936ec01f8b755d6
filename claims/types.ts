/**
 * The claims of NATS decentralized auth as data. Field names are the wire's own (`nats-io/jwt` v2), so a reader can hold any
 * token beside this file. What the wire calls an object keyed by outside text is a `Map` here, so that no tenant's key can be
 * `__proto__`. Times are whole unix seconds; durations are nanoseconds, as on the wire; limits are integers, -1 = unlimited.
 *
 * Source: nats-io/jwt v2 (`*_claims.go`), ADR-14.
 */

export type ClaimKind =
  | 'operator'
  | 'account'
  | 'user'
  | 'activation'
  | 'authorization_request'
  | 'authorization_response'
  | 'generic';

/** The envelope every kind shares; `nats` carries the kind's own data. */
export interface Claims<Data> {
  aud?: string;
  /** Unix seconds; absent or 0 = never. */
  exp?: number;
  jti: string;
  iat: number;
  /** Public nkey of the signer. */
  iss: string;
  name?: string;
  nbf?: number;
  /** Public nkey of the entity (free text only in generic claims). */
  sub: string;
  nats: Data;
}

interface DataBase {
  tags?: string[];
  /** Of the token read: 2, or 1 for one migrated from v1. Always written as 2. */
  version: number;
}

export interface OperatorData extends DataBase {
  type: 'operator';
  signing_keys: string[];
  account_server_url?: string;
  operator_service_urls: string[];
  system_account?: string;
  assert_server_version?: string;
  strict_signing_key_usage?: boolean;
}

export interface Permission {
  /** Empty = no allow list: everything not denied is allowed. */
  allow: string[];
  deny: string[];
}

export interface ResponsePermission {
  /** Messages allowed per request; 0 = the default (1), negative = unlimited. */
  max: number;
  /** Nanoseconds; 0 = the default (2 min), negative = unlimited. */
  ttl: number;
}

export interface Permissions {
  pub: Permission;
  sub: Permission;
  resp?: ResponsePermission;
}

export interface TimeRange {
  /** `hh:mm:ss`, 24 h. A start after its end crosses midnight. */
  start: string;
  end: string;
}

export const CONNECTION_TYPES = [
  'STANDARD',
  'WEBSOCKET',
  'LEAFNODE',
  'LEAFNODE_WS',
  'MQTT',
  'MQTT_WS',
  'IN_PROCESS',
] as const;
export type ConnectionType = (typeof CONNECTION_TYPES)[number];

/** What a user may do and how much of it: a user's own, or the template of a scoped signing key. */
export interface UserPermissionLimits extends Permissions {
  subs: number;
  data: number;
  payload: number;
  src: string[];
  times: TimeRange[];
  times_location?: string;
  bearer_token?: boolean;
  proxy_required?: boolean;
  allowed_connection_types: string[];
}

export interface UserData extends DataBase, UserPermissionLimits {
  type: 'user';
  /** Set only where a signing key signed: the account it signs for. */
  issuer_account?: string;
}

export interface UserScope {
  kind: 'user_scope';
  key: string;
  role: string;
  template: UserPermissionLimits;
  description: string;
}

export type ExportType = 'stream' | 'service';
export type ResponseType = 'Singleton' | 'Stream' | 'Chunked';

export interface ServiceLatency {
  /** Percent 1..100, or `headers`. */
  sampling: number | 'headers';
  results: string;
}

export interface Export {
  name?: string;
  subject: string;
  type: ExportType;
  token_req?: boolean;
  /** Importing account (or `*`) -> unix seconds: activations issued at or before it are refused. */
  revocations: Map<string, number>;
  response_type?: ResponseType;
  /** Nanoseconds. */
  response_threshold?: number;
  service_latency?: ServiceLatency;
  /** 1-based index of the `*` token that must be the importing account's id; 0 or absent = none. */
  account_token_position?: number;
  advertise?: boolean;
  allow_trace?: boolean;
  description?: string;
  info_url?: string;
}

export interface Import {
  name?: string;
  /** The exporter's subject (but for a service in the deprecated `to` form, where it is the local one). */
  subject: string;
  account: string;
  /** Activation token of a private export. */
  token?: string;
  /** Deprecated: stream prefix, or the exporter's subject of a service. */
  to?: string;
  local_subject?: string;
  type: ExportType;
  share?: boolean;
  allow_trace?: boolean;
}

export interface JetStreamLimits {
  mem_storage: number;
  disk_storage: number;
  streams: number;
  consumer: number;
  max_ack_pending: number;
  mem_max_stream_bytes: number;
  disk_max_stream_bytes: number;
  max_bytes_required: boolean;
}

export interface AccountLimits extends JetStreamLimits {
  subs: number;
  data: number;
  payload: number;
  imports: number;
  exports: number;
  /** Wildcard exports allowed. */
  wildcards: boolean;
  disallow_bearer: boolean;
  conn: number;
  leaf: number;
  tiered_limits: Map<string, JetStreamLimits>;
}

export interface WeightedMapping {
  subject: string;
  /** Percent 1..100; absent = 100. */
  weight?: number;
  cluster?: string;
}

export interface ExternalAuthorization {
  auth_users: string[];
  allowed_accounts: string[];
  xkey?: string;
}

export interface MsgTrace {
  dest: string;
  /** Percent; 0 or absent = 100. */
  sampling?: number;
}

export interface AccountData extends DataBase {
  type: 'account';
  imports: Import[];
  exports: Export[];
  limits: AccountLimits;
  /** Signing key -> its scope, or null for a plain one. */
  signing_keys: Map<string, UserScope | null>;
  /** User key or `*` -> unix seconds: user JWTs issued at or before it are refused. */
  revocations: Map<string, number>;
  default_permissions: Permissions;
  mappings: Map<string, WeightedMapping[]>;
  authorization: ExternalAuthorization;
  trace?: MsgTrace;
  cluster_traffic?: string;
  description?: string;
  info_url?: string;
}

export interface ActivationData extends DataBase {
  type: 'activation';
  subject: string;
  kind: ExportType;
  issuer_account?: string;
}

export interface ServerId {
  name: string;
  host: string;
  id: string;
  version?: string;
  cluster?: string;
  tags?: string[];
  xkey?: string;
}

export interface ClientInformation {
  host?: string;
  id?: number;
  user?: string;
  name?: string;
  tags?: string[];
  name_tag?: string;
  kind?: string;
  type?: string;
  mqtt_id?: string;
  nonce?: string;
}

export interface ConnectOptions {
  jwt?: string;
  nkey?: string;
  sig?: string;
  auth_token?: string;
  user?: string;
  pass?: string;
  name?: string;
  lang?: string;
  version?: string;
  protocol: number;
}

export interface ClientTls {
  version?: string;
  cipher?: string;
  certs?: string[];
  verified_chains?: string[][];
}

export interface AuthorizationRequestData extends DataBase {
  type: 'authorization_request';
  server_id: ServerId;
  user_nkey: string;
  client_info: ClientInformation;
  connect_opts: ConnectOptions;
  client_tls?: ClientTls;
  request_nonce?: string;
}

export interface AuthorizationResponseData extends DataBase {
  type: 'authorization_response';
  jwt?: string;
  error?: string;
  issuer_account?: string;
}

/** `nats` of a generic claim: any JSON object; dictionaries inside are null-prototype objects. */
export type GenericData = { [key: string]: unknown; type?: string; version?: number; tags?: string[] };

export type OperatorClaims = Claims<OperatorData>;
export type AccountClaims = Claims<AccountData>;
export type UserClaims = Claims<UserData>;
export type ActivationClaims = Claims<ActivationData>;
export type AuthorizationRequestClaims = Claims<AuthorizationRequestData>;
export type AuthorizationResponseClaims = Claims<AuthorizationResponseData>;
export type GenericClaims = Claims<GenericData>;

export interface ClaimsByKind {
  operator: OperatorClaims;
  account: AccountClaims;
  user: UserClaims;
  activation: ActivationClaims;
  authorization_request: AuthorizationRequestClaims;
  authorization_response: AuthorizationResponseClaims;
  generic: GenericClaims;
}
export type AnyClaims = ClaimsByKind[ClaimKind];

/** A token whose signature was checked over the bytes received, with its claims. Made only by `decode` and `signClaims`. */
export interface Decoded<C = AnyClaims> {
  readonly kind: ClaimKind;
  readonly claims: C;
  /** Exactly as received. */
  readonly token: string;
  /** 2, or 1 for a legacy token (read only where asked for). */
  readonly version: 1 | 2;
}
