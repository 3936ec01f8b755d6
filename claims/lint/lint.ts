/**
 * What is valid and rarely meant: said before it is signed. Nothing here keeps a JWT from being signed or stored; what does is in
 * claims/validate.
 */
export type LintCode =
  | 'ERR_CONNECT_TOO_LONG'
  | 'ERR_LIMIT_ZERO'
  | 'ERR_JETSTREAM_LIMIT_ZERO'
  | 'ERR_STRICT_SIGNING_KEYS'
  | 'ERR_BEARER_DISALLOWED'
  | 'ERR_PERMISSION_UNREACHABLE'
  | 'ERR_WEAK_BEARER_NO_EXPIRY'
  | 'ERR_WEAK_EVERYTHING_ALLOWED'
  | 'ERR_WEAK_EXPORT_EVERYTHING';

export interface Lint {
  code: LintCode;
  /** JSON pointer into the claims. */
  path: string;
  message: string;
  /** What to do about it. */
  hint: string;
}

export function lint(code: LintCode, path: string, message: string, hint: string): Lint {
  return { code, path, message, hint };
}
