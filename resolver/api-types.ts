/**
 * The REST API as its OpenAPI document says.
 *
 * Written by `npm run docs` (scripts/api-types.mjs) from the schemas of service/: change those.
 */

export interface AccessToken {
  /** Hash of the token id */
  id: string;
  name: string;
  role: string;
  /** Operator the role is for */
  operator?: string;
  /** Account the role is for */
  account?: string;
  /** Who made it, as in the audit */
  createdBy: string;
  /** Id of the token it was made with, where that is one the caller may manage */
  madeWith?: string;
  /** Made (unix seconds) */
  createdAt: number;
  /** Ends (unix seconds) */
  expiresAt?: number;
  /** Last used, to the minute (unix seconds) */
  lastUsedAt?: number;
  /** Revoked (unix seconds) */
  revokedAt?: number;
}

export interface Account {
  /** Account key */
  publicKey: string;
  name: string;
  /** Operator key */
  operator: string;
  /** Of the stored JWT; its ETag */
  jti: string;
  /** Issue of the stored JWT (unix seconds) */
  issuedAt: number;
  /** Grows by one with every stored JWT */
  version: number;
  /** First stored (unix seconds) */
  createdAt: number;
  /** Last stored (unix seconds) */
  updatedAt: number;
}

export interface AccountDetail {
  /** Account key */
  publicKey: string;
  name: string;
  /** Operator key */
  operator: string;
  /** Of the stored JWT; its ETag */
  jti: string;
  /** Issue of the stored JWT (unix seconds) */
  issuedAt: number;
  /** Grows by one with every stored JWT */
  version: number;
  /** First stored (unix seconds) */
  createdAt: number;
  /** Last stored (unix seconds) */
  updatedAt: number;
  /** Of the JWT */
  claims: Record<string, unknown>;
  jwt: string;
}

export interface AccountSigningKey {
  /** Signing key */
  publicKey: string;
  /** Sealed here, in Transit, or (null) kept by somebody else */
  held: "local" | "transit" | null;
  role?: string;
  description?: string;
  /** What users of the role may do, in the form of the JWT: {"pub": {"allow": ["orders.>"]}, "subs": 10, "bearer_token": false} */
  template?: Record<string, unknown>;
}

export interface ActivationRequest {
  id: string;
  /** pending, approved, rejected, revoked, or expired: approved, and its token has ended */
  status: "pending" | "approved" | "rejected" | "revoked" | "expired";
  /** Account key */
  importer: string;
  /** Account key */
  exporter: string;
  type: "stream" | "service";
  subject: string;
  note: string;
  attach: boolean;
  /** Of a rejection */
  reason?: string;
  /** Requested (unix seconds) */
  requestedAt: number;
  /** Approved, rejected or renewed (unix seconds) */
  decidedAt?: number;
  /** The service renews it by itself, where it is run with --renew-activations */
  renew: boolean;
  /** Seconds that each token lasts */
  lifetime?: number;
  /** End of the token (unix seconds) */
  expires?: number;
  /** Tokens issued at or before it are void (unix seconds) */
  revokedAt?: number;
  /** Activation JWT */
  token?: string;
}

export interface Announcement {
  /** Link id */
  link: string;
  /** Account key */
  account: string;
  kind: "update" | "deletion";
  /** Of the JWT announced */
  jti?: string;
  /** pending: some server has not confirmed it; acked: all have */
  state: string;
  attempts: number;
  /** Last attempt (unix seconds) */
  updatedAt: number;
  /** What each server answered so far; the announcement goes on until every one has it */
  answers: ServerAnswer[];
}

export interface ApprovedActivationRequest {
  id: string;
  /** pending, approved, rejected, revoked, or expired: approved, and its token has ended */
  status: "pending" | "approved" | "rejected" | "revoked" | "expired";
  /** Account key */
  importer: string;
  /** Account key */
  exporter: string;
  type: "stream" | "service";
  subject: string;
  note: string;
  attach: boolean;
  /** Of a rejection */
  reason?: string;
  /** Requested (unix seconds) */
  requestedAt: number;
  /** Approved, rejected or renewed (unix seconds) */
  decidedAt?: number;
  /** The service renews it by itself, where it is run with --renew-activations */
  renew: boolean;
  /** Seconds that each token lasts */
  lifetime?: number;
  /** End of the token (unix seconds) */
  expires?: number;
  /** Tokens issued at or before it are void (unix seconds) */
  revokedAt?: number;
  /** Activation JWT */
  token?: string;
  /** Where the importer asked for it: its import has the token now */
  attached?: boolean;
  /** Code of what was in the way */
  notAttached?: string;
}

export interface AuditEntry {
  seq: number;
  /** When (unix seconds) */
  at: number;
  /** `token:<name>`, `key:<key>` of who signed in, `signer:<key>` of a pushed JWT, or `service` */
  actor: string;
  action: string;
  entity: string;
  /** Operator it belongs to */
  operator: string | null;
  /** Account it belongs to */
  account: string | null;
  /** jti of the JWT replaced */
  beforeJti: string | null;
  /** jti of the JWT that took its place */
  afterJti: string | null;
  /** Claims as they were */
  before: Record<string, unknown> | null;
  /** Claims as they are */
  after: Record<string, unknown> | null;
  detail: Record<string, unknown>;
  /** Of the request, as in the log */
  requestId: string | null;
  /** Address of the caller */
  remote: string | null;
  /** SHA-256 over this entry and the hash of the one before */
  hash: string;
}

export interface ChangedAccount {
  /** Account key */
  publicKey: string;
  name: string;
  /** Operator key */
  operator: string;
  /** Of the stored JWT; its ETag */
  jti: string;
  /** Issue of the stored JWT (unix seconds) */
  issuedAt: number;
  /** Grows by one with every stored JWT */
  version: number;
  /** First stored (unix seconds) */
  createdAt: number;
  /** Last stored (unix seconds) */
  updatedAt: number;
  /** Of the JWT */
  claims: Record<string, unknown>;
  jwt: string;
  /** What is valid and rarely meant, or does not work yet as somebody may think */
  warnings: Warning[];
}

export interface ChangedExport {
  /** TYPE:SUBJECT, percent-encoded in the path: `service%3Aorders.get` is `service:orders.get` */
  id: string;
  type: "stream" | "service";
  /** What is exported; may have wildcards */
  subject: string;
  /** For people */
  name?: string;
  /** Private: an import needs an activation */
  token_req?: boolean;
  response_type?: "Singleton" | "Stream" | "Chunked";
  /** Nanoseconds */
  response_threshold?: number;
  service_latency?: {
    /** Percent, or `headers` */
    sampling: "headers" | number;
    /** Where latencies are sent */
    results: string;
  };
  /** From 1: the `*` of the subject that must be the importing account's key; 0 = none */
  account_token_position?: number;
  /** Shown to others by tools */
  advertise?: boolean;
  /** Traces go through (services) */
  allow_trace?: boolean;
  /** For people */
  description?: string;
  /** Where more is told */
  info_url?: string;
  revocations: {
    /** Importing account, or `*` */
    account: string;
    /** Activations issued at or before it are void (unix seconds) */
    revokedAt: number;
  }[];
  /** What is valid and rarely meant, or does not work yet as somebody may think */
  warnings: Warning[];
}

export interface ChangedImport {
  /** TYPE:EXPORTER:SUBJECT (the exporter's subject), percent-encoded in the path */
  id: string;
  type: "stream" | "service";
  /** Exporting account */
  account: string;
  /** The exporter's subject, or a part of it */
  subject: string;
  /** Activation JWT, for a private export */
  token?: string;
  /** For people */
  name?: string;
  /** What it is called here; `*` and `$1` stand for the wildcards of the subject */
  local_subject?: string;
  /** The exporter is told who asks (services) */
  share?: boolean;
  /** Traces go through (streams) */
  allow_trace?: boolean;
  /** Of the deprecated form, which other tools may have written */
  to?: string;
  /** What is valid and rarely meant, or does not work yet as somebody may think */
  warnings: Warning[];
}

export interface CreatedUser {
  /** User key */
  publicKey: string;
  name: string;
  /** Account key */
  account: string;
  /** Issue of its JWT (unix seconds) */
  issuedAt: number;
  /** Expiry of its JWT (unix seconds) */
  expires?: number;
  /** Made (unix seconds) */
  createdAt: number;
  /** The role that gives its permissions and limits */
  role?: string;
  /** Disabled: its JWTs issued at or before it are void (unix seconds) */
  disabledAt?: number;
  jwt?: string;
  /** What is valid and rarely meant, or does not work yet as somebody may think */
  warnings: Warning[];
  /** Where a policy made it end earlier than asked */
  clamped?: {
    /** Expiry that was asked for; absent = never (unix seconds) */
    asked?: number;
    /** Expiry that it got (unix seconds) */
    expires: number;
    /** Seconds that the policy allows */
    maxTtl: number;
  };
  /** Given here once, kept nowhere */
  creds?: string;
}

export interface CredentialPolicy {
  /** Seconds that a user JWT lives at most, counted from its issue; null = no bound */
  maxTtl: number | null;
  /** Seconds that one lives where nothing is said; null = without end, credentials an hour */
  defaultTtl: number | null;
  /** Whoever brings a public key proves that he holds the private one */
  requireProof: boolean;
  /** Users that need no key to connect */
  allowBearer: boolean;
}

export interface DeletedAccount {
  /** Account key */
  account: string;
  name: string;
  /** Deletion (unix seconds) */
  deletedAt: number;
  /** Users made here that went with it */
  users: number;
  /** JWTs of the account issued at or before it are refused (unix seconds) */
  refusedUntil: number;
  /** What each server answered so far; the announcement goes on until every one has it */
  announced: ServerAnswer[];
}

export interface DisabledUser {
  /** User key */
  publicKey: string;
  name: string;
  /** Account key */
  account: string;
  /** Issue of its JWT (unix seconds) */
  issuedAt: number;
  /** Expiry of its JWT (unix seconds) */
  expires?: number;
  /** Made (unix seconds) */
  createdAt: number;
  /** The role that gives its permissions and limits */
  role?: string;
  /** Disabled: its JWTs issued at or before it are void (unix seconds) */
  disabledAt?: number;
  jwt?: string;
  /** JWTs issued at or before it are void (unix seconds) */
  revokedAt: number;
  /** What each server answered so far; the announcement goes on until every one has it */
  announced: ServerAnswer[];
}

export interface EnabledUser {
  /** User key */
  publicKey: string;
  name: string;
  /** Account key */
  account: string;
  /** Issue of its JWT (unix seconds) */
  issuedAt: number;
  /** Expiry of its JWT (unix seconds) */
  expires?: number;
  /** Made (unix seconds) */
  createdAt: number;
  /** The role that gives its permissions and limits */
  role?: string;
  /** Disabled: its JWTs issued at or before it are void (unix seconds) */
  disabledAt?: number;
  jwt?: string;
  /** Everyone was revoked meanwhile, or its signing key is gone: this JWT is new, those from before are void */
  reissued: boolean;
  /** What each server answered so far; the announcement goes on until every one has it */
  announced: ServerAnswer[];
}

export interface Evacuated {
  /** Account key */
  account: string;
  /** Of the account JWT that says so */
  jti: string;
  rotated: {
    /** Taken out */
    from: string;
    /** In its place */
    to: string;
    role?: string;
  }[];
  revokedAt: number | null;
  /** GET /api/v1/users/{user} has their new JWT */
  reissued: {
    /** User key */
    publicKey: string;
    name: string;
  }[];
  /** What each server answered so far; the announcement goes on until every one has it */
  announced: ServerAnswer[];
  /** Each server that tells who is connected (nats-server does) */
  servers: Array<{
    server: string;
    serverId: string;
    /** Connections of the account before; null = not told */
    before: number | null;
    /** Closed by request; the server closes the others by itself */
    kicked: number;
    /** Still on, and should not be */
    open: number;
  }>;
  /** Links over which nobody could be asked */
  unasked: number;
}

export interface Evacuation {
  /** Those that are compromised; absent = all in custody, and everyone is revoked whoever signed them */
  keys?: string[];
  /** Give users that a rotated key signed a new JWT: their own keys must be safe */
  reissue?: boolean;
}

export interface Expiration {
  /** What ends */
  kind: "operator" | "account" | "user" | "activation" | "token";
  /** Public key, or the id of an access token */
  id: string;
  name: string;
  /** Operator key */
  operator: string | null;
  /** Account key */
  account: string | null;
  /** Null for an access token */
  jti: string | null;
  /** End (unix seconds) */
  expires: number;
}

export interface Export {
  /** TYPE:SUBJECT, percent-encoded in the path: `service%3Aorders.get` is `service:orders.get` */
  id: string;
  type: "stream" | "service";
  /** What is exported; may have wildcards */
  subject: string;
  /** For people */
  name?: string;
  /** Private: an import needs an activation */
  token_req?: boolean;
  response_type?: "Singleton" | "Stream" | "Chunked";
  /** Nanoseconds */
  response_threshold?: number;
  service_latency?: {
    /** Percent, or `headers` */
    sampling: "headers" | number;
    /** Where latencies are sent */
    results: string;
  };
  /** From 1: the `*` of the subject that must be the importing account's key; 0 = none */
  account_token_position?: number;
  /** Shown to others by tools */
  advertise?: boolean;
  /** Traces go through (services) */
  allow_trace?: boolean;
  /** For people */
  description?: string;
  /** Where more is told */
  info_url?: string;
  revocations: {
    /** Importing account, or `*` */
    account: string;
    /** Activations issued at or before it are void (unix seconds) */
    revokedAt: number;
  }[];
}

export interface ExportedKey {
  /** Public key */
  publicKey: string;
  /** Curve public key */
  recipient: string;
  /** Curve public key made for this answer: open the box with it and your curve seed */
  sender: string;
  /** The seed in an xkv1 box (nkeys `Open`), base64 */
  sealed: string;
}

export interface Import {
  /** TYPE:EXPORTER:SUBJECT (the exporter's subject), percent-encoded in the path */
  id: string;
  type: "stream" | "service";
  /** Exporting account */
  account: string;
  /** The exporter's subject, or a part of it */
  subject: string;
  /** Activation JWT, for a private export */
  token?: string;
  /** For people */
  name?: string;
  /** What it is called here; `*` and `$1` stand for the wildcards of the subject */
  local_subject?: string;
  /** The exporter is told who asks (services) */
  share?: boolean;
  /** Traces go through (streams) */
  allow_trace?: boolean;
  /** Of the deprecated form, which other tools may have written */
  to?: string;
}

export interface IssuedAccessToken {
  /** Hash of the token id */
  id: string;
  /** Given here once, kept nowhere */
  token: string;
}

export interface IssuedWebhook {
  /** Webhook id */
  id: string;
  name: string;
  url: string;
  /** Operator it is for */
  operator?: string;
  /** Account it is for */
  account?: string;
  types: string[];
  /** `hmac`: by a secret that the receiver has too (v1); `ed25519`: by a key of which it has the public one (v1a) */
  signature: "hmac" | "ed25519";
  /** whpk_...: what an ed25519 signature is verified with */
  publicKey?: string;
  /** `enabled` or `disabled` */
  state: string;
  /** `by-request`, `gone` (it answered 410) or `failing` (for five days) */
  disabledReason?: string;
  /** Since when nothing arrived (unix seconds) */
  failingSince?: number;
  /** Who made it, as in the audit. It outlives that token: it belongs to its part */
  createdBy: string;
  /** Made (unix seconds) */
  createdAt: number;
  /** whsec_..., given here once and never again */
  secret?: string;
}

export interface Key {
  /** Public key */
  publicKey: string;
  kind: "identity" | "signing";
  /** Sealed here, or in Transit, which signs there */
  held: "local" | "transit";
  /** Taken into custody (unix seconds) */
  keptAt: number;
}

export interface LedgerEntry {
  /** Of the entry */
  number: number;
  /** What the JWT is of */
  kind: "operator" | "account" | "user" | "activation";
  /** Public key; of an activation: the importer */
  subject: string;
  name: string;
  jti: string;
  /** Operator key */
  operator: string;
  /** Account key: itself, that of the user, or the exporter */
  account?: string;
  /** Key that signed it */
  issuer: string;
  /** Issue (unix seconds) */
  issuedAt: number;
  /** Not valid before (unix seconds) */
  notBefore?: number;
  /** End; absent = never (unix seconds) */
  expires?: number;
  /** Signed here; signed elsewhere and pushed; here before there was a ledger */
  origin: "issued" | "pushed" | "found";
  /** Entry (unix seconds) */
  recordedAt: number;
  /** When a newer one came (unix seconds) */
  supersededAt?: number;
  /** Now, by the account JWT in force. `superseded`: there is a newer one; `admitted` says whether servers still take this one */
  status: "active" | "expired" | "superseded" | "revoked" | "deleted";
  /** Why it has this status */
  reason?: "account-deleted" | "account-expired" | "account-untrusted" | "bearer-disallowed" | "everyone-revoked" | "export-removed" | "issuer-removed" | "not-yet-valid" | "subject-revoked";
  /** Whether servers let it in now */
  admitted: boolean;
  /** Of users and activations; the token is not kept */
  claims?: Record<string, unknown>;
  /** Who had it issued; for those who may read the audit */
  issuedBy?: string;
  /** Likewise */
  requestId?: string;
}

export interface NewAccessToken {
  /** Also a file name: no slashes, no leading dot */
  name: string;
  role: "admin" | "issuer" | "auditor" | "viewer";
  /** Operator the role is for, with all its accounts */
  operator?: string;
  /** Account the role is for; with neither, it is for the whole service */
  account?: string;
  /** Ends; absent = never (unix seconds) */
  expires?: number;
}

export interface NewAccount {
  /** Also a file name: no slashes, no leading dot */
  name: string;
  /** Operator key; may be left out where there is one operator */
  operator?: string;
  /** Of a key kept elsewhere; without it the service makes and keeps the keys */
  publicKey?: string;
  /** Keys in Transit: the account's own, and a signing key for its users */
  remoteKey?: {
    identity?: RemoteKey;
    signing?: RemoteKey;
  };
  description?: string;
  limits?: {
    /** Client connections; -1 = unlimited */
    conn?: number;
    /** Leaf node connections */
    leaf?: number;
    /** Subscriptions */
    subs?: number;
    /** Bytes */
    data?: number;
    /** Bytes of one message */
    payload?: number;
    /** Imports */
    imports?: number;
    /** Exports */
    exports?: number;
    /** Wildcard exports allowed */
    wildcards?: boolean;
    /** No bearer users */
    disallow_bearer?: boolean;
    /** JetStream bytes in memory */
    mem_storage?: number;
    /** JetStream bytes on disk */
    disk_storage?: number;
    /** JetStream streams */
    streams?: number;
    /** JetStream consumers */
    consumer?: number;
  };
}

export interface NewActivationRequest {
  /** Account that exports it */
  exporter: string;
  type: "stream" | "service";
  /** What is to be imported: all of the export, or a part of it */
  subject: string;
  /** For whoever decides */
  note?: string;
  /** Once it is approved, the service puts the token into the import, or makes that */
  attach?: boolean;
  /** With `attach`: what a new import is called here */
  local_subject?: string;
}

export interface NewCredentials {
  /** Also a file name: no slashes, no leading dot */
  name: string;
  /** Of a key kept elsewhere; without it a key is made and its creds are given once */
  publicKey?: string;
  /** That you hold the key */
  proof?: {
    /** As it was given */
    challenge: string;
    /** Ed25519, over the text of the challenge; base64url */
    signature: string;
  };
  /** Name of a scoped signing key */
  role?: string;
  /** When the JWT begins (unix seconds) */
  notBefore?: number;
  /** Only through a trusted proxy */
  proxyRequired?: boolean;
  /** Networks it may come from (CIDR) */
  src?: string[];
  /** When it may connect; a start after its end crosses midnight */
  times?: {
    /** hh:mm:ss */
    start: string;
    /** hh:mm:ss */
    end: string;
  }[];
  /** Time zone of `times`: Europe/Paris */
  timesLocation?: string;
  /** STANDARD, WEBSOCKET, LEAFNODE, LEAFNODE_WS, MQTT, MQTT_WS, IN_PROCESS */
  connectionTypes?: string[];
  /** The JWT alone connects, without its key */
  bearer?: boolean;
  permissions?: {
    pub?: {
      allow?: string[];
      deny?: string[];
    };
    sub?: {
      allow?: string[];
      deny?: string[];
    };
    resp?: {
      /** Messages allowed per request */
      max: number;
      /** Nanoseconds */
      ttl: number;
    };
  };
  limits?: {
    /** Subscriptions */
    subs?: number;
    /** Bytes */
    data?: number;
    /** Bytes of one message */
    payload?: number;
  };
  tags?: string[];
  /** Seconds that they hold; absent = what the policy says, or an hour */
  ttl?: number;
  /** Also as a user of the lists */
  store?: boolean;
}

export interface NewExport {
  type: "stream" | "service";
  /** What is exported; may have wildcards */
  subject: string;
  /** For people */
  name?: string;
  /** Private: an import needs an activation */
  token_req?: boolean;
  response_type?: "Singleton" | "Stream" | "Chunked";
  /** Nanoseconds */
  response_threshold?: number;
  service_latency?: {
    /** Percent, or `headers` */
    sampling: "headers" | number;
    /** Where latencies are sent */
    results: string;
  };
  /** From 1: the `*` of the subject that must be the importing account's key; 0 = none */
  account_token_position?: number;
  /** Shown to others by tools */
  advertise?: boolean;
  /** Traces go through (services) */
  allow_trace?: boolean;
  /** For people */
  description?: string;
  /** Where more is told */
  info_url?: string;
}

export interface NewImport {
  type: "stream" | "service";
  /** Exporting account */
  account: string;
  /** The exporter's subject, or a part of it */
  subject: string;
  /** Activation JWT, for a private export */
  token?: string;
  /** For people */
  name?: string;
  /** What it is called here; `*` and `$1` stand for the wildcards of the subject */
  local_subject?: string;
  /** The exporter is told who asks (services) */
  share?: boolean;
  /** Traces go through (streams) */
  allow_trace?: boolean;
}

export interface NewRevocation {
  /** User key, or `*` for every user */
  user: string;
  /** JWTs issued at or before it become void (unix seconds); absent = now */
  at?: number;
}

export interface NewUser {
  /** Also a file name: no slashes, no leading dot */
  name: string;
  /** Of a key kept elsewhere; without it a key is made and its creds are given once */
  publicKey?: string;
  /** That you hold the key */
  proof?: {
    /** As it was given */
    challenge: string;
    /** Ed25519, over the text of the challenge; base64url */
    signature: string;
  };
  /** Name of a scoped signing key */
  role?: string;
  /** When the JWT begins (unix seconds) */
  notBefore?: number;
  /** Only through a trusted proxy */
  proxyRequired?: boolean;
  /** Networks it may come from (CIDR) */
  src?: string[];
  /** When it may connect; a start after its end crosses midnight */
  times?: {
    /** hh:mm:ss */
    start: string;
    /** hh:mm:ss */
    end: string;
  }[];
  /** Time zone of `times`: Europe/Paris */
  timesLocation?: string;
  /** STANDARD, WEBSOCKET, LEAFNODE, LEAFNODE_WS, MQTT, MQTT_WS, IN_PROCESS */
  connectionTypes?: string[];
  /** The JWT alone connects, without its key */
  bearer?: boolean;
  permissions?: {
    pub?: {
      allow?: string[];
      deny?: string[];
    };
    sub?: {
      allow?: string[];
      deny?: string[];
    };
    resp?: {
      /** Messages allowed per request */
      max: number;
      /** Nanoseconds */
      ttl: number;
    };
  };
  limits?: {
    /** Subscriptions */
    subs?: number;
    /** Bytes */
    data?: number;
    /** Bytes of one message */
    payload?: number;
  };
  tags?: string[];
  /** When the JWT ends; 0 = never; absent = what the policy says (unix seconds) */
  expires?: number;
}

export interface NewWebhook {
  /** Also a file name: no slashes, no leading dot */
  name: string;
  /** https://..., on the public internet (service setting `outbound-allow` opens other networks) */
  url: string;
  /** Operator whose events, and those of its accounts, are sent */
  operator?: string;
  /** Account whose events are sent; with neither, those of the whole service are */
  account?: string;
  /** Types of events wanted, as GET /events names them: `account.create`, or `account.*`; empty = all */
  types?: string[];
  /** `hmac`: by a secret that the receiver has too (v1); `ed25519`: by a key of which it has the public one (v1a) */
  signature?: "hmac" | "ed25519";
}

export interface Operator {
  /** Operator key */
  publicKey: string;
  name: string;
  jti: string;
  /** Issue of its JWT (unix seconds) */
  issuedAt: number;
  /** Keys of the operator that the service can sign with */
  keysInCustody: string[];
  /** Which private keys are kept here: none; a key of the operator (accounts are signed here, users are not); those of accounts too */
  custody: "none" | "operator-signing-key" | "accounts";
  /** Grows by one with every change; the ETag */
  version: number;
}

export interface OperatorDetail {
  /** Operator key */
  publicKey: string;
  name: string;
  jti: string;
  /** Issue of its JWT (unix seconds) */
  issuedAt: number;
  /** Keys of the operator that the service can sign with */
  keysInCustody: string[];
  /** Which private keys are kept here: none; a key of the operator (accounts are signed here, users are not); those of accounts too */
  custody: "none" | "operator-signing-key" | "accounts";
  /** Grows by one with every change; the ETag */
  version: number;
  jwt: string;
}

export interface OperatorSigningKey {
  /** Signing key */
  publicKey: string;
  /** Sealed here, in Transit, or (null) kept by somebody else */
  held: "local" | "transit" | null;
}

/** RFC 9457 problem */
export interface Problem {
  type: string;
  title: string;
  status: number;
  /** Stable, for programs: ERR_... */
  code: string;
  detail: string;
  /** What to do next */
  hint?: string;
  errors?: {
    pointer: string;
    message: string;
  }[];
  /** With ERR_SIGN_ELSEWHERE: what to sign, with which key, and where to send it */
  details?: Record<string, unknown>;
  instance?: string;
}

export interface PrunedRevocations {
  /** Account key */
  account: string;
  /** Of the account JWT; that of before where nothing went */
  jti: string;
  pruned: {
    /** User key, or `*` */
    user: string;
    /** Revocation (unix seconds) */
    revokedAt: number;
  }[];
  kept: Array<{
    /** User key, or `*` */
    user: string;
    /** Revocation (unix seconds) */
    revokedAt: number;
    /** Why nothing proves that it can go */
    reason: "signed-elsewhere" | "revoked-elsewhere" | "not-in-ledger" | "user-listed" | "not-ended" | "in-future";
  }>;
  /** What each server answered so far; the announcement goes on until every one has it */
  announced: ServerAnswer[];
}

export interface Reacher {
  /** User key */
  user: string;
  name: string;
  /** Account key: the one asked about, or one that imports from it */
  account: string;
  jti: string;
  /** Key that signed it */
  issuer: string;
  /** Issue (unix seconds) */
  issuedAt: number;
  /** End (unix seconds) */
  expires?: number;
  /** The user has a newer JWT, and this one is let in all the same */
  superseded: boolean;
  /** What the user publishes or subscribes to, by the import where there is one */
  subject: string;
  /** Whether the user can reach all of the subject */
  reach: "all" | "some";
  /** Allow entries that give it; none = nothing is listed, so all is allowed that is not denied */
  permissions: string[];
}

/** What would change, with `dryRun=true`; nothing has */
export interface Rehearsal {
  dryRun: true;
  changes: Array<{
    /** As the audit would name it */
    action: string;
    /** Public key or id of what would change */
    entity: string;
    before: Record<string, unknown> | null;
    after: Record<string, unknown> | null;
  }>;
}

export interface ReissuedUser {
  /** User key */
  publicKey: string;
  name: string;
  /** Account key */
  account: string;
  /** Issue of its JWT (unix seconds) */
  issuedAt: number;
  /** Expiry of its JWT (unix seconds) */
  expires?: number;
  /** Made (unix seconds) */
  createdAt: number;
  /** The role that gives its permissions and limits */
  role?: string;
  /** Disabled: its JWTs issued at or before it are void (unix seconds) */
  disabledAt?: number;
  jwt?: string;
  /** What is valid and rarely meant, or does not work yet as somebody may think */
  warnings: Warning[];
  /** Where a policy made it end earlier than asked */
  clamped?: {
    /** Expiry that was asked for; absent = never (unix seconds) */
    asked?: number;
    /** Expiry that it got (unix seconds) */
    expires: number;
    /** Seconds that the policy allows */
    maxTtl: number;
  };
  /** Given here once, kept nowhere */
  creds?: string;
  /** The JWT whose place this one takes */
  supersedes: {
    /** User key */
    publicKey: string;
    jti: string;
    /** Issued (unix seconds) */
    issuedAt: number;
    /** Until when it is good where it is not revoked; absent = without end (unix seconds) */
    expires?: number;
    /** False: it stays good, with the rights it has, wherever it lies */
    revoked: boolean;
  };
  /** What each server answered so far; the announcement goes on until every one has it */
  announced: ServerAnswer[];
}

/** A key in Vault or OpenBao (Transit, ed25519), which signs there; the service holds no seed */
export interface RemoteKey {
  provider: "transit";
  /** Where the Transit engine is mounted */
  mount: string;
  name: string;
  /** The version that is the key */
  version: number;
}

export interface RemovedSigningKey {
  /** Signing key */
  publicKey: string;
  /** Users made here that have no access any more */
  lost: {
    /** User key */
    publicKey: string;
    name: string;
  }[];
}

export interface Restored {
  /** Account key */
  account: string;
  /** User key, or `*` */
  user: string;
  jti: string;
  /** What each server answered so far; the announcement goes on until every one has it */
  announced: ServerAnswer[];
}

export interface RestoredActivations {
  /** Exporting account */
  account: string;
  export: string;
  /** Importing account, or `*` */
  importer: string;
  jti: string;
  /** What each server answered so far; the announcement goes on until every one has it */
  announced: ServerAnswer[];
}

export interface Revocation {
  /** User key, or `*` */
  user: string;
  /** JWTs issued at or before it are void (unix seconds) */
  revokedAt: number;
}

export interface RevocationServer {
  server: string;
  serverId: string;
  /** It has the account JWT that revokes */
  took: boolean;
  message: string;
  /** When it said so (unix seconds) */
  at: number;
  /** Connections before; null = not told */
  before: number | null;
  /** Still on; null = not told */
  open: number | null;
  /** Closed by request; the server closes the others by itself */
  kicked: number;
}

export interface Revoked {
  /** Account key */
  account: string;
  /** User key, or `*` */
  user: string;
  /** JWTs issued at or before it are void (unix seconds) */
  revokedAt: number;
  /** Of the account JWT that says so */
  jti: string;
  /** Whether this service made the user; others can be revoked as well */
  known: boolean;
  /** What each server answered so far; the announcement goes on until every one has it */
  announced: ServerAnswer[];
  /** Who took it, and how many connections of the user each had and has */
  servers?: RevocationServer[];
}

export interface RevokedAccessToken {
  /** Hash of the token id */
  id: string;
  name: string;
  /** With `descendants=true`: what was made with it */
  alsoRevoked: {
    /** Hash of the token id */
    id: string;
    name: string;
  }[];
  /** Made with it, or with what was made with it, and still good: `descendants=true` revokes them too */
  inForce: {
    /** Hash of the token id */
    id: string;
    name: string;
  }[];
}

export interface RevokedActivations {
  /** Exporting account */
  account: string;
  /** Its id; null where it is gone already */
  export: string | null;
  /** Importing account, or `*` */
  importer: string;
  /** Activations issued at or before it are void (unix seconds) */
  revokedAt: number;
  /** Of the account JWT that says so */
  jti: string;
  /** What each server answered so far; the announcement goes on until every one has it */
  announced: ServerAnswer[];
}

export interface RotatedSigningKey {
  /** Signing key */
  publicKey: string;
  /** Sealed here, in Transit, or (null) kept by somebody else */
  held: "local" | "transit" | null;
  role?: string;
  description?: string;
  /** What users of the role may do, in the form of the JWT: {"pub": {"allow": ["orders.>"]}, "subs": 10, "bearer_token": false} */
  template?: Record<string, unknown>;
  /** The key that went */
  replaced: string;
  /** Users issued anew: they connect with the JWT that GET /users/{user} gives now */
  reissued: {
    /** User key */
    publicKey: string;
    name: string;
  }[];
  /** Users made here that have no access any more */
  lost: {
    /** User key */
    publicKey: string;
    name: string;
  }[];
}

export interface ServerAnswer {
  /** Name of the server, or URLs of the link where none answered */
  server: string;
  serverId: string;
  ok: boolean;
  message: string;
}

export interface User {
  /** User key */
  publicKey: string;
  name: string;
  /** Account key */
  account: string;
  /** Issue of its JWT (unix seconds) */
  issuedAt: number;
  /** Expiry of its JWT (unix seconds) */
  expires?: number;
  /** Made (unix seconds) */
  createdAt: number;
  /** The role that gives its permissions and limits */
  role?: string;
  /** Disabled: its JWTs issued at or before it are void (unix seconds) */
  disabledAt?: number;
}

export interface UserDetail {
  /** User key */
  publicKey: string;
  name: string;
  /** Account key */
  account: string;
  /** Issue of its JWT (unix seconds) */
  issuedAt: number;
  /** Expiry of its JWT (unix seconds) */
  expires?: number;
  /** Made (unix seconds) */
  createdAt: number;
  /** The role that gives its permissions and limits */
  role?: string;
  /** Disabled: its JWTs issued at or before it are void (unix seconds) */
  disabledAt?: number;
  jwt?: string;
}

export interface Warning {
  /** Stable, for programs */
  code: string;
  message: string;
  /** JSON pointer into the claims; empty where it is about something outside them */
  path: string;
  /** What to do about it */
  hint?: string;
}

export interface Webhook {
  /** Webhook id */
  id: string;
  name: string;
  url: string;
  /** Operator it is for */
  operator?: string;
  /** Account it is for */
  account?: string;
  types: string[];
  /** `hmac`: by a secret that the receiver has too (v1); `ed25519`: by a key of which it has the public one (v1a) */
  signature: "hmac" | "ed25519";
  /** whpk_...: what an ed25519 signature is verified with */
  publicKey?: string;
  /** `enabled` or `disabled` */
  state: string;
  /** `by-request`, `gone` (it answered 410) or `failing` (for five days) */
  disabledReason?: string;
  /** Since when nothing arrived (unix seconds) */
  failingSince?: number;
  /** Who made it, as in the audit. It outlives that token: it belongs to its part */
  createdBy: string;
  /** Made (unix seconds) */
  createdAt: number;
}

export interface WebhookDelivery {
  /** The `webhook-id` header */
  id: string;
  /** Number of the event */
  seq: number;
  type: string;
  /** `pending`, `delivered` or `failed` */
  state: string;
  attempts: number;
  /** Made (unix seconds) */
  createdAt: number;
  /** Not tried before (unix seconds) */
  nextAttemptAt?: number;
  /** Last tried (unix seconds) */
  lastAttemptAt?: number;
  responseStatus?: number;
  durationMs?: number;
  /** Code of why there was no answer */
  error?: string;
  /** The first 1024 bytes of the answer */
  responseBody?: string;
}

/** What each operation takes and answers; `answer` is that of a change that is made, not one that is only tried. */
export interface Api {
  /** Accounts */
  "GET /accounts": {
    query?: {
      /** Rows wanted */
      limit?: number;
      /** `next` of the page before, as it was given */
      after?: string;
      /** Operator whose accounts */
      operator?: string;
      /** Stands in the name, in any letter case */
      name?: string;
      /** Stored at or after it (unix seconds) */
      updatedSince?: number;
    };
    answer: {
      items: Account[];
      next?: string;
    };
  };
  /** Make an account */
  "POST /accounts": {
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: NewAccount;
    answer: ChangedAccount;
  };
  /** Make several accounts: all of them, or none */
  "POST /accounts/bulk": {
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      accounts: NewAccount[];
    };
    answer: {
      items: Account[];
    };
  };
  /** Take in many signed account JWTs: each is judged as a push of it, and told its outcome */
  "POST /accounts/import": {
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      tokens: string[];
    };
    answer: {
      items: Array<{
        status: "created" | "updated" | "unchanged" | "pending" | "refused";
        /** Account key; absent where the token is none */
        account?: string;
        /** Of the JWT that is stored now */
        jti?: string;
        /** The operator signed it anew: another JWT is stored */
        resigned?: boolean;
        warnings?: {
          code: string;
          message: string;
          path: string;
        }[];
        /** Of the refusal: ERR_... */
        code?: string;
        /** Why it is refused */
        detail?: string;
      }>;
    };
  };
  /** One account */
  "GET /accounts/{account}": {
    path: {
      /** Account key */
      account: string;
    };
    answer: AccountDetail;
  };
  /** Change claims of an account: limits, sharing, mappings, keys and roles, whatever its JWT can say */
  "PATCH /accounts/{account}": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: Record<string, unknown>;
    ifMatch: string | null;
    answer: ChangedAccount;
  };
  /** Delete an account: its connections close on every server that is linked, and its JWTs do not come back */
  "DELETE /accounts/{account}": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
      /** Also where users, other accounts or JetStream need it (told in a 409 otherwise) */
      force?: boolean;
    };
    ifMatch: string | null;
    answer: DeletedAccount;
  };
  /** Activation requests that an account made, and those that were made to it */
  "GET /accounts/{account}/activation-requests": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Rows wanted */
      limit?: number;
      /** `next` of the page before, as it was given */
      after?: string;
      /** pending, approved, rejected, revoked, or expired: approved, and its token has ended */
      status?: "pending" | "approved" | "rejected" | "revoked" | "expired";
      /** Only requests that the account made (importer), or that were made to it (exporter) */
      role?: "importer" | "exporter";
    };
    answer: {
      items: ActivationRequest[];
      next?: string;
    };
  };
  /** Ask another account for what it exports privately */
  "POST /accounts/{account}/activation-requests": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: NewActivationRequest;
    answer: ActivationRequest;
  };
  /** One activation request, with its token once it is approved */
  "GET /accounts/{account}/activation-requests/{request}": {
    path: {
      /** Account key */
      account: string;
      /** Request id */
      request: string;
    };
    answer: ActivationRequest;
  };
  /** Withdraw a request of the account that is not in force */
  "DELETE /accounts/{account}/activation-requests/{request}": {
    path: {
      /** Account key */
      account: string;
      /** Request id */
      request: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    answer: null;
  };
  /** Approve a request to the account: a token is signed by the account's key in custody */
  "POST /accounts/{account}/activation-requests/{request}/approve": {
    path: {
      /** Account key */
      account: string;
      /** Request id */
      request: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Seconds that a token lasts; never longer than the exporting account's own JWT */
      lifetime?: number;
      /** Renewed by the service before it ends */
      renew?: boolean;
    };
    answer: ApprovedActivationRequest;
  };
  /** Put the token of an approved request into the account's import, now and with each renewal */
  "POST /accounts/{account}/activation-requests/{request}/attach": {
    path: {
      /** Account key */
      account: string;
      /** Request id */
      request: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: Record<string, never>;
    answer: ActivationRequest;
  };
  /** Reject a request to the account */
  "POST /accounts/{account}/activation-requests/{request}/reject": {
    path: {
      /** Account key */
      account: string;
      /** Request id */
      request: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Told to the importer */
      reason?: string;
    };
    answer: ActivationRequest;
  };
  /** A new token, that ends later, in the place of one the account gave */
  "POST /accounts/{account}/activation-requests/{request}/renew": {
    path: {
      /** Account key */
      account: string;
      /** Request id */
      request: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Seconds that a token lasts; never longer than the exporting account's own JWT */
      lifetime?: number;
    };
    answer: ApprovedActivationRequest;
  };
  /** Revoke what the account gave: servers cut the import at once */
  "POST /accounts/{account}/activation-requests/{request}/revoke": {
    path: {
      /** Account key */
      account: string;
      /** Request id */
      request: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: Record<string, never>;
    answer: RevokedActivations;
  };
  /** How far each link got with telling its servers of the account, or of its deletion (one row a link) */
  "GET /accounts/{account}/announcements": {
    path: {
      /** Account key, also of a deleted account */
      account: string;
    };
    query?: {
      /** Whether some server has still to confirm it, or all have */
      state?: "pending" | "acked";
    };
    answer: {
      items: Announcement[];
      next?: string;
    };
  };
  /** Auth callout of an account: who is asked about its users */
  "GET /accounts/{account}/auth-callout": {
    path: {
      /** Account key */
      account: string;
    };
    answer: {
      /** Users of the account that answer, and are let in without being asked about; none = no auth callout */
      auth_users: string[];
      /** Accounts that users may be put into */
      allowed_accounts: string[];
      /** Curve key that requests are sealed for */
      xkey?: string;
    };
  };
  /** Set the auth callout of an account; empty lists end it */
  "PUT /accounts/{account}/auth-callout": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Users of the account that answer, and are let in without being asked about; none = no auth callout */
      auth_users: string[];
      /** Accounts that users may be put into */
      allowed_accounts: string[];
      /** Curve key that requests are sealed for */
      xkey?: string;
    };
    ifMatch: string | null;
    answer: {
      /** Users of the account that answer, and are let in without being asked about; none = no auth callout */
      auth_users: string[];
      /** Accounts that users may be put into */
      allowed_accounts: string[];
      /** Curve key that requests are sealed for */
      xkey?: string;
      /** What is valid and rarely meant, or does not work yet as somebody may think */
      warnings: Warning[];
    };
  };
  /** What is asked of users of an account. The strictest of what applies holds */
  "GET /accounts/{account}/credential-policy": {
    path: {
      /** Account key */
      account: string;
    };
    answer: CredentialPolicy;
  };
  /** Set what is asked of users of an account; JWTs issued before stay as they are */
  "PUT /accounts/{account}/credential-policy": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: CredentialPolicy;
    ifMatch: string | null;
    answer: CredentialPolicy;
  };
  /** Ask nothing more of users of an account */
  "DELETE /accounts/{account}/credential-policy": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    ifMatch: string | null;
    answer: null;
  };
  /** What is asked of users of a role of an account. The strictest of what applies holds */
  "GET /accounts/{account}/credential-policy/roles/{role}": {
    path: {
      /** Account key */
      account: string;
      /** Name of a scoped signing key */
      role: string;
    };
    answer: CredentialPolicy;
  };
  /** Set what is asked of users of a role of an account; JWTs issued before stay as they are */
  "PUT /accounts/{account}/credential-policy/roles/{role}": {
    path: {
      /** Account key */
      account: string;
      /** Name of a scoped signing key */
      role: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: CredentialPolicy;
    ifMatch: string | null;
    answer: CredentialPolicy;
  };
  /** Ask nothing more of users of a role of an account */
  "DELETE /accounts/{account}/credential-policy/roles/{role}": {
    path: {
      /** Account key */
      account: string;
      /** Name of a scoped signing key */
      role: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    ifMatch: string | null;
    answer: null;
  };
  /** Short-lived credentials: with a key made here, or for a key of your own that you prove to hold */
  "POST /accounts/{account}/credentials": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: NewCredentials;
    answer: CreatedUser;
  };
  /** A text to sign with a user key of your own, within a minute: proof that you hold it */
  "POST /accounts/{account}/credentials/challenge": {
    path: {
      /** Account key */
      account: string;
    };
    body: {
      /** User key */
      publicKey: string;
    };
    answer: {
      challenge: string;
      /** Until when it can be answered (unix seconds) */
      expires: number;
    };
  };
  /** Permissions of users that have none of their own */
  "GET /accounts/{account}/default-permissions": {
    path: {
      /** Account key */
      account: string;
    };
    answer: {
      pub: {
        allow: string[];
        deny: string[];
      };
      sub: {
        allow: string[];
        deny: string[];
      };
      /** Answers to requests are allowed */
      resp?: {
        /** Messages allowed per request */
        max: number;
        /** Nanoseconds */
        ttl: number;
      };
    };
  };
  /** Set the permissions of users that have none of their own */
  "PUT /accounts/{account}/default-permissions": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      pub: {
        allow: string[];
        deny: string[];
      };
      sub: {
        allow: string[];
        deny: string[];
      };
      /** Answers to requests are allowed */
      resp?: {
        /** Messages allowed per request */
        max: number;
        /** Nanoseconds */
        ttl: number;
      };
    };
    ifMatch: string | null;
    answer: {
      pub: {
        allow: string[];
        deny: string[];
      };
      sub: {
        allow: string[];
        deny: string[];
      };
      /** Answers to requests are allowed */
      resp?: {
        /** Messages allowed per request */
        max: number;
        /** Nanoseconds */
        ttl: number;
      };
      /** What is valid and rarely meant, or does not work yet as somebody may think */
      warnings: Warning[];
    };
  };
  /** For a compromised account: new signing keys, everyone out, and who is still on */
  "POST /accounts/{account}/evacuate": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: Evacuation;
    ifMatch: string | null;
    answer: Evacuated;
  };
  /** Exports of an account (all of them: a JWT bounds their number) */
  "GET /accounts/{account}/exports": {
    path: {
      /** Account key */
      account: string;
    };
    answer: {
      items: Export[];
      next?: string;
    };
  };
  /** Export a stream or service to other accounts */
  "POST /accounts/{account}/exports": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
      /** Also where imports of others would break (told in a 409) */
      force?: boolean;
    };
    body: NewExport;
    ifMatch: string | null;
    answer: ChangedExport;
  };
  /** One export */
  "GET /accounts/{account}/exports/{export}": {
    path: {
      /** Account key */
      account: string;
      /** TYPE:SUBJECT, percent-encoded in the path: `service%3Aorders.get` is `service:orders.get` */
      export: string;
    };
    answer: Export;
  };
  /** Change an export; refused where that takes it from accounts that import it */
  "PATCH /accounts/{account}/exports/{export}": {
    path: {
      /** Account key */
      account: string;
      /** TYPE:SUBJECT, percent-encoded in the path: `service%3Aorders.get` is `service:orders.get` */
      export: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
      /** Also where imports of others would break (told in a 409) */
      force?: boolean;
    };
    body: {
      /** Another subject; with it the id changes */
      subject?: string;
      name?: string | null;
      token_req?: boolean | null;
      response_type?: "Singleton" | "Stream" | "Chunked" | null;
      response_threshold?: number | null;
      service_latency?: {
        /** Percent, or `headers` */
        sampling: "headers" | number;
        /** Where latencies are sent */
        results: string;
      } | null;
      account_token_position?: number | null;
      advertise?: boolean | null;
      allow_trace?: boolean | null;
      description?: string | null;
      info_url?: string | null;
    };
    ifMatch: string | null;
    answer: ChangedExport;
  };
  /** Export it no more; refused where accounts import it */
  "DELETE /accounts/{account}/exports/{export}": {
    path: {
      /** Account key */
      account: string;
      /** TYPE:SUBJECT, percent-encoded in the path: `service%3Aorders.get` is `service:orders.get` */
      export: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
      /** Also where imports of others would break (told in a 409) */
      force?: boolean;
    };
    ifMatch: string | null;
    answer: null;
  };
  /** Revoke the activations of an account for an export, wherever they were made */
  "POST /accounts/{account}/exports/{export}/revocations": {
    path: {
      /** Account key */
      account: string;
      /** TYPE:SUBJECT, percent-encoded in the path: `service%3Aorders.get` is `service:orders.get` */
      export: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Importing account, or `*` for every one */
      account: string;
      /** Activations issued at or before it become void (unix seconds); absent = now */
      at?: number;
    };
    answer: RevokedActivations;
  };
  /** Take such a revocation back: activations that have not ended work again */
  "DELETE /accounts/{account}/exports/{export}/revocations/{importer}": {
    path: {
      /** Account key */
      account: string;
      /** TYPE:SUBJECT, percent-encoded in the path: `service%3Aorders.get` is `service:orders.get` */
      export: string;
      /** Importing account, or `*` */
      importer: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    ifMatch: string | null;
    answer: RestoredActivations;
  };
  /** Imports of an account (all of them: a JWT bounds their number) */
  "GET /accounts/{account}/imports": {
    path: {
      /** Account key */
      account: string;
    };
    answer: {
      items: Import[];
      next?: string;
    };
  };
  /** Import from another account */
  "POST /accounts/{account}/imports": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: NewImport;
    ifMatch: string | null;
    answer: ChangedImport;
  };
  /** One import */
  "GET /accounts/{account}/imports/{import}": {
    path: {
      /** Account key */
      account: string;
      /** TYPE:EXPORTER:SUBJECT (the exporter's subject), percent-encoded in the path */
      import: string;
    };
    answer: Import;
  };
  /** Change an import */
  "PATCH /accounts/{account}/imports/{import}": {
    path: {
      /** Account key */
      account: string;
      /** TYPE:EXPORTER:SUBJECT (the exporter's subject), percent-encoded in the path */
      import: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      token?: string | null;
      name?: string | null;
      local_subject?: string | null;
      share?: boolean | null;
      allow_trace?: boolean | null;
    };
    ifMatch: string | null;
    answer: ChangedImport;
  };
  /** Import it no more */
  "DELETE /accounts/{account}/imports/{import}": {
    path: {
      /** Account key */
      account: string;
      /** TYPE:EXPORTER:SUBJECT (the exporter's subject), percent-encoded in the path */
      import: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    ifMatch: string | null;
    answer: null;
  };
  /** Keys of an account in custody: never more than their public part */
  "GET /accounts/{account}/keys": {
    path: {
      /** Account key */
      account: string;
    };
    answer: {
      items: Key[];
      next?: string;
    };
  };
  /** Take a key of an account into custody (an admin of its operator): its identity key or a signing key */
  "POST /accounts/{account}/keys": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** To be sealed here; in no answer, log or audit */
      seed?: string;
      remoteKey?: RemoteKey;
    };
    answer: Key;
  };
  /** Let a key of an account go, for good (an admin of its operator) */
  "DELETE /accounts/{account}/keys/{publicKey}": {
    path: {
      /** Account key */
      account: string;
      /** Public key of the key */
      publicKey: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    answer: Key;
  };
  /** The seed of a key of an account, sealed to a key of yours (off unless --allow-key-export) */
  "POST /accounts/{account}/keys/{publicKey}/export": {
    path: {
      /** Account key */
      account: string;
      /** Public key of the key */
      publicKey: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Curve public key (X...) that the seed is sealed to; whoever has its seed opens it */
      recipient: string;
    };
    answer: ExportedKey;
  };
  /** Limits of an account */
  "GET /accounts/{account}/limits": {
    path: {
      /** Account key */
      account: string;
    };
    answer: {
      /** Client connections; -1 = unlimited */
      conn: number;
      /** Leaf node connections; -1 = unlimited */
      leaf: number;
      /** Subscriptions; -1 = unlimited */
      subs: number;
      /** Bytes; -1 = unlimited */
      data: number;
      /** Bytes of one message; -1 = unlimited */
      payload: number;
      /** Imports; -1 = unlimited */
      imports: number;
      /** Exports; -1 = unlimited */
      exports: number;
      /** Wildcard exports allowed */
      wildcards: boolean;
      /** No bearer users */
      disallow_bearer: boolean;
      /** JetStream bytes in memory; -1 = unlimited */
      mem_storage: number;
      /** JetStream bytes on disk; -1 = unlimited */
      disk_storage: number;
      /** JetStream streams; -1 = unlimited */
      streams: number;
      /** JetStream consumers; -1 = unlimited */
      consumer: number;
      /** Unacknowledged messages of a consumer; -1 = unlimited */
      max_ack_pending: number;
      /** Bytes of one stream in memory; -1 = unlimited */
      mem_max_stream_bytes: number;
      /** Bytes of one stream on disk; -1 = unlimited */
      disk_max_stream_bytes: number;
      /** Streams must say how large they may become */
      max_bytes_required: boolean;
      /** JetStream by tier (R1, R3); where there are tiers, the flat JetStream limits are 0 */
      tiered_limits: Record<string, {
        /** JetStream bytes in memory; -1 = unlimited */
        mem_storage: number;
        /** JetStream bytes on disk; -1 = unlimited */
        disk_storage: number;
        /** JetStream streams; -1 = unlimited */
        streams: number;
        /** JetStream consumers; -1 = unlimited */
        consumer: number;
        /** Unacknowledged messages of a consumer; -1 = unlimited */
        max_ack_pending: number;
        /** Bytes of one stream in memory; -1 = unlimited */
        mem_max_stream_bytes: number;
        /** Bytes of one stream on disk; -1 = unlimited */
        disk_max_stream_bytes: number;
        /** Streams must say how large they may become */
        max_bytes_required: boolean;
      }>;
    };
  };
  /** Change limits of an account; they are its operator's to give */
  "PATCH /accounts/{account}/limits": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Client connections; -1 = unlimited */
      conn?: number;
      /** Leaf node connections; -1 = unlimited */
      leaf?: number;
      /** Subscriptions; -1 = unlimited */
      subs?: number;
      /** Bytes; -1 = unlimited */
      data?: number;
      /** Bytes of one message; -1 = unlimited */
      payload?: number;
      /** Imports; -1 = unlimited */
      imports?: number;
      /** Exports; -1 = unlimited */
      exports?: number;
      /** Wildcard exports allowed */
      wildcards?: boolean;
      /** No bearer users */
      disallow_bearer?: boolean;
      /** JetStream bytes in memory; -1 = unlimited */
      mem_storage?: number;
      /** JetStream bytes on disk; -1 = unlimited */
      disk_storage?: number;
      /** JetStream streams; -1 = unlimited */
      streams?: number;
      /** JetStream consumers; -1 = unlimited */
      consumer?: number;
      /** Unacknowledged messages of a consumer; -1 = unlimited */
      max_ack_pending?: number;
      /** Bytes of one stream in memory; -1 = unlimited */
      mem_max_stream_bytes?: number;
      /** Bytes of one stream on disk; -1 = unlimited */
      disk_max_stream_bytes?: number;
      /** Streams must say how large they may become */
      max_bytes_required?: boolean;
      /** By tier; what is not there stays, null removes the tier */
      tiered_limits?: Record<string, {
        /** JetStream bytes in memory; -1 = unlimited */
        mem_storage?: number;
        /** JetStream bytes on disk; -1 = unlimited */
        disk_storage?: number;
        /** JetStream streams; -1 = unlimited */
        streams?: number;
        /** JetStream consumers; -1 = unlimited */
        consumer?: number;
        /** Unacknowledged messages of a consumer; -1 = unlimited */
        max_ack_pending?: number;
        /** Bytes of one stream in memory; -1 = unlimited */
        mem_max_stream_bytes?: number;
        /** Bytes of one stream on disk; -1 = unlimited */
        disk_max_stream_bytes?: number;
        /** Streams must say how large they may become */
        max_bytes_required?: boolean;
      } | null>;
    };
    ifMatch: string | null;
    answer: {
      /** Client connections; -1 = unlimited */
      conn: number;
      /** Leaf node connections; -1 = unlimited */
      leaf: number;
      /** Subscriptions; -1 = unlimited */
      subs: number;
      /** Bytes; -1 = unlimited */
      data: number;
      /** Bytes of one message; -1 = unlimited */
      payload: number;
      /** Imports; -1 = unlimited */
      imports: number;
      /** Exports; -1 = unlimited */
      exports: number;
      /** Wildcard exports allowed */
      wildcards: boolean;
      /** No bearer users */
      disallow_bearer: boolean;
      /** JetStream bytes in memory; -1 = unlimited */
      mem_storage: number;
      /** JetStream bytes on disk; -1 = unlimited */
      disk_storage: number;
      /** JetStream streams; -1 = unlimited */
      streams: number;
      /** JetStream consumers; -1 = unlimited */
      consumer: number;
      /** Unacknowledged messages of a consumer; -1 = unlimited */
      max_ack_pending: number;
      /** Bytes of one stream in memory; -1 = unlimited */
      mem_max_stream_bytes: number;
      /** Bytes of one stream on disk; -1 = unlimited */
      disk_max_stream_bytes: number;
      /** Streams must say how large they may become */
      max_bytes_required: boolean;
      /** JetStream by tier (R1, R3); where there are tiers, the flat JetStream limits are 0 */
      tiered_limits: Record<string, {
        /** JetStream bytes in memory; -1 = unlimited */
        mem_storage: number;
        /** JetStream bytes on disk; -1 = unlimited */
        disk_storage: number;
        /** JetStream streams; -1 = unlimited */
        streams: number;
        /** JetStream consumers; -1 = unlimited */
        consumer: number;
        /** Unacknowledged messages of a consumer; -1 = unlimited */
        max_ack_pending: number;
        /** Bytes of one stream in memory; -1 = unlimited */
        mem_max_stream_bytes: number;
        /** Bytes of one stream on disk; -1 = unlimited */
        disk_max_stream_bytes: number;
        /** Streams must say how large they may become */
        max_bytes_required: boolean;
      }>;
      /** What is valid and rarely meant, or does not work yet as somebody may think */
      warnings: Warning[];
    };
  };
  /** Subject mappings of an account (all of them: a JWT bounds their number) */
  "GET /accounts/{account}/mappings": {
    path: {
      /** Account key */
      account: string;
    };
    answer: {
      items: {
        /** What is mapped; may have wildcards */
        subject: string;
        destinations: {
          /** What it becomes */
          subject: string;
          /** Percent; absent = 100 */
          weight?: number;
          /** Only in this cluster */
          cluster?: string;
        }[];
      }[];
      next?: string;
    };
  };
  /** One subject mapping */
  "GET /accounts/{account}/mappings/{subject}": {
    path: {
      /** Account key */
      account: string;
      /** What is mapped, percent-encoded */
      subject: string;
    };
    answer: {
      /** What is mapped; may have wildcards */
      subject: string;
      destinations: {
        /** What it becomes */
        subject: string;
        /** Percent; absent = 100 */
        weight?: number;
        /** Only in this cluster */
        cluster?: string;
      }[];
    };
  };
  /** Map a subject, whatever it was mapped to before */
  "PUT /accounts/{account}/mappings/{subject}": {
    path: {
      /** Account key */
      account: string;
      /** What is mapped, percent-encoded */
      subject: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      destinations: {
        /** What it becomes */
        subject: string;
        /** Percent; absent = 100 */
        weight?: number;
        /** Only in this cluster */
        cluster?: string;
      }[];
    };
    ifMatch: string | null;
    answer: {
      /** What is mapped; may have wildcards */
      subject: string;
      destinations: {
        /** What it becomes */
        subject: string;
        /** Percent; absent = 100 */
        weight?: number;
        /** Only in this cluster */
        cluster?: string;
      }[];
      /** What is valid and rarely meant, or does not work yet as somebody may think */
      warnings: Warning[];
    };
  };
  /** Map a subject no more */
  "DELETE /accounts/{account}/mappings/{subject}": {
    path: {
      /** Account key */
      account: string;
      /** What is mapped, percent-encoded */
      subject: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    ifMatch: string | null;
    answer: null;
  };
  /** Users whose JWT in the ledger lets them publish or subscribe to a subject, also by imports of other accounts */
  "GET /accounts/{account}/reachers": {
    path: {
      /** Account key */
      account: string;
    };
    query: {
      /** Rows wanted */
      limit?: number;
      /** `next` of the page before, as it was given */
      after?: string;
      /** Literal, or with wildcards: then who reaches some of it is named too */
      subject: string;
      /** What they may do with it */
      action: "pub" | "sub";
    };
    answer: {
      items: Reacher[];
      next?: string;
    };
  };
  /** Revocations in the account JWT (all of them: a JWT bounds their number) */
  "GET /accounts/{account}/revocations": {
    path: {
      /** Account key */
      account: string;
    };
    answer: {
      items: Revocation[];
      next?: string;
    };
  };
  /** Revoke a user: connections close at once on every server that is linked, and do not come back */
  "POST /accounts/{account}/revocations": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: NewRevocation;
    answer: Revoked;
  };
  /** Revoke several users with one JWT of their account: all of them, or none */
  "POST /accounts/{account}/revocations/bulk": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      revocations: NewRevocation[];
    };
    answer: {
      /** Account key */
      account: string;
      /** Of the account JWT that says so */
      jti: string;
      items: {
        /** User key, or `*` */
        user: string;
        /** JWTs issued at or before it are void (unix seconds) */
        revokedAt: number;
        /** Whether this service made the user */
        known: boolean;
      }[];
      /** What each server answered so far; the announcement goes on until every one has it */
      announced: ServerAnswer[];
    };
  };
  /** Take out revocations of which the ledger proves that every JWT they cover has ended */
  "POST /accounts/{account}/revocations/prune": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    answer: PrunedRevocations;
  };
  /** Take a revocation back: JWTs that are still valid work again */
  "DELETE /accounts/{account}/revocations/{user}": {
    path: {
      /** Account key */
      account: string;
      /** User key, or `*` */
      user: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    answer: Restored;
  };
  /** Which servers took a revocation, when, and how many connections of the user they had before and after */
  "GET /accounts/{account}/revocations/{user}/servers": {
    path: {
      /** Account key */
      account: string;
      /** User key, or `*` */
      user: string;
    };
    answer: {
      items: RevocationServer[];
      next?: string;
    };
  };
  /** Signing keys and roles of an account, as its JWT has them */
  "GET /accounts/{account}/signing-keys": {
    path: {
      /** Account key */
      account: string;
    };
    answer: {
      items: AccountSigningKey[];
      next?: string;
    };
  };
  /** Add a signing key to an account, with a role where one is wanted */
  "POST /accounts/{account}/signing-keys": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Of a key kept elsewhere; without it (and remoteKey) the service makes and keeps one */
      publicKey?: string;
      remoteKey?: RemoteKey;
      /** Makes it a scoped key */
      role?: string;
      description?: string;
      /** What users of the role may do, in the form of the JWT: {"pub": {"allow": ["orders.>"]}, "subs": 10, "bearer_token": false} */
      template?: Record<string, unknown>;
    };
    answer: AccountSigningKey;
  };
  /** Change what a role lets its users do: at once for those connected too */
  "PATCH /accounts/{account}/signing-keys/{publicKey}": {
    path: {
      /** Account key */
      account: string;
      /** Signing key */
      publicKey: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Makes it a scoped key */
      role?: string;
      description?: string;
      /** What users of the role may do, in the form of the JWT: {"pub": {"allow": ["orders.>"]}, "subs": 10, "bearer_token": false} */
      template?: Record<string, unknown>;
    };
    ifMatch: string | null;
    answer: AccountSigningKey;
  };
  /** Take a signing key away: users it signed have no access any more */
  "DELETE /accounts/{account}/signing-keys/{publicKey}": {
    path: {
      /** Account key */
      account: string;
      /** Signing key */
      publicKey: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
      /** Also where users lose access (told in a 409 otherwise) */
      force?: boolean;
    };
    ifMatch: string | null;
    answer: RemovedSigningKey;
  };
  /** Replace a signing key by a new one of the same role, and issue its users anew */
  "POST /accounts/{account}/signing-keys/{publicKey}/rotate": {
    path: {
      /** Account key */
      account: string;
      /** Signing key */
      publicKey: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
      /** Also where users lose access (told in a 409 otherwise) */
      force?: boolean;
    };
    body: {
      /** Of a key kept elsewhere; without it (and remoteKey) the service makes and keeps one */
      publicKey?: string;
      remoteKey?: RemoteKey;
    };
    ifMatch: string | null;
    answer: RotatedSigningKey;
  };
  /** Where traces of messages of an account go */
  "GET /accounts/{account}/tracing": {
    path: {
      /** Account key */
      account: string;
    };
    answer: {
      /** Where traces go */
      dest: string;
      /** Percent; 0 or absent = 100 */
      sampling?: number;
    };
  };
  /** Say where traces of messages of an account go */
  "PUT /accounts/{account}/tracing": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Where traces go */
      dest: string;
      /** Percent; 0 or absent = 100 */
      sampling?: number;
    };
    ifMatch: string | null;
    answer: {
      /** Where traces go */
      dest: string;
      /** Percent; 0 or absent = 100 */
      sampling?: number;
      /** What is valid and rarely meant, or does not work yet as somebody may think */
      warnings: Warning[];
    };
  };
  /** Send no traces */
  "DELETE /accounts/{account}/tracing": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    ifMatch: string | null;
    answer: null;
  };
  /** Users of an account that this service made */
  "GET /accounts/{account}/users": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Rows wanted */
      limit?: number;
      /** `next` of the page before, as it was given */
      after?: string;
      /** Stands in the name, in any letter case */
      name?: string;
      /** Whether the JWT has ended */
      expired?: boolean;
      /** The JWT ends before it (unix seconds) */
      expiresBefore?: number;
    };
    answer: {
      items: User[];
      next?: string;
    };
  };
  /** Make a user of an account whose signing key the service keeps */
  "POST /accounts/{account}/users": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: NewUser;
    answer: CreatedUser;
  };
  /** Make several users of an account: all of them, or none; their creds are given once, in the same order */
  "POST /accounts/{account}/users/bulk": {
    path: {
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      users: NewUser[];
    };
    answer: {
      items: CreatedUser[];
    };
  };
  /** Every change, oldest first: who, when, what, from which claims to which */
  "GET /audit": {
    query?: {
      /** Rows wanted */
      limit?: number;
      /** `next` of the page before, as it was given */
      after?: string;
      /** As in the entries: account.update */
      action?: string;
      /** Public key or id of what changed */
      entity?: string;
      /** Who made it, as in the entries */
      actor?: string;
      /** Operator it belongs to */
      operator?: string;
      /** Account it belongs to */
      account?: string;
      /** Only entries after the one of this number */
      afterSeq?: number;
      /** Made at or after it (unix seconds) */
      since?: number;
      /** Made before it (unix seconds) */
      until?: number;
    };
    answer: {
      items: AuditEntry[];
      next?: string;
    };
  };
  /** The end of the audit, signed: keep it elsewhere and verify against it later */
  "GET /audit/checkpoint": {
    answer: {
      /** Of the last entry */
      seq: number;
      /** Of the last entry */
      hash: string;
      /** Ed25519 key of the audit, base64url */
      publicKey: string;
      /** Over both, base64url */
      signature: string;
    };
  };
  /** The whole audit as JSON lines, its signed end the last: verified without this service */
  "GET /audit/export": {
    answer: string;
  };
  /** Whether the audit is whole: nothing changed, taken out or cut off, also since a checkpoint kept elsewhere */
  "POST /audit/verify": {
    body: {
      checkpoint?: {
        /** Of the last entry */
        seq: number;
        /** Of the last entry */
        hash: string;
        /** Ed25519 key of the audit, base64url */
        publicKey: string;
        /** Over both, base64url */
        signature: string;
      };
    };
    answer: {
      whole: boolean;
      entries: number;
      /** Of the last entry */
      hash: string;
      faults: {
        seq: number;
        message: string;
      }[];
    };
  };
  /** Why servers refuse a user of this service: `natsctl doctor` */
  "GET /doctor": {
    query: {
      /** User key; or the name, with `account` */
      user: string;
      /** Account key */
      account?: string;
      /** Address the user connects from */
      ip?: string;
    };
    answer: {
      /** Nothing failed */
      ok: boolean;
      user: string | null;
      account: string | null;
      examinations: Array<{
        source: string;
        where: string;
        steps: Array<{
          /** `unknown`: would decide, but is not known here */
          outcome: "pass" | "fail" | "unknown" | "warn" | "info";
          /** Stable name of what is looked at, like `user.revoked` */
          check: string;
          /** The JWT that decides */
          token?: {
            kind: string;
            /** Whose */
            key: string;
            /** JSON pointer into its claims */
            path: string;
          };
          /** Another account that the message tells of */
          crosses?: string;
          message: string;
          code?: string;
          hint?: string;
        }>;
      }>;
    };
  };
  /** As GET, of a user JWT from anywhere (never its seed) */
  "POST /doctor": {
    body: {
      /** Of the user, without the seed */
      jwt: string;
      /** Address the user connects from */
      ip?: string;
    };
    answer: {
      /** Nothing failed */
      ok: boolean;
      user: string | null;
      account: string | null;
      examinations: Array<{
        source: string;
        where: string;
        steps: Array<{
          /** `unknown`: would decide, but is not known here */
          outcome: "pass" | "fail" | "unknown" | "warn" | "info";
          /** Stable name of what is looked at, like `user.revoked` */
          check: string;
          /** The JWT that decides */
          token?: {
            kind: string;
            /** Whose */
            key: string;
            /** JSON pointer into its claims */
            path: string;
          };
          /** Another account that the message tells of */
          crosses?: string;
          message: string;
          code?: string;
          hint?: string;
        }>;
      }>;
    };
  };
  /** Changes as they are made (server-sent events); `Last-Event-ID` goes on where a connection ended */
  "GET /events": {
    query?: {
      /** `id` of the last event seen; absent = from now on */
      after?: number;
    };
    answer: string;
  };
  /** What ends when, the next one first: JWTs in force, and access tokens for those who manage them */
  "GET /expirations": {
    query?: {
      /** Rows wanted */
      limit?: number;
      /** `next` of the page before, as it was given */
      after?: string;
      /** What ends */
      kind?: "operator" | "account" | "user" | "activation" | "token";
      /** Ends before (unix seconds) */
      before?: number;
    };
    answer: {
      items: Expiration[];
      next?: string;
    };
  };
  /** Whether a user may publish, subscribe or request, and why: `natsctl explain can` */
  "GET /explain": {
    query: {
      /** User key; or the name, with `account` */
      user: string;
      /** Account key */
      account?: string;
      /** Address the user connects from */
      ip?: string;
      /** What the user wants to do */
      action: "pub" | "sub" | "request";
      /** With which subject */
      subject: string;
      /** Queue group to subscribe in */
      queue?: string;
      /** Prefix of reply subjects; default _INBOX */
      inbox?: string;
      /** Cluster of the server, for mappings */
      cluster?: string;
    };
    answer: {
      action: string;
      subject: string;
      /** User key */
      user: string;
      userName: string | null;
      /** Account key */
      account: string;
      answer: "yes" | "no" | "sometimes";
      steps: Array<{
        /** `unknown`: would decide, but is not known here */
        outcome: "pass" | "fail" | "unknown" | "warn" | "info";
        /** Stable name of what is looked at, like `user.revoked` */
        check: string;
        /** The JWT that decides */
        token?: {
          kind: string;
          /** Whose */
          key: string;
          /** JSON pointer into its claims */
          path: string;
        };
        /** Another account that the message tells of */
        crosses?: string;
        message: string;
        code?: string;
        hint?: string;
      }>;
      /** What the JWTs do not decide: it holds if these do */
      depends: string[];
    };
  };
  /** Every JWT issued here or pushed, newest first, with what is true of it now */
  "GET /ledger": {
    query?: {
      /** Rows wanted */
      limit?: number;
      /** `next` of the page before, as it was given */
      after?: string;
      /** What the JWT is of */
      kind?: "operator" | "account" | "user" | "activation";
      /** Operator key */
      operator?: string;
      /** Account key */
      account?: string;
      /** Public key that the JWT is of */
      subject?: string;
      /** Key that signed it */
      issuer?: string;
      /** Now, by the account JWT in force. `superseded`: there is a newer one; `admitted` says whether servers still take this one */
      status?: "active" | "expired" | "superseded" | "revoked" | "deleted";
      /** Ends before (unix seconds) */
      expiringBefore?: number;
      /** Issued then or later (unix seconds) */
      issuedSince?: number;
      /** Issued then or earlier (unix seconds) */
      issuedUntil?: number;
    };
    answer: {
      items: LedgerEntry[];
      next?: string;
    };
  };
  /** NATS systems that changes are announced to */
  "GET /links": {
    answer: {
      items: {
        /** Link id */
        id: string;
        servers: string[];
        connected: boolean;
        /** Accounts whose newest JWT, or deletion, not every server has confirmed */
        pending: number;
      }[];
      next?: string;
    };
  };
  /** Attach a NATS system; the service attaches it again at every start */
  "POST /links": {
    body: {
      /** nats://host:port of one system */
      servers: string[];
      /** .creds of a system account user; absent = those of a link attached before */
      creds?: string;
    };
    answer: {
      /** Link id */
      id: string;
      servers: string[];
      connected: boolean;
      /** Accounts whose newest JWT, or deletion, not every server has confirmed */
      pending: number;
    };
  };
  /** One NATS system: its servers, how they compare, and what each answered about each account */
  "GET /links/{link}": {
    path: {
      /** Link id */
      link: string;
    };
    query?: {
      /** Rows wanted */
      limit?: number;
      /** `next` of the page before, as it was given */
      after?: string;
      /** Whether some server has still to confirm it, or all have */
      state?: "pending" | "acked";
    };
    answer: {
      /** Link id */
      id: string;
      servers: string[];
      connected: boolean;
      /** Accounts whose newest JWT, or deletion, not every server has confirmed */
      pending: number;
      systemAccount: string | null;
      /** Servers that are there now: each must confirm each account */
      present: {
        server: string;
        serverId: string;
      }[];
      /** What the last comparison with the servers found */
      drift: {
        /** Comparison (unix seconds) */
        checkedAt: number;
        /** Servers that keep accounts */
        servers: {
          server: string;
          serverId: string;
          /** Accounts it lists */
          accounts: number;
          /** Accounts of the service that it should list and does not */
          missing: number;
        }[];
        /** Accounts announced anew, deletions included */
        announced: number;
        /** Accounts taken in because a server has a newer JWT */
        taken: number;
      } | null;
      accounts: {
        items: Announcement[];
        next?: string;
      };
      /** Deletions not confirmed yet (the first of them) */
      deletions: Announcement[];
    };
  };
  /** Detach a NATS system */
  "DELETE /links/{link}": {
    path: {
      /** Link id */
      link: string;
    };
    answer: null;
  };
  /** Operators served */
  "GET /operators": {
    query?: {
      /** Rows wanted */
      limit?: number;
      /** `next` of the page before, as it was given */
      after?: string;
    };
    answer: {
      items: Operator[];
      next?: string;
    };
  };
  /** Adopt an operator, beside those that are served already */
  "POST /operators": {
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** JWT of the operator; a newer one takes the place of an older */
      jwt: string;
      /** Seed of a signing key, to be sealed here; without it only signed JWTs are taken */
      signingKey?: string;
      remoteKey?: RemoteKey;
      /** Which private keys are kept here: none; a key of the operator (accounts are signed here, users are not); those of accounts too */
      custody?: "none" | "operator-signing-key" | "accounts";
      /** Account JWTs to begin with */
      accounts?: string[];
    };
    answer: OperatorDetail;
  };
  /** Take over what an nsc store holds of an operator: all of it or nothing */
  "POST /operators/adopt-store": {
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** JWT */
      operator: string;
      /** JWTs */
      accounts?: string[];
      /** JWTs */
      users?: string[];
      /** Of keys of the operator and its accounts, to be sealed here; never of users */
      seeds?: string[];
    };
    answer: {
      /** Operator key */
      operator: string;
      /** Of the operator, as they are here now */
      accounts: string[];
      /** Taken in */
      users: string[];
      /** In custody */
      keys: string[];
      /** Users that no server would let in, or whose name is taken */
      leftOut: {
        /** User key */
        user: string;
        code: string;
        message: string;
      }[];
    };
  };
  /** One operator */
  "GET /operators/{operator}": {
    path: {
      /** Operator key */
      operator: string;
    };
    answer: OperatorDetail;
  };
  /** Change an operator: which of its keys are kept here, or its JWT by a newer one */
  "PATCH /operators/{operator}": {
    path: {
      /** Operator key */
      operator: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Which private keys are kept here: none; a key of the operator (accounts are signed here, users are not); those of accounts too */
      custody?: "none" | "operator-signing-key" | "accounts";
      /** Lets the keys go for good that the new custody does not keep (409 otherwise) */
      removeKeys?: boolean;
      /** Newer JWT of the operator */
      jwt?: string;
    };
    ifMatch: string | null;
    answer: OperatorDetail;
  };
  /** Keys of an operator in custody: never more than their public part */
  "GET /operators/{operator}/keys": {
    path: {
      /** Operator key */
      operator: string;
    };
    answer: {
      items: Key[];
      next?: string;
    };
  };
  /** Take a key of an operator into custody: its identity key or one of its signing keys */
  "POST /operators/{operator}/keys": {
    path: {
      /** Operator key */
      operator: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** To be sealed here; in no answer, log or audit */
      seed?: string;
      remoteKey?: RemoteKey;
    };
    answer: Key;
  };
  /** Let a key of an operator go, for good: the service keeps no copy */
  "DELETE /operators/{operator}/keys/{publicKey}": {
    path: {
      /** Operator key */
      operator: string;
      /** Public key of the key */
      publicKey: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    answer: Key;
  };
  /** The seed of a key of an operator, sealed to a key of yours (off unless --allow-key-export) */
  "POST /operators/{operator}/keys/{publicKey}/export": {
    path: {
      /** Operator key */
      operator: string;
      /** Public key of the key */
      publicKey: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Curve public key (X...) that the seed is sealed to; whoever has its seed opens it */
      recipient: string;
    };
    answer: ExportedKey;
  };
  /** Account JWTs that their owners signed and pushed, which wait to be approved */
  "GET /operators/{operator}/pending-accounts": {
    path: {
      /** Operator key */
      operator: string;
    };
    query?: {
      /** Rows wanted */
      limit?: number;
      /** `next` of the page before, as it was given */
      after?: string;
    };
    answer: {
      items: Array<{
        /** Account key */
        account: string;
        name: string;
        /** Signed by its owner (unix seconds) */
        issuedAt: number;
        /** Pushed (unix seconds) */
        receivedAt: number;
        /** jti of the JWT it was pushed over; null for a new account */
        replaces: string | null;
        /** Another one for each push; the ETag */
        version: number;
      }>;
      next?: string;
    };
  };
  /** One of them, with the JWT; approving with dryRun=true tells what would change */
  "GET /operators/{operator}/pending-accounts/{account}": {
    path: {
      /** Operator key */
      operator: string;
      /** Account key */
      account: string;
    };
    answer: {
      /** Account key */
      account: string;
      name: string;
      /** Signed by its owner (unix seconds) */
      issuedAt: number;
      /** Pushed (unix seconds) */
      receivedAt: number;
      /** jti of the JWT it was pushed over; null for a new account */
      replaces: string | null;
      /** Another one for each push; the ETag */
      version: number;
      jwt: string;
    };
  };
  /** Have the operator sign it, with the limits that the account has, and store and announce that */
  "POST /operators/{operator}/pending-accounts/{account}/approve": {
    path: {
      /** Operator key */
      operator: string;
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: Record<string, never>;
    ifMatch: string | null;
    answer: {
      status: "created" | "updated" | "unchanged";
      /** Account key */
      account: string;
      /** Of the JWT that the operator signed */
      jti: string;
      warnings: {
        code: string;
        message: string;
        path: string;
      }[];
    };
  };
  /** Let it go: nothing changes */
  "POST /operators/{operator}/pending-accounts/{account}/reject": {
    path: {
      /** Operator key */
      operator: string;
      /** Account key */
      account: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      reason?: string;
    };
    ifMatch: string | null;
    answer: {
      /** Account key */
      account: string;
      name: string;
      /** Signed by its owner (unix seconds) */
      issuedAt: number;
      /** Pushed (unix seconds) */
      receivedAt: number;
      /** jti of the JWT it was pushed over; null for a new account */
      replaces: string | null;
      /** Another one for each push; the ETag */
      version: number;
    };
  };
  /** How account JWTs of an operator are renewed by the service */
  "GET /operators/{operator}/renewal-policy": {
    path: {
      /** Operator key */
      operator: string;
    };
    answer: {
      /** Seconds before its end that an account JWT is renewed */
      renewBefore: number;
      /** Seconds that the renewed one lasts; longer than renewBefore */
      renewFor: number;
    };
  };
  /** Have account JWTs renewed that near their end. An end that was nearer than renewBefore from the first stays: it is meant */
  "PUT /operators/{operator}/renewal-policy": {
    path: {
      /** Operator key */
      operator: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Seconds before its end that an account JWT is renewed */
      renewBefore: number;
      /** Seconds that the renewed one lasts; longer than renewBefore */
      renewFor: number;
    };
    ifMatch: string | null;
    answer: {
      /** Seconds before its end that an account JWT is renewed */
      renewBefore: number;
      /** Seconds that the renewed one lasts; longer than renewBefore */
      renewFor: number;
    };
  };
  /** Renew no account JWTs any more */
  "DELETE /operators/{operator}/renewal-policy": {
    path: {
      /** Operator key */
      operator: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    ifMatch: string | null;
    answer: null;
  };
  /** A configuration file for nats-server: `natsctl config generate` */
  "GET /operators/{operator}/server-config": {
    path: {
      /** Operator key */
      operator: string;
    };
    query?: {
      /** How servers get at accounts: from this service, from the file, or from a folder of all or of those in use */
      resolver?: "url" | "memory" | "full" | "cache";
      /** URL of this service as servers reach it; default: as it was reached now */
      service?: string;
      /** Folder of a full or caching resolver */
      dir?: string;
      /** Of a full one: take deletions signed by the operator */
      allowDelete?: boolean;
    };
    answer: string;
  };
  /** Signing keys of an operator, as its JWT has them */
  "GET /operators/{operator}/signing-keys": {
    path: {
      /** Operator key */
      operator: string;
    };
    answer: {
      items: OperatorSigningKey[];
      next?: string;
    };
  };
  /** Add a signing key to an operator's JWT; where its identity key is elsewhere, 409 tells what to sign */
  "POST /operators/{operator}/signing-keys": {
    path: {
      /** Operator key */
      operator: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Of a key kept elsewhere; without it (and remoteKey) the service makes and keeps one */
      publicKey?: string;
      remoteKey?: RemoteKey;
    };
    answer: OperatorSigningKey;
  };
  /** A token for a quarter of an hour, for the signature of a challenge */
  "POST /sessions": {
    body: {
      /** As it was given */
      challenge: string;
      /** Ed25519, over the text of the challenge; base64url */
      signature: string;
    };
    answer: {
      token: string;
      /** End of the token (unix seconds) */
      expires: number;
      /** What the caller may do here */
      grants: {
        /** admin, issuer, auditor, viewer */
        role: string;
        /** Operator key */
        operator?: string;
        /** Account key */
        account?: string;
      }[];
    };
  };
  /** A text to sign with a key, within a minute */
  "POST /sessions/challenge": {
    body: {
      /** Operator or account key (or signing key) that signs in */
      key: string;
      /** Account of an account signing key */
      account?: string;
    };
    answer: {
      challenge: string;
      /** Until when it can be answered (unix seconds) */
      expires: number;
    };
  };
  /** Access tokens */
  "GET /tokens": {
    query?: {
      /** Rows wanted */
      limit?: number;
      /** `next` of the page before, as it was given */
      after?: string;
      /** Operator the role is for */
      operator?: string;
      /** Account the role is for */
      account?: string;
      /** Role it gives */
      role?: "admin" | "issuer" | "auditor" | "viewer";
      /** Whether it was revoked */
      revoked?: boolean;
      /** Who made it, as in the audit */
      createdBy?: string;
      /** Id of the token it was made with */
      madeWith?: string;
    };
    answer: {
      items: AccessToken[];
      next?: string;
    };
  };
  /** Make an access token */
  "POST /tokens": {
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: NewAccessToken;
    answer: IssuedAccessToken;
  };
  /** Revoke an access token, on demand with all that was made with it */
  "DELETE /tokens/{token}": {
    path: {
      /** Hash of the token id */
      token: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
      /** Also what was made with it, with what was made with that, and so on */
      descendants?: boolean;
    };
    answer: RevokedAccessToken;
  };
  /** One user that this service made; the JWT of a bearer to those who may issue users only */
  "GET /users/{user}": {
    path: {
      /** User key */
      user: string;
    };
    answer: UserDetail;
  };
  /** Change claims of a user and issue it anew: permissions, limits, name, whatever its JWT can say */
  "PATCH /users/{user}": {
    path: {
      /** User key */
      user: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
      /** JWTs from before lose their rights at once; else they stay good until they expire */
      revokeOlder?: boolean;
      /** Of `details.rest` of the ERR_SIGN_ELSEWHERE that this goes on from */
      proof?: string;
    };
    body: Record<string, unknown>;
    ifMatch: string | null;
    answer: ReissuedUser;
  };
  /** Delete a user: its key is revoked, its connections close, and no JWT of it works any more */
  "DELETE /users/{user}": {
    path: {
      /** User key */
      user: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    ifMatch: string | null;
    answer: Revoked;
  };
  /** Disable a user: revoked, its connections closed, and still listed */
  "POST /users/{user}/disable": {
    path: {
      /** User key */
      user: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    ifMatch: string | null;
    answer: DisabledUser;
  };
  /** Let a disabled user in again; with a new JWT where everyone was revoked meanwhile */
  "POST /users/{user}/enable": {
    path: {
      /** User key */
      user: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    ifMatch: string | null;
    answer: EnabledUser;
  };
  /** Issue a user anew with the claims it has, on demand with another key */
  "POST /users/{user}/reissue": {
    path: {
      /** User key */
      user: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
      /** Of `details.rest` of the ERR_SIGN_ELSEWHERE that this goes on from */
      proof?: string;
    };
    body: {
      /** When the JWT ends; 0 = never; absent = it lives as long as the one before did (unix seconds) */
      expires?: number;
      /** The JWTs from before are void at once */
      revokeOlder?: boolean;
      /** Another key; the old one is revoked */
      rotateKey?: boolean;
      /** Of a key kept elsewhere; without it a key is made and its creds are given once */
      publicKey?: string;
      /** That you hold the key */
      proof?: {
        /** As it was given */
        challenge: string;
        /** Ed25519, over the text of the challenge; base64url */
        signature: string;
      };
    };
    ifMatch: string | null;
    answer: ReissuedUser;
  };
  /** Webhooks: where events are sent to, signed as Standard Webhooks has it */
  "GET /webhooks": {
    query?: {
      /** Rows wanted */
      limit?: number;
      /** `next` of the page before, as it was given */
      after?: string;
    };
    answer: {
      items: Webhook[];
      next?: string;
    };
  };
  /** Make a webhook */
  "POST /webhooks": {
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: NewWebhook;
    answer: IssuedWebhook;
  };
  /** One webhook */
  "GET /webhooks/{webhook}": {
    path: {
      /** Webhook id */
      webhook: string;
    };
    answer: Webhook;
  };
  /** Change a webhook: where it leads, what it is told, whether it is */
  "PATCH /webhooks/{webhook}": {
    path: {
      /** Webhook id */
      webhook: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Also a file name: no slashes, no leading dot */
      name?: string;
      /** https://..., on the public internet (service setting `outbound-allow` opens other networks) */
      url?: string;
      /** Types of events wanted, as GET /events names them: `account.create`, or `account.*`; empty = all */
      types?: string[];
      /** Once enabled it is sent what happens from then on; ask for a replay of the rest */
      enabled?: boolean;
    };
    ifMatch: string | null;
    answer: Webhook;
  };
  /** Delete a webhook, with what it was not sent yet */
  "DELETE /webhooks/{webhook}": {
    path: {
      /** Webhook id */
      webhook: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    ifMatch: string | null;
    answer: null;
  };
  /** What was sent to a webhook and what came of it, newest first; kept for a week */
  "GET /webhooks/{webhook}/deliveries": {
    path: {
      /** Webhook id */
      webhook: string;
    };
    query?: {
      /** Rows wanted */
      limit?: number;
      /** `next` of the page before, as it was given */
      after?: string;
      /** Only those */
      state?: "pending" | "delivered" | "failed";
    };
    answer: {
      items: WebhookDelivery[];
      next?: string;
    };
  };
  /** Send an event again, under the same id */
  "POST /webhooks/{webhook}/deliveries/{delivery}/replay": {
    path: {
      /** Webhook id */
      webhook: string;
      /** The `webhook-id` it was sent with */
      delivery: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    answer: WebhookDelivery;
  };
  /** Send every event after a number again, each under the id it had */
  "POST /webhooks/{webhook}/replay": {
    path: {
      /** Webhook id */
      webhook: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** Number of an event (`data.seq`): all after it are sent again */
      after: number;
    };
    answer: {
      after: number;
    };
  };
  /** Make a new key; requests are signed with the one before it too, until receivers have changed over */
  "POST /webhooks/{webhook}/rotate": {
    path: {
      /** Webhook id */
      webhook: string;
    };
    query?: {
      /** Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}` */
      dryRun?: boolean;
    };
    body: {
      /** `hmac`: by a secret that the receiver has too (v1); `ed25519`: by a key of which it has the public one (v1a) */
      signature?: "hmac" | "ed25519";
      /** How long the key before it signs too; absent = a day */
      overlapHours?: number;
    };
    ifMatch: string | null;
    answer: IssuedWebhook;
  };
  /** Send an event of type `webhook.test` now, once, and tell what came of it; also where it is disabled */
  "POST /webhooks/{webhook}/test": {
    path: {
      /** Webhook id */
      webhook: string;
    };
    answer: {
      /** It answered 2xx */
      ok: boolean;
      responseStatus?: number;
      durationMs?: number;
      /** Code of why there was no answer */
      error?: string;
      /** The first 1024 bytes of the answer */
      responseBody?: string;
    };
  };
  /** Who the token is of, and what it may do */
  "GET /whoami": {
    answer: {
      /** `token:<name>`, `key:<public key>` or `oidc:<issuer>#<subject>` */
      actor: string;
      /** What the caller may do here */
      grants: {
        /** admin, issuer, auditor, viewer */
        role: string;
        /** Operator key */
        operator?: string;
        /** Account key */
        account?: string;
      }[];
      /** End of the token; absent = none (unix seconds) */
      expires?: number;
    };
  };
}
