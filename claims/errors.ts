/**
 * The one error of the project. Every fault a person can meet has a stable `code`, a message that names the entity and says
 * what was wrong, and, where there is one, a `hint`: what to do next. The CLI prints them, the service turns them into
 * RFC 9457 problem documents, the broker logs them.
 *
 * Each room declares its own union of codes (`ClaimsErrorCode` here, `StoreErrorCode` in cli/store, ...).
 */
export class NatsctlError<Code extends string = string> extends Error {
  readonly code: Code;
  /** What to do next, in the imperative, without a final full stop. */
  readonly hint: string | undefined;
  /** Facts for a program: entity ids, the failing field. Never a secret. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: Code,
    message: string,
    options: { hint?: string; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'NatsctlError';
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }
}

/** True for an error of this project, optionally with one of the given codes. */
export function isNatsctlError(error: unknown, ...codes: string[]): error is NatsctlError {
  return error instanceof NatsctlError && (codes.length === 0 || codes.includes(error.code));
}
