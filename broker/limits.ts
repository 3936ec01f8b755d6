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
/** Of `maxSubTokens` (nats-server keeps it in a byte). */
export const MAX_SUB_TOKENS = 255;
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
/** Between two exchanges of a full resolver with others (nats-server NewDirAccResolver). */
export const PACK_INTERVAL_MS = 60_000;
/** Between two looks for accounts that a cache has kept long enough. */
export const CACHE_SWEEP_MS = 1_000;
/** Files of a resolver's folder that are read at once. */
export const MAX_PARALLEL_READS = 16;
/** JWTs of one message of a pack, and of one exchange. */
export const MAX_PACKED = 1_000_000;
/** Time without a write completing while bytes are owed (nats-server DEFAULT_FLUSH_DEADLINE). */
export const WRITE_DEADLINE_MS = 10_000;
/** Lame duck mode as a whole, its least, and the time before its first close (nats-server DEFAULT_LAME_DUCK_*). */
export const LAME_DUCK_MS = 120_000;
export const MIN_LAME_DUCK_MS = 30_000;
export const LAME_DUCK_GRACE_MS = 10_000;
/** Longest between two closes of lame duck mode. */
export const LAME_DUCK_STEP_MS = 1_000;
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
/** Receivers that the trace of one message tells of; nats-server tells of any number, which one small message can make megabytes. */
export const MAX_TRACE_EVENTS = 4_096;
/** Bytes of a header that the trace of its message repeats; of a longer one it says nothing but the size of the message. */
export const MAX_TRACED_HEADER = 64 * 1024;
/** An exporter that sets no threshold (nats-server DEFAULT_SERVICE_EXPORT_RESPONSE_THRESHOLD). */
export const RESPONSE_THRESHOLD_MS = 120_000;

/** Ended connections that connz still shows (nats-server DEFAULT_MAX_CLOSED_CLIENTS). */
export const MAX_CLOSED_CLIENTS = 10_000;
/** Of one of those, subscriptions that are still shown (nats-server DefaultSubListSize, the page that subsz and connz show). */
export const MAX_CLOSED_SUBSCRIPTIONS = 1_024;
/** What all of those may hold in memory, by an estimate; the oldest leave first. */
export const MAX_CLOSED_BYTES = 64 * 1024 * 1024;
/** Entries of a page of connz and subsz when none is asked for (nats-server DefaultConnListSize, DefaultSubListSize). */
export const PAGE_SIZE = 1_024;
/** Time for the head of a monitoring request (nats-server startMonitoring, ReadHeaderTimeout). */
export const MONITORING_HEADER_TIMEOUT_MS = 5_000;
/** Time for a whole monitoring request, and for a connection without one. */
export const MONITORING_REQUEST_TIMEOUT_MS = 10_000;
export const MONITORING_IDLE_MS = 30_000;
/** Connections to the monitoring port: it is nobody's way into the memory. */
export const MAX_MONITORING_CONNECTIONS = 128;
/** Head of a monitoring request; its longest part is a subject. */
export const MAX_MONITORING_HEADER = 16 * 1024;
/** Between two account connection events of an account in use (nats-server eventsHBInterval). */
export const ACCOUNT_EVENTS_MS = 30_000;
/** First and longest time between two statsz events, and the least (nats-server startStatszTimer, statsHBInterval, statszRateLimit). */
export const FIRST_STATSZ_MS = 250;
export const STATSZ_MS = 10_000;
export const STATSZ_RATE_MS = 1_000;
/** Depth of the JSON of a system request; their options are flat. */
export const MAX_REQUEST_JSON_DEPTH = 8;

/** Depth of the JSON of a CONNECT or INFO; the wire's own objects have depth 2. */
export const MAX_CONNECT_JSON_DEPTH = 8;
/** Fetches of accounts running at once. */
export const MAX_FETCHES = 64;
/** Fetches that wait for one of those to end, and how long each does. */
export const MAX_WAITING_FETCHES = 8_192;
export const FETCH_TURN_MS = 5_000;

/** Maps and arrays within each other in a configuration file; nats-server has no such bound. */
export const MAX_CONFIG_DEPTH = 128;
/** Files that include each other; nats-server has no such bound. */
export const MAX_CONFIG_INCLUDES = 32;
/** A configuration, its includes and variables together: room for a preload of 50,000 accounts. */
export const MAX_CONFIG_BYTES = 64 * 1024 * 1024;
/** A bcrypt check works so long before others have their turn. */
export const BCRYPT_SLICE_MS = 2;
/** Dearest bcrypt hash that is taken: at twice the work of each step, a login would take more than ten seconds. */
export const MAX_BCRYPT_COST = 16;
/** Logins that wait for their password to be checked; beyond it they are refused. */
export const MAX_WAITING_PASSWORDS = 1_024;
/** Auth callouts that wait for an answer; beyond it logins are refused. */
export const MAX_WAITING_CALLOUTS = 16_384;
/** Bytes of an answer of an auth callout service: no user JWT comes near it (the decoder's own bound, jwt v2). */
export const MAX_CALLOUT_ANSWER = 1024 * 1024;
