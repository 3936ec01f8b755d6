/**
 * Every bound of the broker, in one place, with the source of its number. What nats-server bounds is bounded alike, so that a
 * client tuned for one meets no surprise at the other.
 */

/** Argument part of a protocol line, CONNECT included (nats-server MAX_CONTROL_LINE_SIZE). */
export const MAX_CONTROL_LINE = 4096;
/** Bytes of one message, headers included (nats-server MAX_PAYLOAD_SIZE). */
export const MAX_PAYLOAD = 1024 * 1024;
/** Outbound bytes one connection may owe before it is a slow consumer (nats-server MAX_PENDING_SIZE). */
export const MAX_PENDING = 64 * 1024 * 1024;
/** Connections of the whole broker (nats-server DEFAULT_MAX_CONNECTIONS). */
export const MAX_CONNECTIONS = 64 * 1024;
/** Digits of a size on the wire; more is not a size (nats-server parseSize). */
export const MAX_SIZE_DIGITS = 9;

/** Time for CONNECT to arrive (nats-server AUTH_TIMEOUT). */
export const AUTH_TIMEOUT_MS = 2_000;
/** Time for a TLS handshake (nats-server TLS_TIMEOUT); CONNECT has a second more where there is one. */
export const TLS_TIMEOUT_MS = 2_000;
/** Time for a PROXY header (nats-server proxyProtoReadTimeout). */
export const PROXY_TIMEOUT_MS = 5_000;
/** Time for the HTTP request of a WebSocket. nats-server has no limit unless one is configured. */
export const WEBSOCKET_HANDSHAKE_MS = 2_000;
/** Head of that request. nats-server takes 1 MiB (Go's DefaultMaxHeaderBytes); cookies with a JWT fit in this. */
export const MAX_UPGRADE_BYTES = 16 * 1024;
/** One compressed message, and what it inflates to, before its sender is authenticated: a CONNECT and some operations. */
export const MAX_INFLATED_BEFORE_CONNECT = 4 * MAX_CONTROL_LINE;
/** Frames for browsers (nats-server wsFrameSizeForBrowsers). */
export const BROWSER_FRAME_BYTES = 4_096;
/** From here on bytes are worth compressing (nats-server wsCompressThreshold). */
export const COMPRESS_FROM_BYTES = 64;
/** One fetch of an account JWT (nats-server DEFAULT_ACCOUNT_FETCH_TIMEOUT). */
export const FETCH_TIMEOUT_MS = 1_900;
/** Time without a write completing while bytes are owed (nats-server DEFAULT_FLUSH_DEADLINE). */
export const WRITE_DEADLINE_MS = 10_000;
export const PING_INTERVAL_MS = 120_000;
export const MAX_PINGS_OUT = 2;
/** The first PING comes early, to learn the round trip time (nats-server firstPingInterval). */
export const FIRST_PING_MS = 2_000;
/** Longest a publisher is held back for one overloaded subscriber (nats-server stallTotalAllowed). */
export const STALL_MS = 10;
/** Share of MAX_PENDING above which publishers are held back (nats-server stalls at 3/4). */
export const STALL_SHARE = 0.75;
/** A closing connection gets this long to take its last -ERR before the socket is destroyed. */
export const LINGER_MS = 1_000;

/** Subjects whose match an account remembers (nats-server slCacheMax). */
export const MAX_CACHED_ROUTES = 1024;
/** Subscriptions ending at once from which on an account's routes are forgotten as a whole. */
export const MAX_INVALIDATED_SINGLY = 256;
/** Subjects a publishing connection remembers by their bytes; a power of two. */
export const PUBLISH_PLANS = 256;
/** User JWTs remembered as verified. */
export const MAX_VERIFIED_USERS = 8_192;
/** Accounts kept in memory. */
export const MAX_ACCOUNTS = 65_536;
/** Accounts walked by one search through imports (nats-server maxCycleSearchDepth). */
export const MAX_IMPORT_SEARCH = 1_024;
/** Between attempts to load the accounts that an account in use imports from. */
export const RETRY_EXPORTERS_MS = 5_000;
/** Hops of one message across account borders. */
export const MAX_IMPORT_HOPS = 32;
/** Fetches of exporting accounts running at once for one importing account. */
export const MAX_PARALLEL_FETCHES = 16;

/** Remembered replies of a connection with response permissions before old ones are pruned (nats-server replyPermLimit). */
export const MAX_RESPONSE_PERMISSIONS = 4_096;
/** Requests across an import of one account that wait for their response. */
export const MAX_PENDING_RESPONSES = 262_144;
/** Least time between two looks for requests that nobody answered: each looks at all that wait. */
export const RESPONSE_SWEEP_MS = 250;
/** Crossings of one request over imports, all branches together. */
export const MAX_REQUEST_CROSSINGS = 1_024;
/** An exporter that sets no threshold (nats-server DEFAULT_SERVICE_EXPORT_RESPONSE_THRESHOLD). */
export const RESPONSE_THRESHOLD_MS = 120_000;

/** Depth of the JSON of a CONNECT or INFO; the wire's own objects have depth 2. */
export const MAX_CONNECT_JSON_DEPTH = 8;
/** Fetches of accounts running at once. */
export const MAX_FETCHES = 64;
/** Fetches that wait for one of those to end, and how long each does. */
export const MAX_WAITING_FETCHES = 8_192;
export const FETCH_TURN_MS = 5_000;
