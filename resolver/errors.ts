/** Codes of what can go wrong between us and a claims resolver. */
export type ResolverErrorCode =
  /** Nothing answers there, or the connection broke. */
  | 'ERR_RESOLVER_UNREACHABLE'
  | 'ERR_RESOLVER_TIMEOUT'
  /** It answered, but not as a claims resolver does. */
  | 'ERR_RESOLVER_ANSWER'
  | 'ERR_RESOLVER_TOO_LARGE'
  | 'ERR_RESOLVER_REDIRECT'
  | 'ERR_RESOLVER_URL';
