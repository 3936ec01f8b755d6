import type { ClaimKind } from '../types.js';

/** What one token, entry, limit or revocation decides. */
export interface Step {
  /**
   * `pass` and `fail` decide; `unknown` would, but is not known here; `warn` works otherwise than someone may think;
   * `info` tells how.
   */
  outcome: 'pass' | 'fail' | 'unknown' | 'warn' | 'info';
  /** Stable name of what is looked at, like `user.revoked`. */
  check: string;
  /** Whose token decides, where one does. */
  token?: { kind: ClaimKind; key: string /** JSON pointer into its claims. */; path: string };
  /** Public key of another account whose claims the message tells of. */
  crosses?: string;
  message: string;
  /** Where it fails: the code that servers and the service log. */
  code?: string;
  hint?: string;
}

export type Steps = Step[];

export function failed(steps: readonly Step[]): boolean {
  return steps.some(({ outcome }) => outcome === 'fail');
}
