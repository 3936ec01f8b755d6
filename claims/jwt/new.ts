/** New claims with the defaults of nats-io/jwt v2: no limits but JetStream off, no permissions set. */
import type {
  AccountClaims,
  AccountLimits,
  ActivationClaims,
  AuthorizationRequestClaims,
  AuthorizationRequestData,
  AuthorizationResponseClaims,
  ExportType,
  GenericClaims,
  JetStreamLimits,
  OperatorClaims,
  Permissions,
  UserClaims,
  UserPermissionLimits,
} from '../types.js';
import type { Unsigned } from './encode.js';

/** Unlimited. */
export const NO_LIMIT = -1;

export function newOperator(sub: string, name: string): Unsigned<OperatorClaims> {
  return { sub, name, nats: { signing_keys: [], operator_service_urls: [], type: 'operator', version: 2 } };
}

export function newAccount(sub: string, name: string): Unsigned<AccountClaims> {
  return {
    sub,
    name,
    nats: {
      imports: [],
      exports: [],
      limits: noAccountLimits(),
      signing_keys: new Map(),
      revocations: new Map(),
      default_permissions: noPermissions(),
      mappings: new Map(),
      authorization: { auth_users: [], allowed_accounts: [] },
      type: 'account',
      version: 2,
    },
  };
}

/** With `issuerAccount` where a signing key will sign. */
export function newUser(sub: string, name: string, options: { issuerAccount?: string } = {}): Unsigned<UserClaims> {
  const { issuerAccount } = options;
  return {
    sub,
    name,
    nats: { ...noLimits(), ...(issuerAccount && { issuer_account: issuerAccount }), type: 'user', version: 2 },
  };
}

/** A user of a scoped signing key, which has nothing of its own: not even unlimited limits. */
export function newScopedUser(sub: string, name: string, issuerAccount: string): Unsigned<UserClaims> {
  return {
    sub,
    name,
    nats: { ...noLimits(), subs: 0, data: 0, payload: 0, issuer_account: issuerAccount, type: 'user', version: 2 },
  };
}

/** `sub` is the importing account, `subject` what it may import. */
export function newActivation(sub: string, subject: string, kind: ExportType): Unsigned<ActivationClaims> {
  return { sub, nats: { subject, kind, type: 'activation', version: 2 } };
}

export function newGeneric(sub: string): Unsigned<GenericClaims> {
  return { sub, nats: { version: 2 } };
}

export function newAuthorizationRequest(
  sub: string,
  request: Omit<AuthorizationRequestData, 'type' | 'version'>,
): Unsigned<AuthorizationRequestClaims> {
  return { sub, nats: { ...request, type: 'authorization_request', version: 2 } };
}

/** `sub` is the request's `user_nkey`; set `aud` to the asking server's id. */
export function newAuthorizationResponse(sub: string): Unsigned<AuthorizationResponseClaims> {
  return { sub, nats: { type: 'authorization_response', version: 2 } };
}

export function noPermissions(): Permissions {
  return { pub: { allow: [], deny: [] }, sub: { allow: [], deny: [] } };
}

/** A user's or a template's limits: none. */
export function noLimits(): UserPermissionLimits {
  return {
    ...noPermissions(),
    src: [],
    times: [],
    subs: NO_LIMIT,
    data: NO_LIMIT,
    payload: NO_LIMIT,
    allowed_connection_types: [],
  };
}

/** JetStream off. */
export function noJetStream(): JetStreamLimits {
  return {
    mem_storage: 0,
    disk_storage: 0,
    streams: 0,
    consumer: 0,
    max_ack_pending: 0,
    mem_max_stream_bytes: 0,
    disk_max_stream_bytes: 0,
    max_bytes_required: false,
  };
}

export function noAccountLimits(): AccountLimits {
  return {
    subs: NO_LIMIT,
    data: NO_LIMIT,
    payload: NO_LIMIT,
    imports: NO_LIMIT,
    exports: NO_LIMIT,
    wildcards: true,
    disallow_bearer: false,
    conn: NO_LIMIT,
    leaf: NO_LIMIT,
    ...noJetStream(),
    tiered_limits: new Map(),
  };
}
